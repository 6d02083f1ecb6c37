/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/condense/coreset/coreset.h"

/*
 * k-center greedy (Sener & Savarese, ICLR 2018), class by class: from one image on, always
 * the image that is farthest from those chosen so far,
 *
 *   argmax_i min_{s chosen} |x_i - x_s|
 *
 * which covers the class with balls of at most twice the least radius.
 */

int yc_choose_kcenter(const struct yc_coreset_class *c, int k, int32_t *chosen)
{
	struct yc_rng rng = yc_rng_fork(c->root, "kcenter-start", (uint64_t)c->label);

	chosen[0] = (int32_t)yc_rng_below(&rng, (uint32_t)c->n);
	if (!strcmp(c->cfg->start, "mean")) {
		yc_coreset_mean(c);
		yc_coreset_distances(c, c->mean, false);
		chosen[0] = yc_coreset_nearest(c);
	}
	for (int i = 1; i <= k; i++) {
		const yc_real *x = c->x + (size_t)chosen[i - 1] * (size_t)c->d;

		c->taken[chosen[i - 1]] = true;
		if (i == k)
			break;
		for (int j = 0; j < c->d; j++)
			c->sum[j] = (double)x[j];
		yc_coreset_distances(c, c->sum, i > 1);
		chosen[i] = yc_coreset_farthest(c);
	}
	return YC_OK;
}

static int begin(struct yc_run *run)
{
	return yc_coreset_begin(run, yc_choose_kcenter, true);
}

static const struct yc_opt opts[] = {
	YC_CORESET_ROWS,
	YC_CORESET_ROW(start, .name = "start", .arg = "random|mean", .unit = YC_CHOICE,
		.def = "random",
		.help = "begin with an image drawn at random, or the one nearest to the "
			"mean"),
	YC_FEATURES_ROWS,
};

const struct yc_condenser yc_condense_kcenter = {
	.method = {.name = "kcenter",
		.summary = "choose real images, each the farthest from those before it",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_coreset_cfg)},
	.resolve = yc_coreset_resolve_features,
	.begin = begin,
	YC_CORESET_HOOKS,
};
