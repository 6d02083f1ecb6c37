/* SPDX-License-Identifier: MIT */
/*
 * Crop: y[i,j] = x[i+tx, j+ty], zero outside; whole shifts up to an eighth of the side.
 * The adjoint shifts back.
 */
#include <string.h>

#include "lib/augment/internal.h"

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	int most = (int)(0.125 * s->side + 0.5);

	yc_aug_integer(rng, d, n, 0, -most, most);
	yc_aug_integer(rng, d, n, 1, -most, most);
}

static void shift(
	const struct yc_aug_shape *s, int tx, int ty, const yc_real *x, yc_real *y)
{
	int side = s->side;
	int j0 = ty < 0 ? -ty : 0,
	    j1 = ty > 0 ? side - ty : side; /* columns with a source */
	size_t pixel = (size_t)s->channels, row = (size_t)side * pixel;

	for (int i = 0; i < side; i++, y += row) {
		if (i + tx < 0 || i + tx >= side || j0 >= j1) {
			memset(y, 0, row * sizeof(*y));
			continue;
		}
		const yc_real *from =
			x + (size_t)(i + tx) * row + (size_t)(j0 + ty) * pixel;

		memset(y, 0, (size_t)j0 * pixel * sizeof(*y));
		memcpy(y + (size_t)j0 * pixel, from,
			(size_t)(j1 - j0) * pixel * sizeof(*y));
		memset(y + (size_t)j1 * pixel, 0,
			(size_t)(side - j1) * pixel * sizeof(*y));
	}
}

static void crop(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	shift(s, (int)d->p[0], (int)d->p[1], x, y);
}

static void adjoint(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *dy, yc_real *dx)
{
	shift(s, -(int)d->p[0], -(int)d->p[1], dy, dx);
}

const struct yc_aug_op yc_aug_crop = {
	.method = {.name = "crop",
		.summary = "shift by up to an eighth of the side, zero border"},
	.group = "crop",
	.draw = draw,
	.forward = crop,
	.tangent = crop,
	.adjoint = adjoint,
};
