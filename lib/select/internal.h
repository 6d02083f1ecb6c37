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

/* Several scores as one, yc-methods(7), "Combined scores". */

/* Does cfg->score name several? */
bool yc_scores_several(const struct yc_select_cfg *cfg);
/* The next name of a list a,b,c, without "score."; false at its end. */
bool yc_scores_next(const char **list, char name[YC_NAME_MAX + 1]);
/* Checks the list and fills cfg->combine; YC_USAGE for one that needs no combination. */
int yc_combine_resolve(struct yc_select_cfg *cfg) YC_CHECKED;
/* Fills cand->score with the combination of the scores of cfg, resolved: low is easy. */
int yc_combine(struct yc_candidates *cand, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg) YC_CHECKED;

/* Does low mean hard in column score.NAME? The rule with that default score decides, for
 * all its runs; if there is none, the rule that ranks by it. */
bool yc_low_is_hard(const char *name, const struct yc_selector *rule);
/* The values of column score.NAME, score [cand->n]; a NaN is an error. */
int yc_candidates_score(const struct yc_candidates *cand, const struct yc_set *s,
	const char *name, double *score) YC_CHECKED;

#endif
