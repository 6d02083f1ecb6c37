/* SPDX-License-Identifier: MIT */
/*
 * Random resized crop: a rectangle of half to all of the area with an aspect ratio of 3:4
 * to 4:3 is resized bilinearly to the whole image. Draws: top, left, height, width.
 */
#include <math.h>
#include <string.h>

#include "lib/augment/internal.h"
#include "lib/image/interp.h"

enum { ATTEMPTS = 10 };

static void draw_one(int side, struct yc_rng *rng, struct yc_aug_draw *d)
{
	for (int t = 0; t < ATTEMPTS; t++) {
		double area = (double)side * side * (0.5 + 0.5 * yc_rng_uniform(rng));
		double bound = log(4.0 / 3),
		       aspect = exp(bound * (2 * yc_rng_uniform(rng) - 1));
		int w = (int)lrint(sqrt(area * aspect)),
		    h = (int)lrint(sqrt(area / aspect));

		if (w < 1 || w > side || h < 1 || h > side)
			continue;
		d->p[0] = yc_rng_below(rng, (uint32_t)(side - h + 1));
		d->p[1] = yc_rng_below(rng, (uint32_t)(side - w + 1));
		d->p[2] = h;
		d->p[3] = w;
		return;
	}
	*d = (struct yc_aug_draw){{0, 0, side, side}};
}

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	for (int i = 0; i < n; i++)
		draw_one(s->side, rng, &d[i]);
}

/* Row or column o of the output, as a position in the input. */
static inline struct interp place(int o, double first, double n, int side)
{
	struct interp t = interp_at(o, (int)n, side);

	t.i0 += (int)first;
	t.i1 += (int)first;
	return t;
}

static void crop(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	int side = s->side, channels = s->channels, row = side * channels;

	for (int i = 0; i < side; i++) {
		struct interp v = place(i, d->p[0], d->p[2], side);
		const yc_real *top = x + v.i0 * row, *low = x + v.i1 * row;

		for (int j = 0; j < side; j++, y += channels) {
			struct interp h = place(j, d->p[1], d->p[3], side);
			int a = h.i0 * channels, b = h.i1 * channels;

			for (int c = 0; c < channels; c++)
				y[c] = v.w0 * (h.w0 * top[a + c] + h.w1 * top[b + c]) +
				       v.w1 * (h.w0 * low[a + c] + h.w1 * low[b + c]);
		}
	}
}

static void adjoint(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *dy, yc_real *dx)
{
	int side = s->side, channels = s->channels, row = side * channels;

	memset(dx, 0, (size_t)yc_aug_count(s) * sizeof(*dx));
	for (int i = 0; i < side; i++) {
		struct interp v = place(i, d->p[0], d->p[2], side);
		yc_real *top = dx + v.i0 * row, *low = dx + v.i1 * row;

		for (int j = 0; j < side; j++, dy += channels) {
			struct interp h = place(j, d->p[1], d->p[3], side);
			int a = h.i0 * channels, b = h.i1 * channels;

			for (int c = 0; c < channels; c++) {
				top[a + c] += v.w0 * h.w0 * dy[c];
				top[b + c] += v.w0 * h.w1 * dy[c];
				low[a + c] += v.w1 * h.w0 * dy[c];
				low[b + c] += v.w1 * h.w1 * dy[c];
			}
		}
	}
}

const struct yc_aug_op yc_aug_rrc = {
	.method = {.name = "rrc",
		.summary = "scale a random rectangle of half to all of the area to the "
			   "whole"},
	.group = "imagenet",
	.always = true,
	.loader = true,
	.draw = draw,
	.forward = crop,
	.tangent = crop,
	.adjoint = adjoint,
};
