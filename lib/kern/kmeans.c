/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "yc/group.h"
#include "yc/kern.h"
#include "yc/kmeans.h"
#include "yc/mem.h"
#include "yc/pool.h"

/*
 * Most of the time goes into the products <x, c> of all rows and centres. They are kept
 * from one iteration to the next, and only those of centres that moved are computed
 * again; the mean of a cluster whose rows did not change is kept, too. yc_kern.mul adds
 * up every product in the same order independent of the position of its row and column,
 * so that this saves work and changes no bit.
 */

enum {
	ITERATIONS = 100, /* at most */
	ROWS = 64,	  /* of a unit of work */
	DEPTH = 256	  /* coordinates per partial product: its centres stay in cache */
};
static const double shift_least = 1e-4;
static const double distance_least = 1e-12; /* closer rows are ties */

struct lloyd {
	const struct yc_kmeans_cfg *cfg;
	struct yc_kmeans *out;
	const yc_real *x;
	int n, k, threads;
	size_t d;
	double *norm;	/* [n] |x|^2 */
	double *cnorm;	/* [k] |c|^2 */
	double *best;	/* [n] |c|^2 - 2<x,c> of the row's own centre */
	double *shift;	/* [k] of the last update */
	double *sum;	/* [threads][d] */
	yc_real *dot;	/* [n][k] <x,c> */
	yc_real *tile;	/* [threads][ROWS][k] */
	yc_real *moved; /* [nmoved][d] centres that moved */
	yc_real *pack;	/* the same, packed for products, DEPTH coordinates at a time */
	int32_t *which; /* [nmoved] their numbers */
	int nmoved;
	int32_t *own, *was; /* [n] the row's centre, and in the iteration before */
	int32_t *member;    /* [n] rows by centre, ascending */
	int32_t *begin;	    /* [k+1] where a centre's rows begin in it */
	bool *touched;	    /* [k] it gained or lost rows */
};

static double square(const yc_real *x, size_t d)
{
	double s = 0;

	for (size_t j = 0; j < d; j++)
		s += (double)x[j] * (double)x[j];
	return s;
}

/* ---- assignment ---- */

static void pack_part(void *ctx, int part, int worker)
{
	struct lloyd *l = ctx;
	size_t at = (size_t)part * DEPTH;
	int depth = l->d - at < DEPTH ? (int)(l->d - at) : DEPTH;

	(void)worker;
	yc_kern_get()->pack_t(depth, l->nmoved, l->moved + at, l->d,
		l->pack + yc_kern_packed((int)at, l->nmoved));
}

/* Products of a range of rows with the centres that moved. */
static void products(struct lloyd *l, int first, int rows, yc_real *tile)
{
	const yc_real *x = l->x + (size_t)first * l->d;
	size_t k = (size_t)l->k, moved = (size_t)l->nmoved;

	for (size_t at = 0; at < l->d; at += DEPTH) {
		struct yc_gemm_term op = {.a = x + at,
			.lda = l->d,
			.nseg = 1,
			.k = l->d - at < DEPTH ? (int)(l->d - at) : DEPTH,
			.b = l->pack + yc_kern_packed((int)at, l->nmoved)};

		yc_kern_get()->mul(rows, l->nmoved, tile, moved, at > 0, &op, 1, NULL);
	}
	for (size_t i = 0; i < (size_t)rows; i++)
		for (size_t j = 0; j < moved; j++)
			l->dot[((size_t)first + i) * k + (size_t)l->which[j]] =
				tile[i * moved + j];
}

static void assign_rows(void *ctx, int unit, int worker)
{
	struct lloyd *l = ctx;
	int first = unit * ROWS, end = first + ROWS < l->n ? first + ROWS : l->n;

	if (l->nmoved)
		products(l, first, end - first,
			l->tile + (size_t)worker * ROWS * (size_t)l->k);
	for (int i = first; i < end; i++) {
		const yc_real *dot = l->dot + (size_t)i * (size_t)l->k;
		double least = l->cnorm[0] - 2 * (double)dot[0];
		int32_t own = 0;

		for (int32_t c = 1; c < l->k; c++) {
			double s = l->cnorm[c] - 2 * (double)dot[c];

			if (s < least) {
				least = s;
				own = c;
			}
		}
		l->own[i] = own;
		l->best[i] = least;
	}
}

static void assign(struct lloyd *l)
{
	size_t row = l->d * sizeof(yc_real);

	for (int j = 0; j < l->nmoved; j++) {
		const yc_real *c = l->out->centre + (size_t)l->which[j] * l->d;

		memcpy(l->moved + (size_t)j * l->d, c, row);
		l->cnorm[l->which[j]] = square(c, l->d);
	}
	yc_parallel((int)((l->d + DEPTH - 1) / DEPTH), l->threads, pack_part, l);
	yc_parallel((l->n + ROWS - 1) / ROWS, l->threads, assign_rows, l);
}

/* ---- update ---- */

/* Groups the rows by centre and marks the centres whose rows changed. */
static void group(struct lloyd *l)
{
	/* A centre that never had a row becomes the zero vector in the first update. */
	memset(l->touched, l->out->iterations == 0, (size_t)l->k * sizeof(*l->touched));
	for (int i = 0; i < l->n; i++) {
		if (l->own[i] == l->was[i])
			continue;
		l->touched[l->own[i]] = l->touched[l->was[i]] = true;
		l->was[i] = l->own[i];
	}
	yc_group_by_class(l->own, l->n, l->k, l->begin, l->member);
}

/* Sets centre c to `to` and records the squared shift. */
static void move(struct lloyd *l, int c, const double *to)
{
	yc_real *centre = l->out->centre + (size_t)c * l->d;
	double shift = 0;

	for (size_t j = 0; j < l->d; j++) {
		yc_real was = centre[j];

		centre[j] = (yc_real)to[j];
		shift += ((double)centre[j] - (double)was) *
			 ((double)centre[j] - (double)was);
	}
	l->shift[c] = shift;
}

static void update_centre(void *ctx, int c, int worker)
{
	struct lloyd *l = ctx;
	double *sum = l->sum + (size_t)worker * l->d;
	int32_t a = l->begin[c], b = l->begin[c + 1];

	l->shift[c] = 0;
	if (!l->touched[c])
		return;
	memset(sum, 0, l->d * sizeof(*sum));
	for (int32_t i = a; i < b; i++) {
		const yc_real *x = l->x + (size_t)l->member[i] * l->d;

		for (size_t j = 0; j < l->d; j++)
			sum[j] += (double)x[j];
	}
	for (size_t j = 0; j < l->d && b > a; j++)
		sum[j] /= b - a;
	move(l, c, sum);
}

/* Each centre without rows becomes the row that is farthest from its own centre and not
 * taken yet, ties to the lowest. */
static void reseed(struct lloyd *l)
{
	for (int c = 0; c < l->k; c++) {
		int32_t far = 0;

		if (l->begin[c] < l->begin[c + 1])
			continue;
		for (int32_t i = 1; i < l->n; i++)
			if (l->norm[i] + l->best[i] > l->norm[far] + l->best[far])
				far = i;
		l->best[far] = -l->norm[far]; /* distance 0: taken */
		for (size_t j = 0; j < l->d; j++)
			l->sum[j] = (double)l->x[(size_t)far * l->d + j];
		move(l, c, l->sum);
	}
}

/* Returns the shift of all centres. */
static double update(struct lloyd *l)
{
	double shift = 0;

	group(l);
	yc_parallel(l->k, l->threads, update_centre, l);
	if (l->cfg->reseed)
		reseed(l);
	l->nmoved = 0;
	for (int c = 0; c < l->k; c++) {
		shift += l->shift[c];
		if (l->shift[c] != 0)
			l->which[l->nmoved++] = c;
	}
	return shift;
}

/* ---- start and end ---- */

static int start(struct lloyd *l, struct yc_rng *rng)
{
	const int32_t *row = l->cfg->first;

	if (!row && l->cfg->replace) {
		for (int c = 0; c < l->k; c++)
			l->member[c] = (int32_t)yc_rng_below(rng, (uint32_t)l->n);
		row = l->member;
	} else if (!row) {
		yc_rng_permutation(rng, l->member, l->n);
		row = l->member;
	}
	for (int c = 0; c < l->k; c++) {
		if (row[c] < 0 || row[c] >= l->n)
			return yc_fail(
				YC_FAIL, "k-means: no row %d to start from", (int)row[c]);
		memcpy(l->out->centre + (size_t)c * l->d, l->x + (size_t)row[c] * l->d,
			l->d * sizeof(yc_real));
		l->which[c] = c;
	}
	l->nmoved = l->k;
	for (int i = 0; i < l->n; i++) {
		l->norm[i] = square(l->x + (size_t)i * l->d, l->d);
	}
	return YC_OK;
}

/* Squared distance of row i and centre c, bounded below so that smaller ones tie;
 * products must be up to date. */
static double distance(const struct lloyd *l, int i, int c)
{
	double dot = (double)l->dot[(size_t)i * (size_t)l->k + (size_t)c],
	       s = l->norm[i] + l->cnorm[c] - 2 * dot;

	return s < distance_least ? distance_least : s;
}

/* The row nearest to every centre. */
static void nearest(struct lloyd *l)
{
	double *least = l->shift; /* free by now */

	for (int i = 0; i < l->n; i++)
		for (int c = 0; c < l->k; c++) {
			double s = distance(l, i, c);

			if (i && !(s < least[c]))
				continue;
			least[c] = s;
			l->out->nearest[c] = i;
		}
}

/* k <= n: there is a free row for every centre that shares its nearest. */
static void separate(struct lloyd *l)
{
	int32_t *row = l->out->nearest, *taken = l->was; /* free by now, as is which */
	int late = 0;

	memset(taken, 0, (size_t)l->n * sizeof(*taken));
	for (int c = 0; c < l->k; c++)
		if (taken[row[c]]++)
			l->which[late++] = c;
	for (int m = 0; m < late; m++) {
		int c = l->which[m], best = -1;

		for (int i = 0; i < l->n; i++)
			if (!taken[i] &&
				(best < 0 || distance(l, i, c) < distance(l, best, c)))
				best = i;
		row[c] = best;
		taken[best] = 1;
	}
}

static int take(struct lloyd *l)
{
	size_t n = (size_t)l->n, k = (size_t)l->k, t = (size_t)l->threads;
	struct yc_kmeans *out = l->out;

	out->centre = yc_calloc(yc_size_mul(k, l->d), sizeof(*out->centre));
	out->nearest = yc_calloc(k, sizeof(*out->nearest));
	l->norm = yc_calloc(n, sizeof(*l->norm));
	l->cnorm = yc_calloc(k, sizeof(*l->cnorm));
	l->best = yc_calloc(n, sizeof(*l->best));
	l->shift = yc_calloc(k, sizeof(*l->shift));
	l->sum = yc_calloc(yc_size_mul(t, l->d), sizeof(*l->sum));
	l->dot = yc_calloc(yc_size_mul(n, k), sizeof(*l->dot));
	l->tile = yc_calloc(yc_size_mul(t * ROWS, k), sizeof(*l->tile));
	l->moved = yc_calloc(yc_size_mul(k, l->d), sizeof(*l->moved));
	l->pack = yc_calloc(yc_kern_packed((int)l->d, l->k), sizeof(*l->pack));
	l->which = yc_calloc(k, sizeof(*l->which));
	l->own = yc_calloc(n, sizeof(*l->own));
	l->was = yc_calloc(n, sizeof(*l->was));
	l->member = yc_calloc(n, sizeof(*l->member));
	l->begin = yc_calloc(k + 1, sizeof(*l->begin));
	l->touched = yc_calloc(k, sizeof(*l->touched));
	return out->centre && out->nearest && l->norm && l->cnorm && l->best &&
			       l->shift && l->sum && l->dot && l->tile && l->moved &&
			       l->pack && l->which && l->own && l->was && l->member &&
			       l->begin && l->touched
		       ? YC_OK
		       : YC_FAIL;
}

static void give_back(struct lloyd *l)
{
	yc_free(l->norm);
	yc_free(l->cnorm);
	yc_free(l->best);
	yc_free(l->shift);
	yc_free(l->sum);
	yc_free(l->dot);
	yc_free(l->tile);
	yc_free(l->moved);
	yc_free(l->pack);
	yc_free(l->which);
	yc_free(l->own);
	yc_free(l->was);
	yc_free(l->member);
	yc_free(l->begin);
	yc_free(l->touched);
}

int yc_kmeans(struct yc_kmeans *out, const struct yc_kmeans_cfg *cfg, const yc_real *x,
	int n, int d, struct yc_rng *rng, int threads)
{
	struct lloyd l = {.cfg = cfg,
		.out = out,
		.x = x,
		.n = n,
		.k = cfg->k,
		.d = (size_t)d,
		.threads = threads};
	int status;

	*out = (struct yc_kmeans){.k = cfg->k, .d = d};
	if (cfg->k < 1 || cfg->k > n || d < 1)
		return yc_fail(YC_FAIL, "k-means: %d clusters of %d rows", cfg->k, n);
	status = take(&l);
	if (!status)
		status = start(&l, rng);
	if (!status) {
		do {
			assign(&l);
			out->shift = update(&l);
			out->iterations++;
		} while (out->shift > shift_least && out->iterations < ITERATIONS);
		assign(&l);
		nearest(&l);
		if (cfg->distinct)
			separate(&l);
	} else {
		yc_kmeans_release(out);
	}
	give_back(&l);
	return status;
}

void yc_kmeans_release(struct yc_kmeans *m)
{
	yc_free(m->centre);
	yc_free(m->nearest);
	*m = (struct yc_kmeans){0};
}
