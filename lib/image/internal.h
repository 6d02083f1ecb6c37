/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "yc/data.h"
#include "yc/tiles.h"

/* What determines the tiles of a set. */
struct yc_tiling {
	enum yc_decode_type type;
	int bound; /* of YC_DECODE_BOUND: decoded images per class at most */
	int factor, classes;
	size_t rows;
	const int64_t *label; /* [rows], in 0..classes-1 */
};

/* A fingerprint of the pixels alone. */
uint64_t yc_data_pixels(const struct yc_data *d);

/* Lists the tiles like yc_set_tiles. */
int yc_tiles_list(struct yc_tile **tile, int *n, const struct yc_tiling *of) YC_CHECKED;

#endif
