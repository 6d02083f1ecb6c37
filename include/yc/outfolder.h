/* SPDX-License-Identifier: MIT */
#ifndef YC_OUTFOLDER_H
#define YC_OUTFOLDER_H

#include <stdbool.h>

#include "yc/fail.h"

/*
 * A folder that is written under a temporary name beside its target and renamed when it
 * is complete. Opened, committed and aborted by one thread.
 */
enum { YC_OUTFOLDERS_MAX = 4 }; /* temporary folders at once */

/* How an older result is told from what somebody else has put into a folder. */
struct yc_outfolder_ours {
	/* Names of its files, NULL-terminated: ".png" is an ending, "list.csv" a name. */
	const char *const *names;
	/* A file in the folder itself that is always there and begins so; NULL: none is. */
	const char *mark, *begins;
};

struct yc_outfolder {
	int fd; /* of the temporary folder, for openat; -1: none */
	char *path;
	int temp;
	bool replace;
	const struct yc_outfolder_ours *ours; /* borrowed */
};

/*
 * The target must be missing or an empty folder. With `replace` it may hold an older
 * result, in folders of one level at most, which is removed at the end. A folder that holds
 * anything else is refused; what comes into it later is kept, under another name.
 */
int yc_outfolder_open(struct yc_outfolder *o, const char *path, bool replace,
	const struct yc_outfolder_ours *ours) YC_CHECKED;
int yc_outfolder_commit(struct yc_outfolder *o) YC_CHECKED; /* closes in every case */
void yc_outfolder_abort(struct yc_outfolder *o);
/* Removes all temporary folders; async-signal-safe. */
void yc_outfolder_unlink_all(void);

#endif
