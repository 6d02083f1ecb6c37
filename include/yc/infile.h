/* SPDX-License-Identifier: MIT */
#ifndef YC_INFILE_H
#define YC_INFILE_H

#include <stdio.h>

#include "yc/fail.h"

/*
 * Files to read, by path. The library knows of no standard input: a tool lends it a
 * descriptor that is open, under the path that its users write for it ("-").
 */

/* From now on `path` means the descriptor fd, which stays the caller's, and messages call
 * it `name`. One for a process, before any thread starts; the texts are borrowed. */
void yc_infile_lend(const char *path, int fd, const char *name);

/* Opens for reading: a descriptor for the caller to close, or YC_FAIL "cannot open: ...".
 * What is lent goes on where it stands. */
int yc_infile_open(const char *path);
/* The same as text; NULL with yc_fail. */
FILE *yc_infile_text(const char *path);
/* What messages call it. */
const char *yc_infile_name(const char *path);
/* A path that opens the same from its beginning, as often as one wants; NULL where a pipe
 * is lent, of which what was read is gone. */
const char *yc_infile_path(const char *path);

#endif
