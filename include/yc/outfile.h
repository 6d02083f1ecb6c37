/* SPDX-License-Identifier: MIT */
#ifndef YC_OUTFILE_H
#define YC_OUTFILE_H

#include <stddef.h>

#include "yc/fail.h"

/*
 * A file that is written under a temporary name and renamed when it is complete, so that
 * readers see either the old or the complete new content. Opened, committed and aborted
 * by one thread.
 */
enum { YC_OUTFILES_MAX = 16 }; /* temporary files at once */

struct yc_outfile {
	int fd;
	char *path;
	/* which temporary file; -1: written in place (standard output, devices) */
	int temp;
};

/* path NULL: standard output. Devices and named pipes are written in place. */
int yc_outfile_open(struct yc_outfile *o, const char *path) YC_CHECKED;
int yc_outfile_write(struct yc_outfile *o, const void *p, size_t n) YC_CHECKED;
int yc_outfile_commit(struct yc_outfile *o) YC_CHECKED; /* closes in every case */
void yc_outfile_abort(struct yc_outfile *o);
/* Removes the temporary files and folders of all open output (outfolder.h), for a process that is about to
 * end; async-signal-safe, callable on any thread. */
void yc_outfile_unlink_all(void);

#endif
