/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/*
 * One member of a folder, an archive or a bare file. `name` is the path inside, without a
 * leading "./". The callback may ask for the content with read; members it does not read
 * are skipped. It returns YC_OK to continue, 1 to stop early, or a negative status, to
 * whose message the walk adds the name of `path`. A file that is no archive is one member,
 * `bare`.
 */
struct yc_member {
	const char *name;
	uint64_t size; /* as declared; UINT64_MAX: unknown */
	/* Whole content, at most `most` bytes, by yc_calloc; a longer or truncated member
	 * is an error. */
	int (*read)(struct yc_member *m, size_t most, unsigned char **data, size_t *size);
	void *state;
	bool bare; /* the file that was given, not something in it */
};
int yc_archive_walk(const char *path, int (*fn)(void *ctx, struct yc_member *m),
	void *ctx) YC_CHECKED;
/* Reads a regular file whole, archive or not; *data by yc_calloc. `path` is one that
 * the system knows (yc_infile_path). */
int yc_file_read(
	const char *path, size_t most, unsigned char **data, size_t *size) YC_CHECKED;

#endif
