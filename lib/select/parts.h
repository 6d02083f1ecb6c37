/* SPDX-License-Identifier: MIT */
#ifndef YC_SELECT_PARTS_H
#define YC_SELECT_PARTS_H

#include "yc/select.h"

/* What the files of lib/select share. */

/* The units that a size of all asks for, keep or bytes; needs n, cost and bytes of u. */
int yc_size_in_all(
	const struct yc_units *u, const struct yc_select_cfg *cfg, size_t *n) YC_CHECKED;

/* Reads lines "class count" into take [classes], which is zero; a class is a number or a
 * name of yc.names, and a word that is both of two classes is an error. Path "-" is
 * standard input. */
int yc_budget_read(size_t *take, const struct yc_set *s, const char *path) YC_CHECKED;

/* The mark of a stream that --order wrote, yc.order in the head: "balanced ROWS" or
 * "imbalanced ROWS". 0 rows: there is none. */
int yc_order_store(struct yc_meta *m, size_t rows, bool balanced) YC_CHECKED;
/* YC_FAIL where the head has no mark. */
int yc_order_parse(const struct yc_meta *m, bool *balanced, size_t *rows) YC_CHECKED;

#endif
