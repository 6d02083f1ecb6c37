/* SPDX-License-Identifier: MIT */
/*
 * Batch norm, then optionally ReLU: statistics over all images of the batch, and running
 * statistics in test mode. Weights gamma [c], beta [c]; state running mean [c], running
 * variance [c], number of batches. Sums are in double, so that moments need no shift. The
 * ReLU mask is recomputed from the map.
 *
 * With g = the gradient that passed the ReLU, the passes are affine in every channel:
 *     y   = relu(scale x + off)              ty  = mask (kt tx + kz x + k0)
 *     dx  = scale g + k1 x + k0              tdx = ktd tg + kd g + kt tx + kz x + k0
 * The constants follow from the sums by the formulas of yc-methods(7), "SECOND-ORDER
 * GRADIENTS".
 */
#include <math.h>

#include "lib/nn/params.h"

static const double eps = 1e-5;

static int plan(struct yc_layer *l)
{
	size_t c = (size_t)l->in.c;

	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->out = l->in;
	l->nw = l->ngrad = 2 * c;
	l->nsum = 3 * c;
	l->nstate = 2 * c + 1;
	l->scratch_fixed = 6 * c;
	l->chunk = 1;
	return YC_OK;
}

static int params(const struct yc_layer *l, struct yc_param *p)
{
	size_t c = (size_t)l->in.c;
	int n = yc_params_norm(l, p);

	p[n] = yc_param_plain("running_mean", YC_NORM_MEAN, 0, c);
	p[n + 1] = yc_param_plain("running_var", YC_NORM_VARIANCE, c, c);
	p[n + 1].start = 1;
	p[n + 2] = yc_param_plain("num_batches_tracked", YC_NORM_BATCHES, 2 * c, 1);
	p[n + 2].rank = 0;
	p[n + 2].counter = true;
	for (int t = 0; t < 3; t++)
		p[n + t].state = true;
	return n + 3;
}

/* Moments of channel q. */
struct moments {
	double mean, r, scale, off;
	double m1, m2;		 /* <g>, <xhat g> */
	double mt, q;		 /* <tx>, <xhat tx> */
	double ma, mb, mc;	 /* <tg>, <xhat tg>, <txhat g> */
	double tgamma, tbeta, n; /* n: pixels of the batch */
};

/* Computes those that follow from the sums so far; `upto`: the last pass whose sums are
 * complete.
 */
static struct moments moments(
	const struct yc_layer *l, const struct yc_pass *p, int q, enum yc_pass_kind upto)
{
	int c = l->in.c;
	double n = (double)p->batch * l->in.h * l->in.w, var;
	struct moments m = {.n = n};

	if (p->test) {
		m.mean = (double)p->state[q];
		var = (double)p->state[c + q];
	} else {
		m.mean = p->sum[YC_PASS_FORWARD][q] / n;
		var = p->sum[YC_PASS_FORWARD][c + q] / n - m.mean * m.mean;
	}
	m.r = 1 / sqrt((var > 0 ? var : 0) + eps);
	m.scale = (double)p->w[q] * m.r;
	m.off = (double)p->w[c + q] - m.mean * m.scale;
	if (p->tw) {
		m.tgamma = (double)p->tw[q];
		m.tbeta = (double)p->tw[c + q];
	}
	if (upto >= YC_PASS_BACKWARD) {
		m.m1 = p->sum[YC_PASS_BACKWARD][q] / n;
		m.m2 = p->sum[YC_PASS_BACKWARD][c + q] * m.r / n;
	}
	if (upto >= YC_PASS_TANGENT_FORWARD) {
		m.mt = p->sum[YC_PASS_TANGENT_FORWARD][q] / n;
		m.q = p->sum[YC_PASS_TANGENT_FORWARD][c + q] * m.r / n;
	}
	if (upto >= YC_PASS_TANGENT_BACKWARD) {
		const double *s = p->sum[YC_PASS_TANGENT_BACKWARD];

		m.ma = s[q] / n;
		m.mb = s[c + q] * m.r / n;
		m.mc = m.r * (s[2 * c + q] / n - m.q * m.m2);
	}
	return m;
}

/* Offset of row r of gradients. */
static size_t dense_at(const struct yc_shape *s, int r)
{
	return (size_t)r * (size_t)s->w * (size_t)s->c;
}

/* The ReLU passes values above this. One comparison for both cases, and a factor of 0 or
 * 1 instead of a branch, so that compilers vectorise. */
static yc_real floor_of(const struct yc_layer *l)
{
	return l->relu ? 0 : (yc_real)-INFINITY;
}

/* ---- sums ---- */

static void forward_sums(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	double *s = p->shard, *ss = s + c;

	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);

		for (int j = 0; j < l->in.w; j++, x += c) {
			for (int q = 0; q < c; q++) {
				s[q] += (double)x[q];
				ss[q] += (double)x[q] * (double)x[q];
			}
		}
	}
}

static void backward_sums(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c, *mean = off + c;
	double *s1 = p->shard, *s2 = s1 + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_FORWARD);

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
		mean[q] = (yc_real)m.mean;
	}
	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *dy = p->dy + dense_at(&l->out, r);

		for (int j = 0; j < l->in.w; j++, x += c, dy += c) {
			for (int q = 0; q < c; q++) {
				yc_real on = x[q] * scale[q] + off[q] > least,
					g = on * dy[q];

				s1[q] += (double)g;
				s2[q] += (double)(g * (x[q] - mean[q]));
			}
		}
	}
}

static void tangent_forward_sums(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real *mean = p->scratch;
	double *s = p->shard, *sx = s + c;

	for (int q = 0; q < c; q++)
		mean[q] = (yc_real)moments(l, p, q, YC_PASS_FORWARD).mean;
	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *tx = p->tx + yc_shape_row(&l->in, r);

		for (int j = 0; j < l->in.w; j++, x += c, tx += c) {
			for (int q = 0; q < c; q++) {
				s[q] += (double)tx[q];
				sx[q] += (double)(tx[q] * (x[q] - mean[q]));
			}
		}
	}
}

static void tangent_backward_sums(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c, *mean = off + c, *mt = mean + c;
	double *sa = p->shard, *sb = sa + c, *sc = sb + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_TANGENT_FORWARD);

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
		mean[q] = (yc_real)m.mean;
		mt[q] = (yc_real)m.mt;
	}
	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *tx = p->tx + yc_shape_row(&l->in, r);
		const yc_real *dy = p->dy + dense_at(&l->out, r);
		const yc_real *tdy = p->tdy + dense_at(&l->out, r);

		for (int j = 0; j < l->in.w; j++, x += c, tx += c, dy += c, tdy += c) {
			for (int q = 0; q < c; q++) {
				yc_real on = x[q] * scale[q] + off[q] > least;
				yc_real g = on * dy[q], tg = on * tdy[q];

				sa[q] += (double)tg;
				sb[q] += (double)(tg * (x[q] - mean[q]));
				sc[q] += (double)(g * (tx[q] - mt[q]));
			}
		}
	}
}

/* ---- passes ---- */

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_FORWARD);

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
	}
	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		yc_real *y = p->y + yc_shape_row(&l->out, r);

		for (int j = 0; j < l->in.w; j++, x += c, y += c) {
			for (int q = 0; q < c; q++) {
				yc_real v = x[q] * scale[q] + off[q];

				y[q] = v < least ? least : v; /* NaN stays */
			}
		}
	}
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c, *k1 = off + c, *k0 = k1 + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_BACKWARD);
		double k = -m.scale * m.m2 * m.r;

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
		k1[q] = (yc_real)k;
		k0[q] = (yc_real)(-m.scale * m.m1 - k * m.mean);
		if (p->grad && p->lead) {
			p->grad[q] += (yc_real)(m.m2 * m.n);
			p->grad[c + q] += (yc_real)(m.m1 * m.n);
		}
	}
	for (int r = 0; p->dx && r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *dy = p->dy + dense_at(&l->out, r);
		yc_real *dx = p->dx + dense_at(&l->in, r);

		for (int j = 0; j < l->in.w; j++, x += c, dy += c, dx += c) {
			for (int q = 0; q < c; q++) {
				yc_real on = x[q] * scale[q] + off[q] > least,
					g = on * dy[q];

				dx[q] = scale[q] * g + k1[q] * x[q] + k0[q];
			}
		}
	}
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c, *kz = off + c, *k0 = kz + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_TANGENT_FORWARD);
		double k = (m.tgamma - m.scale * m.q) * m.r;

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
		kz[q] = (yc_real)k;
		k0[q] = (yc_real)(m.tbeta - m.scale * m.mt - k * m.mean);
	}
	for (int r = 0; r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *tx = p->tx + yc_shape_row(&l->in, r);
		yc_real *ty = p->ty + yc_shape_row(&l->out, r);

		for (int j = 0; j < l->in.w; j++, x += c, tx += c, ty += c) {
			for (int q = 0; q < c; q++) {
				yc_real t = scale[q] * tx[q] + kz[q] * x[q] + k0[q];

				ty[q] = (yc_real)(x[q] * scale[q] + off[q] > least) * t;
			}
		}
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	int c = l->in.c;
	yc_real least = floor_of(l);
	yc_real *scale = p->scratch, *off = scale + c, *kd = off + c, *kt = kd + c,
		*kz = kt + c, *k0 = kz + c;

	for (int q = 0; q < c; q++) {
		struct moments m = moments(l, p, q, YC_PASS_TANGENT_BACKWARD);
		double rq = m.r * m.q, gamma = (double)p->w[q];
		double t = -m.r * m.scale * m.m2;
		double z = m.r * (2 * rq * m.scale * m.m2 - m.scale * (m.mb + m.mc) -
					 m.r * m.tgamma * m.m2);

		scale[q] = (yc_real)m.scale;
		off[q] = (yc_real)m.off;
		kd[q] = (yc_real)(m.r * m.tgamma - rq * m.scale);
		kt[q] = (yc_real)t;
		kz[q] = (yc_real)z;
		k0[q] = (yc_real)(rq * m.scale * m.m1 -
				  m.r * (gamma * m.ma + m.tgamma * m.m1) - t * m.mt -
				  z * m.mean);
		if (p->tgrad && p->lead) {
			p->tgrad[q] += (yc_real)((m.mb + m.mc) * m.n);
			p->tgrad[c + q] += (yc_real)(m.ma * m.n);
		}
	}
	for (int r = 0; p->tdx && r < p->n * l->in.h; r++) {
		const yc_real *x = p->x + yc_shape_row(&l->in, r);
		const yc_real *tx = p->tx + yc_shape_row(&l->in, r);
		const yc_real *dy = p->dy + dense_at(&l->out, r);
		const yc_real *tdy = p->tdy + dense_at(&l->out, r);
		yc_real *tdx = p->tdx + dense_at(&l->in, r);

		for (int j = 0; j < l->in.w;
			j++, x += c, tx += c, dy += c, tdy += c, tdx += c) {
			for (int q = 0; q < c; q++) {
				yc_real on = x[q] * scale[q] + off[q] > least;
				yc_real d = on * (scale[q] * tdy[q] + kd[q] * dy[q]);

				tdx[q] = d + kt[q] * tx[q] + kz[q] * x[q] + k0[q];
			}
		}
	}
}

static void statistics(const struct yc_layer *l, const struct yc_pass *p, yc_real *stat)
{
	int c = l->in.c;
	double n = (double)p->batch * l->in.h * l->in.w;

	for (int q = 0; q < c; q++) {
		double mean = p->sum[YC_PASS_FORWARD][q] / n;
		double squares = p->sum[YC_PASS_FORWARD][c + q] - n * mean * mean;

		stat[q] = (yc_real)mean;
		stat[c + q] = (yc_real)(n > 1 && squares > 0 ? squares / (n - 1) : 0);
	}
	stat[2 * c] = 1;
}

const struct yc_layer_ops yc_layer_batchnorm = {
	.method = {.name = "batchnorm", .summary = "batch normalisation, ReLU"},
	.borders = true,
	.plan = plan,
	.params = params,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.sums = {forward_sums, backward_sums, tangent_forward_sums,
		tangent_backward_sums},
	.statistics = statistics,
};
