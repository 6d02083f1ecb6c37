/* SPDX-License-Identifier: MIT */
/* x + c*N(0,1), a draw for every channel of every pixel. */
#include "lib/augment/internal.h"

static int apply(const struct yc_aug_shape *s, double deviation, struct yc_rng *rng,
	yc_real *x, yc_real *tmp)
{
	(void)tmp;
	for (int i = 0; i < yc_aug_count(s); i++)
		x[i] = (yc_real)((double)x[i] + deviation * yc_rng_normal(rng));
	return YC_OK;
}

const struct yc_corruption yc_corrupt_gaussian_noise = {
	.method = {.name = "gaussian-noise",
		.summary = "corruption: add normal noise to all values",
		.opts = yc_corruption_opts,
		.nopts = YC_COUNT(yc_corruption_opts),
		.cfg_size = sizeof(struct yc_corruption_cfg)},
	.small = {0.04, 0.06, 0.08, 0.09, 0.10},
	.large = {0.08, 0.12, 0.18, 0.26, 0.38},
	.apply = apply,
};
