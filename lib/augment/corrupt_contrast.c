/* SPDX-License-Identifier: MIT */
/* m + c*(x - m), m the mean of each channel over the image. */
#include "lib/augment/internal.h"

static int apply(const struct yc_aug_shape *s, double scale, struct yc_rng *rng,
	yc_real *x, yc_real *tmp)
{
	const int n = yc_aug_count(s), channels = s->channels;

	(void)rng;
	(void)tmp;
	for (int c = 0; c < channels; c++) {
		double mean = 0;

		for (int i = c; i < n; i += channels)
			mean += (double)x[i];
		mean /= s->side * s->side;
		for (int i = c; i < n; i += channels)
			x[i] = (yc_real)(mean + scale * ((double)x[i] - mean));
	}
	return YC_OK;
}

const struct yc_corruption yc_corrupt_low_contrast = {
	.method = {.name = "low-contrast",
		.summary =
			"corruption: move all values towards the mean of their channel",
		.opts = yc_corruption_opts,
		.nopts = YC_COUNT(yc_corruption_opts),
		.cfg_size = sizeof(struct yc_corruption_cfg)},
	.small = {0.75, 0.5, 0.4, 0.3, 0.15},
	.large = {0.4, 0.3, 0.2, 0.1, 0.05},
	.apply = apply,
};
