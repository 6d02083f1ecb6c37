/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_DIFF_H
#define YC_VIEW_DIFF_H

#include "lib/view/images.h"
#include "yc/rows.h"

/* An image of one stream: what it is matched by, and where it is. */
struct yc_diff_key {
	int64_t id, position;
	size_t at; /* in the list of tiles */
};

struct yc_diff_side {
	const char *word; /* "A" or "B" */
	struct yc_rows rows;
	struct yc_view_images images; /* without pixels: what is shown */
	struct yc_tile *tile;	      /* of all rows */
	struct yc_diff_key *key;      /* [n], sorted */
	size_t n;
	struct yc_tile *pick;	  /* [npick] shown, class by class */
	float *pixel;		  /* [npick][side][side][channels] */
	size_t alone;		  /* images that the other stream lacks */
	struct yc_diff_key first; /* of them, in the order of the stream */
};

struct yc_diff {
	const struct yc_view_cfg *cfg;
	struct yc_watch *watch;
	struct yc_diff_side a, b;
	int classes;
	size_t columns, pairs, npick, other_label;
	size_t *all, *shown, *start; /* [classes] matched, drawn, position in pick */
	size_t size;		     /* values of an image */
	double gain, largest, mean;
	size_t largest_at; /* in pick */
	char tag[32];
};

static inline const struct yc_tensor *yc_diff_column(
	const struct yc_diff_side *s, const char *name)
{
	return yc_set_col(&s->rows.set, name);
}

/* Finds for every image of A the one of B with the same id and tile, and picks those that are
 * shown; counts the others. YC_FAIL if there are none. */
int yc_diff_match(struct yc_diff *d) YC_CHECKED;

#endif
