/* SPDX-License-Identifier: MIT */
/* Checks the files on the command line: no input is overwritten, no file is written
 * twice, and standard input is read once. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool_parts.h"

bool tool_is_stdin(const char *path)
{
	return strcmp(path, TOOL_STDIN) == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Renaming over an input, or appending to it while it is read, destroys it. */
void tool_refuse_same(struct tool_run *t, const char *path)
{
	const char *output = t->common.output;
	struct stat in, out;

	if (!(t->use & (TOOL_OUT | TOOL_TEXT | TOOL_PATH)))
		return;
	if ((tool_is_stdin(path) ? fstat(STDIN_FILENO, &in) : stat(path, &in)) != 0)
		return;
	if ((output ? stat(output, &out) : fstat(STDOUT_FILENO, &out)) != 0)
		return;
	if (same_file(&in, &out))
		die_usage(t, "%s is both input and output",
			tool_is_stdin(path) ? "standard input" : path);
}

/* The file that a row names, or NULL. */
static const char *file_of(const struct yc_opts *group, const struct yc_opt *row)
{
	if (row->unit != YC_READS && row->unit != YC_WRITES &&
		row->unit != YC_WRITES_FOLDER)
		return NULL;
	return *(char *const *)((const char *)group->cfg + row->at);
}

/* An additional output file must not replace an input, and it should be known before
 * hours of work that it can be written. */
static void check_written(struct tool_run *t, const struct yc_opt *row, const char *path)
{
	char cause[1024];
	struct stat there;

	if (tool_is_stdin(path) ||
		(!t->common.output && yc_outfile_kind(path) == YC_OUTFILE_STDOUT))
		die_usage(t, "--%s: standard output is taken, name a file", row->name);
	if (t->common.output && yc_outfile_same(path, t->common.output))
		die_usage(t, "%s is the output twice: -o and --%s", path, row->name);
	for (int i = 0; i < t->nfiles; i++)
		if (yc_outfile_same(path, t->files[i]))
			die_usage(t, "%s is both input and --%s", path, row->name);
	for (size_t g = 0; g < tool_line.n; g++) {
		for (size_t i = 0; i < tool_line.group[g].n; i++) {
			const struct yc_opt *other = &tool_line.group[g].row[i];
			const char *taken = file_of(&tool_line.group[g], other);

			if (taken && other != row && yc_outfile_same(path, taken))
				die_usage(t, "%s is both --%s and --%s", path, row->name,
					other->name);
		}
	}
	if (row->unit == YC_WRITES_FOLDER && stat(path, &there) == 0)
		return;
	if (yc_outfile_check(path) < 0) {
		(void)snprintf(cause, sizeof(cause), "%s", yc_errmsg());
		die(t, yc_fail(YC_FAIL, "--%s %s", row->name, cause));
	}
}

static void check_files(struct tool_run *t)
{
	for (size_t g = 0; g < tool_line.n; g++) {
		for (size_t i = 0; i < tool_line.group[g].n; i++) {
			const struct yc_opt *row = &tool_line.group[g].row[i];
			const char *path = file_of(&tool_line.group[g], row);

			if (path && row->unit == YC_READS)
				tool_refuse_same(t, path);
			else if (path)
				check_written(t, row, path);
		}
	}
}

/* How often '-' names standard input, which can be read only once. */
static int times_stdin(const struct tool_run *t)
{
	int n = 0;

	for (int i = 0; i < t->nfiles; i++)
		n += tool_is_stdin(t->files[i]);
	for (size_t g = 0; g < tool_line.n; g++) {
		for (size_t i = 0; i < tool_line.group[g].n; i++) {
			const struct yc_opt *row = &tool_line.group[g].row[i];
			const char *path = row->unit == YC_READS
						   ? file_of(&tool_line.group[g], row)
						   : NULL;

			n += path && tool_is_stdin(path);
		}
	}
	return n;
}

void tool_check_stdin(struct tool_run *t, int more)
{
	if (times_stdin(t) + more > 1)
		die_usage(t, "standard input is to be read twice: name a FILE instead");
}

static bool method_has(const struct tool_run *t, const char *option)
{
	for (int i = 0; i < t->nmethods; i++)
		for (size_t k = 0; k < t->method[i]->nopts; k++)
			if (strcmp(t->method[i]->opts[k].name, option) == 0)
				return true;
	return false;
}

/* Other programs take the output, or the file of labels, as an operand. */
static _Noreturn void unexpected(struct tool_run *t, const char *operand)
{
	const bool labels = access(operand, F_OK) == 0 && method_has(t, "labels");

	if (labels)
		die_usage(t,
			"unexpected operand '%s': labels are named by --labels=%s, "
			"the output by -o FILE",
			operand, operand);
	if ((t->use & TOOL_OUT) && !t->common.output)
		die_usage(t, "unexpected operand '%s': the output is named by -o %s",
			operand, operand);
	die_usage(t, "unexpected operand '%s'", operand);
}

void tool_check_operands(struct tool_run *t, bool named)
{
	const struct tool *tool = t->tool;
	bool binary = t->use & (TOOL_OUT | TOOL_PICTURE | TOOL_PATH);

	/* /dev/stdout is standard output in every respect. */
	if (t->common.output &&
		(tool_is_stdin(t->common.output) ||
			yc_outfile_kind(t->common.output) == YC_OUTFILE_STDOUT))
		t->common.output = NULL;
	for (int i = 0; i < t->nfiles; i++)
		tool_refuse_method(t, t->files[i], named);
	if (!(t->use & TOOL_IN) && t->nfiles > tool->operands_max)
		unexpected(t, t->files[tool->operands_max]);
	if (binary && !t->common.output && !t->common.force &&
		tool_is_terminal(STDOUT_FILENO))
		die_usage(t, "binary data is not written to a terminal: %s",
			t->use & TOOL_PATH  ? "name a PATH, or use a pipe"
			: t->use & TOOL_OUT ? "use -o FILE, a pipe (| yc-info), or -f"
					    : "use -o FILE, a pipe, or -f");
	tool_check_stdin(t, 0);
	for (int i = 0; i < t->nfiles; i++)
		tool_refuse_same(t, t->files[i]);
	if ((t->use & TOOL_IN) && t->nfiles == 0)
		tool_refuse_same(t, TOOL_STDIN);
	if (!tool_is_mute())
		check_files(t);
	tool_check_output(t);
}
