/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Ranking": which of two images is wanted more, and the best of all or
 * of each class. */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>

#include "yc/mem.h"
#include "yc/select.h"

bool yc_rank_before(const struct yc_rule *r, const struct yc_units *u, size_t a, size_t b)
{
	double x = u->score[a], y = u->score[b];

	if (x < y || x > y)
		return r->low ? x < y : x > y;
	return r->first ? a < b : a > b;
}

struct ranking {
	const struct yc_units *u;
	const struct yc_rule *r;
};

/* Group by group, a class each if balanced, most wanted first. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct ranking *k = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int32_t group = k->u->label[x] - k->u->label[y];

	if (k->r->balanced && group)
		return group;
	return yc_rank_before(k->r, k->u, y, x) - yc_rank_before(k->r, k->u, x, y);
}

int yc_pick_ranked(const struct yc_units *u, const struct yc_rule *r, void *cfg,
	size_t *unit, size_t *n)
{
	struct ranking ranking = {.u = u, .r = r};
	size_t *all = yc_calloc(u->n, sizeof(*all)), from = 0;

	(void)cfg;
	(void)n;
	if (!all)
		return YC_FAIL;
	for (size_t g = 0; g < u->n; g++)
		all[g] = g;
	qsort_r(all, u->n, sizeof(*all), compare, &ranking);
	for (int c = 0; c < (r->balanced ? u->classes : 1); c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		for (size_t i = 0; i < take; i++)
			*unit++ = all[from + i];
		from += u->count[c];
	}
	yc_free(all);
	return YC_OK;
}
