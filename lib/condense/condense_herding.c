/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/condense/coreset/coreset.h"

/*
 * Herding (Welling, ICML 2009) in the form of iCaRL (Rebuffi et al., CVPR 2017): image after
 * image, the one that brings the mean of the chosen ones closest to that of the class. With
 * mu the mean and s the sum of the k features chosen so far it is
 *
 *   argmin_i |(k+1) mu - s - x_i|
 */

int yc_choose_herding(const struct yc_coreset_class *c, int k, int32_t *chosen)
{
	yc_coreset_mean(c);
	/* What the next one is to be: (k+1) mu - s. */
	memcpy(c->sum, c->mean, (size_t)c->d * sizeof(*c->sum));
	for (int i = 0; i < k; i++) {
		const yc_real *x;

		yc_coreset_distances(c, c->sum, false);
		chosen[i] = yc_coreset_nearest(c);
		c->taken[chosen[i]] = true;
		x = c->x + (size_t)chosen[i] * (size_t)c->d;
		for (int j = 0; j < c->d; j++)
			c->sum[j] += c->mean[j] - (double)x[j];
	}
	return YC_OK;
}

static int begin(struct yc_run *run)
{
	return yc_coreset_begin(run, yc_choose_herding, true);
}

static const struct yc_opt opts[] = {YC_CORESET_ROWS, YC_FEATURES_ROWS};

const struct yc_condenser yc_condense_herding = {
	.method = {.name = "herding",
		.summary = "choose real images whose mean feature stays close to that of "
			   "the class",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_coreset_cfg)},
	.resolve = yc_coreset_resolve_features,
	.begin = begin,
	YC_CORESET_HOOKS,
};
