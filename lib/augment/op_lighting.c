/* SPDX-License-Identifier: MIT */
/*
 * Lighting: one number is added to each channel, sum_j V[i][j] alpha_j e_j,
 * with eigenvectors V and eigenvalues e of the colours of ImageNet. Draws: alpha.
 */
#include <string.h>

#include "lib/augment/internal.h"

static const double value[3] = {0.2175, 0.0188, 0.0045};
static const double vector[3][3] = {{-0.5675, 0.7192, 0.4009},
	{-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}};

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < n; i++)
			d[i].p[k] = 0.1 * yc_rng_normal(rng);
}

static void light(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	yc_real add[3];

	for (int c = 0; c < 3; c++) {
		double sum = 0;

		for (int k = 0; k < 3; k++)
			sum += vector[c][k] * d->p[k] * value[k];
		add[c] = (yc_real)sum;
	}
	for (int i = 0; i < s->side * s->side; i++, x += 3, y += 3)
		for (int c = 0; c < 3; c++)
			y[c] = x[c] + add[c];
}

static void same(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	(void)d;
	memcpy(y, x, (size_t)yc_aug_count(s) * sizeof(*x));
}

const struct yc_aug_op yc_aug_lighting = {
	.method = {.name = "lighting",
		.summary = "add a little of the principal colours of photographs"},
	.group = "imagenet",
	.always = true,
	.loader = true,
	.rgb = true,
	.draw = draw,
	.forward = light,
	.tangent = same,
	.adjoint = same,
};
