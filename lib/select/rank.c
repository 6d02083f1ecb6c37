/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Ranking": which of two images ranks first, and the best of all or of
 * each class. */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>

#include "yc/mem.h"
#include "yc/select.h"

bool yc_rank_before(
	const struct yc_rule *r, const struct yc_candidates *cand, size_t a, size_t b)
{
	double x = cand->score[a], y = cand->score[b];

	if (x < y || x > y)
		return r->low ? x < y : x > y;
	return r->first ? a < b : a > b;
}

struct ranking {
	const struct yc_candidates *cand;
	const struct yc_rule *r;
};

/* Group by group, one class each if balanced, best first. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct ranking *k = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int32_t group = k->cand->label[x] - k->cand->label[y];

	if (k->r->balanced && group)
		return group;
	return yc_rank_before(k->r, k->cand, y, x) - yc_rank_before(k->r, k->cand, x, y);
}

int yc_pick_ranked(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n)
{
	struct ranking ranking = {.cand = cand, .r = r};
	size_t *all = yc_calloc(cand->n, sizeof(*all)), from = 0;

	(void)cfg;
	(void)n;
	if (!all)
		return YC_FAIL;
	for (size_t g = 0; g < cand->n; g++)
		all[g] = g;
	qsort_r(all, cand->n, sizeof(*all), compare, &ranking);
	for (int c = 0; c < (r->balanced ? cand->classes : 1); c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		for (size_t i = 0; i < take; i++)
			*chosen++ = all[from + i];
		from += cand->count[c];
	}
	yc_free(all);
	return YC_OK;
}
