/* SPDX-License-Identifier: MIT */
/* A border of k zeros on every side of the map. Before a convolution of padding 1 it is one
 * of padding 1 + k. */
#include <string.h>

#include "yc/layer.h"

static int plan(struct yc_layer *l)
{
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out.h = l->in.h + 2 * l->k;
	l->out.w = l->in.w + 2 * l->k;
	l->out.c = l->in.c;
	l->chunk = 1;
	return YC_OK;
}

/* x NULL: zero. */
static void widen(
	const struct yc_layer *l, const struct yc_pass *p, const yc_real *x, yc_real *y)
{
	const size_t row = (size_t)l->in.w * (size_t)l->in.c,
		     wide = (size_t)l->out.w * (size_t)l->out.c,
		     left = (size_t)l->k * (size_t)l->in.c;

	for (int r = 0; r < p->n * l->out.h; r++) {
		const int image = r / l->out.h, in = r % l->out.h - l->k;
		yc_real *to = y + yc_shape_row(&l->out, r);

		memset(to, 0, wide * sizeof(*to));
		if (x && in >= 0 && in < l->in.h)
			memcpy(to + left, x + yc_shape_row(&l->in, image * l->in.h + in),
				row * sizeof(*to));
	}
}

/* Gradients are dense. */
static void crop(
	const struct yc_layer *l, const struct yc_pass *p, const yc_real *dy, yc_real *dx)
{
	const size_t row = (size_t)l->in.w * (size_t)l->in.c,
		     wide = (size_t)l->out.w * (size_t)l->out.c,
		     left = (size_t)l->k * (size_t)l->in.c;

	for (int i = 0; dx && i < p->n; i++) {
		const yc_real *from =
			dy + ((size_t)i * (size_t)l->out.h + (size_t)l->k) * wide;

		for (int r = 0; r < l->in.h; r++, from += wide, dx += row)
			memcpy(dx, from + left, row * sizeof(*dx));
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	widen(l, p, p->x, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	crop(l, p, p->dy, p->dx);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	widen(l, p, p->tx, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	crop(l, p, p->tdy, p->tdx);
}

const struct yc_layer_ops yc_layer_border = {
	.method = {.name = "border", .summary = "zeros around a map"},
	.begins = true,
	.borders = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
