/* SPDX-License-Identifier: MIT */
/* Channels of x, then those of x2, in one map. A linear map, so the tangents are the
 * passes themselves. */
#include <string.h>

#include "yc/layer.h"

static int plan(struct yc_layer *l)
{
	if (l->in.h != l->in2.h || l->in.w != l->in2.w)
		return yc_fail(YC_FAIL, "maps of %dx%d and %dx%d cannot be joined",
			l->in.h, l->in.w, l->in2.h, l->in2.w);
	l->in.pad = l->in2.pad = 0;
	l->in.ph = l->in2.ph = l->in.h;
	l->in.pw = l->in2.pw = l->in.w;
	l->out.h = l->in.h;
	l->out.w = l->in.w;
	l->out.c = l->in.c + l->in2.c;
	l->chunk = 1;
	return YC_OK;
}

static void join(
	const struct yc_layer *l, int n, const yc_real *x, const yc_real *x2, yc_real *y)
{
	size_t c = (size_t)l->in.c, c2 = (size_t)l->in2.c;

	for (int r = 0; r < n * l->in.h; r++) {
		const yc_real *a = x + yc_shape_row(&l->in, r),
			      *b = x2 + yc_shape_row(&l->in2, r);
		yc_real *o = y + yc_shape_row(&l->out, r);

		for (int j = 0; j < l->in.w; j++, a += c, b += c2) {
			memcpy(o, a, c * sizeof *o);
			memcpy(o + c, b, c2 * sizeof *o);
			o += c + c2;
		}
	}
}

static void part(
	const struct yc_layer *l, int n, const yc_real *dy, yc_real *dx, yc_real *dx2)
{
	size_t c = (size_t)l->in.c, c2 = (size_t)l->in2.c;

	for (int i = 0; i < n * l->in.h * l->in.w; i++, dx += c, dx2 += c2) {
		memcpy(dx, dy, c * sizeof *dx);
		memcpy(dx2, dy + c, c2 * sizeof *dx2);
		dy += c + c2;
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	join(l, p->n, p->x, p->x2, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	part(l, p->n, p->dy, p->dx, p->dx2);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	join(l, p->n, p->tx, p->tx2, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	part(l, p->n, p->tdy, p->tdx, p->tdx2);
}

const struct yc_layer_ops yc_layer_concat = {
	.method = {.name = "concat",
		.summary = "concatenation of the channels of two maps"},
	.joins = true,
	.borders = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
