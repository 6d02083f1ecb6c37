/* SPDX-License-Identifier: MIT */
#ifndef SELECT_INTERNAL_H
#define SELECT_INTERNAL_H

#include "yc/select.h"

/* What the files of lib/select share. */

/* The tiles that a size of all asks for, keep or bytes; needs n, tiles_per_image and
 * bytes of cand. */
int yc_size_in_all(const struct yc_candidates *cand, const struct yc_select_cfg *cfg,
	size_t *n) YC_CHECKED;

/* Reads lines "class count" into take [classes], which is zero; a class is a number or a
 * name of yc.names, and a word that is both of two classes is an error. */
int yc_budget_read(size_t *take, const struct yc_set *s, const char *path) YC_CHECKED;

/* The mark of a stream that --order wrote, yc.order in the head: "balanced ROWS" or
 * "imbalanced ROWS", and the number of classes that the order is of where these are not
 * all: it is what --ipc counts, and a prefix of an order need not show it. */
struct yc_order {
	bool balanced;
	size_t rows; /* 0: there is no order */
	int classes;
};
/* `classes` are all that the head has. */
int yc_order_store(
	struct yc_meta *m, const struct yc_order *order, int classes) YC_CHECKED;
/* YC_FAIL where the head has no mark. */
int yc_order_parse(
	const struct yc_meta *m, struct yc_order *order, int classes) YC_CHECKED;

#endif
