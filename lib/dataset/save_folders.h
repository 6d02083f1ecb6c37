/* SPDX-License-Identifier: MIT */
#ifndef DATASET_SAVE_FOLDERS_H
#define DATASET_SAVE_FOLDERS_H

#include "lib/dataset/saving.h"

/* Names of folders and files for pictures. */
struct yc_class_folders {
	size_t n;
	char (*name)[YC_FILE_NAME_MAX + 1]; /* [n], ascending like the labels */
};
/* By the names of the stream's classes; a note where they cannot be used as they are. */
int yc_class_folders(struct yc_class_folders *f, const struct yc_saving *s) YC_CHECKED;
void yc_class_folders_release(struct yc_class_folders *f);

/* How often a row of the same class, id and tile came before. */
struct yc_file_key {
	int64_t label, id, tile;
};
struct yc_file_counts {
	size_t n, capacity; /* a power of 2 */
	struct yc_file_slot {
		struct yc_file_key key;
		uint32_t count; /* 0: a free slot */
	} * slot;
};
int yc_file_count(struct yc_file_counts *c, const struct yc_file_key *key,
	uint32_t *before) YC_CHECKED;

#endif
