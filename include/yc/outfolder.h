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

struct yc_outfolder {
	int fd; /* of the temporary folder, for openat; -1: none */
	char *path;
	int temp;
	bool replace;
};

/*
 * The target must be missing or an empty folder. With `replace` it may hold files whose
 * names end in one of `ours` (NULL-terminated), in folders of one level at most: an older
 * result, which is removed at the end. A folder that holds anything else is refused.
 */
int yc_outfolder_open(struct yc_outfolder *o, const char *path, bool replace,
	const char *const *ours) YC_CHECKED;
int yc_outfolder_commit(struct yc_outfolder *o) YC_CHECKED; /* closes in every case */
void yc_outfolder_abort(struct yc_outfolder *o);
/* Removes all temporary folders; async-signal-safe. */
void yc_outfolder_unlink_all(void);

#endif
