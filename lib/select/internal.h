/* SPDX-License-Identifier: MIT */
#ifndef SELECT_INTERNAL_H
#define SELECT_INTERNAL_H

#include "yc/select.h"

/* Declarations shared within lib/select. */

/* The number of tiles for a total size, keep or bytes; needs n, tiles_per_image and bytes
 * of cand. */
int yc_size_in_all(const struct yc_candidates *cand, const struct yc_select_cfg *cfg,
	size_t *n) YC_CHECKED;

/* Reads lines "class count" into take [classes], which is zero; a class is a number or a
 * name in yc.names; a word that is the number of one class and the name of another is an
 * error. */
int yc_budget_read(size_t *take, const struct yc_set *s, const char *path) YC_CHECKED;

/* The mark of a stream that --order wrote, yc.order in the head: "balanced ROWS" or
 * "imbalanced ROWS", and the number of ordered classes if these are not all: --ipc refers
 * to it, and a prefix of an order need not contain every class. */
struct yc_order {
	bool balanced;
	size_t rows; /* 0: there is no order */
	int classes;
};
/* `classes` is the number of classes in the head. */
int yc_order_store(
	struct yc_meta *m, const struct yc_order *order, int classes) YC_CHECKED;
/* YC_FAIL if the head has no mark. */
int yc_order_parse(
	const struct yc_meta *m, struct yc_order *order, int classes) YC_CHECKED;

#endif
