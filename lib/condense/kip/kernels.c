/* SPDX-License-Identifier: MIT */
/* Kernels of many images, in parallel. Sums over the others are cut into parts that do not
 * depend on the number of threads, and are added in order. */
#include <string.h>

#include "lib/condense/kip/fc.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/pool.h"

enum { PAIRS = 8, PARTS = 64 }; /* pairs of a unit forward; most parts backward */

struct yc_ntk_work {
	const struct yc_ntk *k;
	int threads;
	size_t scratch, partial; /* doubles of a thread, of a part */
	double *memory;		 /* [threads][scratch] */
	double *parts;		 /* [parts][partial] */
	double *g0;		 /* [rows][others], of dense networks */
	/* The call at hand: */
	const struct yc_ntk_set *s, *o;
	int row, rows, others, units;
	const double *g;
	double *out, *gx, *gv;
	size_t ld;
};

int yc_ntk_group(const struct yc_ntk *k, int n)
{
	return k->net.dense ? n : 1;
}

static size_t scratch_size(const struct yc_ntk *k, int rows)
{
	return k->net.dense ? yc_ntk_fc_size(k, rows) : yc_ntk_maps_size(k);
}

static size_t blocks(int others)
{
	return ((size_t)others + YC_NTK_BLOCK - 1) / YC_NTK_BLOCK;
}

static size_t parts_size(const struct yc_ntk *k, int rows, int others)
{
	return k->net.dense ? blocks(others) * (size_t)rows * k->nv
			    : PARTS * (k->pixels + k->nv);
}

size_t yc_ntk_work_bytes(const struct yc_ntk *k, int rows, int others, int threads)
{
	size_t g0 = k->net.dense ? (size_t)rows * (size_t)others : 0;

	return ((size_t)threads * scratch_size(k, rows) + parts_size(k, rows, others) +
		       g0) *
	       sizeof(double);
}

int yc_ntk_work_new(struct yc_ntk_work **out, const struct yc_ntk *k, int rows,
	int others, int threads)
{
	struct yc_ntk_work *w = yc_calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return YC_FAIL;
	w->k = k;
	w->threads = threads;
	w->scratch = scratch_size(k, rows);
	w->memory =
		yc_calloc(yc_size_mul((size_t)threads, w->scratch), sizeof(*w->memory));
	w->parts = yc_calloc(parts_size(k, rows, others), sizeof(*w->parts));
	w->g0 = yc_calloc(k->net.dense ? yc_size_mul((size_t)rows, (size_t)others) : 1,
		sizeof(*w->g0));
	if (w->memory && w->parts && w->g0)
		return YC_OK;
	yc_ntk_work_free(w);
	*out = NULL;
	return YC_FAIL;
}

void yc_ntk_work_free(struct yc_ntk_work *w)
{
	if (!w)
		return;
	yc_free(w->memory);
	yc_free(w->parts);
	yc_free(w->g0);
	yc_free(w);
}

static double *memory_of(const struct yc_ntk_work *w, int worker)
{
	return w->memory + (size_t)worker * w->scratch;
}

/* ---- variances ---- */

static void self_unit(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	const double *x = w->o->x + (size_t)unit * k->pixels;
	double *v = w->o->v + (size_t)unit * k->nv;
	struct yc_ntk_maps m;

	if (k->net.dense) {
		w->o->own[unit] = yc_ntk_fc_one(k, x, v);
		return;
	}
	yc_ntk_maps_at(k, memory_of(w, worker), &m);
	w->o->own[unit] = yc_ntk_one(k, x, v, &m);
}

void yc_ntk_self(struct yc_ntk_work *w, struct yc_ntk_set *s)
{
	w->o = s;
	yc_parallel(s->n, w->threads, self_unit, w);
}

/* ---- forward ---- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void forward_dense(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	int first = unit * YC_NTK_BLOCK, n = least(w->others - first, YC_NTK_BLOCK);

	yc_ntk_fc_forward(k, w->s->x + (size_t)w->row * k->pixels,
		w->s->v + (size_t)w->row * k->nv, w->rows, w->o, first, n, w->out + first,
		w->ld, memory_of(w, worker));
}

static void forward_pairs(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	int per_row = (w->others + PAIRS - 1) / PAIRS, r = unit / per_row,
	    first = unit % per_row * PAIRS, end = least(w->others, first + PAIRS);
	size_t i = (size_t)(w->row + r);
	struct yc_ntk_maps m;

	yc_ntk_maps_at(k, memory_of(w, worker), &m);
	for (int j = first; j < end; j++)
		if (w->s != w->o || (size_t)j != i)
			w->out[(size_t)r * w->ld + (size_t)j] = yc_ntk_pair(k,
				w->s->x + i * k->pixels, w->s->v + i * k->nv,
				w->o->x + (size_t)j * k->pixels,
				w->o->v + (size_t)j * k->nv, &m);
}

void yc_ntk_forward(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row, int rows,
	const struct yc_ntk_set *o, int others, double *out, size_t ld)
{
	w->s = s;
	w->o = o;
	w->row = row;
	w->rows = rows;
	w->others = others;
	w->out = out;
	w->ld = ld;
	if (w->k->net.dense)
		yc_parallel((int)blocks(others), w->threads, forward_dense, w);
	else
		yc_parallel(rows * ((others + PAIRS - 1) / PAIRS), w->threads,
			forward_pairs, w);
	for (int r = 0; s == o && r < rows; r++)
		if (row + r < others)
			out[(size_t)r * ld + (size_t)(row + r)] = s->own[row + r];
}

/* ---- backward ---- */

static void backward_dense(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	int first = unit * YC_NTK_BLOCK, n = least(w->others - first, YC_NTK_BLOCK);
	size_t part = (size_t)w->rows * k->nv;

	memset(w->parts + (size_t)unit * part, 0, part * sizeof(double));
	yc_ntk_fc_backward(k, w->s->x + (size_t)w->row * k->pixels,
		w->s->v + (size_t)w->row * k->nv, w->rows, w->o, first, n, w->g + first,
		w->ld, w->g0 + first, w->parts + (size_t)unit * part,
		memory_of(w, worker));
}

enum { COLUMNS = 256 };

/* gx += G0 X / D, for some of the pixels. */
static void backward_products(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	int d = (int)w->k->pixels, first = unit * COLUMNS, n = least(d - first, COLUMNS);

	(void)worker;
	yc_dgemm(false, false, w->rows, n, w->others, 1.0 / d, w->g0, (int)w->ld,
		w->o->x + first, d, 1, w->gx + first, d);
}

/* The pairs of a part, for the only row. */
static void backward_pairs(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	int first = (int)((int64_t)w->others * unit / w->units),
	    end = (int)((int64_t)w->others * (unit + 1) / w->units);
	size_t i = (size_t)w->row;
	double *gx = w->parts + (size_t)unit * (k->pixels + k->nv);
	struct yc_ntk_maps m;

	memset(gx, 0, (k->pixels + k->nv) * sizeof(*gx));
	yc_ntk_maps_at(k, memory_of(w, worker), &m);
	for (int j = first; j < end; j++)
		if (w->s != w->o || (size_t)j != i)
			yc_ntk_pair_back(k, w->s->x + i * k->pixels, w->s->v + i * k->nv,
				w->o->x + (size_t)j * k->pixels,
				w->o->v + (size_t)j * k->nv, w->g[j], gx, gx + k->pixels,
				&m);
}

static void add_to(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void yc_ntk_backward(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row, int rows,
	const struct yc_ntk_set *o, int others, const double *g, size_t ld, double *gx,
	double *gv)
{
	const struct yc_ntk *k = w->k;
	size_t part = (size_t)rows * k->nv;

	w->s = s;
	w->o = o;
	w->others = others;
	w->ld = ld;
	if (k->net.dense) {
		w->row = row;
		w->rows = rows;
		w->g = g;
		w->gx = gx;
		yc_parallel((int)blocks(others), w->threads, backward_dense, w);
		for (size_t b = 0; b < blocks(others); b++)
			add_to(gv, w->parts + b * part, part);
		yc_parallel((int)((k->pixels + COLUMNS - 1) / COLUMNS), w->threads,
			backward_products, w);
		return;
	}
	for (int r = 0; r < rows; r++, gx += k->pixels, gv += k->nv) {
		w->row = row + r;
		w->g = g + (size_t)r * ld;
		w->units = least(PARTS, others);
		yc_parallel(w->units, w->threads, backward_pairs, w);
		for (int b = 0; b < w->units; b++) {
			const double *from = w->parts + (size_t)b * (k->pixels + k->nv);

			add_to(gx, from, k->pixels);
			add_to(gv, from + k->pixels, k->nv);
		}
	}
}

static void self_back(void *ctx, int unit, int worker)
{
	struct yc_ntk_work *w = ctx;
	const struct yc_ntk *k = w->k;
	size_t i = (size_t)(w->row + unit);
	const double *x = w->s->x + i * k->pixels;
	double *v = w->s->v + i * k->nv, *gx = w->gx + (size_t)unit * k->pixels,
	       *gv = w->gv + (size_t)unit * k->nv;
	struct yc_ntk_maps m;

	if (k->net.dense) {
		double f = yc_ntk_fc_one_back(k, v, w->g[unit], gv);

		for (size_t p = 0; p < k->pixels; p++)
			gx[p] += f * x[p];
		return;
	}
	yc_ntk_maps_at(k, memory_of(w, worker), &m);
	yc_ntk_one_back(k, x, v, w->g[unit], gx, gv, &m);
}

void yc_ntk_backward_self(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row,
	int rows, const double *g, double *gx, double *gv)
{
	w->s = s;
	w->row = row;
	w->g = g;
	w->gx = gx;
	w->gv = gv;
	yc_parallel(rows, w->threads, self_back, w);
}
