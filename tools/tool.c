/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/tool.h"

/*
 * Shared options. A row belongs to the tools whose `use` has one of the bits of `when`.
 */
struct shared {
	struct tool_common common;
	bool help, version;
};

enum { ANY = ~0, SHARED_MAX = 16, GROUPS_MAX = TOOL_METHODS_MAX + 2 };

static const struct {
	unsigned when;
	const char *env;
	struct yc_opt row;
} shared_rows[] = {
	{TOOL_OUT | TOOL_TEXT, NULL,
		YC_OPT(struct shared, common.output, .name = "output", .letter = 'o',
			.arg = "file", .run_only = true,
			.help = "write to this file, beside it first and renamed when "
				"complete")},
	{TOOL_OUT, NULL,
		YC_OPT(struct shared, common.level, .name = "level", .letter = 'z',
			.arg = "n", .min = 1, .max = 19,
			.auto_help = "1 into pipes, 3 into files", .run_only = true,
			.help = "zstd compression level")},
	{TOOL_OUT, NULL,
		YC_OPT(struct shared, common.raw, .name = "raw", .run_only = true,
			.help = "write plain safetensors records without zstd")},
	{TOOL_OUT, NULL,
		YC_OPT(struct shared, common.no_history, .name = "no-history",
			.run_only = true,
			.help = "drop the history from the stream, for byte-stable "
				"files")},
	{TOOL_OUT | TOOL_PICTURE, NULL,
		YC_OPT(struct shared, common.force, .name = "force", .letter = 'f',
			.run_only = true,
			.help = "write binary data even to a terminal")},
	{TOOL_SEED, "YC_SEED",
		YC_OPT(struct shared, common.seed, .name = "seed", .letter = 's',
			.arg = "n", .def = "0", .help = "seed of all random draws")},
	{TOOL_IN, NULL,
		YC_OPT(struct shared, common.memory, .name = "memory", .arg = "bytes",
			.unit = YC_BYTES, .def = "1G", .min = 4096, .max = 1e15,
			.run_only = true,
			.help = "refuse records that need more memory than this")},
	{(unsigned)ANY, "YC_THREADS",
		YC_OPT(struct shared, common.threads, .name = "threads", .letter = 'j',
			.arg = "n", .min = 1, .max = 4096,
			.auto_help = "the CPUs it may run on", .run_only = true,
			.help = "threads in all")},
	{TOOL_LONG, "YC_PROGRESS",
		YC_OPT(struct shared, common.progress, .name = "progress",
			.arg = "auto|always|never", .unit = YC_CHOICE, .def = "auto",
			.run_only = true,
			.help = "progress on stderr: a line that is rewritten on a "
				"terminal, else one "
				"a minute; always: as on a terminal")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct shared, common.quiet, .name = "quiet", .letter = 'q',
			.run_only = true, .help = "no progress, notes or warnings")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct shared, help, .name = "help", .letter = 'h',
			.run_only = true, .help = "print this help")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct shared, version, .name = "version", .letter = 'V',
			.run_only = true, .help = "print the version")},
};

/* What a signal handler and the progress line need; a process is one tool. */
static struct tool_run *running;
static char *volatile text_temp;
static volatile sig_atomic_t working, status_wanted;

/* The command line: groups in the order tool, shared, one for each method. */
static struct {
	struct shared shared;
	struct yc_opt rows[SHARED_MAX];
	struct yc_opts group[GROUPS_MAX];
	size_t n;
} line;

static struct {
	char phase[64];
	double start, phase_start, last;
	uint64_t done_at_start;
	bool terminal, shown;
} bar;

static double steady(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* One write, so that lines of several stages of a pipe do not mix. */
static void say(const char *prefix, const char *text, const char *suffix)
{
	char out[2048];
	int n = snprintf(out, sizeof(out), "%s%s%s", prefix, text, suffix);

	if (n >= (int)sizeof(out)) {
		n = sizeof(out) - 1;
		out[n - 1] = '\n';
	}
	if (n > 0 && write(STDERR_FILENO, out, (size_t)n) < 0)
		return; /* nowhere left to complain */
}

static void wipe_bar(void)
{
	if (bar.shown)
		say("\r\033[K", "", "");
	bar.shown = false;
}

static void say_line(const struct tool_run *t, const char *text)
{
	char prefix[64];

	wipe_bar();
	(void)snprintf(prefix, sizeof(prefix), "%s: ", t->tool->name);
	say(prefix, text, "\n");
}

/* Drops output that is not complete. */
static void drop_output(struct tool_run *t)
{
	char *temp = text_temp;

	yc_writer_abort(t->writer);
	t->writer = NULL;
	text_temp = NULL;
	if (temp)
		(void)unlink(temp);
}

/* _exit: half of a text may have been buffered for a file that is gone, and what the tool
 * still holds is not a leak. */
static _Noreturn void leave(struct tool_run *t, int status)
{
	const char *text = yc_errmsg(), *epipe = strerror(EPIPE);
	size_t n = strlen(text), m = strlen(epipe);
	bool unread = n >= m && strcmp(text + n - m, epipe) == 0;

	if (!unread)
		say_line(t, text);
	drop_output(t);
	if (t->text == stdout)
		(void)fflush(stdout);
	_exit(unread ? 128 + SIGPIPE : -status);
}

void die(struct tool_run *t, int status)
{
	int err = errno;

	/* Whatever a library made of it, the cause is that its output was not taken. */
	if (t->text && ferror(t->text)) {
		errno = err ? err : EIO;
		status = yc_fail(YC_FAIL,
			"%s:", t->common.output ? t->common.output : "standard output");
	}
	leave(t, status);
}

void die_usage(struct tool_run *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	leave(t, yc_fail(YC_USAGE, "%s", text));
}

void warn(struct tool_run *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (t->common.quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_line(t, text);
}

void check(struct tool_run *t, int status)
{
	if (status < 0)
		die(t, status);
}

/* Progress */

static struct tool_run *run_of(struct yc_watch *w)
{
	return (struct tool_run *)((char *)w - offsetof(struct tool_run, watch));
}

static void clock_text(double seconds, char *buf, size_t size)
{
	long s = (long)(seconds + 0.5);

	if (s >= 3600)
		(void)snprintf(
			buf, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		(void)snprintf(buf, size, "%ld:%02ld", s / 60, s % 60);
}

static void bar_text(char *buf, size_t size, double now, uint64_t done, uint64_t total,
	const char *text)
{
	double spent = now - bar.phase_start;
	double rate = spent > 0 ? (double)(done - bar.done_at_start) / spent : 0;
	char left[32] = "?", speed[32] = "";

	if (rate > 0 && total >= done)
		clock_text((double)(total - done) / rate, left, sizeof(left));
	if (rate >= 1)
		(void)snprintf(speed, sizeof(speed), "%.1f/s, ", rate);
	else if (rate > 0)
		(void)snprintf(speed, sizeof(speed), "%.1f s each, ", 1 / rate);
	(void)snprintf(buf, size, "%s %llu/%llu, %s%s left%s%s", bar.phase,
		(unsigned long long)done, (unsigned long long)total, speed, left,
		text && *text ? ", " : "", text ? text : "");
}

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct tool_run *t = run_of(w);
	const struct tool_common *c = &t->common;
	double now = steady();
	char state[200];

	working = 1;
	if (strncmp(bar.phase, phase, sizeof(bar.phase) - 1) != 0 ||
		done < bar.done_at_start) {
		(void)snprintf(bar.phase, sizeof(bar.phase), "%s", phase);
		bar.phase_start = now;
		bar.done_at_start = done;
	}
	if (status_wanted) {
		status_wanted = 0;
		bar_text(state, sizeof(state), now, done, total, text);
		say_line(t, state);
	}
	if (c->quiet || strcmp(c->progress, "never") == 0)
		return;
	if (bar.terminal ? now - bar.start < 1 || now - bar.last < 0.25
			 : now - (bar.last > 0 ? bar.last : bar.start) < 60)
		return;
	bar.last = now;
	bar_text(state, sizeof(state), now, done, total, text);
	if (!bar.terminal) {
		say_line(t, state);
		return;
	}
	/* A line that wraps could not be rewritten. */
	state[79 - strlen(t->tool->name) - 2] = '\0';
	wipe_bar();
	say(t->tool->name, ": ", state);
	bar.shown = true;
}

static void note(struct yc_watch *w, const char *text)
{
	warn(run_of(w), "%s", text);
}

static double now_of(struct yc_watch *w)
{
	(void)w;
	return steady();
}

/* Signals */

static void unlink_temps(void)
{
	const char *temp = yc_writer_temp();

	if (temp)
		(void)unlink(temp);
	if (text_temp)
		(void)unlink(text_temp);
}

static void on_fatal(int sig)
{
	/* Before the first tick nothing is worth saving, and reading may hang for ever.
	 */
	if ((sig == SIGINT || sig == SIGTERM) && running &&
		(running->tool->use & TOOL_LONG) && working && !running->watch.stop) {
		running->watch.stop = 1;
		return;
	}
	unlink_temps();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig); /* is blocked here: strikes on return */
}

static void on_usr1(int sig)
{
	(void)sig;
	status_wanted = 1;
}

static void catch (int sig, void (*fn)(int))
{
	struct sigaction old, sa = {.sa_handler = fn, .sa_flags = SA_RESTART};

	(void)sigemptyset(&sa.sa_mask);
	/* What the caller had us ignore (nohup, a shell's background jobs) stays ignored.
	 */
	if (sig != SIGPIPE && sigaction(sig, NULL, &old) == 0 &&
		old.sa_handler == SIG_IGN)
		return;
	(void)sigaction(sig, &sa, NULL);
}

static void start_signals(const struct tool *tool)
{
	static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	for (size_t i = 0; i < YC_COUNT(fatal); i++)
		catch (fatal[i], on_fatal);
	if (tool->use & TOOL_LONG)
		catch (SIGUSR1, on_usr1);
}

/* A closed standard descriptor would be handed to the next open(), and a stream written
 * into an input file. Opened the wrong way round, its use fails as it should. */
static void hold_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(1);
}

/* Help */

static void print_wrapped(const char *s)
{
	size_t column = 0;

	for (; *s; s++) {
		size_t word = strcspn(s, " \n");

		if (*s == ' ' && column + 1 + strcspn(s + 1, " \n") > 80) {
			(void)putchar('\n');
			column = 0;
		} else if (*s == ' ' || *s == '\n') {
			(void)putchar(*s);
			column = *s == '\n' ? 0 : column + 1;
		} else {
			(void)printf("%.*s", (int)word, s);
			column += word;
			s += word - 1;
		}
	}
	(void)putchar('\n');
}

static void print_group(struct tool_run *t, const struct yc_opts *group)
{
	char *text;

	if (!group->n)
		return;
	text = yc_opt_help(group);
	if (!text)
		die(t, YC_FAIL);
	(void)printf("\n%s", text);
	free(text);
}

static void print_indented(const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		(void)printf("  %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

static void print_methods(const struct tool *tool)
{
	const char *word = tool->method_word;
	int width = 0;

	for (const struct yc_method *const *m = tool->methods; *m; m++)
		if ((int)strlen((*m)->name) > width)
			width = (int)strlen((*m)->name);
	(void)printf("\n%c%ss (%s NAME --help prints the options of one):\n",
		word[0] & ~0x20, word + 1, tool->name);
	for (const struct yc_method *const *m = tool->methods; *m; m++)
		(void)printf("  %-*s  %s\n", width, (*m)->name, (*m)->summary);
}

static _Noreturn void finish_stdout(struct tool_run *t)
{
	if (ferror(stdout) || fclose(stdout) != 0)
		die(t, yc_fail(YC_FAIL, "standard output:"));
	exit(0);
}

static _Noreturn void print_help(
	struct tool_run *t, const struct yc_opts *group, size_t ngroups)
{
	const struct tool *tool = t->tool;

	if (t->nmethods) {
		for (int i = 0; i < t->nmethods; i++)
			(void)printf("%s%s %s: %s\n", i ? "\n" : "", tool->name,
				t->method[i]->name, t->method[i]->summary);
		for (size_t i = 2; i < ngroups; i++)
			print_group(t, &group[i]);
		(void)printf("\nOptions of every %s: %s --help\n", tool->method_word,
			tool->name);
		finish_stdout(t);
	}
	(void)printf("usage: %s [OPTION]... %s\n\n", tool->name, tool->operands);
	print_wrapped(tool->summary);
	if (tool->examples) {
		(void)printf("\nExamples:\n");
		print_indented(tool->examples);
	}
	if (tool->details) {
		(void)putchar('\n');
		print_wrapped(tool->details);
	}
	if (tool->methods)
		print_methods(tool);
	print_group(t, &group[0]);
	print_group(t, &group[1]);
	(void)printf(
		"\nExit status: 0 done, 1 failure, 2 wrong usage, 3 the input stream is "
		"incomplete,\n4 the answer is no. More in %s(1) and yc(7).\n",
		tool->name);
	finish_stdout(t);
}

/* Command line */

static size_t shared_group(const struct tool *tool, struct yc_opt *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < YC_COUNT(shared_rows); i++)
		if (shared_rows[i].when == (unsigned)ANY ||
			(shared_rows[i].when & tool->use))
			rows[n++] = shared_rows[i].row;
	return n;
}

/* Environment values; a bad one is reported after --help had its chance. */
static int read_environment(const struct yc_opts *shared)
{
	int err = YC_OK;

	for (size_t i = 0; i < YC_COUNT(shared_rows); i++) {
		const char *name = shared_rows[i].env;
		const char *value = name ? getenv(name) : NULL;

		for (size_t r = 0; value && *value && r < shared->n; r++)
			if (shared->row[r].at == shared_rows[i].row.at &&
				yc_opt_set(shared, &shared->row[r], value) < 0)
				err = yc_fail_in(YC_USAGE, "%s", name);
	}
	return err;
}

/* Finds the first operand among options that may be those of any method. */
static const char *find_operand(struct tool_run *t, const struct yc_opts *group,
	size_t ngroups, int argc, char **argv)
{
	const struct tool *tool = t->tool;
	struct yc_opts *all;
	size_t n = 0, have = ngroups;
	int at;

	while (tool->methods[n])
		n++;
	all = yc_alloc(ngroups + n, sizeof(*all));
	if (!all)
		die(t, YC_FAIL);
	memcpy(all, group, ngroups * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[have++] = (struct yc_opts){
			.row = tool->methods[i]->opts, .n = tool->methods[i]->nopts};
	at = yc_opt_operand(all, have, argc, argv);
	yc_free(all);
	return at < argc ? argv[at] : NULL;
}

static void find_methods(struct tool_run *t, const char *names)
{
	const struct tool *tool = t->tool;

	for (const char *s = names;; s++) {
		size_t len = tool->method_list ? strcspn(s, ",") : strlen(s);
		const struct yc_method *m =
			yc_method_find(tool->methods, tool->method_word, s, len);

		if (!m)
			die(t, YC_USAGE);
		for (int i = 0; i < t->nmethods; i++)
			if (t->method[i] == m)
				die_usage(t, "%s '%s' is named twice", tool->method_word,
					m->name);
		if (t->nmethods == TOOL_METHODS_MAX)
			die_usage(
				t, "more than %d names in '%s'", TOOL_METHODS_MAX, names);
		t->method_cfg[t->nmethods] = yc_alloc(1, m->cfg_size);
		if (!t->method_cfg[t->nmethods])
			die(t, YC_FAIL);
		t->method[t->nmethods++] = m;
		s += len;
		if (!*s)
			break;
	}
}

/* Groups in the order of help: the tool's rows, the shared ones, those of the methods. */
static size_t add_method_groups(struct tool_run *t, struct yc_opts *group, size_t n)
{
	static char title[TOOL_METHODS_MAX][64];

	for (int i = 0; i < t->nmethods; i++) {
		(void)snprintf(
			title[i], sizeof(title[i]), "Options of %s", t->method[i]->name);
		group[n++] = (struct yc_opts){.row = t->method[i]->opts,
			.n = t->method[i]->nopts,
			.cfg = t->method_cfg[i],
			.title = title[i]};
	}
	return n;
}

/* A mistake in a table is found by the first run of the tool, not by the option's first
 * user. */
static void check_tables(struct tool_run *t, const struct yc_opts *group, size_t n)
{
	struct yc_opts three[3] = {group[0], group[1]};

	for (size_t i = 2; i < (n > 2 ? n : 3); i++) {
		if (n > 2)
			three[2] = group[i];
		check(t, yc_opt_check(three, n > 2 ? 3 : 2));
	}
}

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Renaming over an input, or appending to it while it is read, destroys it. */
static void refuse_same(struct tool_run *t, const char *path)
{
	const char *output = t->common.output;
	struct stat in, out;

	if (!(t->tool->use & (TOOL_OUT | TOOL_TEXT)))
		return;
	if ((is_stdin(path) ? fstat(STDIN_FILENO, &in) : stat(path, &in)) != 0)
		return;
	if ((output ? stat(output, &out) : fstat(STDOUT_FILENO, &out)) != 0)
		return;
	if (same_file(&in, &out))
		die_usage(t, "%s is both input and output",
			is_stdin(path) ? "standard input" : path);
}

/* Folder of a path, with its slash, or "." */
static void folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash)
		snprintf(folder, PATH_MAX, "%.*s", (int)(slash - path + 1), path);
	else
		memcpy(folder, ".", 2);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The same file, or the same place of files that do not exist yet. */
static bool same_path(const char *a, const char *b)
{
	char of_a[PATH_MAX], of_b[PATH_MAX];
	struct stat x, y;

	if (stat(a, &x) == 0 && stat(b, &y) == 0)
		return same_file(&x, &y);
	folder_of(a, of_a);
	folder_of(b, of_b);
	return strcmp(name_of(a), name_of(b)) == 0 && stat(of_a, &x) == 0 &&
	       stat(of_b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const char *text_of(const struct yc_opts *group, const struct yc_opt *row)
{
	return *(char *const *)((const char *)group->cfg + row->at);
}

/* A file that is written beside the output replaces no input, and a place where it cannot
 * be written is better known before hours of work than after. */
static void check_written(struct tool_run *t, const struct yc_opt *row, const char *path)
{
	char folder[PATH_MAX];

	if (is_stdin(path))
		die_usage(t, "--%s: standard output is taken, name a file", row->name);
	if (t->common.output && same_path(path, t->common.output))
		die_usage(t, "%s is the output twice: -o and --%s", path, row->name);
	for (int i = 0; i < t->nfiles; i++)
		if (same_path(path, t->files[i]))
			die_usage(t, "%s is both input and --%s", path, row->name);
	for (size_t g = 0; g < line.n; g++) {
		for (size_t i = 0; i < line.group[g].n; i++) {
			const struct yc_opt *other = &line.group[g].row[i];
			bool file = other->unit == YC_READS || other->unit == YC_WRITES;
			const char *taken = file ? text_of(&line.group[g], other) : NULL;

			if (taken && other != row && same_path(path, taken))
				die_usage(t, "%s is both --%s and --%s", path, row->name,
					other->name);
		}
	}
	folder_of(path, folder);
	if (access(folder, W_OK | X_OK) != 0)
		die(t, yc_fail(YC_FAIL, "--%s %s:", row->name, path));
}

static void check_files(struct tool_run *t)
{
	for (size_t g = 0; g < line.n; g++) {
		for (size_t i = 0; i < line.group[g].n; i++) {
			const struct yc_opt *row = &line.group[g].row[i];
			bool file = row->unit == YC_READS || row->unit == YC_WRITES;
			const char *path = file ? text_of(&line.group[g], row) : NULL;

			if (path && row->unit == YC_READS)
				refuse_same(t, path);
			else if (path)
				check_written(t, row, path);
		}
	}
}

static void check_operands(struct tool_run *t)
{
	const struct tool *tool = t->tool;
	bool binary = tool->use & (TOOL_OUT | TOOL_PICTURE);

	if (t->common.output && is_stdin(t->common.output))
		t->common.output = NULL;
	if (!(tool->use & TOOL_IN) && t->nfiles > tool->operands_max)
		die_usage(t, "unexpected operand '%s'", t->files[tool->operands_max]);
	if (binary && !t->common.output && !t->common.force && isatty(STDOUT_FILENO))
		die_usage(t,
			"binary data is not written to a terminal: use -o FILE, a "
			"pipe%s, or -f",
			tool->use & TOOL_OUT ? " (| yc-info)" : "");
	for (int i = 0; i < t->nfiles; i++)
		refuse_same(t, t->files[i]);
	if ((tool->use & TOOL_IN) && t->nfiles == 0)
		refuse_same(t, "-");
	check_files(t);
}

static void start_watch(struct tool_run *t)
{
	const char *term = getenv("TERM");

	t->watch.tick = tick;
	t->watch.note = note;
	t->watch.now = now_of;
	bar.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	if (t->common.progress && strcmp(t->common.progress, "always") == 0)
		bar.terminal = true;
}

static void parse(struct tool_run *t, int argc, char **argv, int *first)
{
	char text[512] = "";

	check(t, yc_opt_defaults(line.group, line.n));
	if (read_environment(&line.group[1]) < 0)
		(void)snprintf(text, sizeof(text), "%s", yc_errmsg());
	check(t, yc_opt_parse(line.group, line.n, argc, argv, first));
	if (line.shared.version) {
		(void)printf("%s (yc) %s\n", t->tool->name, yc_version);
		finish_stdout(t);
	}
	if (line.shared.help)
		print_help(t, line.group, line.n);
	if (*text)
		die_usage(t, "%s", text);
	t->common = line.shared.common;
	if (!t->common.threads)
		t->common.threads = (uint32_t)yc_cpus();
}

/*
 * libgomp's threads spin for milliseconds while they wait for work. That gains little
 * here, where work comes in large pieces, and where cores are shared with other
 * processes, such as the next stage of a pipe, it was measured to halve the speed. The
 * policy is read from the environment before main and nowhere else, so the tool starts
 * once more.
 */
static void wait_without_spinning(const struct tool_run *t, char **argv)
{
	char self[PATH_MAX];
	ssize_t n;

	if (!(t->tool->use & TOOL_LONG) || t->common.threads < 2 ||
		getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
		return;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0 || setenv("OMP_WAIT_POLICY", "passive", 1) != 0)
		return;
	self[n] = '\0';
	(void)execv(
		self, argv); /* where this fails, spinning does no harm but to speed */
}

void tool_start(struct tool_run *t, const struct tool *tool, int argc, char **argv)
{
	const char *names = NULL;
	int first = argc;

	*t = (struct tool_run){.tool = tool};
	bar.start = steady();
	running = t;
	hold_descriptors();
	start_signals(tool);
	line.group[0] =
		(struct yc_opts){.row = tool->opts, .n = tool->nopts, .cfg = tool->cfg};
	line.group[1] = (struct yc_opts){.row = line.rows,
		.n = shared_group(tool, line.rows),
		.cfg = &line.shared,
		.title = "Common options"};
	line.n = 2;
	if (tool->methods)
		names = find_operand(t, line.group, line.n, argc, argv);
	if (names)
		find_methods(t, names);
	line.n = add_method_groups(t, line.group, line.n);
	check_tables(t, line.group, line.n);
	parse(t, argc, argv, &first);
	if (tool->methods && !t->nmethods)
		die_usage(t, "the first operand names the %s (see --help)",
			tool->method_word);
	first += tool->methods != NULL;
	t->files = argv + first;
	t->nfiles = argc - first;
	start_watch(t);
	check_operands(t);
	wait_without_spinning(t, argv);
}

/* Input and output */

struct yc_reader *tool_open(struct tool_run *t, const char *path)
{
	/* Readers borrow their list of paths. */
	static char *opened[8];
	static size_t nopened;
	struct yc_limits limits = {
		.record_bytes = t->common.memory, .threads = (int)t->common.threads};
	struct yc_reader *r;
	char **slot = &opened[nopened++];

	if (nopened > YC_COUNT(opened))
		die(t, yc_fail(YC_FAIL, "%s: too many inputs", path));
	refuse_same(t, path);
	*slot = yc_strdup(path);
	if (!*slot)
		die(t, YC_FAIL);
	check(t, yc_reader_open(&r, slot, 1, &limits));
	return r;
}

struct yc_reader *tool_reader(struct tool_run *t)
{
	struct yc_limits limits = {
		.record_bytes = t->common.memory, .threads = (int)t->common.threads};

	if (t->reader)
		return t->reader;
	/* Not earlier: some uses of a tool read no stream. */
	if (t->nfiles == 0 && isatty(STDIN_FILENO))
		die_usage(t, "no input: name a FILE or pipe a stream in (%s --help)",
			t->tool->name);
	check(t, yc_reader_open(&t->reader, t->files, t->nfiles, &limits));
	return t->reader;
}

struct yc_writer *tool_writer(struct tool_run *t)
{
	const struct tool_common *c = &t->common;
	struct yc_writer_cfg cfg = {.path = c->output,
		.level = c->raw ? -1 : (int)c->level,
		.threads = (int)c->threads,
		.digest = c->output != NULL};

	if (!t->writer)
		check(t, yc_writer_open(&t->writer, &cfg));
	return t->writer;
}

/* What a name finally stands for: a link keeps pointing to the file, which is replaced.
 */
static char *resolved(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

static FILE *open_beside(struct tool_run *t, const char *path)
{
	mode_t mask = umask(0);
	char *target = resolved(path), *temp = NULL;
	FILE *f = NULL;
	int fd;

	(void)umask(mask);
	if (!target || asprintf(&temp, "%s.XXXXXX", target) < 0)
		die(t, yc_fail(YC_FAIL, "out of memory"));
	fd = mkstemp(temp);
	if (fd >= 0) {
		text_temp = temp;
		f = fdopen(fd, "wb");
	}
	if (!f || fchmod(fd, 0666 & ~mask) != 0)
		die(t, yc_fail(YC_FAIL, "%s:", path));
	free(target);
	return f;
}

FILE *tool_text(struct tool_run *t)
{
	const char *path = t->common.output;
	struct stat st;

	if (t->text)
		return t->text;
	if (!path) {
		t->text = stdout;
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* A device or pipe is written to, never replaced. */
		t->text = fopen(path, "wb");
		if (!t->text)
			die(t, yc_fail(YC_FAIL, "%s:", path));
	} else {
		t->text = open_beside(t, path);
	}
	return t->text;
}

/* Flushes, closes and renames a text or picture. */
static void close_text(struct tool_run *t)
{
	const char *path = t->common.output;
	bool bad = ferror(t->text) != 0;
	char *temp = text_temp, *target;
	int err = bad ? EIO : 0;

	if (fflush(t->text) != 0 || fclose(t->text) != 0)
		err = errno;
	t->text = NULL;
	if (err) {
		errno = err;
		die(t, yc_fail(YC_FAIL, "%s:", path ? path : "standard output"));
	}
	if (!temp)
		return;
	target = resolved(path);
	if (!target || rename(temp, target) != 0)
		die(t, yc_fail(YC_FAIL, "%s:", path));
	text_temp = NULL;
	free(temp);
	free(target);
}

/* Two methods of a list may have an option of the same name with different defaults, so
 * their rows go into the history as METHOD.OPTION. */
static struct yc_opt *qualified(const struct yc_method *m, char *names, size_t width)
{
	struct yc_opt *rows = yc_alloc(m->nopts, sizeof(*rows));

	for (size_t i = 0; rows && i < m->nopts; i++) {
		char *name = names + i * width;

		(void)snprintf(name, width, "%s.%s", m->name, m->opts[i].name);
		rows[i] = m->opts[i];
		rows[i].name = name;
	}
	return rows;
}

void tool_history(struct tool_run *t, struct yc_meta *head, const char *kernel)
{
	enum { WIDTH = 96 };
	struct yc_opts group[GROUPS_MAX];
	char names[256] = "", *room[TOOL_METHODS_MAX] = {NULL};
	struct yc_opt *rows[TOOL_METHODS_MAX] = {NULL};

	if (t->common.no_history) {
		yc_meta_drop(head, "yc.history");
		return;
	}
	memcpy(group, line.group, sizeof(group));
	for (int i = 0; i < t->nmethods; i++) {
		size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, "%s%s", n ? "," : "",
			t->method[i]->name);
		if (t->nmethods == 1)
			continue;
		room[i] = yc_alloc(t->method[i]->nopts, WIDTH);
		rows[i] = room[i] ? qualified(t->method[i], room[i], WIDTH) : NULL;
		if (!rows[i])
			die(t, YC_FAIL);
		group[2 + i].row = rows[i];
	}
	check(t, yc_history_add(head, t->tool->name, t->nmethods ? names : NULL, group,
			 line.n, kernel));
	for (int i = 0; i < t->nmethods; i++) {
		yc_free(rows[i]);
		yc_free(room[i]);
	}
}

int tool_close(struct tool_run *t)
{
	struct yc_writer *w = t->writer;

	wipe_bar();
	t->writer = NULL;
	if (w)
		check(t, yc_writer_close(w));
	if (t->text)
		close_text(t);
	yc_reader_close(t->reader);
	t->reader = NULL;
	for (int i = 0; i < t->nmethods; i++)
		yc_free(t->method_cfg[i]);
	t->nmethods = 0;
	running = NULL;
	return 0;
}
