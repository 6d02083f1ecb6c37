/* SPDX-License-Identifier: MIT */
#ifndef YC_OPT_H
#define YC_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"
#include "yc/real.h" /* YC_COUNT, for tables */

/*
 * Options as data. One table row drives parsing, range checks, --help, the history entry
 * and the test that man page and --help agree. A row names a field of a config struct;
 * its type follows from the field's type, and any other type does not compile.
 *
 *   static const struct yc_opt opts[] = {
 *           YC_OPT(struct cfg, epochs, .name = "epochs", .arg = "n", .def = "10", .min =
 * 1, .max = 1e5, .help = "sum over the first n epochs"),
 *   };
 */
enum yc_opt_type { YC_OPT_FLAG, YC_OPT_U32, YC_OPT_U64, YC_OPT_DOUBLE, YC_OPT_STR };

enum yc_opt_unit {
	YC_PLAIN,
	YC_BYTES,   /* U64 with suffix K M G T (powers of 1024) */
	YC_SECONDS, /* double with suffix s m h d */
	YC_CHOICE, /* string, one of the names in .table, or of the words "a|b|c" in .arg */
	YC_READS,	 /* string, a file that is read: never the output */
	YC_WRITES,	 /* string, a file written beside the output: never an input */
	YC_WRITES_FOLDER /* the same, a folder */
};

struct yc_method;

struct yc_opt {
	const char *name; /* long name; a flag `x` also answers to `no-x` */
	const char *arg;  /* placeholder in --help; NULL for flags and with .table */
	const struct yc_method *const *table; /* registry whose names a choice has */
	const char *def; /* default as text, parsed like user input; NULL: 0/NULL/false */
	const char *auto_help; /* when the method resolves the default later: what it will
				  be, e.g. "by dataset and IPC"; then def is NULL and the
				  field keeps its unset value: .unset, NAN or NULL */
	const char *help;      /* one line, no full stop */
	double min, max;       /* for numbers; both 0: any */
	size_t at;	       /* offset of the field */
	enum yc_opt_type type;
	enum yc_opt_unit unit;
	uint32_t unset; /* of a whole number, where 0 can be meant */
	char letter;	/* 0: none */
	bool run_only;	/* how, not what: stays out of the history (-j, -q, ...) */
};

/* clang-format off */
#define YC_OPT(S, f, ...) { .at = offsetof(S, f), .type = _Generic(((S *)0)->f, \
	bool: YC_OPT_FLAG, uint32_t: YC_OPT_U32, uint64_t: YC_OPT_U64, double: YC_OPT_DOUBLE, \
	const char *: YC_OPT_STR), __VA_ARGS__ }
/* clang-format on */

/* A table and the struct that it fills. */
struct yc_opts {
	const struct yc_opt *row;
	size_t n;
	void *cfg;
	const char *title; /* heading in --help, NULL: "Options" */
	/* Bit i: row i stood on the command line, whatever its value. */
	uint64_t given;
};
enum { YC_OPT_ROWS_MAX = 64 };

/* Sets every field to its default (unset doubles become NAN). */
int yc_opt_defaults(const struct yc_opts *group, size_t ngroups) YC_CHECKED;

/*
 * Parses argv (POSIX and GNU syntax, options before or after operands, "--" ends them,
 * unambiguous prefixes of long names). Operands are moved behind the options; *first is
 * the index of the first one. Returns YC_OK, or YC_USAGE with a message that names the
 * option. Strings point into argv. Does not set defaults. An option that several groups
 * have (two methods of a list, say) is set, and noted as given, in each of them. A group
 * without cfg is not in use: if one of its options is given, its title is named and the
 * status is YC_NO.
 */
int yc_opt_parse(struct yc_opts *group, size_t ngroups, int argc, char **argv,
	int *first) YC_CHECKED;

/* Looks ahead on a command line that may use any of these options: notes which are given
 * and returns the index of the first operand, argc when there is none. Sets no value, fails
 * on nothing, and takes unknown options for flags. */
int yc_opt_scan(struct yc_opts *group, size_t ngroups, int argc, char *const *argv);

/* Whether the row of that name is noted as given in any of the groups. */
bool yc_opt_given(const struct yc_opts *group, size_t ngroups, const char *name);

/* Sets one field from text, with all checks: for environment defaults. The message does
 * not name the option: the caller adds its own name for it with yc_fail_in. */
int yc_opt_set(const struct yc_opts *group, const struct yc_opt *row,
	const char *text) YC_CHECKED;

/* Sets rows that are not noted as given: other defaults, as pairs of name and text. */
int yc_opt_preset(
	const struct yc_opts *group, const char *const (*preset)[2], size_t n) YC_CHECKED;

/* The row's current value as text (for history and --help) into buf; "" when unset. */
void yc_opt_value(
	const struct yc_opts *group, const struct yc_opt *row, char *buf, size_t size);

/* Its default, as yc_opt_value writes it; NULL: it depends on the input. */
const char *yc_opt_default(const struct yc_opt *row);

/* Writes the help lines of one group into a malloc'd string. */
char *yc_opt_help(const struct yc_opts *group);

/* Validates a table: unique names and letters, defaults inside their range, help texts
 * without a full stop. For the unit test that walks every table. */
int yc_opt_check(const struct yc_opts *group, size_t ngroups) YC_CHECKED;

/*
 * What every entry of every registry (dataset kind, augmentation, score, selection rule,
 * condensation method) begins with, so that finding, listing and help are written once.
 * A registry is a NULL-terminated array of pointers to structs whose first member this
 * is, written the same way everywhere, an entry being one line:
 *
 *   #define SCORES(X) \
 *           X(lbpe) \
 *           X(el2n)
 *   #define DECLARE(name) extern const struct yc_score yc_score_##name;
 *   #define ENTRY(name) &yc_score_##name.method,
 *   SCORES(DECLARE)
 *   const struct yc_method *const yc_scores[] = {SCORES(ENTRY) NULL};
 */
struct yc_method {
	const char *name, *summary; /* one line, lower case, no full stop */
	const struct yc_opt *opts;  /* its own rows, or NULL */
	size_t nopts, cfg_size;	    /* of the struct that the rows fill */
};

/* The entry called name[0..len-1], or NULL with yc_fail(YC_USAGE) that lists the names.
 */
const struct yc_method *yc_method_find(const struct yc_method *const *table,
	const char *what, const char *name, size_t len);

#endif
