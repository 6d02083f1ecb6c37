/* SPDX-License-Identifier: MIT */
#ifndef DATASET_PHOTOS_H
#define DATASET_PHOTOS_H

#include "lib/dataset/internal.h"

/* A picture file. The parts are places in its path. */
struct yc_photo_file {
	char *path;
	size_t class_at, class_len, rest; /* folder that is its class, and what follows */
	int split;			  /* of those in photos.c, or -1 */
	int64_t label;
};

/* Where the column image is to be had from. */
struct yc_photos {
	char *source; /* folder or archive */
	int side;
	size_t n, capacity;
	struct yc_photo_file *file; /* [n], indexed by the column id */
};

#endif
