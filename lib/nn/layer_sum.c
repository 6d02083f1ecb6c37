/* SPDX-License-Identifier: MIT */
/* Residual sum y = x + x2 of two maps of one shape, then optionally ReLU; what it passed
 * is read off y. */
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

/* Where row r of image i begins. */
static size_t row_at(const struct yc_shape *s, int i, int r)
{
	return (size_t)i * yc_shape_size(s) + yc_shape_at(s) +
	       (size_t)r * (size_t)s->pw * (size_t)s->c;
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int i = 0; i < p->n; i++) {
		for (int r = 0; r < l->in.h; r++) {
			const yc_real *a = p->x + row_at(&l->in, i, r),
				      *b = p->x2 + row_at(&l->in2, i, r);
			yc_real *y = p->y + row_at(&l->out, i, r);

			for (size_t q = 0; q < row; q++) {
				yc_real v = a[q] + b[q];

				y[q] = v > 0 || !l->relu ? v : 0;
			}
		}
	}
}

/* What passes the ReLU, to both. */
static void pass_back(const struct yc_layer *l, const struct yc_pass *p,
	const yc_real *dy, yc_real *dx, yc_real *dx2)
{
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int i = 0; i < p->n; i++) {
		for (int r = 0; r < l->in.h; r++, dy += row, dx += row, dx2 += row) {
			const yc_real *y = p->y + row_at(&l->out, i, r);

			for (size_t q = 0; q < row; q++)
				dx[q] = dx2[q] = y[q] > 0 || !l->relu ? dy[q] : 0;
		}
	}
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	pass_back(l, p, p->dy, p->dx, p->dx2);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	size_t row = (size_t)l->in.w * (size_t)l->in.c;

	for (int i = 0; i < p->n; i++) {
		for (int r = 0; r < l->in.h; r++) {
			const yc_real *a = p->tx + row_at(&l->in, i, r),
				      *b = p->tx2 + row_at(&l->in2, i, r),
				      *y = p->y + row_at(&l->out, i, r);
			yc_real *ty = p->ty + row_at(&l->out, i, r);

			for (size_t q = 0; q < row; q++)
				ty[q] = y[q] > 0 || !l->relu ? a[q] + b[q] : 0;
		}
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	pass_back(l, p, p->tdy, p->tdx, p->tdx2);
}

const struct yc_layer_ops yc_layer_sum = {
	.name = "sum",
	.joins = true,
	.borders = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
