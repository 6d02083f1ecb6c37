/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "yc/fail.h"

/*
 * One member of a folder, an archive or a bare file. `name` is the path inside, made
 * normal: parts joined by single slashes, none of them empty, "." or "..", nothing hidden.
 * The callback may ask for the content with read; members it does not read are skipped. It
 * returns YC_OK to continue, 1 to stop early, or a negative status, to whose message the
 * walk adds the name of `path`. A file that is no archive is one member, `bare`.
 */
struct yc_member {
	const char *name;
	uint64_t size; /* as declared; UINT64_MAX: unknown */
	/* Whole content, at most `most` bytes, by yc_calloc; a longer or truncated member
	 * is an error. */
	int (*read)(struct yc_member *m, size_t most, unsigned char **data, size_t *size);
	/* Instead of read: the next bytes of the content, at most n; 0 at its end, or a
	 * negative status. For a look at how a member begins. */
	ssize_t (*more)(struct yc_member *m, void *buf, size_t n);
	void *state;
	bool bare; /* the file that was given, not something in it */
	/* The path of a member that is a file of its own; NULL: it is in an archive. */
	const char *file;
	/* Why neither read nor more can work, such as "a link in an archive"; NULL: they
	 * can. */
	const char *refused;
	bool link;    /* then: it may stand for a folder as well */
	bool special; /* then: it is not a file but a device, pipe or socket */
};
int yc_archive_walk(const char *path, int (*fn)(void *ctx, struct yc_member *m),
	void *ctx) YC_CHECKED;

/* The same with everything that there is to hear; all but `file` may be NULL. */
enum yc_skipped {
	YC_SKIP_HIDDEN, /* its name, or that of a folder around it, begins with a dot, or is
			   __MACOSX */
	YC_SKIP_LOOP	/* a link to a folder that it is in */
};
struct yc_walk {
	void *ctx;
	int (*file)(void *ctx, struct yc_member *m);
	/* Every folder, where a folder or an archive lists it; before what is in it. */
	int (*folder)(void *ctx, const char *name);
	/* What is never looked at; one call for a hidden folder, or for each of its members
	 * in an archive. */
	int (*skipped)(void *ctx, const char *name, enum yc_skipped why);
	/* Tar archives in an archive are folders, named without ".tar" */
	bool tar_is_folder;
};
int yc_archive_visit(const char *path, const struct yc_walk *walk) YC_CHECKED;

/* A regular file as a member, outside of a walk: state is borrowed, and released by
 * yc_file_member_done. */
struct yc_file_state {
	const char *path;
	int fd; /* -1: not opened yet */
};
void yc_file_member(struct yc_member *m, const char *name, uint64_t size,
	struct yc_file_state *state, const char *path);
void yc_file_member_done(struct yc_file_state *state);
/* Reads a regular file whole, archive or not; *data by yc_calloc. `path` is one that
 * the system knows (yc_infile_path). */
int yc_file_read(
	const char *path, size_t most, unsigned char **data, size_t *size) YC_CHECKED;

#endif
