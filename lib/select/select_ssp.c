/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "yc/real.h"
#include "yc/select.h"

/*
 * Self-supervised prototypes (Sorscher et al., NeurIPS 2022; yc-methods(7), "SSP"): the
 * tiles nearest to the centroids of k-means, with as many clusters as tiles to keep.
 * yc-score counts for each tile the centroids that it is nearest to. A tile that several
 * centroids share is repeated, as in the reference code (D30), so that fewer distinct
 * tiles are kept than the size.
 */

struct cfg {
	bool distinct;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, distinct, .name = "distinct",
		.help = "drop repeated tiles, so that fewer than the size may remain"),
};

static void column(const struct yc_select_cfg *cfg, char name[YC_NAME_MAX + 1])
{
	(void)snprintf(name, YC_NAME_MAX + 1, "ssp-%s%u", cfg->balance ? "balance-" : "",
		cfg->ipc);
}

static int pick(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n)
{
	const struct cfg *c = cfg;
	size_t left = r->total;

	*n = 0;
	for (size_t g = 0; g < cand->n; g++) {
		double count = cand->score[g];

		if (!(count >= 0 && count <= (double)left) ||
			count != (double)(size_t)count)
			return yc_fail(YC_FAIL,
				"row %d, tile %d: %g is not its share of %zu centroids",
				(int)cand->tile[g].row, yc_candidate_position(cand, g),
				count, r->total);
		left -= (size_t)count;
		for (size_t i = 0; i < (c->distinct && count > 0 ? 1 : (size_t)count);
			i++)
			chosen[(*n)++] = g;
	}
	if (left)
		return yc_fail(YC_FAIL,
			"the column is for %zu centroids, the size is %zu: score the "
			"stream again",
			r->total - left, r->total);
	return YC_OK;
}

const struct yc_selector yc_select_ssp = {
	.method = {.name = "ssp",
		.summary = "keep those nearest to the centroids of k-means (Sorscher et "
			   "al. 2022)",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.score = "ssp",
	.repeats = "centroids share their nearest tiles",
	.refuses = YC_NO_DIRECTION | YC_NO_ORDER | YC_IPC_ONLY | YC_ONE_SCORE,
	.column = column,
	.pick = pick,
};
