/* SPDX-License-Identifier: MIT */
/*
 * Cutout: zeroes a square of half the side whose centre lies anywhere in the image, so
 * that it may extend beyond it. A mask: its own tangent and adjoint.
 */
#include <string.h>

#include "lib/augment/internal.h"

static int size(const struct yc_aug_shape *s)
{
	return (int)(0.5 * s->side + 0.5);
}

/* The centre of an even square lies between pixels: one more position. */
static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	int last = size(s) % 2 == 0 ? s->side : s->side - 1;

	yc_aug_integer(rng, d, n, 0, 0, last);
	yc_aug_integer(rng, d, n, 1, 0, last);
}

static void cutout(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	int side = s->side, q = size(s);
	int r0 = (int)d->p[0] - q / 2, r1 = r0 + q, c0 = (int)d->p[1] - q / 2,
	    c1 = c0 + q;
	size_t pixel = (size_t)s->channels;

	r0 = r0 < 0 ? 0 : r0;
	c0 = c0 < 0 ? 0 : c0;
	r1 = r1 > side ? side : r1;
	c1 = c1 > side ? side : c1;
	memcpy(y, x, (size_t)yc_aug_count(s) * sizeof(*x));
	for (int i = r0; c0 < c1 && i < r1; i++)
		memset(y + (size_t)(i * side + c0) * pixel, 0,
			(size_t)(c1 - c0) * pixel * sizeof(*y));
}

const struct yc_aug_op yc_aug_cutout = {
	.method = {.name = "cutout", .summary = "zero a square of half the side"},
	.group = "cutout",
	.always = true,
	.draw = draw,
	.forward = cutout,
	.tangent = cutout,
	.adjoint = cutout,
};
