/* SPDX-License-Identifier: MIT */
/* Linear layer y = w x + b on the flattened map, weights [out][in] in NHWC order, then
 * bias [out]. */
#include "lib/nn/params.h"
#include "yc/kern.h"

static int inputs(const struct yc_layer *l)
{
	return l->in.h * l->in.w * l->in.c;
}

static int plan(struct yc_layer *l)
{
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out.h = l->out.w = 1;
	l->nw = l->ngrad = ((size_t)inputs(l) + 1) * (size_t)l->out.c;
	l->scratch_image = (size_t)l->out.c;
	return YC_OK;
}

/* Files flatten a map channel by channel: [out][c][pixel], here [out][pixel][c]. */
static int params(const struct yc_layer *l, struct yc_param *p)
{
	size_t in = (size_t)inputs(l), c = (size_t)l->in.c, out = (size_t)l->out.c;

	p[0] = (struct yc_param){.tensor = "weight",
		.role = YC_DENSE_WEIGHT,
		.rank = 2,
		.shape = {l->out.c, inputs(l)},
		.count = in * out,
		.dim = {out, c, in / c},
		.stride = {in, 1, c},
		.fan_in = inputs(l)};
	p[1] = yc_param_plain("bias", YC_DENSE_BIAS, in * out, out);
	p[1].fan_in = inputs(l);
	return 2;
}

/* y (+)= x w^T */
static void apply(const struct yc_layer *l, int n, const yc_real *x, const yc_real *w,
	bool add, yc_real *y)
{
	size_t in = (size_t)inputs(l), out = (size_t)l->out.c;

	yc_kern_get()->mul_nt(n, l->out.c, inputs(l), x, in, w, in, y, out, add);
}

static void add_bias(const struct yc_layer *l, int n, const yc_real *b, yc_real *y)
{
	for (int i = 0; i < n; i++) {
		for (int o = 0; o < l->out.c; o++)
			y[(size_t)i * (size_t)l->out.c + (size_t)o] += b[o];
	}
}

/* grad += dy^T x, and sums of dy for the bias when db is not NULL */
static void gradient(const struct yc_layer *l, int n, const yc_real *dy, const yc_real *x,
	yc_real *dw, yc_real *db)
{
	size_t in = (size_t)inputs(l), out = (size_t)l->out.c;

	yc_kern_get()->mul_tn(
		l->out.c, inputs(l), n, 1, dy, out, 0, x, in, 0, dw, in, true, NULL);
	for (int i = 0; db && i < n; i++) {
		for (size_t o = 0; o < out; o++)
			db[o] += dy[(size_t)i * out + o];
	}
}

/* dx (+)= dy w; `turned` holds dy as [out][n] */
static void apply_adjoint(const struct yc_layer *l, int n, const yc_real *dy,
	const yc_real *w, bool add, yc_real *dx, yc_real *turned)
{
	size_t in = (size_t)inputs(l), out = (size_t)l->out.c, rows = (size_t)n;

	for (size_t i = 0; i < rows; i++)
		for (size_t o = 0; o < out; o++)
			turned[o * rows + i] = dy[i * out + o];
	yc_kern_get()->mul_tn(
		n, inputs(l), l->out.c, 1, turned, rows, 0, w, in, 0, dx, in, add, NULL);
}

static size_t bias_at(const struct yc_layer *l)
{
	return (size_t)inputs(l) * (size_t)l->out.c;
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	apply(l, p->n, p->x, p->w, false, p->y);
	add_bias(l, p->n, p->w + bias_at(l), p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->grad)
		gradient(l, p->n, p->dy, p->x, p->grad, p->grad + bias_at(l));
	if (p->dx)
		apply_adjoint(l, p->n, p->dy, p->w, false, p->dx, p->scratch);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->tx)
		apply(l, p->n, p->tx, p->w, false, p->ty);
	if (p->tw) {
		apply(l, p->n, p->x, p->tw, p->tx != NULL, p->ty);
		add_bias(l, p->n, p->tw + bias_at(l), p->ty);
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->tgrad) {
		gradient(l, p->n, p->tdy, p->x, p->tgrad, p->tgrad + bias_at(l));
		if (p->tx)
			gradient(l, p->n, p->dy, p->tx, p->tgrad, NULL);
	}
	if (p->tdx) {
		apply_adjoint(l, p->n, p->tdy, p->w, false, p->tdx, p->scratch);
		if (p->tw)
			apply_adjoint(l, p->n, p->dy, p->tw, true, p->tdx, p->scratch);
	}
}

const struct yc_layer_ops yc_layer_dense = {
	.method = {.name = "dense", .summary = "linear layer"},
	.begins = true,
	.plan = plan,
	.params = params,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
