/* SPDX-License-Identifier: MIT */
#include "yc/mem.h"
#include "yc/select.h"

/*
 * Uniform draws without replacement: the first of a random permutation, of all units or
 * of each class in turn. So with one seed a smaller draw is part of a larger one.
 */

static int pick(const struct yc_units *u, const struct yc_rule *r, void *cfg,
	size_t *unit, size_t *n)
{
	size_t groups = r->balanced ? (size_t)u->classes : 1, from = 0;
	struct yc_rng rng = r->rng;
	size_t *end = yc_calloc(groups, sizeof(*end));
	size_t *member = yc_calloc(u->n, sizeof(*member));
	int32_t *perm = yc_calloc(u->n, sizeof(*perm));

	(void)cfg;
	(void)n;
	if (!end || !member || !perm) {
		yc_free(end);
		yc_free(member);
		yc_free(perm);
		return YC_FAIL;
	}
	for (size_t c = 0; r->balanced && c + 1 < groups; c++)
		end[c + 1] = end[c] + u->count[c];
	for (size_t g = 0; g < u->n; g++)
		member[end[r->balanced ? u->label[g] : 0]++] = g;
	for (size_t c = 0; c < groups; c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		yc_rng_permutation(&rng, perm, (int32_t)(end[c] - from));
		for (size_t i = 0; i < take; i++)
			*unit++ = member[from + (size_t)perm[i]];
		from = end[c];
	}
	yc_free(end);
	yc_free(member);
	yc_free(perm);
	return YC_OK;
}

const struct yc_selector yc_select_random = {
	.method = {.name = "random", .summary = "drawn at random, looking at no score"},
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION,
	.pick = pick,
};
