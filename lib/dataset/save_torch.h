/* SPDX-License-Identifier: MIT */
#ifndef DATASET_SAVE_TORCH_H
#define DATASET_SAVE_TORCH_H

#include "lib/dataset/saving.h"

/* save_scores.c: the scores of all tiles as YOCO keeps them, for --scores. */
bool yc_scores_hold(const struct yc_tensor *column);
int yc_scores_begin(
	struct yc_saving *s, struct yc_set *all, const struct yc_set *first) YC_CHECKED;
/* Appends labels and scores to `all`. */
int yc_scores_rows(struct yc_set *all, const struct yc_set *part) YC_CHECKED;
int yc_scores_end(struct yc_saving *s, struct yc_set *all) YC_CHECKED;

#endif
