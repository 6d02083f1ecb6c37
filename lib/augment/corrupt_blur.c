/* SPDX-License-Identifier: MIT */
/* Convolution with a Gaussian, cut at four standard deviations and scaled to sum 1, along
 * rows, then along columns; pixels at the border are repeated beyond it. */
#include <math.h>

#include "lib/augment/internal.h"

enum { RADIUS_MAX = 32 };

static int kernel(double sigma, double w[RADIUS_MAX + 1])
{
	const int radius = (int)(4 * sigma + 0.5);
	double sum = 0;

	for (int k = 0; k <= radius; k++) {
		w[k] = exp(-0.5 * k * k / (sigma * sigma));
		sum += k ? 2 * w[k] : w[k];
	}
	for (int k = 0; k <= radius; k++)
		w[k] /= sum;
	return radius;
}

/* y = x convolved along an axis: element i of a line is x[i * step]. */
static void line(
	const double *w, int radius, int side, int step, const yc_real *x, yc_real *y)
{
	for (int i = 0; i < side; i++) {
		double sum = w[0] * (double)x[i * step];

		for (int k = 1; k <= radius; k++) {
			const int a = i - k < 0 ? 0 : i - k,
				  b = i + k >= side ? side - 1 : i + k;

			sum += w[k] * ((double)x[a * step] + (double)x[b * step]);
		}
		y[i * step] = (yc_real)sum;
	}
}

static int apply(const struct yc_aug_shape *s, double sigma, struct yc_rng *rng,
	yc_real *x, yc_real *tmp)
{
	double w[RADIUS_MAX + 1];
	const int radius = kernel(sigma, w), side = s->side, channels = s->channels,
		  row = side * channels;

	(void)rng;
	for (int r = 0; r < side; r++)
		for (int c = 0; c < channels; c++)
			line(w, radius, side, channels, x + r * row + c,
				tmp + r * row + c);
	for (int i = 0; i < row; i++)
		line(w, radius, side, row, tmp + i, x + i);
	return YC_OK;
}

const struct yc_corruption yc_corrupt_gaussian_blur = {
	.method = {.name = "gaussian-blur",
		.summary = "corruption: convolve with a Gaussian",
		.opts = yc_corruption_opts,
		.nopts = YC_COUNT(yc_corruption_opts),
		.cfg_size = sizeof(struct yc_corruption_cfg)},
	.small = {0.4, 0.6, 0.7, 0.8, 1},
	.large = {1, 2, 3, 4, 6},
	.apply = apply,
};
