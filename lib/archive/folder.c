/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf */
/*
 * Walks a folder in order of names. Links are followed, as those who make a subset of a
 * dataset from links expect; a folder that is reached again from within itself is a loop,
 * which ends there. What is not hidden and cannot be looked at is an error: it might have
 * been a class.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/archive/internal.h"
#include "yc/mem.h"

/* A folder on the way from the first one to the current one. */
struct crumb {
	const struct crumb *up;
	dev_t dev;
	ino_t ino;
	int depth;
};

struct folder {
	const struct yc_walk *walk;
	size_t base; /* length of the path before the names of members */
};

static int by_name(const struct dirent **x, const struct dirent **y)
{
	return strcmp((*x)->d_name, (*y)->d_name);
}

static bool on_the_way(const struct crumb *c, const struct stat *sb)
{
	for (; c; c = c->up)
		if (c->dev == sb->st_dev && c->ino == sb->st_ino)
			return true;
	return false;
}

static int walk(const struct folder *f, const char *path, const struct crumb *way);

static int enter(const struct folder *f, const char *path, const struct stat *sb,
	const struct crumb *way)
{
	const struct crumb here = {way, sb->st_dev, sb->st_ino, way->depth + 1};
	const struct yc_walk *w = f->walk;
	int status = YC_OK;

	if (on_the_way(way, sb))
		return w->skipped ? w->skipped(w->ctx, path + f->base, YC_SKIP_LOOP)
				  : YC_OK;
	if (here.depth > YC_DEPTH_MAX)
		return yc_fail(YC_FAIL, "more than %d folders deep", YC_DEPTH_MAX);
	if (w->folder)
		status = w->folder(w->ctx, path + f->base);
	return status == YC_OK ? walk(f, path, &here) : status;
}

static int visit(const struct folder *f, const char *path, const struct crumb *way)
{
	const struct yc_walk *w = f->walk;
	const char *name = path + f->base;
	struct yc_file_state state;
	struct yc_member m;
	struct stat sb;

	if (stat(path, &sb) < 0) {
		struct stat link;
		int cause = errno;
		bool dangles = lstat(path, &link) == 0 && S_ISLNK(link.st_mode) &&
			       (cause == ENOENT || cause == ENOTDIR || cause == ELOOP);

		errno = cause;
		if (!dangles)
			return yc_fail(YC_FAIL, "%s:", name);
		yc_refused_member(&m, name,
			cause == ELOOP ? "a link that leads back to itself"
				       : "a link to nothing");
		m.link = true;
		return w->file(w->ctx, &m);
	}
	if (S_ISDIR(sb.st_mode))
		return enter(f, path, &sb, way);
	if (!S_ISREG(sb.st_mode)) {
		yc_special_member(&m, name);
		return w->file(w->ctx, &m);
	}
	yc_file_member(&m, name, (uint64_t)sb.st_size, &state, path);
	int status = w->file(w->ctx, &m);

	yc_file_member_done(&state);
	return status;
}

static int walk(const struct folder *f, const char *path, const struct crumb *way)
{
	const struct yc_walk *w = f->walk;
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, by_name), status = YC_OK;

	if (n < 0 && way->up)
		return yc_fail(YC_FAIL, "%s: cannot list:", path + f->base);
	if (n < 0)
		return yc_fail(YC_FAIL, "cannot list:");
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		char *below = NULL;

		if (status != YC_OK || strcmp(name, ".") == 0 ||
			strcmp(name, "..") == 0) {
			/* nothing to do */
		} else if (asprintf(&below, "%s/%s", path, name) < 0) {
			below = NULL;
			status = yc_no_memory(0);
		} else if (!yc_member_hidden(name)) {
			status = visit(f, below, way);
		} else if (w->skipped) {
			status = w->skipped(w->ctx, below + f->base, YC_SKIP_HIDDEN);
		}
		free(below);
		free(entry[i]);
	}
	free(entry);
	return status;
}

int yc_walk_folder(const char *path, const struct yc_walk *w)
{
	const struct folder f = {w, strlen(path) + 1};
	struct crumb first = {0};
	struct stat sb;

	if (stat(path, &sb) < 0)
		return yc_fail(YC_FAIL, "cannot list:");
	first.dev = sb.st_dev;
	first.ino = sb.st_ino;
	return walk(&f, path, &first);
}
