/* SPDX-License-Identifier: MIT */
/* Start and end of every tool: shared options, the method and its options, help, kernels,
 * history, and the checked close. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/tool_parts.h"

struct tool_line tool_line;

/*
 * Shared options. A row belongs to the tools whose `use` has one of the bits of `when`.
 */
enum { ANY = ~0 };

static const struct {
	unsigned when;
	const char *env;
	struct yc_opt row;
} shared_rows[] = {
	{TOOL_OUT | TOOL_TEXT, NULL,
		YC_OPT(struct tool_shared, common.output, .name = "output", .letter = 'o',
			.arg = "file", .run_only = true,
			.help = "write to this file, which appears when it is complete")},
	{TOOL_OUT, NULL,
		YC_OPT(struct tool_shared, common.level, .name = "level", .letter = 'z',
			.arg = "n", .min = 1, .max = 19,
			.auto_help = "1 into pipes, 3 into files", .run_only = true,
			.help = "zstd compression level")},
	{TOOL_OUT, NULL,
		YC_OPT(struct tool_shared, common.raw, .name = "raw", .run_only = true,
			.help = "write plain safetensors records without zstd")},
	{TOOL_OUT, NULL,
		YC_OPT(struct tool_shared, common.no_history, .name = "no-history",
			.run_only = true,
			.help = "drop the history from the stream, for byte-stable "
				"files")},
	{TOOL_OUT | TOOL_PICTURE, NULL,
		YC_OPT(struct tool_shared, common.force, .name = "force", .letter = 'f',
			.run_only = true,
			.help = "write binary data even to a terminal")},
	{TOOL_SEED, "YC_SEED",
		YC_OPT(struct tool_shared, common.seed, .name = "seed", .letter = 's',
			.arg = "n", .def = "0", .help = "seed of all random draws")},
	{TOOL_IN, NULL,
		YC_OPT(struct tool_shared, common.memory, .name = "memory",
			.arg = "bytes", .unit = YC_BYTES, .def = "1G", .min = 4096,
			.max = 1e15, .run_only = true,
			.help = "reject records that need more memory than this")},
	{(unsigned)ANY, "YC_THREADS",
		YC_OPT(struct tool_shared, common.threads, .name = "threads",
			.letter = 'j', .arg = "n", .min = 1, .max = YC_THREADS_MAX,
			.auto_help = "the available CPUs", .run_only = true,
			.help = "number of threads")},
	{TOOL_LONG, "YC_PROGRESS",
		YC_OPT(struct tool_shared, common.progress, .name = "progress",
			.arg = "auto|always|never", .unit = YC_CHOICE, .def = "auto",
			.run_only = true,
			.help = "progress on stderr: a line that is rewritten on a "
				"terminal, else one line per minute; always: as on a "
				"terminal")},
	{TOOL_LONG, NULL,
		YC_OPT(struct tool_shared, common.metrics, .name = "metrics",
			.arg = "file", .unit = YC_WRITES, .run_only = true,
			.help = "write progress and what is measured to this file, as "
				"lines of JSON")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct tool_shared, common.quiet, .name = "quiet", .letter = 'q',
			.run_only = true,
			.help = "print no progress, notes or warnings")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct tool_shared, help, .name = "help", .letter = 'h',
			.run_only = true, .help = "print this help")},
	{(unsigned)ANY, NULL,
		YC_OPT(struct tool_shared, version, .name = "version", .letter = 'V',
			.run_only = true, .help = "print the version")},
};

/* Command line */

static size_t shared_group(unsigned use, struct yc_opt *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < YC_COUNT(shared_rows); i++)
		if (shared_rows[i].when == (unsigned)ANY || (shared_rows[i].when & use))
			rows[n++] = shared_rows[i].row;
	return n;
}

/* Environment values; a bad one is reported after --help had its chance. */
static int read_environment(const struct yc_opts *shared)
{
	int status = YC_OK;

	for (size_t i = 0; i < YC_COUNT(shared_rows); i++) {
		const char *name = shared_rows[i].env;
		const char *value = name ? getenv(name) : NULL;

		for (size_t r = 0; value && *value && r < shared->n; r++)
			if (shared->row[r].at == shared_rows[i].row.at &&
				yc_opt_set(shared, &shared->row[r], value) < 0)
				status = yc_fail_in(YC_USAGE, "%s", name);
	}
	return status;
}

/* The default of --precision, a row of some tools and methods. */
static int read_precision(const struct yc_opts *group, size_t n)
{
	const char *value = getenv("YC_PRECISION");

	for (size_t g = 0; value && *value && g < n; g++)
		for (size_t r = 0; r < group[g].n; r++)
			if (group[g].row[r].table == yc_precisions &&
				yc_opt_set(&group[g], &group[g].row[r], value) < 0)
				return yc_fail_in(YC_USAGE, "YC_PRECISION");
	return YC_OK;
}

static struct yc_opts own_group(const struct tool *tool)
{
	return (struct yc_opts){.row = tool->opts, .n = tool->nopts, .cfg = tool->cfg};
}

static bool is_other(const struct tool *tool, const struct yc_opts *group)
{
	return tool->other && group->row == tool->other->row;
}

/* The one of both tables that is not in use. */
static struct yc_opts unused_group(const struct tool *tool)
{
	static char title[80];
	const bool other = is_other(tool, &tool_line.group[0]);
	struct yc_opts unused = other ? own_group(tool) : *tool->other;

	(void)snprintf(title, sizeof(title), "%s with%s --%s", tool->name,
		other ? "out" : "", tool->other->row[0].name);
	unused.cfg = NULL;
	unused.title = title;
	return unused;
}

/* All groups, and behind them those that are not in use, titled by what they belong to. */
static struct yc_opts *every_group(struct tool_run *t, size_t *n)
{
	const struct yc_method *const *m = t->tool->methods;
	struct yc_opts *all;

	*n = tool_line.n + (t->tool->other != NULL);
	for (size_t i = 0; m && m[i]; i++)
		++*n;
	all = yc_calloc(*n, sizeof(*all));
	if (!all)
		die(t, YC_FAIL);
	memcpy(all, tool_line.group, tool_line.n * sizeof(*all));
	*n = tool_line.n;
	if (t->tool->other)
		all[(*n)++] = unused_group(t->tool);
	for (; m && *m; m++) {
		bool used = false;

		for (int i = 0; i < t->nmethods; i++)
			used |= t->method[i] == *m;
		if (!used)
			all[(*n)++] = (struct yc_opts){
				.row = (*m)->opts, .n = (*m)->nopts, .title = (*m)->name};
	}
	return all;
}

/* Looks ahead among the options of all methods: finds the first operand behind argv[from],
 * and records in the groups which options are given; argc if there is none. */
int tool_look_ahead(struct tool_run *t, int from, int argc, char **argv)
{
	size_t n;
	struct yc_opts *all = every_group(t, &n);
	int at = from + yc_opt_scan(all, n, argc - from, argv + from);

	memcpy(tool_line.group, all, tool_line.n * sizeof(*all));
	yc_free(all);
	return at;
}

/* An unknown option in front of argv[at] may have a value, which was taken for an operand.
 * Options that some method has are left to be judged when the method is known. */
void tool_check_options(struct tool_run *t, int at, char **argv)
{
	size_t n;
	struct yc_opts *all = every_group(t, &n);
	int first, status = yc_opt_parse(all, n, at, argv, &first);

	if (status < 0 && status != YC_NO)
		die(t, status);
	yc_free(all);
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

/* A mistake in a table is found by the first run of the tool, not by the first use of the
 * option. */
static void check_tables(struct tool_run *t, const struct yc_opts *group, size_t n)
{
	struct yc_opts three[3] = {group[0], group[1]};

	for (size_t i = 2; i < (n > 2 ? n : 3); i++) {
		if (n > 2)
			three[2] = group[i];
		check(t, yc_opt_check(three, n > 2 ? 3 : 2));
	}
}

/* -o, of a tool that has none. */
static bool wants_output(int argc, char **argv)
{
	static const struct yc_opt row = {.name = "output", .letter = 'o', .arg = "file"};
	struct yc_opts group = {.row = &row, .n = 1};

	(void)yc_opt_scan(&group, 1, argc, argv);
	return group.given != 0;
}

static void parse(struct tool_run *t, int argc, char **argv, int *first)
{
	struct yc_opts *all;
	char text[512] = "";
	size_t n;

	check(t, yc_opt_defaults(tool_line.group, tool_line.n));
	if (read_environment(&tool_line.group[1]) < 0 ||
		read_precision(tool_line.group, tool_line.n) < 0)
		(void)snprintf(text, sizeof(text), "%s", yc_errmsg());
	all = every_group(t, &n);
	if (yc_opt_parse(all, n, argc, argv, first) < 0) {
		if ((t->use & TOOL_PATH) && wants_output(argc, argv))
			die_usage(t, "there is no -o: the last operand says where to "
				     "write (see --help)");
		die(t, YC_USAGE);
	}
	memcpy(tool_line.group, all, tool_line.n * sizeof(*all));
	yc_free(all);
	if (tool_line.shared.version) {
		(void)printf("%s (yc) %s\n", t->tool->name, yc_version);
		tool_finish_stdout(t);
	}
	if (tool_line.shared.help)
		tool_print_help(t, tool_line.group, tool_line.n);
	if (*text)
		die_usage(t, "%s", text);
	t->common = tool_line.shared.common;
	if (tool_is_mute()) {
		t->common.quiet = true;
		t->common.progress = "never";
		t->common.metrics = NULL;
	}
	if (!t->common.threads)
		t->common.threads = (uint32_t)yc_cpus();
}

enum yc_precision tool_precision(void)
{
	return yc_precision_in(tool_line.group, tool_line.n);
}

void tool_tell_precision(struct tool_run *t)
{
	const enum yc_precision asked = tool_precision();
	const char *by = yc_opt_given(tool_line.group, tool_line.n, "precision")
				 ? "--precision "
				 : "YC_PRECISION=";
	const char *name = yc_precisions[asked]->name;

	if ((asked == YC_FAST || asked == YC_FASTEST) && yc_kern_note())
		warn(t, "%s%s: %s", by, name, yc_kern_note());
	if (yc_precision_used(asked) != asked)
		warn(t,
			"%s%s: this processor has nothing faster than fp32, which is "
			"used",
			by, name);
}

/* Not an option: results differ only in rounding, and the history has what was used. */
static void choose_kernels(struct tool_run *t)
{
	const char *name = getenv("YC_KERNELS");

	if (name && *name && yc_kern_use(name) < 0)
		die_usage(t, "YC_KERNELS: %s", yc_errmsg());
	yc_blas_prefer(getenv("OPENBLAS_CORETYPE"));
}

/* Whether --NAME=VALUE is there, in one word or two. */
static bool says(const char *name, const char *value, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *word = argv[i];
		const size_t len = strncmp(word, "--", 2) ? 0 : strcspn(word + 2, "=");

		if (!len || strncmp(name, word + 2, len) != 0)
			continue;
		word = word[2 + len] ? word + 3 + len : i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(word, value) == 0)
			return true;
	}
	return false;
}

static bool wants_other(const struct tool *tool, int argc, char **argv)
{
	struct yc_opts first = {.n = 1};

	if (!tool->other)
		return false;
	first.row = tool->other->row;
	(void)yc_opt_scan(&first, 1, argc, argv);
	return first.given != 0 &&
	       !(tool->other_but && says(first.row->name, tool->other_but, argc, argv));
}

/* Determines the method and the applicable rows before anything is parsed; whether an
 * operand names it. */
static bool begin_line(struct tool_run *t, int argc, char **argv)
{
	const struct tool *tool = t->tool;
	int at;

	tool_line.group[0] =
		wants_other(tool, argc, argv) ? *tool->other : own_group(tool);
	tool_line.group[1] = (struct yc_opts){.row = tool_line.rows,
		.n = shared_group(t->use, tool_line.rows),
		.cfg = &tool_line.shared,
		.title = "Common options"};
	tool_line.n = 2;
	at = tool_look_ahead(t, 0, argc, argv);
	t->methods = tool->methods;
	if (tool->no_method_with &&
		yc_opt_given(tool_line.group, 1, tool->no_method_with))
		t->methods = NULL;
	if (tool->text_with && yc_opt_given(tool_line.group, 1, tool->text_with)) {
		t->use = (t->use & ~(unsigned)TOOL_OUT) | TOOL_TEXT;
		tool_line.group[1].n = shared_group(t->use, tool_line.rows);
	}
	if (!t->methods || at == argc || !tool_names_methods(t, argv[at]))
		return false;
	tool_find_methods(t, at, argc, argv);
	return true;
}

const struct yc_opts *tool_opts(const struct tool_run *t)
{
	(void)t; /* a process is one tool */
	return &tool_line.group[0];
}

void tool_start(struct tool_run *t, const struct tool *tool, int argc, char **argv)
{
	bool named;
	int first = argc;

	*t = (struct tool_run){.tool = tool, .use = tool->use};
	tool_run_begin(t);
	yc_infile_lend(TOOL_STDIN, STDIN_FILENO, "stdin");
	named = begin_line(t, argc, argv);
	tool_line.n = add_method_groups(t, tool_line.group, tool_line.n);
	check_tables(t, tool_line.group, tool_line.n);
	parse(t, argc, argv, &first);
	if (t->methods && tool->method_default && !t->nmethods)
		tool_add_methods(t, tool->method_default);
	if (t->methods && !t->nmethods)
		die_usage(t, "the first operand names the %s (see --help)",
			tool->method_word);
	choose_kernels(t);
	if (!(t->use & TOOL_MAY_TRAIN))
		tool_tell_precision(t);
	first += named;
	t->files = argv + first;
	t->nfiles = argc - first;
	if ((t->use & TOOL_PATH) && !t->nfiles)
		die_usage(t, "the last operand says where to write (see --help)");
	if (t->use & TOOL_PATH)
		t->common.output = t->files[--t->nfiles];
	tool_run_watch(t);
	tool_check_operands(t, named);
	tool_metrics_open(t);
}

/* Two methods of a list may have an option of the same name with different defaults, so
 * their rows go into the history as METHOD.OPTION. */
static struct yc_opt *qualified(const struct yc_method *m, char *names, size_t width)
{
	struct yc_opt *rows = yc_calloc(m->nopts, sizeof(*rows));

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
	struct yc_opts group[TOOL_GROUPS_MAX];
	char names[256] = "", *room[TOOL_METHODS_MAX] = {NULL};
	struct yc_opt *rows[TOOL_METHODS_MAX] = {NULL};

	if (t->common.no_history) {
		yc_meta_drop(head, "yc.history");
		return;
	}
	memcpy(group, tool_line.group, sizeof(group));
	group[0].row += t->unused_opts;
	group[0].n -= (size_t)t->unused_opts;
	for (int i = 0; i < t->nmethods; i++) {
		size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, "%s%s", n ? "," : "",
			t->method[i]->name);
		if (t->nmethods == 1)
			continue;
		room[i] = yc_calloc(t->method[i]->nopts, WIDTH);
		rows[i] = room[i] ? qualified(t->method[i], room[i], WIDTH) : NULL;
		if (!rows[i])
			die(t, YC_FAIL);
		group[2 + i].row = rows[i];
	}
	check(t, yc_history_add(head, t->tool->name, t->nmethods ? names : NULL, group,
			 tool_line.n, kernel));
	for (int i = 0; i < t->nmethods; i++) {
		yc_free(rows[i]);
		yc_free(room[i]);
	}
}

int tool_head(void *run, struct yc_set *segment)
{
	tool_history(run, &segment->meta, NULL);
	return YC_OK;
}

void tool_passage(struct tool_run *t, struct yc_passage *p)
{
	*p = (struct yc_passage){.head = tool_head, .ctx = t, .watch = &t->watch};
	p->reader = tool_reader(t);
	p->writer = tool_writer(t);
}

int tool_close(struct tool_run *t)
{
	struct yc_writer *w = t->writer;

	tool_run_end();
	tool_tell_threads(t);
	t->writer = NULL;
	if (w)
		check(t, yc_writer_close(w));
	if (t->text)
		tool_close_text(t);
	tool_metrics_close(t);
	yc_reader_close(t->reader);
	t->reader = NULL;
	for (int i = 0; i < t->nmethods; i++)
		yc_free(t->method_cfg[i]);
	t->nmethods = 0;
	return 0;
}
