/* SPDX-License-Identifier: MIT */
#ifndef DATASET_PHOTOS_H
#define DATASET_PHOTOS_H

#include "lib/dataset/internal.h"

/* A picture file. The parts are offsets in its path. */
struct yc_photo_file {
	char *path;
	size_t class_at, class_len, rest; /* folder of its class, and the rest */
	int split;			  /* index of its split, or -1 */
	int64_t label;
};

/* Source of the column image. */
struct yc_arrays;
struct yc_photos {
	struct yc_arrays *arrays; /* not NULL: they are arrays, and nothing else is set */
	char *source;		  /* folder or archive */
	int side;
	size_t n, capacity;
	struct yc_photo_file *file; /* [n], indexed by the column id */
};

/* Decodes the pictures of the rows of a set, in their order. */
int yc_photos_each(const struct yc_set *set, const struct yc_photos *photos, int threads,
	yc_images_fn *fn, void *ctx) YC_CHECKED;

#endif
