/* SPDX-License-Identifier: MIT */
/* Opens the input and output of a tool: streams by the operands and -o, and text. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/tool_parts.h"

/* The file of tool_text. */
static struct yc_outfile text_file;

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
	tool_refuse_same(t, path);
	*slot = yc_strdup(path);
	if (!*slot)
		die(t, YC_FAIL);
	check(t, yc_reader_open(&r, slot, 1, &limits));
	return r;
}

/* Opened when first read: some uses of a tool read no input. */
void tool_read_files(struct tool_run *t, const char *what)
{
	static char in[] = TOOL_STDIN;
	static char *standard[] = {in};

	if (t->nfiles)
		return;
	if (isatty(STDIN_FILENO))
		die_usage(t, "no input: name a FILE or pipe a %s in (%s --help)", what,
			t->tool->name);
	tool_check_stdin(t, 1);
	t->files = standard;
	t->nfiles = 1;
}

struct yc_reader *tool_reader(struct tool_run *t)
{
	struct yc_limits limits = {
		.record_bytes = t->common.memory, .threads = (int)t->common.threads};

	if (t->reader)
		return t->reader;
	tool_read_files(t, "stream");
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

const char *tool_scratch(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

FILE *tool_text(struct tool_run *t)
{
	const char *path = t->common.output;
	int fd;

	if (!t->text && !path && !(t->use & TOOL_PICTURE) &&
		tool_can_erase(STDOUT_FILENO))
		t->text = tool_terminal();
	if (!t->text && !path)
		t->text = stdout;
	if (t->text)
		return t->text;
	check(t, yc_outfile_open(&text_file, path));
	fd = fcntl(text_file.fd, F_DUPFD_CLOEXEC, 0);
	t->text = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (!t->text)
		die(t, yc_fail(YC_FAIL, "%s:", path));
	return t->text;
}

void tool_close_text(struct tool_run *t)
{
	const char *path = t->common.output;
	int status = ferror(t->text) ? EIO : 0;

	if (fflush(t->text) != 0 || fclose(t->text) != 0)
		status = errno;
	t->text = NULL;
	if (status) {
		errno = status;
		die(t, yc_fail(YC_FAIL, "%s:", path ? path : "standard output"));
	}
	if (path)
		check(t, yc_outfile_commit(&text_file));
}
