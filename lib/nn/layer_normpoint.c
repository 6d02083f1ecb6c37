/* SPDX-License-Identifier: MIT */
/*
 * Batch norm of the input, optionally ReLU, then a convolution 1x1 without bias, a few
 * pixels at a time: what the norm gives never leaves the cache, is not kept, and is computed
 * again when it is needed. Weights gamma [c], beta [c], then [c][co].
 */
#include "lib/nn/batch.h"
#include "yc/kern.h"

/* Pixels at a time: so many rows that a product is not dominated by its weights. */
enum { STRIP = 128 };

static size_t packed_forward(const struct yc_layer *l)
{
	return yc_kern_packed(l->in.c, l->out.c);
}

static int plan(struct yc_layer *l)
{
	size_t c = (size_t)l->in.c;
	int pixels = l->in.h * l->in.w;

	l->in.pad = 0;
	l->in.ph = l->out.h = l->in.h;
	l->in.pw = l->out.w = l->in.w;
	l->nw = l->ngrad = 2 * c + c * (size_t)l->out.c;
	l->npack = packed_forward(l) + yc_kern_packed(l->out.c, l->in.c);
	yc_batch_plan(l);
	l->scratch_fixed = 4 * STRIP * c;
	l->chunk = (2 * STRIP + pixels - 1) / pixels;
	return YC_OK;
}

static int params(const struct yc_layer *l, struct yc_param *p)
{
	return yc_batch_conv_params(l, 1, p);
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	size_t co = (size_t)l->out.c;

	w += 2 * l->in.c;
	if (part == 0)
		yc_kern_get()->pack(l->in.c, l->out.c, w, co, pack);
	if (part == parts - 1 && adjoint)
		yc_kern_get()->pack_t(l->out.c, l->in.c, w, co, pack + packed_forward(l));
}

/* Some consecutive pixels, and where they are in x and dx, y, and dy. */
struct strip {
	int from, pixels;
	size_t x, y, dy;
};

/* Moves on from a strip to the next; false: there is none. Begin with zeros. */
static bool next(const struct yc_layer *l, const struct yc_pass *p, struct strip *s)
{
	const struct yc_shape *out = &l->out;
	bool whole = out->ph == out->h && out->pw == out->w;
	int from = s->from + s->pixels, w = out->w, pixels = p->n * out->h * w;
	int left = whole ? pixels - from : w - from % w;

	*s = (struct strip){.from = from,
		.pixels = left < STRIP ? left : STRIP,
		.x = (size_t)from * (size_t)l->in.step,
		.y = yc_shape_row(out, from / w) + (size_t)(from % w) * (size_t)out->step,
		.dy = (size_t)from * (size_t)out->step};
	return from < pixels;
}

static void normalise(const struct yc_layer *l, const struct yc_batch *b,
	const struct strip *s, const yc_real *x, yc_real *a)
{
	yc_kern_get()->batch_forward(s->pixels, l->in.c, x + s->x, (size_t)l->in.step,
		b->scale, b->off, l->relu, a, (size_t)l->in.c);
}

/* y = sum over terms of rows `lda` apart times packed weights [k][n] */
static void multiply(const struct strip *s, int n, yc_real *y, size_t step,
	struct yc_gemm_term *t, int nterms)
{
	yc_kern_get()->mul(s->pixels, n, y, step, false, t, nterms, NULL);
}

/* The term of maps a [c] and of gradients dy. */
static struct yc_gemm_term of_map(
	const struct yc_layer *l, const yc_real *a, const yc_real *pack)
{
	return (struct yc_gemm_term){a, (size_t)l->in.c, 0, 1, l->in.c, pack};
}

static struct yc_gemm_term of_gradient(
	const struct yc_layer *l, const yc_real *dy, const yc_real *pack)
{
	return (struct yc_gemm_term){
		dy, (size_t)l->out.step, 0, 1, l->out.c, pack + packed_forward(l)};
}

/* grad += a^T dy */
static void correlate(const struct yc_layer *l, const struct strip *s, const yc_real *a,
	const yc_real *dy, yc_real *grad)
{
	yc_kern_get()->mul_tn(l->in.c, l->out.c, s->pixels, 1, a, (size_t)l->in.c, 0,
		dy + s->dy, (size_t)l->out.step, 0, grad + 2 * l->in.c, (size_t)l->out.c,
		true, NULL);
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *a = p->scratch;

	for (struct strip s = {0}; next(l, p, &s);) {
		struct yc_gemm_term t = of_map(l, a, p->pack);

		normalise(l, &b, &s, p->x, a);
		multiply(&s, l->out.c, p->y + s.y, (size_t)l->out.step, &t, 1);
	}
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *a = p->scratch, *da = a + STRIP * l->in.c;

	for (struct strip s = {0}; next(l, p, &s);) {
		struct yc_gemm_term t = of_gradient(l, p->dy + s.dy, p->pack);
		struct yc_batch_arg arg = yc_batch_arg_of(l, p, &b);

		arg.pixels = s.pixels;
		arg.x += s.x;
		arg.dx += s.x;
		arg.dy = da;
		arg.dystep = (size_t)l->in.c;
		if (p->grad) {
			normalise(l, &b, &s, p->x, a);
			correlate(l, &s, a, p->dy, p->grad);
		}
		multiply(&s, l->in.c, da, (size_t)l->in.c, &t, 1);
		yc_kern_get()->batch_backward(&arg);
	}
}

static void tangent(const struct yc_layer *l, const struct yc_batch *b,
	const struct strip *s, const struct yc_pass *p, yc_real *ta)
{
	yc_batch_tangent(b, s->pixels, l->in.c, l->relu, p->x + s->x, p->tx + s->x,
		(size_t)l->in.step, ta, (size_t)l->in.c);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *a = p->scratch, *ta = a + STRIP * l->in.c;

	for (struct strip s = {0}; next(l, p, &s);) {
		struct yc_gemm_term t[] = {
			of_map(l, ta, p->pack), of_map(l, a, p->tpack)};

		normalise(l, &b, &s, p->x, a);
		tangent(l, &b, &s, p, ta);
		multiply(&s, l->out.c, p->ty + s.y, (size_t)l->out.step, t,
			p->tpack ? 2 : 1);
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	int size = STRIP * l->in.c;
	yc_real *a = p->scratch, *ta = a + size, *da = ta + size, *tda = da + size;

	for (struct strip s = {0}; next(l, p, &s);) {
		struct yc_gemm_term dy = of_gradient(l, p->dy + s.dy, p->pack);
		struct yc_gemm_term t[] = {of_gradient(l, p->tdy + s.dy, p->pack), dy};
		struct yc_batch_tangents arg = yc_batch_tangents_of(l, p);

		arg.pixels = s.pixels;
		arg.x += s.x;
		arg.tx += s.x;
		arg.tdx += s.x;
		arg.dy = da;
		arg.tdy = tda;
		arg.dystep = (size_t)l->in.c;
		if (p->tgrad) {
			normalise(l, &b, &s, p->x, a);
			tangent(l, &b, &s, p, ta);
			correlate(l, &s, a, p->tdy, p->tgrad);
			correlate(l, &s, ta, p->dy, p->tgrad);
		}
		if (p->tpack)
			t[1].b = p->tpack + packed_forward(l);
		multiply(&s, l->in.c, tda, (size_t)l->in.c, t, p->tpack ? 2 : 1);
		multiply(&s, l->in.c, da, (size_t)l->in.c, &dy, 1);
		yc_batch_tangent_adjoint(&b, &arg);
	}
}

const struct yc_layer_ops yc_layer_normpoint = {
	.method = {.name = "normpoint",
		.summary = "batch normalisation, ReLU, convolution 1x1"},
	.views = true,
	.adds = true,
	.plan = plan,
	.params = params,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.settle = YC_BATCH_SETTLE,
	.statistics = yc_batch_statistics,
};
