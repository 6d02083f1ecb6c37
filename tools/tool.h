/* SPDX-License-Identifier: MIT */
#ifndef TOOL_H
#define TOOL_H

#include <stdio.h>

#include "yc.h"

/*
 * What every yc tool shares: options, help, messages, exit status, standard input and
 * output, progress, signals. A tool's main describes itself in a struct tool, calls
 * tool_start, calls the library, and returns tool_close. No mathematics here or there.
 */
enum tool_use {
	TOOL_IN = 1, /* reads a stream: FILE operands or standard input, --memory */
	TOOL_OUT =
		2, /* writes a stream: -o, -z LEVEL, --no-history; refuses a terminal */
	TOOL_TEXT = 4, /* writes text or a picture instead: -o */
	TOOL_SEED = 8, /* draws random numbers: --seed */
	TOOL_LONG =
		16, /* long-running: --progress, --metrics, SIGINT and SIGTERM set watch.stop */
	TOOL_PICTURE = 32, /* with TOOL_TEXT: the output is binary; refuses a terminal */
	/* writes files for other programs: the last operand is where, common.output */
	TOOL_PATH = 64,
	/* knows only later whether it needs a network, and calls tool_tell_precision then */
	TOOL_MAY_TRAIN = 128
};

struct tool {
	const char *name;     /* "yc-score" */
	const char *summary;  /* one line after the name in --help */
	const char *operands; /* "METHOD[,METHOD]... [FILE]..." */
	const char *details;  /* a paragraph for --help, or NULL */
	const char *examples; /* example command lines */
	unsigned use;	      /* of enum tool_use */
	const struct yc_opt *opts;
	size_t nopts;
	void *cfg; /* struct that opts fill */
	/* Another table with its struct, which replaces opts where its first row is given, and
	 * follows them in --help under its title; or NULL. */
	const struct yc_opts *other;
	/* A value of that row for which opts stay, which have a row of that name, too. */
	const char *other_but;
	/* Registry of the entries that the first operand names, or NULL. */
	const struct yc_method *const *methods;
	/* Finds an entry by an alias, NULL with yc_fail; a NULL hook: no aliases.
	 * Information in the name goes to fields of cfg that are not options, unless cfg is
	 * NULL. */
	const struct yc_method *(*find)(void *cfg, const char *name, size_t len);
	const char *method_word; /* noun for an entry in messages: "score", "rule" */
	/* Words that are not entries, and what to do instead: NULL-terminated pairs; or
	 * NULL.
	 */
	const char *const *instead;
	bool method_list; /* a comma list is allowed */
	/* Default entry, without options of its own, if the first operand is missing or a
	 * file; or NULL. */
	const char *method_default;
	/* Operands after the method that are not streams (yc-load PATH), without TOOL_IN.
	 */
	int operands_max;
	/* An option of the tool that replaces the method operand, or NULL. */
	const char *no_method_with;
	/* A flag of the tool that writes text instead of the stream, or NULL. */
	const char *text_with;
	/* With TOOL_TEXT: what the output is, "a PNG picture", and how its name may end,
	 * NULL-terminated; NULL: text. */
	const char *writes;
	const char *const *endings;
};

enum { TOOL_METHODS_MAX = 16 };

struct tool_common {
	const char *output;
	uint32_t threads; /* -j; default: affinity mask */
	uint64_t seed, memory;
	const char *progress; /* auto|always|never */
	const char *metrics;
	uint32_t level;
	bool quiet, no_history, force, raw;
};

struct tool_run {
	const struct tool *tool;
	unsigned use; /* tool->use, adapted for tool->text_with */
	struct tool_common common;
	struct yc_watch watch;
	/* tool->methods, or NULL with tool->no_method_with */
	const struct yc_method *const *methods;
	int nmethods;
	const struct yc_method *method[TOOL_METHODS_MAX];
	void *method_cfg[TOOL_METHODS_MAX]; /* filled, allocated here */
	char **files;			    /* operands after the method */
	int nfiles;
	struct yc_reader *reader;
	struct yc_writer *writer;
	FILE *text; /* tool_text */
	/* the first so many of tool->opts had no effect and stay out of the history */
	int unused_opts;
};

/* Parses everything; prints help or version and exits 0, or a usage error and exits 2. */
void tool_start(struct tool_run *t, const struct tool *tool, int argc, char **argv);
/* The rows of tool->opts, their values, and which were given. */
const struct yc_opts *tool_opts(const struct tool_run *t);
/* What --precision says, of the tool or of its method. */
enum yc_precision tool_precision(void);
/* A warning if the processor has nothing for it; tool_start calls it unless
 * TOOL_MAY_TRAIN. */
void tool_tell_precision(struct tool_run *t);
/* Uses standard input if no file is given; `what` it should contain. */
void tool_read_files(struct tool_run *t, const char *what);
/* Opens input and output on first use; die on failure. */
struct yc_reader *tool_reader(struct tool_run *t);
struct yc_writer *tool_writer(struct tool_run *t);
FILE *tool_text(struct tool_run *t);
/* Folder for temporary files. */
const char *tool_scratch(void);
/* Another stream (yc-eval --test FILE): reader over one path. */
struct yc_reader *tool_open(struct tool_run *t, const char *path);
/* Adds this tool's history entry to a head unless --no-history (then drops yc.history).
 */
void tool_history(struct tool_run *t, struct yc_meta *head, const char *kernel);
/* The same for the hook `head` of yc_set_map, whose ctx is the run; no kernels. */
int tool_head(void *run, struct yc_set *segment);
/* Prints text to standard output instead, and exits 0. */
void tool_print(struct tool_run *t, const char *text) __attribute__((noreturn));
/* Reader and writer, for tools that change images on their way. */
void tool_passage(struct tool_run *t, struct yc_passage *p);
/* Ends, flushes, checks and renames the output; returns the exit status for main. */
int tool_close(struct tool_run *t);

/* Prints "yc-score: message" on stderr, removes unfinished output, exits with -status. */
void die(struct tool_run *t, int status)
	__attribute__((noreturn)); /* message of yc_errmsg() */
void die_usage(struct tool_run *t, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
/* Rejects the name of an output whose ending promises something else than `writes`, such as
 * one that ends in .png for a stream; `endings` are fine, NULL-terminated. */
void tool_check_promise(struct tool_run *t, const char *path, const char *writes,
	const char *const *endings);
/* This process is one of several, which end together: a failure of one is that of all, and
 * the first one tells it. */
void tool_use_ranks(struct yc_ranks *r);
/* Standard output, be it a terminal, is carried elsewhere by what started the tool. */
void tool_carried(void);
/* A line on stderr, unless -q. */
void warn(struct tool_run *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* die(t, status) if status < 0. */
void check(struct tool_run *t, int status);

/* The table of yc-eval: a line for every network, then mean and deviation; or JSON. */
struct tool_table {
	FILE *file;
	bool json;
	int images; /* trained on, their bytes as stored, and epochs */
	size_t bytes;
	uint32_t epochs;
	const char *recipe;
};
/* Rows for a config struct S with members test, predictions and json. */
/* clang-format off */
#define TOOL_TABLE_ROWS(S) \
	YC_OPT(S, test, .name = "test", .arg = "file", .unit = YC_READS, \
		.help = "stream of images to test on; a pipe will do"), \
	YC_OPT(S, predictions, .name = "predictions", .arg = "file", .unit = YC_WRITES, \
		.run_only = true, .help = "table of the class predicted for each test image"), \
	YC_OPT(S, json, .name = "json", .run_only = true, \
		.help = "one JSON object instead of a table")
/* clang-format on */
void tool_table_run(void *table, const struct yc_eval_run *run);
void tool_table_end(const struct tool_table *t, const struct yc_eval_sum *s);

#endif
