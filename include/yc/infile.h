/* SPDX-License-Identifier: MIT */
#ifndef YC_INFILE_H
#define YC_INFILE_H

#include <stdio.h>

#include "yc/fail.h"

/*
 * Input files, by path. The library never opens standard input itself: a tool lends it an
 * open descriptor, under the path that users write for it ("-").
 */

/* From now on `path` stands for the descriptor fd, which stays the caller's, and messages
 * call it `name`. One per process, before any thread starts; the strings are borrowed. */
void yc_infile_lend(const char *path, int fd, const char *name);

/* Opens for reading: a descriptor for the caller to close, or YC_FAIL "cannot open: ...".
 * The lent descriptor continues at its current offset. */
int yc_infile_open(const char *path);
/* The same as text; NULL with yc_fail. */
FILE *yc_infile_text(const char *path);
/* Its name in messages. */
const char *yc_infile_name(const char *path);
/* A path that opens the same file from its beginning, any number of times; NULL if a pipe
 * is lent, which cannot be read again. */
const char *yc_infile_path(const char *path);

/* A regular file as memory: pages are read as they are used, and given up when memory is
 * short. The file must not be truncated meanwhile. YC_FAIL for a pipe or a folder; the
 * message does not name the file. */
struct yc_map {
	const unsigned char *at;
	size_t n;
};
int yc_infile_map(struct yc_map *m, const char *path) YC_CHECKED;
void yc_map_release(struct yc_map *m); /* zero is fine */

#endif
