/* SPDX-License-Identifier: MIT */
/*
 * Convolution k x k, stride 1, zero padding k/2, with bias, weights [k][k][ci][co] then
 * bias [co]. Direct: on a zero-bordered NHWC image the taps of one kernel row are
 * contiguous, so an output row is one matrix product over k segments read in place,
 * without im2col. The choice for the first layer (few channels) and for --exact;
 * layer_winograd.c is the fast one.
 */
#include <string.h>

#include "lib/nn/bias.h"
#include "lib/nn/params.h"
#include "yc/kern.h"
#include "yc/layer.h"

struct geo {
	int h, w, ci, co, k, taps; /* taps = k*ci, contiguous */
	size_t xrow, ximg, yrow, yimg, dyrow, dyimg, dximg, nw;
};

static struct geo geometry(const struct yc_layer *l)
{
	struct geo g = {l->in.h, l->in.w, l->in.c, l->out.c, l->k, l->k * l->in.c,
		(size_t)l->in.pw * (size_t)l->in.c, yc_shape_size(&l->in),
		(size_t)l->out.pw * (size_t)l->out.c, yc_shape_size(&l->out),
		(size_t)l->out.w * (size_t)l->out.c, yc_shape_map(&l->out),
		yc_shape_map(&l->in), 0};

	g.nw = (size_t)g.k * (size_t)g.taps * (size_t)g.co;
	return g;
}

static size_t packed_forward(const struct yc_layer *l)
{
	return yc_kern_packed(l->k * l->k * l->in.c, l->out.c);
}

static int plan(struct yc_layer *l)
{
	size_t nw = (size_t)l->k * (size_t)l->k * (size_t)l->in.c * (size_t)l->out.c;

	if (l->k < 1 || l->k % 2 == 0)
		return yc_fail(
			YC_FAIL, "convolution kernel of side %d: must be odd", l->k);
	l->out.h = l->in.h;
	l->out.w = l->in.w;
	l->in.pad = l->k / 2;
	l->in.ph = l->in.h + l->k - 1;
	l->in.pw = l->in.w + l->k - 1;
	l->nw = nw + yc_layer_biases(l);
	l->npack = packed_forward(l) + yc_kern_packed(l->out.c, l->k * l->k * l->in.c);
	l->ngrad = l->nw;
	l->scratch_fixed = (size_t)l->in.w * (size_t)(l->k * l->k * l->in.c);
	l->chunk = 1;
	return YC_OK;
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	const struct yc_kern *kern = yc_kern_get();
	int taps = l->k * l->k * l->in.c;

	if (part == 0)
		kern->pack(taps, l->out.c, w, (size_t)l->out.c, pack);
	if (part == parts - 1 && adjoint)
		kern->pack_t(
			l->out.c, taps, w, (size_t)l->out.c, pack + packed_forward(l));
}

/* y = conv(xa, pa) + conv(xb, pb) + bias; the second product and the bias may be NULL */
static void convolve(const struct yc_layer *l, int n, const yc_real *xa,
	const yc_real *pa, const yc_real *xb, const yc_real *pb, const yc_real *bias,
	yc_real *y)
{
	const struct yc_kern *kern = yc_kern_get();
	const struct geo g = geometry(l);

	for (int i = 0; i < n; i++) {
		yc_real *out = y + (size_t)i * g.yimg + yc_shape_at(&l->out);

		for (int r = 0; r < g.h; r++, out += g.yrow) {
			size_t at = (size_t)i * g.ximg + (size_t)r * g.xrow;
			struct yc_gemm_term op[2];
			int nops = 0;

			if (xa)
				op[nops++] = (struct yc_gemm_term){
					xa + at, (size_t)g.ci, g.xrow, g.k, g.taps, pa};
			if (xb)
				op[nops++] = (struct yc_gemm_term){
					xb + at, (size_t)g.ci, g.xrow, g.k, g.taps, pb};
			kern->mul(g.w, g.co, out, (size_t)g.co, false, op, nops, NULL);
		}
	}
	if (bias)
		yc_bias_add(l, n, bias, y);
}

/* dx = convT(da, pa) + convT(db, pb), p packed transposed; the second may be NULL */
static void convolve_adjoint(const struct yc_layer *l, int n, const yc_real *da,
	const yc_real *pa, const yc_real *db, const yc_real *pb, yc_real *dx,
	yc_real *tmp)
{
	const struct yc_kern *kern = yc_kern_get();
	const struct geo g = geometry(l);
	int cols = g.k * g.taps, pad = l->in.pad;

	memset(dx, 0, (size_t)n * g.dximg * sizeof *dx);
	for (int i = 0; i < n; i++, dx += g.dximg) {
		for (int r = 0; r < g.h; r++) {
			size_t at = (size_t)i * g.dyimg + (size_t)r * g.dyrow;
			struct yc_gemm_term op[2];
			int nops = 0;

			op[nops++] = (struct yc_gemm_term){
				da + at, (size_t)g.co, 0, 1, g.co, pa};
			if (db)
				op[nops++] = (struct yc_gemm_term){
					db + at, (size_t)g.co, 0, 1, g.co, pb};
			kern->mul(g.w, cols, tmp, (size_t)cols, false, op, nops, NULL);
			for (int ky = 0; ky < g.k; ky++) {
				int y = r + ky - pad;

				if (y < 0 || y >= g.h)
					continue;
				for (int j = 0; j < g.w; j++) {
					int x0 = j - pad, a = x0 < 0 ? -x0 : 0;
					int b = x0 + g.k > g.w ? g.w - x0 : g.k;
					const yc_real *t = tmp +
							   (size_t)j * (size_t)cols +
							   (size_t)(ky * g.taps);
					yc_real *o = dx + ((size_t)y * (size_t)g.w +
								  (size_t)(x0 + a)) *
								  (size_t)g.ci;

					t += a * g.ci;
					for (int q = 0; q < (b - a) * g.ci; q++)
						o[q] += t[q];
				}
			}
		}
	}
}

/* grad += corr(x, dy) */
static void correlate(const struct yc_layer *l, int n, const yc_real *x,
	const yc_real *dy, yc_real *grad)
{
	const struct yc_kern *kern = yc_kern_get();
	const struct geo g = geometry(l);

	for (int i = 0; i < n; i++) {
		for (int ky = 0; ky < g.k; ky++)
			kern->mul_tn(g.taps, g.co, g.w, g.h,
				x + (size_t)i * g.ximg + (size_t)ky * g.xrow,
				(size_t)g.ci, g.xrow, dy + (size_t)i * g.dyimg,
				(size_t)g.co, g.dyrow,
				grad + (size_t)ky * (size_t)g.taps * (size_t)g.co,
				(size_t)g.co, true, NULL);
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	convolve(l, p->n, p->x, p->pack, NULL, NULL,
		yc_layer_biased(l) ? p->w + geometry(l).nw : NULL, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->grad) {
		correlate(l, p->n, p->x, p->dy, p->grad);
		if (yc_layer_biased(l))
			yc_bias_gradient(l, p->n, p->dy, p->grad + geometry(l).nw);
	}
	if (p->dx)
		convolve_adjoint(l, p->n, p->dy, p->pack + packed_forward(l), NULL, NULL,
			p->dx, p->scratch);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	convolve(l, p->n, p->tpack ? p->x : NULL, p->tpack, p->tx, p->pack,
		p->tw && yc_layer_biased(l) ? p->tw + geometry(l).nw : NULL, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	size_t fwd = packed_forward(l);

	if (p->tgrad) {
		correlate(l, p->n, p->x, p->tdy, p->tgrad);
		if (p->tx)
			correlate(l, p->n, p->tx, p->dy, p->tgrad);
		if (yc_layer_biased(l))
			yc_bias_gradient(l, p->n, p->tdy, p->tgrad + geometry(l).nw);
	}
	if (p->tdx)
		convolve_adjoint(l, p->n, p->tdy, p->pack + fwd, p->tpack ? p->dy : NULL,
			p->tpack ? p->tpack + fwd : NULL, p->tdx, p->scratch);
}

const struct yc_layer_ops yc_layer_conv = {
	.method = {.name = "conv", .summary = "direct convolution"},
	.begins = true,
	.plan = plan,
	.params = yc_params_conv,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
