/* SPDX-License-Identifier: MIT */
/*
 * Five gradient checks of every layer in yc_layers, in a random direction (tw, tx):
 *   1. tangent forward against central differences of forward;
 *   2. tangent backward (of dx and of the weight gradient) against those of backward;
 *   3. adjoint:  <dy, J(tw,tx)> = <dw,tw> + <dx,tx>;
 *   4. mixed symmetry:  <a, D_v grad_x> = <v, D_a grad_w>;
 *   5. symmetry of the whole second derivative:  <u, H v> = <v, H u>;
 * and that directions which are NULL are zero, and results which are NULL change no other.
 * Then the same for whole networks, from every seed.
 *
 * Loose tolerances hide real errors, so the checks are sharp in the double variant (1e-7
 * for differences, 1e-12 for identities). In float, differences resolve only about 1e-3
 * and identities 1e-4: there the test guards against gross errors of the float code path,
 * and differences across a ReLU are left to double, since a float step is wide enough to
 * cross kinks. A layer in the table without a case here fails the test.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/kern/internal.h"
#include "lib/nn/internal.h"
#include "yc/kern.h"
#include "yc/layer.h"
#include "yc/mem.h"
#include "yc/net.h"

#ifdef YC_DOUBLE
#define STEP 1e-5
#define TOL_DIFF 1e-7
#define TOL_ID 1e-12
#else
#define STEP 1e-2
#define TOL_DIFF 2e-2
#define TOL_ID 2e-4
#endif

struct shape_case {
	const char *layer;
	int n, h, w, ci, co, k, pool;
	bool relu, bias_dead, bias_none;
	int stride;
	int room; /* channels of the buffer of the output; 0: as below */
	int wide; /* more border around the input than the layer asked for */
	/* Input and output are some of the channels of buffers that are so much wider. */
	int spare;
	bool add; /* gradients of the input are added to others */
};

/* Odd channel counts exercise the scalar tails, 5x6 and 7x7 the edge tiles of Winograd.
 */
static const struct shape_case cases[] = {
	{"conv", 2, 5, 6, .ci = 3, .co = 7, .k = 3},
	{"conv", 1, 4, 4, .ci = 17, .co = 33, .k = 3, .bias_dead = true},
	{"conv", 2, 6, 6, .ci = 2, .co = 40, .k = 5},
	{"conv", 3, 3, 3, .ci = 4, .co = 5, .k = 1},
	{"conv", 1, 8, 8, .ci = 17, .co = 33, .k = 3, .bias_dead = true},
	{"conv", 3, 7, 7, .ci = 32, .co = 16, .k = 3, .wide = 2},
	{"conv", 2, 2, 2, .ci = 9, .co = 8, .k = 3},
	/* so many channels that Winograd keeps what it makes of maps */
	{"conv", 1, 5, 6, .ci = 65, .co = 66, .k = 3},
	{"conv", 2, 4, 5, .ci = 3, .co = 6, .k = 7, .bias_dead = true, .bias_none = true},
	{"conv", 1, 6, 5, .ci = 16, .co = 20, .k = 3, .bias_dead = true,
		.bias_none = true},
	{"strided", 2, 5, 6, .ci = 3, .co = 7, .k = 3, .stride = 2},
	{"strided", 2, 6, 6, .ci = 17, .co = 5, .k = 3, .bias_none = true, .stride = 2,
		.wide = 2},
	{"strided", 3, 4, 5, .ci = 7, .co = 9, .k = 1, .bias_none = true, .stride = 1},
	{"strided", 1, 7, 5, .ci = 33, .co = 8, .k = 1, .bias_dead = true, .stride = 2,
		.wide = 1},
	{"strided", 2, 3, 4, .ci = 5, .co = 6, .k = 1, .stride = 1, .wide = 1},
	{"norm", 2, 4, 6, .ci = 5, .pool = 1},
	{"norm", 2, 6, 4, .ci = 19, .pool = 2},
	{"norm", 2, 4, 4, .ci = 70, .pool = 2, .relu = true},
	{"norm", 1, 8, 8, .ci = 3, .pool = 4, .relu = true},
	{"norm", 2, 7, 5, .ci = 19, .pool = 2, .relu = true},
	{"norm", 2, 4, 8, .ci = 5, .pool = 3},
	{"batchnorm", 2, 4, 3, .ci = 5, .wide = 1},
	{"batchnorm", 3, 3, 5, .ci = 19, .relu = true},
	{"batchnorm", 3, 3, 4, .ci = 6, .relu = true, .spare = 3},
	{"batchnorm", 2, 4, 3, .ci = 5, .wide = 1, .spare = 2, .add = true},
	{"batchnorm", 2, 3, 3, .ci = 17, .relu = true, .add = true},
	{"pool", 2, 6, 4, .ci = 5, .pool = 2},
	{"pool", 2, 3, 6, .ci = 17, .pool = 3, .wide = 1},
	{"pool", 3, 3, 5, .ci = 4, .wide = 2},
	{"pool", 2, 7, 5, .ci = 5, .pool = 2, .wide = 1},
	{"pool", 2, 4, 8, .ci = 3, .pool = 3},
	{"sum", 2, 3, 4, .ci = 5, .wide = 1},
	{"sum", 3, 4, 3, .ci = 17, .relu = true},
	{"border", 2, 3, 4, .ci = 5, .k = 2},
	{"border", 3, 4, 2, .ci = 1, .k = 1, .wide = 1},
	{"block", 2, 3, 4, .ci = 5, .room = 5},
	{"block", 3, 2, 3, .ci = 18, .room = 18, .wide = 1},
	{"block", 2, 3, 4, .ci = 5, .room = 9},
	{"block", 3, 2, 4, .ci = 4, .room = 7, .spare = 2},
	{"normpoint", 2, 4, 3, .ci = 5, .co = 7, .k = 1, .spare = 4},
	{"normpoint", 3, 6, 9, .ci = 19, .co = 33, .k = 1, .relu = true, .spare = 3,
		.add = true},
	{"normpoint", 2, 4, 3, .ci = 5, .co = 7, .k = 1},
	{"normpoint", 3, 7, 9, .ci = 19, .co = 33, .k = 1, .relu = true},
	{"normconv", 2, 5, 6, .ci = 3, .co = 7, .k = 3},
	{"normconv", 2, 6, 9, .ci = 21, .co = 12, .k = 3, .relu = true},
	{"normconv", 2, 3, 4, .ci = 5, .co = 2, .k = 5, .relu = true},
	{"normconv", 2, 5, 6, .ci = 3, .co = 7, .k = 3, .spare = 2},
	{"normconv", 2, 4, 7, .ci = 18, .co = 12, .k = 3, .relu = true, .spare = 5,
		.add = true},
	{"dense", 3, 2, 2, .ci = 5, .co = 7},
	/* Behind the others, whose seeds keep clear of the kinks of their ReLUs. */
	{"conv", 2, 7, 6, .ci = 3, .co = 7, .k = 3, .stride = 2},
	{"conv", 2, 10, 19, .ci = 13, .co = 21, .k = 3, .bias_none = true, .stride = 2,
		.wide = 1},
	{"strided", 2, 5, 7, .ci = 6, .co = 3, .k = 3, .stride = 2, .add = true},
	{"strided", 2, 4, 3, .ci = 5, .co = 9, .k = 1, .stride = 1, .add = true},
	{"batchnorm", 2, 4, 3, .ci = 5, .relu = true, .spare = 2, .room = 9},
};

struct vec {
	yc_real *p;
	size_t n;
};

static struct vec make(size_t n, struct yc_rng *r, double scale)
{
	struct vec v = {yc_calloc(n + 1, sizeof(yc_real)), n};

	assert_non_null(v.p);
	for (size_t i = 0; r && i < n; i++)
		v.p[i] = (yc_real)(scale * yc_rng_normal(r));
	return v;
}

static double dot(struct vec a, struct vec b)
{
	double s = 0;

	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		s += (double)a.p[i] * (double)b.p[i];
	return s;
}

/* What the passes need, with x as a dense map, both inputs of a layer that joins two one
 * after the other; border() puts it into its buffer. */
enum omission { OMIT_TW = 1, OMIT_TX = 2, OMIT_DX = 4, OMIT_GRAD = 8 };

struct bench {
	struct yc_layer l;
	int n;
	unsigned omit;
	bool add;
	size_t in, inb; /* elements of the first input as a map and as a buffer */
	struct vec w, x, dy, tw, tx, tdy;
	struct vec before; /* what dx and tdx are added to */
	struct vec y, dx, dw, ty, tdx, tdw;
	/* Of a batch-coupled layer: sums of backward passes, statistics of x, what is
	 * missing of its gradient; in first order and of tangents. */
	double sum[2][128], stat[2][128];
	yc_real rest[2][128];
	struct vec coef;
	struct vec xb, txb, yb, tyb, pack, tpack, save, tsave, scratch, grad, tgrad;
};

static void border(const struct yc_shape *s, int n, const yc_real *map, yc_real *buf)
{
	size_t row = (size_t)s->w * (size_t)s->step;

	for (int i = 0; i < n; i++)
		for (int r = 0; r < s->h; r++)
			memcpy(buf + (size_t)i * yc_shape_size(s) + yc_shape_at(s) +
					(size_t)(r * s->pw * s->step),
				map + (size_t)i * yc_shape_map(s) + (size_t)r * row,
				row * sizeof *map);
}

static void border_both(const struct bench *b, struct vec map, struct vec buf)
{
	border(&b->l.in, b->n, map.p, buf.p);
	if (b->l.ops->joins)
		border(&b->l.in2, b->n, map.p + b->in, buf.p + b->inb);
}

static void strip(const struct yc_shape *s, int n, const yc_real *buf, yc_real *map)
{
	size_t row = (size_t)s->w * (size_t)s->step;

	for (int i = 0; i < n; i++)
		for (int r = 0; r < s->h; r++)
			memcpy(map + (size_t)i * yc_shape_map(s) + (size_t)r * row,
				buf + (size_t)i * yc_shape_size(s) + yc_shape_at(s) +
					(size_t)(r * s->pw * s->step),
				row * sizeof *map);
}

static void fold(const struct yc_layer *l, struct vec grad, struct vec dw)
{
	memset(dw.p, 0, dw.n * sizeof *dw.p);
	if (l->ops->fold)
		l->ops->fold(l, grad.p, dw.p);
	else
		memcpy(dw.p, grad.p, dw.n * sizeof *dw.p);
}

static void prepare(const struct yc_layer *l, struct vec w, struct vec pack)
{
	for (int part = 0; l->ops->prepare && part < 3; part++)
		l->ops->prepare(l, w.p, pack.p, true, part, 3);
}

/* A pass overwrites all of its results. */
static void spoil(struct vec v)
{
	for (size_t i = 0; i < v.n; i++)
		v.p[i] = (yc_real)NAN;
}

/* Before a backward pass: what it overwrites, or adds to. */
static void begin_gradient(const struct bench *b, struct vec dx)
{
	if (b->add)
		memcpy(dx.p, b->before.p, dx.n * sizeof *dx.p);
	else
		spoil(dx);
}

/* After it: what it has added. Channels of others are as they were, and count as zero. */
static void end_gradient(const struct bench *b, struct vec dx)
{
	const struct yc_shape *s = &b->l.in;

	for (size_t i = 0; i < b->in; i++) {
		bool own = (int)(i % (size_t)s->step) < s->c;

		if (!own)
			assert_true(b->add ? dx.p[i] == b->before.p[i] : isnan(dx.p[i]));
		dx.p[i] = !own ? 0 : b->add ? dx.p[i] - b->before.p[i] : dx.p[i];
	}
}

/* After a forward pass: zeros between the channels of the output stay. */
static void check_spare(const struct yc_shape *s, struct vec y)
{
	for (size_t i = 0; i < y.n; i++)
		assert_true((int)(i % (size_t)s->step) < s->c || y.p[i] == 0);
}

static void settle(struct bench *b, enum yc_pass_kind kind, const struct yc_pass *p)
{
	bool tangent = kind >= YC_PASS_TANGENT_FORWARD;
	struct yc_settle s = {.batch = b->n,
		.w = p->w,
		.tw = p->tw,
		.stat = b->stat[0],
		.tstat = b->stat[1],
		.sum = {b->sum[0], b->sum[1]},
		.coef = b->coef.p,
		.rest = b->rest[tangent],
		.grad = tangent ? p->tgrad : p->grad};

	if (b->l.ops->settle[kind])
		b->l.ops->settle[kind](&b->l, &s);
}

/* Before a forward pass: statistics of x or tx. Layers with them see whole channels. */
static void observe(struct bench *b, enum yc_pass_kind kind, const struct yc_pass *p)
{
	const struct yc_shape *s = &b->l.in;
	bool tangent = kind == YC_PASS_TANGENT_FORWARD;
	double *stat = b->stat[tangent], n = (double)b->n * s->h * s->w;

	if (!b->l.ops->settle[kind])
		return;
	assert_true(2 * (size_t)s->step <= YC_COUNT(b->stat[0]) &&
		    b->l.nsum <= YC_COUNT(b->sum[0]));
	memset(stat, 0, sizeof b->stat[0]);
	memset(b->sum[tangent], 0, sizeof b->sum[0]);
	memset(b->rest[tangent], 0, sizeof b->rest[0]);
	for (int r = 0; r < b->n * s->h; r++) {
		size_t at = yc_shape_row(s, r);

		for (int i = 0; i < s->w * s->c; i++) {
			size_t q = (size_t)(i % s->c),
			       k = at + (size_t)(i / s->c * s->step) + q;
			double x = (double)p->x[k], t = tangent ? (double)p->tx[k] : x;

			stat[q] += t;
			stat[(size_t)s->step + q] +=
				t * (tangent ? x - b->stat[0][q] / n : x);
		}
	}
	settle(b, kind, p);
}

/* After a backward pass: what others do with dx or tdx. */
static void complete(struct bench *b, enum yc_pass_kind kind, const struct yc_pass *p)
{
	const struct yc_shape *s = &b->l.in;
	bool tangent = kind == YC_PASS_TANGENT_BACKWARD;
	const yc_real *rest = b->rest[tangent];
	yc_real *dx = tangent ? p->tdx : p->dx;

	if (!b->l.ops->settle[kind])
		return;
	settle(b, kind, p);
	for (int r = 0; r < b->n * s->h; r++, dx += s->w * s->step) {
		const yc_real *x = p->x + yc_shape_row(s, r);

		for (int i = 0; i < s->w * s->c; i++) {
			int q = i % s->c, k = i / s->c * s->step + q;

			dx[k] += rest[q] * x[k] + rest[s->step + q];
		}
	}
}

/* forward and backward at (w + e*tw, x + e*tx) and dy + e*tdy */
static void first_order(struct bench *b, double e)
{
	struct vec w = make(b->w.n, NULL, 0), x = make(b->x.n, NULL, 0),
		   dy = make(b->dy.n, NULL, 0);

	for (size_t i = 0; i < w.n; i++)
		w.p[i] = b->w.p[i] + (yc_real)e * b->tw.p[i];
	for (size_t i = 0; i < x.n; i++)
		x.p[i] = b->x.p[i] + (yc_real)e * b->tx.p[i];
	for (size_t i = 0; i < dy.n; i++)
		dy.p[i] = b->dy.p[i] + (yc_real)e * b->tdy.p[i];
	border_both(b, x, b->xb);
	prepare(&b->l, w, b->pack);
	memset(b->grad.p, 0, b->grad.n * sizeof(yc_real));
	if (b->l.ops->overwrites)
		spoil(b->grad);
	struct yc_pass p = {.n = b->n,
		.w = w.p,
		.pack = b->pack.p,
		.x = b->xb.p,
		.x2 = b->xb.p + b->inb,
		.y = b->yb.p,
		.dy = dy.p,
		.dx = b->omit & OMIT_DX ? NULL : b->dx.p,
		.dx2 = b->dx.p + b->in,
		.grad = b->omit & OMIT_GRAD ? NULL : b->grad.p,
		.fresh = b->l.ops->overwrites,
		.save = b->save.p,
		.scratch = b->scratch.p,
		.add = b->add,
		.coef = b->coef.p,
		.shard = b->sum[0]};

	observe(b, YC_PASS_FORWARD, &p);
	b->l.ops->forward(&b->l, &p);
	strip(&b->l.out, b->n, b->yb.p, b->y.p);
	check_spare(&b->l.out, b->y);
	begin_gradient(b, b->dx);
	b->l.ops->backward(&b->l, &p);
	complete(b, YC_PASS_BACKWARD, &p);
	end_gradient(b, b->dx);
	fold(&b->l, b->grad, b->dw);
	yc_free(w.p);
	yc_free(x.p);
	yc_free(dy.p);
}

static void tangents(struct bench *b)
{
	border_both(b, b->tx, b->txb);
	prepare(&b->l, b->tw, b->tpack);
	memset(b->tgrad.p, 0, b->tgrad.n * sizeof(yc_real));
	if (b->l.ops->overwrites)
		spoil(b->tgrad);
	struct yc_pass p = {.n = b->n,
		.w = b->w.p,
		.pack = b->pack.p,
		.tw = b->omit & OMIT_TW ? NULL : b->tw.p,
		.tpack = b->omit & OMIT_TW ? NULL : b->tpack.p,
		.x = b->xb.p,
		.tx = b->omit & OMIT_TX ? NULL : b->txb.p,
		.x2 = b->xb.p + b->inb,
		.tx2 = b->txb.p + b->inb,
		.dy = b->dy.p,
		.tdy = b->tdy.p,
		.y = b->yb.p,
		.ty = b->tyb.p,
		.tdx = b->omit & OMIT_DX ? NULL : b->tdx.p,
		.tdx2 = b->tdx.p + b->in,
		.tgrad = b->omit & OMIT_GRAD ? NULL : b->tgrad.p,
		.fresh = b->l.ops->overwrites,
		.save = b->save.p,
		.tsave = b->tsave.p,
		.scratch = b->scratch.p,
		.add = b->add,
		.coef = b->coef.p,
		.shard = b->sum[1]};

	observe(b, YC_PASS_TANGENT_FORWARD, &p);
	b->l.ops->tangent_forward(&b->l, &p);
	strip(&b->l.out, b->n, b->tyb.p, b->ty.p);
	check_spare(&b->l.out, b->ty);
	begin_gradient(b, b->tdx);
	b->l.ops->tangent_backward(&b->l, &p);
	complete(b, YC_PASS_TANGENT_BACKWARD, &p);
	end_gradient(b, b->tdx);
	fold(&b->l, b->tgrad, b->tdw);
}

/* |t - (hi-lo)/(2 STEP)| relative to |t| + |difference| */
static void compare(
	const char *what, const char *layer, struct vec t, struct vec hi, struct vec lo)
{
	double err = 0, size = 0;

	for (size_t i = 0; i < t.n; i++) {
		double d = ((double)hi.p[i] - (double)lo.p[i]) / (2 * STEP),
		       e = d - (double)t.p[i];

		err += e * e;
		size += d * d + (double)t.p[i] * (double)t.p[i];
	}
	/* Not >, which holds for no NaN: spoil() left some where nothing was written. */
	if (!(sqrt(err) <= TOL_DIFF * sqrt(size) + 1e-30))
		fail_msg("%s of %s: relative error %g", what, layer, sqrt(err / size));
}

static void identity(
	const char *what, const char *layer, double a, double b, double scale)
{
	if (!(fabs(a - b) <= TOL_ID * scale))
		fail_msg("%s of %s: %.15g and %.15g", what, layer, a, b);
}

static double norm(struct vec a)
{
	return sqrt(dot(a, a));
}

static struct vec copy(struct vec a)
{
	struct vec c = make(a.n, NULL, 0);

	memcpy(c.p, a.p, a.n * sizeof *a.p);
	return c;
}

static double distance(struct vec a, struct vec b)
{
	double s = 0;

	for (size_t i = 0; i < a.n; i++) {
		double d = (double)a.p[i] - (double)b.p[i];

		s += d * d;
	}
	return sqrt(s);
}

/* Passes with something left out give what those with zeros gave. */
static void check_omissions(struct bench *b, const char *layer)
{
	static const struct {
		unsigned omit;
		const char *what;
	} table[] = {
		{OMIT_TW, "passes without a direction of the weights"},
		{OMIT_TX, "passes without a direction of the input"},
		{OMIT_DX, "passes without gradients of the input"},
		{OMIT_GRAD, "passes without gradients of the weights"},
	};
	struct vec tw = copy(b->tw), tx = copy(b->tx);

	for (size_t i = 0; i < YC_COUNT(table); i++) {
		unsigned omit = table[i].omit;

		/* Only the first layer of a net is ever asked. */
		if ((omit & (OMIT_TX | OMIT_DX)) && !b->l.ops->begins)
			continue;
		if (omit & OMIT_TW)
			memset(b->tw.p, 0, b->tw.n * sizeof(yc_real));
		if (omit & OMIT_TX)
			memset(b->tx.p, 0, b->tx.n * sizeof(yc_real));
		first_order(b, 0);
		tangents(b);
		struct vec old[] = {copy(b->dx), copy(b->tdx), copy(b->dw), copy(b->tdw),
			copy(b->ty)};

		b->omit = omit;
		first_order(b, 0);
		tangents(b);
		b->omit = 0;
		const struct vec now[] = {b->dx, b->tdx, b->dw, b->tdw, b->ty};

		for (size_t k = 0; k < YC_COUNT(now); k++) {
			bool left_out = (k < 2 && omit == OMIT_DX) ||
					(k >= 2 && k < 4 && omit == OMIT_GRAD);

			if (!left_out)
				identity(table[i].what, layer, distance(now[k], old[k]),
					0, norm(old[k]) + 1e-30);
			yc_free(old[k].p);
		}
		memcpy(b->tw.p, tw.p, tw.n * sizeof(yc_real));
		memcpy(b->tx.p, tx.p, tx.n * sizeof(yc_real));
	}
	yc_free(tw.p);
	yc_free(tx.p);
}

/* <u, H v> = <v, H u> with weights and input together, for a fixed dy. */
static void check_symmetry(struct bench *b, const char *layer, struct yc_rng *r)
{
	struct vec tw = copy(b->tw), tx = copy(b->tx);
	struct vec uw = make(tw.n, r, 0.5), ux = make(tx.n, r, 1);
	double hv, hu, size;

	if (b->l.bias_dead && !b->l.bias_none)
		memset(uw.p + uw.n - (size_t)b->l.out.c, 0,
			(size_t)b->l.out.c * sizeof(yc_real));
	memset(b->tdy.p, 0, b->tdy.n * sizeof(yc_real));
	tangents(b);
	hv = dot(uw, b->tdw) + dot(ux, b->tdx);
	size = norm(uw) * norm(b->tdw) + norm(ux) * norm(b->tdx);
	memcpy(b->tw.p, uw.p, uw.n * sizeof(yc_real));
	memcpy(b->tx.p, ux.p, ux.n * sizeof(yc_real));
	tangents(b);
	hu = dot(tw, b->tdw) + dot(tx, b->tdx);
	identity("symmetry of the second derivative", layer, hv, hu, size + 1e-30);
	memcpy(b->tw.p, tw.p, tw.n * sizeof(yc_real));
	memcpy(b->tx.p, tx.p, tx.n * sizeof(yc_real));
	yc_free(tw.p);
	yc_free(tx.p);
	yc_free(uw.p);
	yc_free(ux.p);
}

/* What a layer says of its tensors: they are its weights and its state, one after the
 * other, and every element of a file has a place of its own. */
static void check_params(const struct yc_layer *l)
{
	struct yc_param p[YC_LAYER_PARAMS];
	int n = l->ops->params ? l->ops->params(l, p) : 0;
	size_t end[2] = {0, 0};

	assert_true(n <= YC_LAYER_PARAMS);
	for (int t = 0; t < n; t++) {
		char *seen = yc_calloc(p[t].count, 1);
		size_t shape = 1;

		assert_non_null(p[t].tensor);
		assert_int_equal(p[t].at, end[p[t].state]);
		for (int d = 0; d < p[t].rank; d++)
			shape *= (size_t)p[t].shape[d];
		assert_int_equal(p[t].count, shape);
		assert_int_equal(p[t].count, p[t].dim[0] * p[t].dim[1] * p[t].dim[2]);
		for (size_t i = 0; i < p[t].dim[0]; i++)
			for (size_t j = 0; j < p[t].dim[1]; j++)
				for (size_t k = 0; k < p[t].dim[2]; k++) {
					size_t at = i * p[t].stride[0] +
						    j * p[t].stride[1] +
						    k * p[t].stride[2];

					assert_true(at < p[t].count && !seen[at]++);
				}
		end[p[t].state] += p[t].count;
		yc_free(seen);
	}
	assert_int_equal(end[false], l->nw);
	assert_int_equal(end[true], l->nstate);
}

/* form: of a convolution, or NULL */
static void check_layer(const struct shape_case *c, const struct yc_layer_ops *ops,
	const struct yc_conv_form *form, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "test-grad");
	struct bench b = {.n = c->n, .add = c->add};
	char name[64];

	snprintf(name, sizeof name, "%s %s, %s", c->layer, form ? form->method.name : "",
		yc_kern_get()->set->method.name);

	b.l = (struct yc_layer){.ops = ops,
		.in = {.h = c->h, .w = c->w, .c = c->ci},
		.out = {.c = c->co},
		.k = c->k,
		.form = form,
		.stride = c->stride,
		.room = c->room,
		.pool = c->pool,
		.relu = c->relu,
		.bias_dead = c->bias_dead,
		.bias_none = c->bias_none};
	assert_true(ops->views || !c->spare);
	assert_true(ops->adds || !c->add);
	b.l.in.step = b.l.in.c + c->spare;
	b.l.in2 = b.l.in;
	assert_int_equal(ops->plan(&b.l), YC_OK);
	check_params(&b.l);
	assert_true(ops->borders || !c->wide);
	for (int i = 0; i < 2; i++) {
		struct yc_shape *in = i ? &b.l.in2 : &b.l.in;

		in->pad += c->wide;
		in->ph += 3 * c->wide;
		in->pw += 2 * c->wide;
	}
	b.l.out.step = c->room ? c->room : b.l.out.c + c->spare;
	/* As if a convolution followed: passes must respect the border. Wider buffers have
	 * none. */
	b.l.out.pad = !c->spare;
	b.l.out.ph = b.l.out.h + (c->spare ? 0 : 3);
	b.l.out.pw = b.l.out.w + (c->spare ? 0 : 4);
	if (ops == &yc_layer_dense) {
		b.l.out.pad = 0;
		b.l.out.ph = b.l.out.pw = 1;
	}
	size_t n = (size_t)c->n, in, inb, out = n * yc_shape_map(&b.l.out);

	b.in = n * yc_shape_map(&b.l.in);
	b.inb = n * yc_shape_size(&b.l.in);
	in = b.in + (ops->joins ? n * yc_shape_map(&b.l.in2) : 0);
	inb = b.inb + (ops->joins ? n * yc_shape_size(&b.l.in2) : 0);

	b.w = make(b.l.nw, &r, 0.5);
	b.x = make(in, &r, 1);
	b.before = make(in, &r, 1);
	b.dy = make(out, &r, 1);
	b.tw = make(b.l.nw, &r, 0.5);
	b.tx = make(in, &r, 1);
	b.tdy = make(out, &r, 1);
	b.y = make(out, NULL, 0);
	b.ty = make(out, NULL, 0);
	b.dx = make(in, NULL, 0);
	b.tdx = make(in, NULL, 0);
	b.dw = make(b.l.nw, NULL, 0);
	b.tdw = make(b.l.nw, NULL, 0);
	b.xb = make(inb, NULL, 0);
	b.txb = make(inb, NULL, 0);
	b.yb = make(n * yc_shape_size(&b.l.out), NULL, 0);
	b.tyb = make(n * yc_shape_size(&b.l.out), NULL, 0);
	b.coef = make(b.l.ncoef, NULL, 0);
	b.pack = make(b.l.npack, NULL, 0);
	b.tpack = make(b.l.npack, NULL, 0);
	b.save = make(n * b.l.save_image + b.l.save_fixed, NULL, 0);
	b.tsave = make(n * b.l.tsave_image + b.l.tsave_fixed, NULL, 0);
	b.scratch = make(n * b.l.scratch_image + b.l.scratch_fixed, NULL, 0);
	b.grad = make(b.l.ngrad, NULL, 0);
	b.tgrad = make(b.l.ngrad, NULL, 0);
	if (c->bias_dead &&
		!c->bias_none) { /* its direction is ignored, so leave it out of the sums as
			       well */
		memset(b.tw.p + b.l.nw - (size_t)c->co, 0,
			(size_t)c->co * sizeof(yc_real));
	}

	first_order(&b, STEP);
	struct vec y1 = copy(b.y), dx1 = copy(b.dx), dw1 = copy(b.dw);

	first_order(&b, -STEP);
	struct vec y0 = copy(b.y), dx0 = copy(b.dx), dw0 = copy(b.dw);

	first_order(&b, 0);
	tangents(&b);
	if (sizeof(yc_real) == sizeof(double) || !c->relu) {
		compare("tangent forward", name, b.ty, y1, y0);
		compare("tangent of the input gradient", name, b.tdx, dx1, dx0);
		compare("tangent of the weight gradient", name, b.tdw, dw1, dw0);
	}
	identity("adjoint", name, dot(b.dy, b.ty), dot(b.dw, b.tw) + dot(b.dx, b.tx),
		norm(b.dy) * norm(b.ty));

	check_omissions(&b, name);
	check_symmetry(&b, name, &r);

	/* 4: the same dy for both directions: v in the weights alone, a in the input
	 * alone. */
	struct vec tw = copy(b.tw), tx = copy(b.tx);

	memset(b.tdy.p, 0, b.tdy.n * sizeof(yc_real));
	memset(b.tx.p, 0, b.tx.n * sizeof(yc_real));
	tangents(&b);
	double a = dot(tx, b.tdx), size = norm(tx) * norm(b.tdx);

	memcpy(b.tx.p, tx.p, tx.n * sizeof(yc_real));
	memset(b.tw.p, 0, b.tw.n * sizeof(yc_real));
	tangents(&b);
	identity("mixed symmetry", name, a, dot(tw, b.tdw), size);

	/* The borders are what convolutions rely on. */
	double inside = dot(b.y, b.y), all = dot(b.yb, b.yb);

	identity("border", name, inside, all, all + 1e-30);
	struct vec *own[] = {&b.w, &b.x, &b.before, &b.dy, &b.tw, &b.tx, &b.tdy, &b.y,
		&b.dx, &b.dw, &b.ty, &b.tdx, &b.tdw, &b.coef, &b.xb, &b.txb, &b.yb,
		&b.tyb, &b.pack, &b.tpack, &b.save, &b.tsave, &b.scratch, &b.grad,
		&b.tgrad, &y1, &dx1, &dw1, &y0, &dx0, &dw0, &tw, &tx};

	for (size_t i = 0; i < YC_COUNT(own); i++)
		yc_free(own[i]->p);
}

/* Forms that round their operands have no differences; test_kern.c has them all. */
static void check_case(const struct shape_case *c, const struct yc_layer_ops *ops)
{
	const struct yc_conv_form *const *form = yc_kern_get()->conv[YC_FP32];
	uint64_t seed = 7 + (uint64_t)(c - cases);

	if (ops != &yc_layer_conv) {
		check_layer(c, ops, NULL, seed);
		return;
	}
	for (; *form; form++) {
		const struct yc_conv conv = {
			c->h, c->w, c->ci, c->co, c->k, 0, 0, 0, 0, c->stride == 2};

		if ((*form)->fits(&conv))
			check_layer(c, ops, *form, seed);
	}
}

static void test_layers(void **state)
{
	(void)state;
	for (int t = 0; yc_kern_all()[t]; t++) {
		assert_int_equal(yc_kern_use(yc_kern_all()[t]->set->method.name), YC_OK);
		for (int i = 0; yc_layers[i]; i++) {
			int done = 0;

			for (size_t c = 0; c < YC_COUNT(cases); c++) {
				if (strcmp(cases[c].layer, yc_layers[i]->name) == 0) {
					check_case(&cases[c],
						(const struct yc_layer_ops *)
							yc_layers[i]);
					done++;
				}
			}
			if (!done)
				fail_msg("layer %s has no case", yc_layers[i]->name);
		}
	}
	assert_int_equal(yc_kern_use("auto"), YC_OK);
}

enum { LOSS_ROWS = 5, LOSS_CLASSES = 7 };

static void check_loss(const char *what, const struct yc_target *t, int first)
{
	enum { N = LOSS_ROWS, C = LOSS_CLASSES };
	struct yc_rng r = yc_rng_new(1, "loss");
	struct vec z = make(N * C, &r, 2), tz = make(N * C, &r, 1),
		   up = make(N * C, NULL, 0);
	struct vec d1 = copy(z), d0 = copy(z), d = copy(z), td = copy(z);
	double inv = 1.0 / N, l1, l0;

	for (size_t i = 0; i < z.n; i++)
		up.p[i] = z.p[i] + (yc_real)STEP * tz.p[i];
	l1 = yc_loss(up.p, N, C, t, first, inv, d1.p);
	for (size_t i = 0; i < z.n; i++)
		up.p[i] = z.p[i] - (yc_real)STEP * tz.p[i];
	l0 = yc_loss(up.p, N, C, t, first, inv, d0.p);
	yc_loss(z.p, N, C, t, first, inv, d.p);
	yc_loss_tangent(z.p, tz.p, N, C, t, first, inv, td.p);
	compare("tangent", what, td, d1, d0);
	identity("gradient", what, dot(d, tz), (l1 - l0) * inv / (2 * STEP),
		TOL_DIFF / TOL_ID * norm(d) * norm(tz));
	/* symmetric Hessian: the tangent map is its own adjoint */
	struct vec a = make(N * C, &r, 1), ta = copy(a);

	yc_loss_tangent(z.p, a.p, N, C, t, first, inv, ta.p);
	identity("symmetry", what, dot(a, td), dot(tz, ta), norm(a) * norm(td));
	struct vec *own[] = {&z, &tz, &up, &d1, &d0, &d, &td, &a, &ta};

	for (size_t i = 0; i < YC_COUNT(own); i++)
		yc_free(own[i]->p);
}

/* Rows that sum to 1, to less and to more; and that one-hot rows are labels. */
static void test_loss(void **state)
{
	enum { N = LOSS_ROWS, C = LOSS_CLASSES, FIRST = 2 };
	static const int32_t label[FIRST + N] = {5, 5, 0, 3, 6, 3, 1},
					   mixed[FIRST + N] = {4, 4, 2, 3, 0, 1, 1};
	static yc_real soft[(FIRST + N) * C], soft_mixed[(FIRST + N) * C],
		hot[(FIRST + N) * C], hot_mixed[(FIRST + N) * C];
	struct yc_rng r = yc_rng_new(2, "loss");
	struct vec z = make(N * C, &r, 2), a = copy(z), b = copy(z);

	(void)state;
	for (int i = 0; i < (FIRST + N) * C; i++) {
		soft[i] = (yc_real)(0.4 * yc_rng_uniform(&r));
		soft_mixed[i] = (yc_real)(0.2 * yc_rng_uniform(&r));
		hot[i] = label[i / C] == i % C;
		hot_mixed[i] = mixed[i / C] == i % C;
	}
	const struct yc_target hard = {.label = label, .rho = 1},
			       cut = {.label = label, .mixed = mixed, .rho = 0.7},
			       rows = {.rho = 1, .soft = soft},
			       rows_cut = {.rho = 0.7,
				       .soft = soft,
				       .soft_mixed = soft_mixed},
			       same = {.rho = 0.7, .soft = hot, .soft_mixed = hot_mixed};

	check_loss("loss", &hard, FIRST);
	check_loss("loss with CutMix", &cut, FIRST);
	check_loss("loss of soft targets", &rows, FIRST);
	check_loss("loss of soft targets with CutMix", &rows_cut, FIRST);
	struct yc_target squares = cut, squares_rows = rows_cut, centred = rows_cut;

	squares.squares = squares_rows.squares = centred.squares = true;
	check_loss("squares with CutMix", &squares, FIRST);
	check_loss("squares of soft targets with CutMix", &squares_rows, FIRST);
	for (int i = 0; i < (FIRST + N) * C; i++) {
		soft[i] = hot[i] - (yc_real)1 / C;
		soft_mixed[i] = hot_mixed[i] - (yc_real)1 / C;
	}
	identity("value", "squares towards centred classes",
		yc_loss(z.p, N, C, &squares, FIRST, 0.2, a.p),
		yc_loss(z.p, N, C, &centred, FIRST, 0.2, b.p), 1);
	identity("gradient", "squares towards centred classes", dot(a, z), dot(b, z),
		norm(a) * norm(z));
	/* (1/2K) sum (z - y)^2 of one image, of whose label there is 1 - 1/K */
	double want = 0;

	for (int c = 0; c < C; c++) {
		double e = (double)z.p[c] - ((c == label[FIRST]) - 1.0 / C);

		want += e * e / (2 * C);
	}
	squares.mixed = NULL;
	identity("value", "squares of one image",
		yc_loss(z.p, 1, C, &squares, FIRST, 1, a.p), want, want);
	double l1 = yc_loss(z.p, N, C, &cut, FIRST, 0.2, a.p),
	       l2 = yc_loss(z.p, N, C, &same, FIRST, 0.2, b.p);

	identity("value", "one-hot soft targets", l1, l2, fabs(l1));
	identity("gradient", "one-hot soft targets", dot(a, z), dot(b, z),
		norm(a) * norm(z));
	identity("gradient", "one-hot soft targets", dot(a, a), dot(b, b), dot(a, a));
	yc_free(z.p);
	yc_free(a.p);
	yc_free(b.p);
}

/* ---- whole networks ---- */

/* A network with weights and a batch; executors that keep activations, on one thread and
 * on two, which has room for more images, and one that does not (its largest batch would
 * not fit). */
struct subject {
	char name[64];
	struct yc_net *net;
	struct yc_exec *one, *two, *loose;
	int n;
	struct vec w, x;
};

enum { CLASSES = 5, LOOSE_BATCH = 1 << 20 };

/* A map that a batch norm reads, and a convolution, for which it has a border. */
static void build_bordered(struct yc_net *net)
{
	const struct yc_layer conv = {.ops = &yc_layer_conv, .out.c = 6, .k = 3},
			      norm = {.ops = &yc_layer_batchnorm, .relu = true},
			      sum = {.ops = &yc_layer_sum},
			      pool = {.ops = &yc_layer_pool},
			      dense = {.ops = &yc_layer_dense, .out.c = CLASSES};
	int x = yc_net_join(net, &conv, YC_NET_INPUT, YC_NET_INPUT),
	    a = yc_net_join(net, &norm, x, x), b = yc_net_join(net, &conv, x, x);

	yc_net_name(net, x, "first");
	yc_net_name(net, a, "norm");
	yc_net_name(net, b, "second");
	yc_net_join(net, &sum, a, b);
	yc_net_add(net, &pool);
	yc_net_name(net, yc_net_add(net, &dense), "last");
}

static const struct yc_arch bordered = {
	.method = {.name = "bordered"}, .width = 6, .depth = 1, .build = build_bordered};

static void net_new(struct yc_net **net, const struct yc_net_cfg *cfg)
{
	assert_int_equal(strcmp(cfg->name, bordered.method.name) == 0
				 ? yc_net_build(net, cfg, &bordered)
				 : yc_net_new(net, cfg),
		YC_OK);
}

/* The state of batch norms: near the statistics of the batch, so that maps are of size 1
 * behind many of them as well, but no variance so small that kinks are everywhere. */
static void take_state(struct subject *s, struct yc_net_cfg cfg, struct yc_rng *r)
{
	static const int32_t label[32];
	const struct yc_target target = {.label = label, .rho = 1};
	struct vec dw = make(s->w.n, NULL, 0);
	struct yc_exec *exec;
	struct yc_net *net;

	cfg.frozen = false;
	cfg.embed = NULL;
	net_new(&net, &cfg);
	assert_int_equal(yc_exec_new(&exec, net, s->n, 1, YC_EXEC_GRADIENT), YC_OK);
	yc_net_gradient(exec, s->w.p, s->x.p, s->n, &target, dw.p, NULL);
	for (int i = 0; i < yc_net_nparams(net); i++) {
		const struct yc_param *p = yc_net_param(net, i);

		for (size_t k = p->at; k < p->at + p->count && p->state; k++)
			s->w.p[k] = dw.p[k] * (yc_real)(0.8 + 0.4 * yc_rng_uniform(r)) +
				    (yc_real)(p->role == YC_NORM_VARIANCE ? 0.05 : 0);
	}
	yc_exec_free(exec);
	yc_net_free(net);
	yc_free(dw.p);
}

static struct subject subject_new(const char *name, const char *kernels, bool exact,
	int side, int n, bool frozen, const char *embed)
{
	struct yc_net_cfg cfg = {.name = name,
		.width = 16,
		.channels = 3,
		.side = side,
		.classes = CLASSES,
		.precision = exact ? YC_EXACT : YC_FP32,
		.frozen = frozen,
		.embed = embed};
	struct subject s = {.n = n};
	struct yc_rng r = yc_rng_new(3, "net");

	snprintf(s.name, sizeof s.name, "%s, %s%s%s%s%s, %d images", name, kernels,
		exact ? ", exact" : "", frozen ? ", frozen" : "", embed ? " up to " : "",
		embed ? embed : "", n);
	assert_int_equal(yc_kern_use(kernels), YC_OK);
	net_new(&s.net, &cfg);
	assert_int_equal(yc_exec_new(&s.one, s.net, n, 1, YC_EXEC_TANGENT), YC_OK);
	assert_int_equal(yc_exec_new(&s.two, s.net, 2 * n, 2, YC_EXEC_TANGENT), YC_OK);
	s.w = make(yc_net_size(s.net), NULL, 0);
	s.x = make((size_t)(n * side * side * 3), &r, 1);
	yc_net_init(s.net, s.w.p, yc_rng_new(0, "init-net"));
	if (frozen)
		take_state(&s, cfg, &r);
	/* Batch norms need all activations: no executor of theirs goes without. */
	if (frozen || yc_net_learned(s.net) == s.w.n)
		assert_int_equal(
			yc_exec_new(&s.loose, s.net, LOOSE_BATCH, 2, YC_EXEC_TANGENT),
			YC_OK);
	return s;
}

static void subject_free(struct subject *s)
{
	yc_exec_free(s->one);
	yc_exec_free(s->two);
	yc_exec_free(s->loose);
	yc_net_free(s->net);
	yc_free(s->w.p);
	yc_free(s->x.p);
}

/* What the gradients of a seed are gradients of. */
static double value(
	const struct subject *s, const struct yc_seed *seed, struct vec w, struct vec x)
{
	struct vec out, d;

	if (seed->target)
		return yc_net_backward(s->one, w.p, x.p, s->n, seed, NULL, NULL);
	d.n = (size_t)s->n * (size_t)(seed->dembed ? yc_net_embedding(s->net) : CLASSES);
	d.p = yc_calloc(d.n, sizeof *d.p);
	memcpy(d.p, seed->dembed ? seed->dembed : seed->dlogits, d.n * sizeof *d.p);
	out = make(d.n, NULL, 0);
	yc_net_forward_train(s->one, w.p, x.p, s->n, seed->dembed ? NULL : out.p,
		seed->dembed ? out.p : NULL);
	double l = dot(d, out);

	yc_free(d.p);
	yc_free(out.p);
	return l;
}

static struct vec moved(struct vec a, double e, struct vec by)
{
	struct vec c = copy(a);

	for (size_t i = 0; i < c.n; i++)
		c.p[i] += (yc_real)e * by.p[i];
	return c;
}

/* Weights and images as one vector of two parts. */
struct pair {
	struct vec w, x;
};

static struct pair pair_like(const struct subject *s, struct yc_rng *r)
{
	struct pair p = {make(s->w.n, r, 0.1), make(s->x.n, r, 1)};
	size_t learned = yc_net_learned(s->net);

	/* State has no gradient: no direction either. */
	memset(p.w.p + learned, 0, (p.w.n - learned) * sizeof *p.w.p);
	return p;
}

static void pair_free(struct pair p)
{
	yc_free(p.w.p);
	yc_free(p.x.p);
}

static double pair_dot(struct pair a, struct pair b)
{
	return dot(a.w, b.w) + dot(a.x, b.x);
}

static void same_bytes(
	const struct subject *s, const char *what, struct vec a, struct vec b)
{
	assert_int_equal(a.n, b.n);
	if (memcmp(a.p, b.p, a.n * sizeof *a.p))
		fail_msg("%s of %s differ", what, s->name);
}

/* |difference quotient - t| / |t| of a vector */
static double off(struct vec t, struct vec hi, struct vec lo, double e)
{
	double err = 0;

	for (size_t i = 0; i < t.n; i++) {
		double d = ((double)hi.p[i] - (double)lo.p[i]) / (2 * e) - (double)t.p[i];

		err += d * d;
	}
	return sqrt(err) / (norm(t) + 1e-30);
}

/* What a batch norm says of the batch lies in dw, and is no gradient. */
static struct vec learned(const struct subject *s, struct vec w)
{
	return (struct vec){w.p, yc_net_learned(s->net)};
}

/*
 * First and second order against central differences in a direction of weights and
 * images. A kink of a ReLU inside the step spoils a difference: then a smaller step
 * counts. In double alone: differences of float losses say nothing at these steps;
 * test_net compares float with the direct convolution instead.
 */
static void check_differences(const struct subject *s, const char *what,
	const struct yc_seed *seed, struct pair g, struct pair v, struct pair h)
{
	double want = dot(learned(s, g.w), learned(s, v.w)) + dot(g.x, v.x);
	double first = INFINITY, second_w = INFINITY, second_x = INFINITY;

	for (double e = 4e-6; e > 1e-8; e *= 0.3) {
		double l[2];
		struct pair d[2];

		for (int up = 0; up < 2; up++) {
			struct vec w = moved(s->w, up ? e : -e, v.w),
				   x = moved(s->x, up ? e : -e, v.x);

			l[up] = value(s, seed, w, x);
			d[up] = (struct pair){
				make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)};
			yc_net_backward(
				s->one, w.p, x.p, s->n, seed, d[up].w.p, d[up].x.p);
			yc_free(w.p);
			yc_free(x.p);
		}
		first = fmin(first, fabs((l[1] - l[0]) / (2 * e) - want) / fabs(want));
		second_w = fmin(second_w,
			off(learned(s, h.w), learned(s, d[1].w), learned(s, d[0].w), e));
		second_x = fmin(second_x, off(h.x, d[1].x, d[0].x, e));
		pair_free(d[0]);
		pair_free(d[1]);
		if (fmax(first, fmax(second_w, second_x)) <= TOL_DIFF)
			break;
	}
	if (!(first <= TOL_DIFF))
		fail_msg("%s, gradient from %s: relative error %g", s->name, what, first);
	if (!(second_w <= TOL_DIFF))
		fail_msg("%s, Hessian-vector product from %s: relative error %g", s->name,
			what, second_w);
	if (!(second_x <= TOL_DIFF))
		fail_msg("%s, tangent of the input gradient from %s: relative error %g",
			s->name, what, second_x);
}

/* Both gradients and both tangents; whatever is not wanted, whoever keeps what, however
 * many threads: the same bytes. */
static void check_bytes(const struct subject *s, const struct yc_seed *seed,
	struct pair g, struct pair v, struct pair h)
{
	struct yc_exec *const execs[] = {s->one, s->two, s->loose};
	struct pair d = {make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)};
	struct yc_seed again = *seed;

	again.resume = true;
	for (size_t i = 0; i < YC_COUNT(execs) && execs[i]; i++) {
		for (int wanted = i ? 3 : 0; wanted < 4; wanted++) {
			yc_real *dw = wanted & 1 ? d.w.p : NULL,
				*dx = wanted & 2 ? d.x.p : NULL;

			spoil(d.w);
			spoil(d.x);
			yc_net_forward_train(execs[i], s->w.p, s->x.p, s->n, NULL, NULL);
			yc_net_backward(execs[i], s->w.p, s->x.p, s->n, &again, dw, dx);
			if (dw)
				same_bytes(s, "gradients of weights", d.w, g.w);
			if (dx)
				same_bytes(s, "gradients of images", d.x, g.x);
			spoil(d.w);
			spoil(d.x);
			yc_net_tangent(execs[i], s->w.p, v.w.p, v.x.p, dw, dx);
			if (dw)
				same_bytes(s, "Hessian-vector products", d.w, h.w);
			if (dx)
				same_bytes(s, "tangents of image gradients", d.x, h.x);
		}
		/* A second backward pass from the same forward pass. */
		yc_net_backward(execs[i], s->w.p, s->x.p, s->n, &again, d.w.p, d.x.p);
		same_bytes(s, "gradients of weights", d.w, g.w);
		same_bytes(s, "gradients of images", d.x, g.x);
	}
	pair_free(d);
}

/* The second derivative is linear in the direction and symmetric. */
static void check_identities(
	const struct subject *s, const char *what, struct pair v, struct pair h)
{
	struct yc_rng r = yc_rng_new(4, "net");
	struct pair u = pair_like(s, &r), hu = pair_like(s, &r), hx = pair_like(s, &r);
	double size;

	yc_net_tangent(s->one, s->w.p, u.w.p, u.x.p, hu.w.p, hu.x.p);
	size = sqrt(pair_dot(u, u) * pair_dot(h, h)) +
	       sqrt(pair_dot(v, v) * pair_dot(hu, hu));
	identity("symmetry of the Hessian", what, pair_dot(u, h), pair_dot(v, hu), size);
	yc_net_tangent(s->one, s->w.p, v.w.p, NULL, hu.w.p, hu.x.p);
	yc_net_tangent(s->one, s->w.p, NULL, v.x.p, hx.w.p, hx.x.p);
	for (size_t i = 0; i < h.w.n; i++)
		hu.w.p[i] += hx.w.p[i] - h.w.p[i];
	for (size_t i = 0; i < h.x.n; i++)
		hu.x.p[i] += hx.x.p[i] - h.x.p[i];
	identity("linearity of the tangent", what, sqrt(pair_dot(hu, hu)), 0,
		sqrt(pair_dot(h, h)));
	pair_free(u);
	pair_free(hu);
	pair_free(hx);
}

static void check_seed(
	const struct subject *s, const char *what, const struct yc_seed *seed)
{
	struct yc_rng r = yc_rng_new(5, what);
	struct pair v = pair_like(s, &r);
	struct pair g = {make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)};
	struct pair h = {make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)};

	yc_net_backward(s->one, s->w.p, s->x.p, s->n, seed, g.w.p, g.x.p);
	yc_net_tangent(s->one, s->w.p, v.w.p, v.x.p, h.w.p, h.x.p);
	check_bytes(s, seed, g, v, h);
	yc_net_backward(s->one, s->w.p, s->x.p, s->n, seed, g.w.p, g.x.p);
	check_identities(s, what, v, h);
	if (sizeof(yc_real) == sizeof(double))
		check_differences(s, what, seed, g, v, h);
	pair_free(v);
	pair_free(g);
	pair_free(h);
}

/* The gradient of the logits that a target gives, given as such; and the gradient of the
 * embedding that this gives. */
static void check_chain(const struct subject *s, const struct yc_target *t)
{
	size_t e = (size_t)yc_net_embedding(s->net), n = (size_t)s->n;
	const struct yc_param *last = yc_net_param(s->net, yc_net_nparams(s->net) - 1);
	struct pair a = {make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)},
		    b = {make(s->w.n, NULL, 0), make(s->x.n, NULL, 0)};
	struct vec z = make(n * CLASSES, NULL, 0), dz = copy(z),
		   de = make(n * e, NULL, 0);
	struct yc_seed seed = {.target = t};

	for (int i = yc_net_nparams(s->net); i-- > 0 && last->role != YC_DENSE_WEIGHT;)
		last = yc_net_param(s->net, i);
	yc_net_forward_train(s->one, s->w.p, s->x.p, s->n, z.p, NULL);
	yc_loss(z.p, s->n, CLASSES, t, 0, 1.0 / s->n, dz.p);
	yc_net_backward(s->one, s->w.p, s->x.p, s->n, &seed, a.w.p, a.x.p);
	seed = (struct yc_seed){.dlogits = dz.p};
	assert_true(
		yc_net_backward(s->one, s->w.p, s->x.p, s->n, &seed, b.w.p, b.x.p) == 0);
	same_bytes(s, "gradients of weights", a.w, b.w);
	same_bytes(s, "gradients of images", a.x, b.x);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < e; j++)
			for (size_t c = 0; c < CLASSES; c++)
				de.p[i * e + j] += dz.p[i * CLASSES + c] *
						   s->w.p[last->at + c * e + j];
	seed = (struct yc_seed){.dembed = de.p};
	yc_net_backward(s->one, s->w.p, s->x.p, s->n, &seed, b.w.p, b.x.p);
	for (size_t i = last->at; i < last->at + (e + 1) * CLASSES; i++)
		assert_true(b.w.p[i] == 0);
	memset(a.w.p + last->at, 0, (e + 1) * CLASSES * sizeof *a.w.p);
	for (size_t i = 0; i < a.w.n; i++)
		b.w.p[i] -= a.w.p[i];
	for (size_t i = 0; i < a.x.n; i++)
		b.x.p[i] -= a.x.p[i];
	identity("chain rule at the embedding", s->name, sqrt(pair_dot(b, b)), 0,
		10 * sqrt(pair_dot(a, a)));
	pair_free(a);
	pair_free(b);
	yc_free(z.p);
	yc_free(dz.p);
	yc_free(de.p);
}

static void network(
	const char *name, const char *kernels, bool exact, int side, int n, bool frozen)
{
	struct subject s = subject_new(name, kernels, exact, side, n, frozen, NULL);
	struct yc_rng r = yc_rng_new(6, "seeds");
	size_t rows = (size_t)n * CLASSES;
	struct vec soft = make(rows, &r, 1), soft_mixed = make(rows, &r, 1),
		   dlogits = make(rows, &r, 1);
	struct vec dembed = make((size_t)(n * yc_net_embedding(s.net)), &r, 1);
	int32_t *label = yc_calloc((size_t)n, sizeof *label),
		*mixed = yc_calloc((size_t)n, sizeof *mixed);

	for (int i = 0; i < n; i++) {
		label[i] = i % CLASSES;
		mixed[i] = (2 * i + 1) % CLASSES;
	}
	for (size_t i = 0; i < rows; i++) {
		soft.p[i] = (yc_real)fabs((double)soft.p[i]);
		soft_mixed.p[i] = (yc_real)fabs((double)soft_mixed.p[i]);
	}
	const struct yc_target targets[] = {
		{.label = label, .rho = 1},
		{.label = label, .mixed = mixed, .rho = 0.6},
		{.soft = soft.p, .rho = 1},
		{.soft = soft.p, .soft_mixed = soft_mixed.p, .rho = 0.6},
	};
	const struct {
		const char *what;
		struct yc_seed seed;
	} seeds[] = {
		{"labels", {.target = &targets[0]}},
		{"labels and CutMix", {.target = &targets[1]}},
		{"soft labels", {.target = &targets[2]}},
		{"soft labels and CutMix", {.target = &targets[3]}},
		{"logits", {.dlogits = dlogits.p}},
		{"the embedding", {.dembed = dembed.p}},
	};

	for (size_t i = 0; i < YC_COUNT(seeds); i++)
		check_seed(&s, seeds[i].what, &seeds[i].seed);
	check_chain(&s, &targets[1]);
	check_chain(&s, &targets[3]);
	subject_free(&s);
	yc_free(soft.p);
	yc_free(soft_mixed.p);
	yc_free(dlogits.p);
	yc_free(dembed.p);
	yc_free(label);
	yc_free(mixed);
}

/* A net that ends at a layer. */
static void ends_at(const char *name, const char *embed, int n)
{
	struct subject s = subject_new(name, "auto", 0, 16, n, false, embed);
	struct yc_rng r = yc_rng_new(6, "seeds");
	struct vec dembed = make((size_t)(n * yc_net_embedding(s.net)), &r, 1);
	const struct yc_seed seed = {.dembed = dembed.p};

	check_seed(&s, "the embedding", &seed);
	subject_free(&s);
	yc_free(dembed.p);
}

static void a_net_can_end_at_any_layer(void **state)
{
	(void)state;
	ends_at("convnet", "2", 7);
	ends_at("convnet", "layers.conv.1", 3);
	ends_at("convnet", "layers.conv.0", 3);
	ends_at("resnet10ap", "2", 3);
	/* Its input is read by layers that are left out as well. */
	ends_at("resnet10ap", "layer2.0.bn1", 3);
	ends_at("resnet10", "1", 3);
	ends_at("densenet", "1", 2);
}

static void test_network(void **state)
{
	(void)state;
	for (int t = 0; yc_kern_all()[t]; t++) {
		network("convnet", yc_kern_all()[t]->set->method.name, 0, 16, 7, false);
		network("convnet", yc_kern_all()[t]->set->method.name, 1, 8, 25, false);
	}
	/* In a batch norm every image reaches every other and its kinks: few images. */
	for (int i = 0; yc_archs[i]; i++) {
		bool deep = strcmp(yc_archs[i]->name, "densenet") == 0;

		network(yc_archs[i]->name, "auto", 0, 16, 2, false);
		if (!deep) /* which has no Winograd at this width */
			network(yc_archs[i]->name, "auto", 1, 16, 3, false);
		network(yc_archs[i]->name, "auto", 0, 16, 2, true);
	}
	/* Where norms go by their state, one is enough. */
	network("resnet10", "auto", 0, 16, 1, true);
	network("bordered", "auto", 0, 8, 2, false);
	assert_int_equal(yc_kern_use("auto"), YC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(a_net_can_end_at_any_layer),
		cmocka_unit_test(test_network),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
