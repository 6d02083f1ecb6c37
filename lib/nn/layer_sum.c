/* SPDX-License-Identifier: MIT */
/* Residual sum y = x + x2 of two maps of one shape, then optionally ReLU, whose mask
 * follows from y. */
#include <math.h>

#include "yc/layer.h"

static int plan(struct yc_layer *l)
{
	if (l->in.h != l->in2.h || l->in.w != l->in2.w || l->in.c != l->in2.c)
		return yc_fail(YC_FAIL, "maps of %dx%dx%d and %dx%dx%d cannot be added",
			l->in.h, l->in.w, l->in.c, l->in2.h, l->in2.w, l->in2.c);
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out = l->in2 = l->in;
	l->chunk = 1;
	return YC_OK;
}

/* What the ReLU stops: values that are at most this. Without a ReLU, and for values that
 * are NaN and stay visible, the comparison fails. A choice between two numbers that are
 * there, not a factor of 0, which would make NaN of an infinite gradient: compilers
 * vectorise it as well. */
static yc_real floor_of(const struct yc_layer *l)
{
	return l->relu ? 0 : (yc_real)NAN;
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const yc_real least = floor_of(l);
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *a = p->x + yc_shape_row(&l->in, r),
			      *b = p->x2 + yc_shape_row(&l->in2, r);
		yc_real *y = p->y + yc_shape_row(&l->out, r);

		for (size_t q = 0; q < row; q++) {
			yc_real v = a[q] + b[q];

			y[q] = v < least ? least : v; /* NaN stays */
		}
	}
}

/* Passes the masked gradient to both inputs. */
static void pass_back(const struct yc_layer *l, const struct yc_pass *p,
	const yc_real *dy, yc_real *dx, yc_real *dx2)
{
	const yc_real least = floor_of(l);
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int r = 0; r < p->n * l->in.h; r++, dy += row, dx += row, dx2 += row) {
		const yc_real *y = p->y + yc_shape_row(&l->out, r);

		for (size_t q = 0; q < row; q++) {
			yc_real g = dy[q], d = y[q] <= least ? 0 : g;

			dx[q] = d;
			dx2[q] = d;
		}
	}
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	pass_back(l, p, p->dy, p->dx, p->dx2);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const yc_real least = floor_of(l);
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *a = p->tx + yc_shape_row(&l->in, r),
			      *b = p->tx2 + yc_shape_row(&l->in2, r),
			      *y = p->y + yc_shape_row(&l->out, r);
		yc_real *ty = p->ty + yc_shape_row(&l->out, r);

		/* Two loops: compilers make a branch of a sum that may be dropped. */
		for (size_t q = 0; q < row; q++)
			ty[q] = a[q] + b[q];
		for (size_t q = 0; q < row; q++) {
			yc_real t = ty[q];

			ty[q] = y[q] <= least ? 0 : t;
		}
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	pass_back(l, p, p->tdy, p->tdx, p->tdx2);
}

const struct yc_layer_ops yc_layer_sum = {
	.method = {.name = "sum", .summary = "sum of two maps, ReLU"},
	.joins = true,
	.borders = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
