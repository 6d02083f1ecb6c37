/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool_parts.h"

/* The file that tool_text writes to, beside its final name. */
static char *volatile text_temp;

/* Drops output that is not complete. */
void tool_drop_output(struct tool_run *t)
{
	char *temp = text_temp;

	yc_writer_abort(t->writer);
	t->writer = NULL;
	text_temp = NULL;
	if (temp)
		(void)unlink(temp);
}

void tool_unlink_temps(void)
{
	const char *temp = yc_writer_temp();

	if (temp)
		(void)unlink(temp);
	if (text_temp)
		(void)unlink(text_temp);
}

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
void tool_close_text(struct tool_run *t)
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
