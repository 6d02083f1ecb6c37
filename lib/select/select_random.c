/* SPDX-License-Identifier: MIT */
#include "yc/group.h"
#include "yc/mem.h"
#include "yc/select.h"

/*
 * Uniform draws without replacement: the first ones of a random permutation of all tiles,
 * or of each class in turn. So with the same seed a smaller selection is a subset of a
 * larger one.
 */

static int pick(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n)
{
	const int classes = r->balanced ? cand->classes : 1;
	struct yc_rng rng = r->rng;
	int32_t *perm = yc_calloc(cand->n, sizeof(*perm));
	struct yc_groups g = {0};
	int status = YC_FAIL;

	(void)cfg;
	(void)n;
	if (perm)
		status = yc_groups_new(
			&g, r->balanced ? cand->label : NULL, cand->n, classes);
	for (int c = 0; !status && c < classes; c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		yc_rng_permutation(&rng, perm, yc_groups_count(&g, c));
		for (size_t i = 0; i < take; i++)
			*chosen++ = (size_t)yc_groups_of(&g, c)[perm[i]];
	}
	yc_groups_release(&g);
	yc_free(perm);
	return status;
}

const struct yc_selector yc_select_random = {
	.method = {.name = "random", .summary = "keep tiles at random"},
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION,
	.pick = pick,
};
