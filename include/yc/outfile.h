/* SPDX-License-Identifier: MIT */
#ifndef YC_OUTFILE_H
#define YC_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/fail.h"

/*
 * A file that is written under a temporary name in its folder and renamed when it is
 * complete, so that readers see either the old or the complete new content. Of a link,
 * the file that it leads to is replaced or made. Devices, named pipes and descriptors
 * (/dev/stdout, /dev/fd/3) are written in place. Opened, committed and aborted by one
 * thread.
 */
enum { YC_OUTFILES_MAX = 16 }; /* temporary files at once */

struct yc_outfile {
	int fd;
	char *path; /* behind the links */
	/* which temporary file; -1: written in place */
	int temp;
};

/* path NULL: standard output. */
int yc_outfile_open(struct yc_outfile *o, const char *path) YC_CHECKED;
int yc_outfile_write(struct yc_outfile *o, const void *p, size_t n) YC_CHECKED;
int yc_outfile_commit(struct yc_outfile *o) YC_CHECKED; /* closes in every case */
void yc_outfile_abort(struct yc_outfile *o);
/* Removes the temporary files and folders of all open output (outfolder.h), for a process
 * that is about to end; async-signal-safe, callable on any thread. */
void yc_outfile_unlink_all(void);

/* All n bytes to a descriptor, also one that does not block, as the other end or the shell
 * may have made it; 0, or -1 with errno. */
int yc_write_all(int fd, const void *p, size_t n) YC_CHECKED;

/* What would become of a path, before it is opened. */
enum yc_outfile_kind { YC_OUTFILE_REPLACED, YC_OUTFILE_IN_PLACE, YC_OUTFILE_STDOUT };
enum yc_outfile_kind yc_outfile_kind(const char *path);
/* YC_FAIL if it could not be opened: it is a folder, or its folder is missing or takes no
 * files. */
int yc_outfile_check(const char *path) YC_CHECKED;
/* Whether two paths lead to the same file, through links, or would make the same one. */
bool yc_outfile_same(const char *a, const char *b);

#endif
