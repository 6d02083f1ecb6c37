/* SPDX-License-Identifier: MIT */
#ifndef DATASET_CONDENSED_FILES_H
#define DATASET_CONDENSED_FILES_H

#include "lib/dataset/condensed.h"
#include "lib/tensorfile/tensorfile.h"

/* The file or the two files of a published set, given directly or found in a folder or
 * archive by name. */
struct yc_condensed_files {
	struct yc_tensorfile *images, *labels; /* may be the same */
	struct yc_tensorfile file[2];
	char *name; /* that of the images, for messages */
};
/* The caller closes `f` on success. */
int yc_condensed_open(struct yc_condensed_files *f, const struct yc_condensed_kind *kind,
	const char *path) YC_CHECKED;
void yc_condensed_close(struct yc_condensed_files *f);

#endif
