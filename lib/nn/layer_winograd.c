/* SPDX-License-Identifier: MIT */
/*
 * Convolution 3x3 as in layer_conv.c, by Winograd F(4x4,3x3): four times fewer
 * multiplications. With V = Bt x B, U = G w Gt, dM = A dy At, every pass is 36 matrix
 * products between the same transforms: M = V U, dU = Vt dM, dV = dM Ut, and the tangents
 * M. = V. U + V U., dV. = dM. Ut + dM U.t. Gradients are summed as dU and transformed
 * once (fold). tests/unit/test_net.c checks agreement with sums in double to 1e-5.
 */
#include <assert.h>
#include <string.h>

#include "lib/nn/bias.h"
#include "lib/nn/params.h"
#include "yc/kern.h"
#include "yc/layer.h"

/* A product of fewer rows (tiles) than ROWS is dominated by loading the weights. */
enum { PLANES = 36, ROWS = 160 };

struct geo {
	int h, w, ci, co, th, tw, tiles;
	size_t fwd, bwd; /* packed elements of one plane of U and of U transposed */
};

static struct geo geometry(const struct yc_layer *l)
{
	struct geo g = {l->in.h, l->in.w, l->in.c, l->out.c, (l->in.h + 3) / 4,
		(l->in.w + 3) / 4, 0, yc_kern_packed(l->in.c, l->out.c),
		yc_kern_packed(l->out.c, l->in.c)};

	g.tiles = g.th * g.tw;
	return g;
}

/* Elements between planes of n images and c channels: one spare row, so that the 36
 * planes do not fall on the same cache sets. */
static size_t plane(const struct geo *g, int n, int c)
{
	return ((size_t)n * (size_t)g->tiles + 1) * (size_t)c;
}

static int plan(struct yc_layer *l)
{
	if (l->k != 3)
		return yc_fail(YC_FAIL,
			"winograd convolution needs a 3x3 kernel, not %dx%d", l->k, l->k);
	struct geo g = geometry(l);
	size_t wide = (size_t)(g.ci > g.co ? g.ci : g.co), both = (size_t)(g.ci + g.co);

	l->out.h = l->in.h;
	l->out.w = l->in.w;
	l->in.pad = 1;
	l->in.ph = 4 * g.th + 2;
	l->in.pw = 4 * g.tw + 2;
	l->nw = 9 * (size_t)g.ci * (size_t)g.co + yc_layer_biases(l);
	l->npack = PLANES * (g.fwd + g.bwd) + 9 * (size_t)g.ci * (size_t)g.co;
	l->ngrad = PLANES * (size_t)g.ci * (size_t)g.co + (size_t)g.co;
	l->save_image = PLANES * (size_t)g.tiles * both; /* V, dM */
	l->save_fixed = PLANES * both;
	l->tsave_image = PLANES * (size_t)g.tiles * (size_t)g.ci; /* V. */
	l->tsave_fixed = PLANES * (size_t)g.ci;
	l->scratch_image =
		PLANES * (size_t)g.tiles * (wide + (size_t)g.co); /* M or dV; dM. */
	l->scratch_fixed = PLANES * (wide + (size_t)g.co);
	l->chunk = (ROWS + g.tiles - 1) / g.tiles;
	return YC_OK;
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	const struct geo g = geometry(l);
	yc_real *ut = pack + PLANES * g.fwd, *wt = ut + PLANES * g.bwd;
	size_t tap = (size_t)g.ci * (size_t)g.co;
	int o0 = g.co * part / parts, o1 = g.co * (part + 1) / parts;

	yc_kern_get()->wino_weight(
		w, g.ci, g.co, g.ci * part / parts, g.ci * (part + 1) / parts, pack);
	if (!adjoint)
		return;
	for (int t = 0; t < 9; t++) {
		for (int i = 0; i < g.ci; i++) {
			const yc_real *from =
				w + (size_t)t * tap + (size_t)i * (size_t)g.co;
			yc_real *to = wt + (size_t)t * tap + (size_t)i;

			for (int o = o0; o < o1; o++)
				to[(size_t)o * (size_t)g.ci] = from[o];
		}
	}
	yc_kern_get()->wino_weight(wt, g.co, g.ci, o0, o1, ut);
}

static void input(const struct yc_layer *l, const struct geo *g, int n, const yc_real *x,
	yc_real *v)
{
	for (int i = 0; i < n; i++)
		yc_kern_get()->wino_input(x + (size_t)i * yc_shape_size(&l->in),
			(size_t)l->in.pw * (size_t)g->ci, g->ci, g->th, g->tw,
			v + (size_t)i * (size_t)g->tiles * (size_t)g->ci,
			plane(g, n, g->ci));
}

static void output(const struct yc_layer *l, const struct geo *g, int n, const yc_real *m,
	yc_real *y)
{
	for (int i = 0; i < n; i++)
		yc_kern_get()->wino_output(
			m + (size_t)i * (size_t)g->tiles * (size_t)g->co,
			plane(g, n, g->co), g->h, g->w, g->co, g->th, g->tw,
			y + (size_t)i * yc_shape_size(&l->out) + yc_shape_at(&l->out),
			(size_t)l->out.pw * (size_t)g->co);
}

static void output_adjoint(const struct geo *g, int n, const yc_real *dy, yc_real *dm)
{
	size_t map = (size_t)g->h * (size_t)g->w * (size_t)g->co;

	for (int i = 0; i < n; i++)
		yc_kern_get()->wino_output_adjoint(dy + (size_t)i * map, g->h, g->w,
			g->co, g->th, g->tw,
			dm + (size_t)i * (size_t)g->tiles * (size_t)g->co,
			plane(g, n, g->co));
}

static void input_adjoint(const struct geo *g, int n, const yc_real *dv, yc_real *dx)
{
	size_t map = (size_t)g->h * (size_t)g->w * (size_t)g->ci;

	memset(dx, 0, (size_t)n * map * sizeof *dx);
	for (int i = 0; i < n; i++)
		yc_kern_get()->wino_input_adjoint(
			dv + (size_t)i * (size_t)g->tiles * (size_t)g->ci,
			plane(g, n, g->ci), g->h, g->w, g->ci, g->th, g->tw,
			dx + (size_t)i * map);
}

/* out = xa ua + xb ub in every plane, [n*tiles][k] times packed [k][c]; one product may
 * be NULL */
static void products(const struct geo *g, int n, int k, int c, const yc_real *xa,
	const yc_real *ua, const yc_real *xb, const yc_real *ub, yc_real *out)
{
	size_t px = plane(g, n, k), po = plane(g, n, c), pu = yc_kern_packed(k, c);
	size_t rows = (size_t)n * (size_t)g->tiles;

	for (size_t q = 0; q < PLANES; q++) {
		struct yc_gemm_term op[2];
		int nops = 0;

		assert(xa || xb);
		if (xa)
			op[nops++] = (struct yc_gemm_term){
				xa + q * px, (size_t)k, 0, 1, k, ua + q * pu};
		if (xb)
			op[nops++] = (struct yc_gemm_term){
				xb + q * px, (size_t)k, 0, 1, k, ub + q * pu};
		struct yc_ahead next = {{op[0].a + px, op[0].b + pu, out + (q + 1) * po},
			{rows * (size_t)k * sizeof *out, pu * sizeof *out,
				rows * (size_t)c * sizeof *out}};

		yc_kern_get()->mul((int)rows, c, out + q * po, (size_t)c, false, op, nops,
			q + 1 < PLANES ? &next : NULL);
	}
}

/* grad (+)= v^T dm in every plane */
static void correlate(const struct geo *g, int n, const yc_real *v, const yc_real *dm,
	bool add, yc_real *grad)
{
	size_t pv = plane(g, n, g->ci), pm = plane(g, n, g->co);

	size_t ci = (size_t)g->ci, co = (size_t)g->co,
	       rows = (size_t)n * (size_t)g->tiles;

	for (size_t q = 0; q < PLANES; q++) {
		yc_real *sum = grad + q * ci * co;
		struct yc_ahead next = {
			{v + (q + 1) * pv, dm + (q + 1) * pm, sum + ci * co},
			{rows * ci * sizeof *v, rows * co * sizeof *v,
				ci * co * sizeof *v}};

		yc_kern_get()->mul_tn(g->ci, g->co, (int)rows, 1, v + q * pv, ci, 0,
			dm + q * pm, co, 0, sum, co, add, q + 1 < PLANES ? &next : NULL);
	}
}

/* The part of a gradient sum for the bias, from dy or its tangent. */
static void bias(const struct yc_layer *l, const struct geo *g, const struct yc_pass *p,
	const yc_real *dy, yc_real *grad)
{
	yc_real *db = grad + PLANES * (size_t)g->ci * (size_t)g->co;

	if (p->fresh)
		memset(db, 0, (size_t)g->co * sizeof *db);
	if (yc_layer_biased(l))
		yc_bias_gradient(l, p->n, dy, db);
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct geo g = geometry(l);

	input(l, &g, p->n, p->x, p->save);
	products(&g, p->n, g.ci, g.co, p->save, p->pack, NULL, NULL, p->scratch);
	output(l, &g, p->n, p->scratch, p->y);
	if (yc_layer_biased(l))
		yc_bias_add(l, p->n, p->w + 9 * (size_t)g.ci * (size_t)g.co, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct geo g = geometry(l);
	yc_real *dm = p->save + PLANES * plane(&g, p->n, g.ci);

	output_adjoint(&g, p->n, p->dy, dm);
	if (p->grad) {
		correlate(&g, p->n, p->save, dm, !p->fresh, p->grad);
		bias(l, &g, p, p->dy, p->grad);
	}
	if (p->dx) {
		products(&g, p->n, g.co, g.ci, dm, p->pack + PLANES * g.fwd, NULL, NULL,
			p->scratch);
		input_adjoint(&g, p->n, p->scratch, p->dx);
	}
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct geo g = geometry(l);

	if (p->tx)
		input(l, &g, p->n, p->tx, p->tsave);
	products(&g, p->n, g.ci, g.co, p->tx ? p->tsave : NULL, p->pack,
		p->tpack ? p->save : NULL, p->tpack, p->scratch);
	output(l, &g, p->n, p->scratch, p->ty);
	if (p->tw && yc_layer_biased(l))
		yc_bias_add(l, p->n, p->tw + 9 * (size_t)g.ci * (size_t)g.co, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct geo g = geometry(l);
	size_t wide = (size_t)(g.ci > g.co ? g.ci : g.co);
	const yc_real *dm = p->save + PLANES * plane(&g, p->n, g.ci);
	yc_real *tdm = p->scratch + PLANES * plane(&g, p->n, (int)wide);

	output_adjoint(&g, p->n, p->tdy, tdm);
	if (p->tgrad) {
		correlate(&g, p->n, p->save, tdm, !p->fresh, p->tgrad);
		if (p->tx)
			correlate(&g, p->n, p->tsave, dm, true, p->tgrad);
		bias(l, &g, p, p->tdy, p->tgrad);
	}
	if (p->tdx) {
		size_t at = PLANES * g.fwd;

		products(&g, p->n, g.co, g.ci, tdm, p->pack + at, p->tpack ? dm : NULL,
			p->tpack ? p->tpack + at : NULL, p->scratch);
		input_adjoint(&g, p->n, p->scratch, p->tdx);
	}
}

static void fold(const struct yc_layer *l, const yc_real *grad, yc_real *dw)
{
	size_t tap = (size_t)l->in.c * (size_t)l->out.c;

	yc_kern_get()->wino_weight_adjoint(grad, l->in.c, l->out.c, dw);
	for (size_t o = 0; o < yc_layer_biases(l); o++)
		dw[9 * tap + o] += grad[PLANES * tap + o];
}

const struct yc_layer_ops yc_layer_winograd = {
	.method = {.name = "winograd",
		.summary = "convolution 3x3 by Winograd transforms"},
	.begins = true,
	.overwrites = true,
	.plan = plan,
	.params = yc_params_conv,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.fold = fold,
};
