/* SPDX-License-Identifier: MIT */
/*
 * Average pooling by itself: squares of pool x pool, or the whole map (pool 0).
 * Incomplete squares are dropped, as in PyTorch. A linear map, so the tangents are the
 * passes themselves.
 */
#include <string.h>

#include "yc/layer.h"

static int window_h(const struct yc_layer *l)
{
	return l->pool ? l->pool : l->in.h;
}

static int window_w(const struct yc_layer *l)
{
	return l->pool ? l->pool : l->in.w;
}

static int plan(struct yc_layer *l)
{
	if (l->pool < 0 || l->in.h < window_h(l) || l->in.w < window_w(l))
		return yc_fail(YC_FAIL, "a map of %dx%d cannot be pooled by %d", l->in.h,
			l->in.w, l->pool);
	l->out.h = l->in.h / window_h(l);
	l->out.w = l->in.w / window_w(l);
	l->out.c = l->in.c;
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->chunk = 1;
	return YC_OK;
}

static void average(const struct yc_layer *l, int n, const yc_real *x, yc_real *y)
{
	size_t c = (size_t)l->in.c, row = (size_t)l->in.pw * c;
	int ph = window_h(l), pw = window_w(l);
	yc_real share = 1 / (yc_real)(ph * pw);

	for (int i = 0; i < n; i++) {
		const yc_real *from =
			x + (size_t)i * yc_shape_size(&l->in) + yc_shape_at(&l->in);
		yc_real *to =
			y + (size_t)i * yc_shape_size(&l->out) + yc_shape_at(&l->out);

		for (int r = 0; r < l->out.h; r++, to += (size_t)l->out.pw * c) {
			memset(to, 0, (size_t)l->out.w * c * sizeof *to);
			for (int u = 0; u < ph; u++, from += row) {
				for (int j = 0; j < l->out.w * pw; j++) {
					const yc_real *a = from + (size_t)j * c;
					yc_real *o = to + (size_t)(j / pw) * c;

					for (size_t q = 0; q < c; q++)
						o[q] += a[q];
				}
			}
			for (size_t q = 0; q < (size_t)l->out.w * c; q++)
				to[q] *= share;
		}
	}
}

static void average_adjoint(
	const struct yc_layer *l, int n, const yc_real *dy, yc_real *dx)
{
	size_t c = (size_t)l->in.c;
	int ph = window_h(l), pw = window_w(l);
	yc_real share = 1 / (yc_real)(ph * pw);

	for (int i = 0; i < n; i++, dy += yc_shape_map(&l->out)) {
		for (int r = 0; r < l->in.h; r++) {
			int whole = r / ph < l->out.h ? l->out.w * pw : 0;
			const yc_real *from =
				dy + (size_t)(r / ph) * (size_t)l->out.w * c;

			for (int j = 0; j < whole; j++, dx += c) {
				const yc_real *a = from + (size_t)(j / pw) * c;

				for (size_t q = 0; q < c; q++)
					dx[q] = a[q] * share;
			}
			memset(dx, 0, (size_t)(l->in.w - whole) * c * sizeof *dx);
			dx += (size_t)(l->in.w - whole) * c;
		}
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	average(l, p->n, p->x, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->dx)
		average_adjoint(l, p->n, p->dy, p->dx);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	average(l, p->n, p->tx, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->tdx)
		average_adjoint(l, p->n, p->tdy, p->tdx);
}

const struct yc_layer_ops yc_layer_pool = {
	.method = {.name = "pool", .summary = "average pooling"},
	.borders = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
