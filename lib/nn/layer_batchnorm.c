/* SPDX-License-Identifier: MIT */
/*
 * Batch norm, then optionally ReLU: statistics over all images of the batch, and running
 * statistics in test mode. The ReLU mask is recomputed from the map. lib/nn/batch.h has
 * the formulas.
 */
#include "lib/nn/batch.h"
#include "yc/kern.h"

static int plan(struct yc_layer *l)
{
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out = l->in;
	l->nw = l->ngrad = 2 * (size_t)l->in.c;
	yc_batch_plan(l);
	l->chunk = 1;
	return YC_OK;
}

/* Where row r of gradients begins. */
static size_t gradient_at(const struct yc_shape *s, int r)
{
	return (size_t)r * (size_t)s->w * (size_t)s->step;
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);

	for (int r = 0; r < p->n * l->in.h; r++)
		yc_kern_get()->batch_forward(l->in.w, l->in.c,
			p->x + yc_shape_row(&l->in, r), (size_t)l->in.step, b.scale,
			b.off, l->relu, p->y + yc_shape_row(&l->out, r),
			(size_t)l->out.step);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);

	for (int r = 0; r < p->n * l->in.h; r++) {
		struct yc_batch_arg a = yc_batch_arg_of(l, p, &b);

		a.pixels = l->in.w;
		a.x += yc_shape_row(&l->in, r);
		a.dy += gradient_at(&l->out, r);
		a.dx += gradient_at(&l->in, r);
		yc_kern_get()->batch_backward(&a);
	}
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);

	for (int r = 0; r < p->n * l->in.h; r++) {
		size_t x = yc_shape_row(&l->in, r);

		yc_batch_tangent(&b, l->in.w, l->in.c, l->relu, p->x + x, p->tx + x,
			(size_t)l->in.step, p->ty + yc_shape_row(&l->out, r),
			(size_t)l->out.step);
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);

	for (int r = 0; r < p->n * l->in.h; r++) {
		size_t x = yc_shape_row(&l->in, r), dy = gradient_at(&l->out, r);
		struct yc_batch_tangents t = yc_batch_tangents_of(l, p);

		t.pixels = l->in.w;
		t.x += x;
		t.tx += x;
		t.dy += dy;
		t.tdy += dy;
		t.tdx += gradient_at(&l->in, r);
		yc_batch_tangent_adjoint(&b, &t);
	}
}

const struct yc_layer_ops yc_layer_batchnorm = {
	.method = {.name = "batchnorm", .summary = "batch normalisation, ReLU"},
	.borders = true,
	.views = true,
	.adds = true,
	.plan = plan,
	.params = yc_batch_params,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.settle = YC_BATCH_SETTLE,
	.statistics = yc_batch_statistics,
};
