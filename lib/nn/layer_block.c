/* SPDX-License-Identifier: MIT */
/*
 * Begins a buffer that several layers fill: a copy of the map into the last channels of
 * one with `room` for more, in front of which later layers put theirs (yc_net_extend), so
 * that maps are concatenated without copies. A linear map, so the tangents are the passes
 * themselves.
 */
#include <string.h>

#include "yc/layer.h"

static int plan(struct yc_layer *l)
{
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out = l->in;
	if (l->room < l->out.c)
		return yc_fail(
			YC_FAIL, "%d channels for a block of %d", l->out.c, l->room);
	l->chunk = 1;
	return YC_OK;
}

static void copy(const struct yc_layer *l, int n, const yc_real *x, yc_real *y)
{
	size_t c = (size_t)l->in.c;

	for (int r = 0; r < n * l->in.h; r++) {
		const yc_real *from = x + yc_shape_row(&l->in, r);
		yc_real *to = y + yc_shape_row(&l->out, r);

		for (int j = 0; j < l->in.w; j++, from += l->in.step, to += l->out.step)
			memcpy(to, from, c * sizeof *to);
	}
}

static void copy_back(const struct yc_layer *l, int n, const yc_real *dy, yc_real *dx)
{
	size_t c = (size_t)l->in.c;

	for (int i = 0; i < n * l->in.h * l->in.w; i++) {
		memcpy(dx, dy, c * sizeof *dx);
		dx += l->in.step;
		dy += l->out.step;
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	copy(l, p->n, p->x, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	copy_back(l, p->n, p->dy, p->dx);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	copy(l, p->n, p->tx, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	copy_back(l, p->n, p->tdy, p->tdx);
}

const struct yc_layer_ops yc_layer_block = {
	.method = {.name = "block",
		.summary = "begin of a buffer that several layers fill"},
	.borders = true,
	.views = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
