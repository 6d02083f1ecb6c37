/* SPDX-License-Identifier: MIT */
#include "yc/group.h"
#include "yc/select.h"

/*
 * The first tiles in decoded order, of each class or of all: the prefix that MDC makes good
 * (yc-methods(7), "MULTISIZE CONDENSATION"), and the first choices of herding and k-center.
 */

static int pick(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n)
{
	const int classes = r->balanced ? cand->classes : 1;
	struct yc_groups g = {0};
	int status =
		yc_groups_new(&g, r->balanced ? cand->label : NULL, cand->n, classes);

	(void)cfg;
	(void)n;
	for (int c = 0; !status && c < classes; c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		for (size_t i = 0; i < take; i++)
			*chosen++ = (size_t)yc_groups_of(&g, c)[i];
	}
	yc_groups_release(&g);
	return status;
}

const struct yc_selector yc_select_first = {
	.method = {.name = "first",
		.summary =
			"keep the first tiles of each class: the prefix that mdc makes"},
	.balanced = true,
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION,
	.pick = pick,
};
