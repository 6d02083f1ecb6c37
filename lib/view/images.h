/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_IMAGES_H
#define YC_VIEW_IMAGES_H

#include "yc/stream.h"
#include "yc/tiles.h"
#include "yc/view.h"

/*
 * The images of a set one at a time, for people to look at: as they are stored, or decoded, and
 * never normalised.
 */
struct yc_view_images {
	const struct yc_set *set; /* borrowed, checked; may hold a part of the rows */
	bool decoded;
	int side, channels;
	struct yc_head
		head; /* with mean and standard deviation, if the set is normalised */
	bool normalised;
	yc_real *stored, *shown;
};

/* Sets that are stored normalised are always decoded, and with `score`, NULL or the name of a
 * column, those whose images have several of it, one for each tile. YC_FAIL if there is no such
 * column. */
int yc_view_images_open(struct yc_view_images *v, const struct yc_set *set, bool decode,
	const char *score) YC_CHECKED;
/* Images shown for each stored one. */
int yc_view_images_each(const struct yc_view_images *v);
/* Lists what is shown, stored images as tiles that are not cut; *tile by yc_calloc. */
int yc_view_images_list(
	const struct yc_view_images *v, struct yc_tile **tile, size_t *n) YC_CHECKED;
/* [side][side][channels], nominally 0..1; valid until the next call. */
const yc_real *yc_view_images_get(struct yc_view_images *v, const struct yc_tile *tile);
/* Its value in a column of scores; NAN if the column is NULL. */
double yc_view_images_score(const struct yc_tensor *column, const struct yc_tile *tile);
/* Its tile position and id, -1 if the set has none. */
int64_t yc_view_images_position(
	const struct yc_view_images *v, const struct yc_tile *tile);
int64_t yc_view_images_id(const struct yc_view_images *v, const struct yc_tile *tile);
void yc_view_images_close(struct yc_view_images *v);

/* Whether a column of scores has one for each tile of stored images. */
bool yc_view_tiles_have_scores(const struct yc_set *set);
/* A column of scores, F32 or F64 [N] or [N,t]. */
bool yc_view_is_score(const struct yc_tensor *t);
#endif
