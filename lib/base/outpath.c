/* SPDX-License-Identifier: MIT */
/* Where an output path leads: to a descriptor that is open already, to a device or pipe, or
 * to a file that is replaced, through any links. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/internal.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/outfile.h"

enum { LINKS_MAX = 40 }; /* as the kernel follows */

const char *yc_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *yc_path_folder(const char *path)
{
	const size_t n = (size_t)(yc_path_name(path) - path);
	char *folder = yc_calloc(n + 2, 1);

	if (folder)
		memcpy(folder, n ? path : ".", n ? n : 1);
	return folder;
}

/* The folder in which the kernel shows this process's descriptors, under any name:
 * /dev/fd, /proc/self/fd, /proc/1234/task/1234/fd. Not by the number of the process, which
 * is another one in another namespace. */
static bool holds_descriptors(const char *folder)
{
	char *self = realpath("/proc/self", NULL), *real = realpath(folder, NULL);
	const size_t n = self ? strlen(self) : 0;
	const bool holds = self && real && strncmp(real, self, n) == 0 &&
			   (strcmp(real + n, "/fd") == 0 ||
				   (strncmp(real + n, "/task/", 6) == 0 &&
					   strcmp(yc_path_name(real), "fd") == 0));

	free(self);
	free(real);
	return holds;
}

static int descriptor(const char *path)
{
	const char *name = yc_path_name(path);
	char *folder;
	uint64_t n;
	bool ours;

	if (!*name || strspn(name, "0123456789") != strlen(name) ||
		yc_parse_u64(name, INT_MAX, &n) != YC_NUMBER)
		return -1;
	folder = yc_path_folder(path);
	ours = folder && holds_descriptors(folder);
	yc_free(folder);
	return ours ? (int)n : -1;
}

/* What the link at path points to, as a path; NULL: it is no link. */
static char *follow(const char *path)
{
	char to[PATH_MAX];
	const ssize_t n = readlink(path, to, sizeof(to) - 1);
	const size_t before = (size_t)(yc_path_name(path) - path);
	char *next;

	if (n <= 0)
		return NULL;
	to[n] = '\0';
	if (to[0] == '/')
		return yc_strdup(to);
	next = yc_calloc(before + (size_t)n + 1, 1);
	if (next) {
		memcpy(next, path, before);
		memcpy(next + before, to, (size_t)n);
	}
	return next;
}

int yc_outpath(struct yc_outpath *o, const char *path)
{
	struct stat st;
	char *next = yc_strdup(path);
	int links = 0;

	*o = (struct yc_outpath){.descriptor = -1};
	while (next && o->descriptor < 0 && links++ <= LINKS_MAX) {
		yc_free(o->path);
		o->path = next;
		o->descriptor = descriptor(o->path);
		next = o->descriptor < 0 ? follow(o->path) : NULL;
	}
	if (!o->path)
		return YC_FAIL;
	if (next) {
		yc_free(next);
		yc_outpath_release(o);
		errno = ELOOP;
		return yc_fail(YC_FAIL, "%s:", path);
	}
	o->replaced =
		o->descriptor < 0 && (stat(o->path, &st) != 0 || S_ISREG(st.st_mode));
	return YC_OK;
}

void yc_outpath_release(struct yc_outpath *o)
{
	yc_free(o->path);
	*o = (struct yc_outpath){.descriptor = -1};
}

enum yc_outfile_kind yc_outfile_kind(const char *path)
{
	struct yc_outpath o;
	enum yc_outfile_kind kind = YC_OUTFILE_REPLACED;

	if (yc_outpath(&o, path) < 0)
		return kind; /* opening it tells why it cannot be */
	if (o.descriptor == STDOUT_FILENO)
		kind = YC_OUTFILE_STDOUT;
	else if (!o.replaced)
		kind = YC_OUTFILE_IN_PLACE;
	yc_outpath_release(&o);
	return kind;
}

/* What both lead to exists and is one file, or would be made as one. */
static bool same_end(const char *a, const char *b)
{
	char *of_a, *of_b;
	struct stat x, y;
	bool same;

	if (stat(a, &x) == 0 && stat(b, &y) == 0)
		return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	of_a = yc_path_folder(a);
	of_b = yc_path_folder(b);
	same = of_a && of_b && strcmp(yc_path_name(a), yc_path_name(b)) == 0 &&
	       stat(of_a, &x) == 0 && stat(of_b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
	yc_free(of_a);
	yc_free(of_b);
	return same;
}

bool yc_outfile_same(const char *a, const char *b)
{
	struct yc_outpath x, y = {.descriptor = -1};
	bool same = yc_outpath(&x, a) == YC_OK && yc_outpath(&y, b) == YC_OK &&
		    same_end(x.path, y.path);

	yc_outpath_release(&x);
	yc_outpath_release(&y);
	return same;
}

int yc_outfile_check(const char *path)
{
	struct yc_outpath o;
	struct stat st;
	char *folder;
	int status = yc_outpath(&o, path);

	if (status < 0)
		return status;
	if (!o.replaced) {
		if (o.descriptor < 0 && stat(o.path, &st) == 0 && S_ISDIR(st.st_mode))
			status = yc_fail(YC_FAIL, "%s is a folder: name a file", path);
		yc_outpath_release(&o);
		return status;
	}
	folder = yc_path_folder(o.path);
	if (!folder || access(folder, W_OK | X_OK) != 0)
		status = yc_outpath_refused(&o, path);
	yc_free(folder);
	yc_outpath_release(&o);
	return status;
}

bool yc_outpath_homeless(const char *real, const char *path)
{
	char *folder = yc_path_folder(real);
	const bool linked = strcmp(real, path) != 0;
	const bool missing = folder && access(folder, F_OK) != 0;

	if (missing)
		(void)yc_fail(YC_FAIL, "%s: %s%s%sthere is no folder '%s'", path,
			linked ? "a link to " : "", linked ? real : "",
			linked ? ": " : "", folder);
	yc_free(folder);
	return missing;
}

int yc_outpath_refused(const struct yc_outpath *o, const char *path)
{
	const int cause = errno;

	/* The folder, or a place on which a file is mounted, as containers do. */
	if ((cause == EACCES || cause == EPERM || cause == EROFS || cause == EBUSY) &&
		access(o->path, W_OK) == 0)
		return yc_fail(YC_FAIL,
			"%s: its folder takes no file that could replace it (%s): name a "
			"file elsewhere, or let the shell write into it (-o /dev/stdout "
			">FILE)",
			path, strerror(cause));
	if (cause == ENOENT && yc_outpath_homeless(o->path, path))
		return YC_FAIL;
	errno = cause;
	if (strcmp(o->path, path) == 0)
		return yc_fail(YC_FAIL, "%s:", path);
	return yc_fail(YC_FAIL, "%s: a link to %s:", path, o->path);
}
