/* SPDX-License-Identifier: MIT */
/*
 * Convolution k x k with any stride, zero padding k/2, weights [k][k][ci][co] then bias
 * [co]: the patches under the kernel are gathered into rows, then one matrix product
 * computes all pixels. For 1x1, where the rows of a map without border are the patches
 * already, with a stride or without.
 */
#include <string.h>

#include "lib/nn/bias.h"
#include "lib/nn/params.h"
#include "yc/kern.h"
#include "yc/layer.h"

/* A product of fewer rows (pixels) is dominated by loading the weights. */
enum { ROWS = 160 };

static int patch(const struct yc_layer *l)
{
	return l->k * l->k * l->in.c;
}

static int rows(const struct yc_layer *l)
{
	return l->out.h * l->out.w;
}

static size_t bias_at(const struct yc_layer *l)
{
	return (size_t)patch(l) * (size_t)l->out.c;
}

static size_t packed_forward(const struct yc_layer *l)
{
	return yc_kern_packed(patch(l), l->out.c);
}

/* The maps are the rows: nothing to gather. */
static bool plain(const struct yc_layer *l)
{
	return l->k == 1 && l->stride == 1 &&
	       yc_shape_size(&l->in) == yc_shape_map(&l->in);
}

static int plan(struct yc_layer *l)
{
	if (l->k < 1 || l->k % 2 == 0 || l->stride < 1)
		return yc_fail(YC_FAIL, "convolution kernel of side %d, stride %d", l->k,
			l->stride);
	l->out.h = (l->in.h - 1) / l->stride + 1;
	l->out.w = (l->in.w - 1) / l->stride + 1;
	l->in.pad = l->k / 2;
	l->in.ph = l->in.h + l->k - 1;
	l->in.pw = l->in.w + l->k - 1;
	l->nw = bias_at(l) + yc_layer_biases(l);
	l->npack = packed_forward(l) + yc_kern_packed(l->out.c, patch(l));
	l->ngrad = l->nw;
	/* Patches or their gradient, and the output as rows without border. */
	l->scratch_image = (size_t)rows(l) * (size_t)(patch(l) + l->out.c);
	l->chunk = (ROWS + rows(l) - 1) / rows(l);
	return YC_OK;
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	size_t co = (size_t)l->out.c;

	if (part == 0)
		yc_kern_get()->pack(patch(l), l->out.c, w, co, pack);
	if (part == parts - 1 && adjoint)
		yc_kern_get()->pack_t(
			l->out.c, patch(l), w, co, pack + packed_forward(l));
}

/* Patches of n maps as rows; in `scratch` unless the maps are the rows themselves. */
static const yc_real *gather(
	const struct yc_layer *l, int n, const yc_real *x, yc_real *scratch)
{
	size_t ci = (size_t)l->in.c, row = (size_t)l->in.pw * ci;
	size_t line = (size_t)l->k * ci, off = (size_t)(l->in.pad - l->k / 2);
	yc_real *to = scratch;

	if (plain(l))
		return x;
	for (int i = 0; i < n; i++, x += yc_shape_size(&l->in)) {
		for (int r = 0; r < l->out.h; r++) {
			for (int j = 0; j < l->out.w; j++) {
				const yc_real *from =
					x + (off + (size_t)(r * l->stride)) * row +
					(off + (size_t)(j * l->stride)) * ci;

				for (int u = 0; u < l->k; u++, to += line, from += row)
					memcpy(to, from, line * sizeof *to);
			}
		}
	}
	return scratch;
}

/* dx += sum of the rows of gradients, scattered to pixels */
static void scatter(const struct yc_layer *l, int n, const yc_real *dp, yc_real *dx)
{
	size_t ci = (size_t)l->in.c, map = yc_shape_map(&l->in);
	int pad = l->k / 2;

	for (int i = 0; i < n; i++, dx += map) {
		for (int at = 0; at < rows(l) * l->k; at++, dp += (size_t)l->k * ci) {
			int pixel = at / l->k, x = pixel % l->out.w * l->stride - pad;
			int y = pixel / l->out.w * l->stride - pad + at % l->k;
			int lo = x < 0 ? -x : 0,
			    hi = x + l->k > l->in.w ? l->in.w - x : l->k;

			if (y < 0 || y >= l->in.h)
				continue;
			yc_real *o = dx + (size_t)(y * l->in.w + x + lo) * ci;
			const yc_real *d = dp + (size_t)lo * ci;

			for (size_t q = 0; q < (size_t)(hi - lo) * ci; q++)
				o[q] += d[q];
		}
	}
}

/* y = conv(xa, pa) + conv(xb, pb), either may be NULL */
static void convolve(const struct yc_layer *l, const struct yc_pass *p, const yc_real *xa,
	const yc_real *pa, const yc_real *xb, const yc_real *pb, yc_real *y)
{
	const yc_real *x[] = {xa, xb}, *pack[] = {pa, pb};
	size_t co = (size_t)l->out.c, line = (size_t)l->out.w * co;
	yc_real *flat = p->scratch + (size_t)p->n * (size_t)rows(l) * (size_t)patch(l);
	bool dense = yc_shape_size(&l->out) == yc_shape_map(&l->out), add = false;
	yc_real *to = dense ? y : flat;

	for (int i = 0; i < 2; i++) {
		if (!x[i])
			continue;
		struct yc_gemm_term op = {gather(l, p->n, x[i], p->scratch),
			(size_t)patch(l), 0, 1, patch(l), pack[i]};

		yc_kern_get()->mul(p->n * rows(l), l->out.c, to, co, add, &op, 1, NULL);
		add = true;
	}
	for (int i = 0; !dense && i < p->n; i++) {
		yc_real *o =
			y + (size_t)i * yc_shape_size(&l->out) + yc_shape_at(&l->out);

		for (int r = 0; r < l->out.h;
			r++, o += (size_t)l->out.pw * co, to += line)
			memcpy(o, to, line * sizeof *o);
	}
}

/* dx = (add ? dx : 0) + convT(da, pa) + convT(db, pb), p packed transposed; the second may
 * be NULL */
static void convolve_adjoint(const struct yc_layer *l, const struct yc_pass *p,
	const yc_real *da, const yc_real *pa, const yc_real *db, const yc_real *pb,
	yc_real *dx)
{
	struct yc_gemm_term op[2] = {{da, (size_t)l->out.c, 0, 1, l->out.c, pa},
		{db, (size_t)l->out.c, 0, 1, l->out.c, pb}};
	bool direct = l->k == 1 && l->stride == 1;

	yc_kern_get()->mul(p->n * rows(l), patch(l), direct ? dx : p->scratch,
		(size_t)patch(l), direct && p->add, op, db ? 2 : 1, NULL);
	if (direct)
		return;
	if (!p->add)
		memset(dx, 0, (size_t)p->n * yc_shape_map(&l->in) * sizeof *dx);
	scatter(l, p->n, p->scratch, dx);
}

/* grad += corr(x, dy) */
static void correlate(const struct yc_layer *l, const struct yc_pass *p, const yc_real *x,
	const yc_real *dy, yc_real *grad)
{
	const yc_real *rows_x = gather(l, p->n, x, p->scratch);
	size_t k = (size_t)patch(l), co = (size_t)l->out.c;

	yc_kern_get()->mul_tn(patch(l), l->out.c, p->n * rows(l), 1, rows_x, k, 0, dy, co,
		0, grad, co, true, NULL);
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	convolve(l, p, p->x, p->pack, NULL, NULL, p->y);
	if (yc_layer_biased(l))
		yc_bias_add(l, p->n, p->w + bias_at(l), p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	if (p->grad) {
		correlate(l, p, p->x, p->dy, p->grad);
		if (yc_layer_biased(l))
			yc_bias_gradient(l, p->n, p->dy, p->grad + bias_at(l));
	}
	if (p->dx)
		convolve_adjoint(
			l, p, p->dy, p->pack + packed_forward(l), NULL, NULL, p->dx);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	convolve(l, p, p->tpack ? p->x : NULL, p->tpack, p->tx, p->pack, p->ty);
	if (p->tw && yc_layer_biased(l))
		yc_bias_add(l, p->n, p->tw + bias_at(l), p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	size_t fwd = packed_forward(l);

	if (p->tgrad) {
		correlate(l, p, p->x, p->tdy, p->tgrad);
		if (p->tx)
			correlate(l, p, p->tx, p->dy, p->tgrad);
		if (yc_layer_biased(l))
			yc_bias_gradient(l, p->n, p->tdy, p->tgrad + bias_at(l));
	}
	if (p->tdx)
		convolve_adjoint(l, p, p->tdy, p->pack + fwd, p->tpack ? p->dy : NULL,
			p->tpack ? p->tpack + fwd : NULL, p->tdx);
}

const struct yc_layer_ops yc_layer_strided = {
	.method = {.name = "strided", .summary = "convolution with a stride"},
	.begins = true,
	.borders = true,
	.adds = true,
	.plan = plan,
	.params = yc_params_conv,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};
