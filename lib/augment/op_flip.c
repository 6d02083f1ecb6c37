/* SPDX-License-Identifier: MIT */
/* Flip: columns reversed if u < 0.5. Its own tangent and adjoint. As one of the
 * loader transforms it is called mirror. */
#include <string.h>

#include "lib/augment/internal.h"

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	yc_aug_uniform(rng, d, n, 0, 0, 1);
}

static inline void reverse(int rows, int side, int channels, const yc_real *x, yc_real *y)
{
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < side; j++)
			for (int c = 0; c < channels; c++)
				y[(i * side + j) * channels + c] =
					x[(i * side + side - 1 - j) * channels + c];
}

static void flip(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	if (d->p[0] >= 0.5)
		memcpy(y, x, (size_t)yc_aug_count(s) * sizeof(*x));
	else if (s->channels == 3) /* a constant lets the inner loop unroll */
		reverse(s->side, s->side, 3, x, y);
	else
		reverse(s->side, s->side, s->channels, x, y);
}

const struct yc_aug_op yc_aug_flip = {
	.method = {.name = "flip", .summary = "flip left and right with probability 1/2"},
	.group = "flip",
	.always = true,
	.draw = draw,
	.forward = flip,
	.tangent = flip,
	.adjoint = flip,
};

const struct yc_aug_op yc_aug_mirror = {
	.method = {.name = "mirror",
		.summary = "flip, but before the images are normalised"},
	.group = "imagenet",
	.always = true,
	.loader = true,
	.draw = draw,
	.forward = flip,
	.tangent = flip,
	.adjoint = flip,
};
