/* SPDX-License-Identifier: MIT */
#ifndef TOOL_PARTS_H
#define TOOL_PARTS_H

/* Declarations shared by the files tool*.c. */

#include "tools/tool.h"

struct tool_shared {
	struct tool_common common;
	bool help, version;
};

enum { TOOL_SHARED_MAX = 16, TOOL_GROUPS_MAX = TOOL_METHODS_MAX + 2 };

/* tool.c: the command line; groups in the order tool, shared, one for each method. */
struct tool_line {
	struct tool_shared shared;
	struct yc_opt rows[TOOL_SHARED_MAX];
	struct yc_opts group[TOOL_GROUPS_MAX];
	size_t n;
};
extern struct tool_line tool_line;

int tool_look_ahead(struct tool_run *t, int from, int argc, char **argv);
/* Ends with a message if one of the options in front of argv[at] is unknown. */
void tool_check_options(struct tool_run *t, int at, char **argv);

/* tool_method.c: whether this operand names methods; the methods that argv[at], or names,
 * says, or an error that says what was meant. */
bool tool_names_methods(struct tool_run *t, const char *names);
void tool_find_methods(struct tool_run *t, int at, int argc, char **argv);
void tool_add_methods(struct tool_run *t, const char *names);
/* Rejects an operand that should be a file, but is called like a method; named: methods are given. */
void tool_refuse_method(struct tool_run *t, const char *operand, bool named);

/* tool_say.c: text on stderr, and a line that begins with the tool's name. */
void tool_say(const char *prefix, const char *text, const char *suffix);
void tool_say_line(const struct tool_run *t, const char *text);
/* This process is not the first of several: it says nothing and writes no file. */
bool tool_is_mute(void);

/* tool_help.c */
void tool_print_help(struct tool_run *t, const struct yc_opts *group, size_t ngroups)
	__attribute__((noreturn));
/* Checks that standard output took everything; exits 0. */
void tool_finish_stdout(struct tool_run *t) __attribute__((noreturn));

/* tool_files.c: rejects files that would overwrite each other, and a terminal for binary
 * data. */
void tool_check_operands(struct tool_run *t, bool named);
void tool_refuse_same(struct tool_run *t, const char *path);
/* The operand for standard input. */
#define TOOL_STDIN "-"
bool tool_is_stdin(const char *path);
/* Rejects standard input in more than one place; `more` counts uses outside of the
 * operands. */
void tool_check_stdin(struct tool_run *t, int more);

/* tool_promise.c: rejects a name of -o that promises something else than the tool writes;
 * tools of pictures check for themselves, by their options. */
void tool_check_output(struct tool_run *t);

/* tool_io.c: flushes, closes and renames a text or picture. */
void tool_close_text(struct tool_run *t);

/* tool_terminal.c: standard output on a terminal. */
bool tool_is_terminal(int fd);
FILE *tool_terminal(void);     /* erases a progress line before each line written to it */
bool tool_line_complete(void); /* nothing stands there behind its last line */

/* tool_progress.c */
void tool_progress_begin(const struct tool_run *t);   /* called before anything else */
void tool_progress_options(const struct tool_run *t); /* when the options are known */
void tool_tick(struct tool_run *t, const char *phase, uint64_t done, uint64_t total,
	const char *text);
double tool_now(void);	   /* seconds of a steady clock */
double tool_seconds(void); /* since the tool began */
bool tool_can_erase(int fd);
/* What erases the progress line in front of another, "" if there can be none; it counts as
 * gone. */
const char *tool_eraser(void);
void tool_wipe_bar(void);
/* To the right end of the terminal's line. */
#define TOOL_ERASE "\033[K"
/* For signal handlers: TOOL_ERASE if there is a line to erase, or NULL; the answer to
 * SIGUSR1. */
const char *tool_bar_shown(void);
void tool_answer(void);
void tool_tell_threads(struct tool_run *t); /* once, if not all could be started */

/* tool_metrics.c: --metrics. */
void tool_metrics_open(struct tool_run *t);
void tool_metrics_tick(struct tool_run *t, const char *phase, uint64_t done,
	uint64_t total, const char *text);
void tool_metrics_measured(
	struct tool_run *t, const char *what, const struct yc_measure *m, size_t n);
void tool_metrics_close(struct tool_run *t); /* dies if it is not complete */

/* tool_run.c: signals and the hooks of the one run of this process. */
void tool_run_begin(struct tool_run *t); /* called before anything else */
void tool_run_watch(struct tool_run *t); /* called when the options are known */
void tool_run_end(void);

#endif
