/* SPDX-License-Identifier: MIT */
/* The arithmetic of batch norms once per batch, and their tangents, which are too seldom to
 * be worth kernels. Sums are in double, so that moments need no shift. */
#include "lib/nn/batch.h"

#include <math.h>

#include "lib/nn/params.h"

static const double eps = 1e-5;

enum { SCALE, OFF, MEAN, KZ, K0, KD, KT, MT, COUNT };

void yc_batch_plan(struct yc_layer *l)
{
	size_t c = (size_t)l->in.c;

	l->nsum = 3 * c;
	l->ncoef = COUNT * c;
	l->nstate = 2 * c + 1;
}

struct yc_batch yc_batch_of(const struct yc_layer *l, const yc_real *coef)
{
	size_t c = (size_t)l->in.c;

	return (struct yc_batch){
		.scale = coef + SCALE * c,
		.off = coef + OFF * c,
		.mean = coef + MEAN * c,
		.kz = coef + KZ * c,
		.k0 = coef + K0 * c,
		.kd = coef + KD * c,
		.kt = coef + KT * c,
		.mt = coef + MT * c,
	};
}

int yc_batch_params(const struct yc_layer *l, struct yc_param *p)
{
	size_t c = (size_t)l->in.c;

	p[0] = yc_param_plain("weight", YC_NORM_GAMMA, 0, c);
	p[0].start = 1;
	p[1] = yc_param_plain("bias", YC_NORM_BETA, c, c);
	p[2] = yc_param_plain("running_mean", YC_NORM_MEAN, 0, c);
	p[3] = yc_param_plain("running_var", YC_NORM_VARIANCE, c, c);
	p[3].start = 1;
	p[4] = yc_param_plain("num_batches_tracked", YC_NORM_BATCHES, 2 * c, 1);
	p[4].rank = 0;
	p[4].counter = true;
	for (int t = 2; t < 5; t++)
		p[t].state = true;
	return 5;
}

int yc_batch_conv_params(const struct yc_layer *l, int k, struct yc_param *p)
{
	struct yc_layer conv = *l;
	int n = yc_batch_params(l, p);

	conv.k = k;
	conv.bias_none = true;
	for (int t = 0; t < n; t++)
		p[t].part = l->part[0];
	yc_params_conv(&conv, &p[n]);
	p[n].at = 2 * (size_t)l->in.c;
	p[n].part = l->part[1];
	return n + 1;
}

/* Moments of channel q. */
struct moments {
	double n; /* pixels of the batch */
	double gamma, mean, r, scale;
	double m1, m2; /* <g>, <xhat g> */
	double mt, q;  /* <tx>, <xhat tx> */
	double tgamma, tbeta;
};

static struct moments of_forward(
	const struct yc_layer *l, const struct yc_settle *s, int q)
{
	double var;
	struct moments m = {
		.n = (double)s->batch * l->in.h * l->in.w, .gamma = (double)s->w[q]};

	if (s->state) {
		m.mean = (double)s->state[q];
		var = (double)s->state[l->in.c + q];
	} else {
		m.mean = s->stat[q] / m.n;
		var = s->stat[l->in.step + q] / m.n - m.mean * m.mean;
	}
	m.r = 1 / sqrt((var > 0 ? var : 0) + eps);
	m.scale = m.gamma * m.r;
	return m;
}

static struct moments of_backward(
	const struct yc_layer *l, const struct yc_settle *s, int q)
{
	struct moments m = of_forward(l, s, q);

	m.m1 = s->sum[0][q] / m.n;
	m.m2 = s->sum[0][l->in.c + q] * m.r / m.n;
	return m;
}

static struct moments of_tangent(
	const struct yc_layer *l, const struct yc_settle *s, int q)
{
	struct moments m = of_backward(l, s, q);

	if (!s->state) {
		m.mt = s->tstat[q] / m.n;
		m.q = s->tstat[l->in.step + q] * m.r / m.n;
	}
	if (s->tw) {
		m.tgamma = (double)s->tw[q];
		m.tbeta = (double)s->tw[l->in.c + q];
	}
	return m;
}

void yc_batch_forward(const struct yc_layer *l, const struct yc_settle *s)
{
	int c = l->in.c;

	for (int q = 0; q < c; q++) {
		struct moments m = of_forward(l, s, q);

		s->coef[SCALE * c + q] = (yc_real)m.scale;
		s->coef[OFF * c + q] = (yc_real)((double)s->w[c + q] - m.mean * m.scale);
		s->coef[MEAN * c + q] = (yc_real)m.mean;
	}
}

void yc_batch_backward(const struct yc_layer *l, const struct yc_settle *s)
{
	int c = l->in.c;

	for (int q = 0; q < c; q++) {
		struct moments m = of_backward(l, s, q);
		double k = -m.scale * m.m2 * m.r;

		if (!s->state) {
			s->rest[q] += (yc_real)k;
			s->rest[l->in.step + q] +=
				(yc_real)(-m.scale * m.m1 - k * m.mean);
		}
		if (s->grad) {
			s->grad[q] += (yc_real)(m.m2 * m.n);
			s->grad[c + q] += (yc_real)(m.m1 * m.n);
		}
	}
}

void yc_batch_tangent_forward(const struct yc_layer *l, const struct yc_settle *s)
{
	int c = l->in.c;

	for (int q = 0; q < c; q++) {
		struct moments m = of_tangent(l, s, q);
		double k = (m.tgamma - m.scale * m.q) * m.r;

		s->coef[KZ * c + q] = (yc_real)k;
		s->coef[K0 * c + q] = (yc_real)(m.tbeta - m.scale * m.mt - k * m.mean);
		s->coef[KD * c + q] = (yc_real)(m.r * m.tgamma - m.r * m.q * m.scale);
		s->coef[KT * c + q] = (yc_real)(s->state ? 0 : -m.r * m.scale * m.m2);
		s->coef[MT * c + q] = (yc_real)m.mt;
	}
}

void yc_batch_tangent_backward(const struct yc_layer *l, const struct yc_settle *s)
{
	int c = l->in.c;

	for (int q = 0; q < c; q++) {
		struct moments m = of_tangent(l, s, q);
		/* <tg>, <xhat tg>, <txhat g> */
		double ma = s->sum[1][q] / m.n, mb = s->sum[1][c + q] * m.r / m.n;
		double mc = m.r * (s->sum[1][2 * c + q] / m.n - m.q * m.m2);
		double rq = m.r * m.q, t = -m.r * m.scale * m.m2;
		double z = m.r * (2 * rq * m.scale * m.m2 - m.scale * (mb + mc) -
					 m.r * m.tgamma * m.m2);

		if (!s->state) {
			s->rest[q] += (yc_real)z;
			s->rest[l->in.step + q] +=
				(yc_real)(rq * m.scale * m.m1 -
					  m.r * (m.gamma * ma + m.tgamma * m.m1) -
					  t * m.mt - z * m.mean);
		}
		if (s->grad) {
			s->grad[q] += (yc_real)((mb + mc) * m.n);
			s->grad[c + q] += (yc_real)(ma * m.n);
		}
	}
}

void yc_batch_statistics(
	const struct yc_layer *l, const double *stat, int batch, yc_real *state)
{
	int c = l->in.c;
	double n = (double)batch * l->in.h * l->in.w;

	for (int q = 0; q < c; q++) {
		double mean = stat[q] / n;
		double squares = stat[l->in.step + q] - n * mean * mean;

		state[q] = (yc_real)mean;
		state[c + q] = (yc_real)(n > 1 && squares > 0 ? squares / (n - 1) : 0);
	}
	state[2 * c] = 1;
}

struct yc_batch_arg yc_batch_arg_of(
	const struct yc_layer *l, const struct yc_pass *p, const struct yc_batch *b)
{
	return (struct yc_batch_arg){.pixels = p->n * l->in.h * l->in.w,
		.c = l->in.c,
		.relu = l->relu,
		.add = p->add,
		.scale = b->scale,
		.off = b->off,
		.mean = b->mean,
		.x = p->x,
		.dy = p->dy,
		.dx = p->dx,
		.xstep = (size_t)l->in.step,
		.dystep = (size_t)l->out.step,
		.dxstep = (size_t)l->in.step,
		.sum = p->shard};
}

/* What a ReLU of v lets through of g. NaN passes, so that it stays visible. */
static yc_real passed(bool relu, yc_real v, yc_real g)
{
	return relu && v <= 0 ? 0 : g;
}

void yc_batch_tangent(const struct yc_batch *b, int pixels, int c, bool relu,
	const yc_real *x, const yc_real *tx, size_t xstep, yc_real *ty, size_t ystep)
{
	for (int p = 0; p < pixels; p++, x += xstep, tx += xstep, ty += ystep) {
		for (int q = 0; q < c; q++) {
			ty[q] = passed(relu, x[q] * b->scale[q] + b->off[q],
				b->scale[q] * tx[q] + b->kz[q] * x[q] + b->k0[q]);
		}
	}
}

struct yc_batch_tangents yc_batch_tangents_of(
	const struct yc_layer *l, const struct yc_pass *p)
{
	return (struct yc_batch_tangents){.pixels = p->n * l->in.h * l->in.w,
		.c = l->in.c,
		.relu = l->relu,
		.add = p->add,
		.x = p->x,
		.tx = p->tx,
		.dy = p->dy,
		.tdy = p->tdy,
		.tdx = p->tdx,
		.xstep = (size_t)l->in.step,
		.dystep = (size_t)l->out.step,
		.tdxstep = (size_t)l->in.step,
		.sum = p->shard};
}

void yc_batch_tangent_adjoint(const struct yc_batch *b, const struct yc_batch_tangents *t)
{
	int c = t->c;

	for (int p = 0; p < t->pixels; p++) {
		const yc_real *x = t->x + (size_t)p * t->xstep,
			      *tx = t->tx + (size_t)p * t->xstep,
			      *dy = t->dy + (size_t)p * t->dystep,
			      *tdy = t->tdy + (size_t)p * t->dystep;
		yc_real *tdx = t->tdx + (size_t)p * t->tdxstep;

		for (int q = 0; q < c; q++) {
			yc_real v = x[q] * b->scale[q] + b->off[q];
			yc_real g = passed(t->relu, v, dy[q]),
				tg = passed(t->relu, v, tdy[q]);
			yc_real d = b->scale[q] * tg + b->kd[q] * g + b->kt[q] * tx[q];

			t->sum[q] += (double)tg;
			t->sum[c + q] += (double)(tg * (x[q] - b->mean[q]));
			t->sum[2 * c + q] += (double)(g * (tx[q] - b->mt[q]));
			tdx[q] = t->add ? tdx[q] + d : d;
		}
	}
}
