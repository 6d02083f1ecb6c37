/* SPDX-License-Identifier: MIT */
/* A whitening fitted to images: means, covariance, and by its eigenvectors the root of the
 * inverse. Sums are of doubles, in blocks of images in order and tiles of the matrix, so
 * that threads do not matter. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/image/internal.h"
#include "lib/image/zca.h"
#include "yc/blas.h"
#include "yc/data.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/pool.h"

/* Images of a block; rows and columns of a tile. */
enum { BLOCK = 512, TILE = 256 };

struct fit {
	struct yc_zca *z;
	const struct yc_data *data;
	int threads;
	struct yc_watch *watch;
	int first, n;	/* the block */
	double *x;	/* [BLOCK][d], or in the end the eigenvectors [d][d] */
	yc_real *pixel; /* [workers][2][d] */
	double *sum;	/* [d][d], the lower triangle of tiles */
};

static int tick(struct fit *f)
{
	yc_watch_tick(f->watch, "images for the whitening", (uint64_t)f->first,
		(uint64_t)f->data->n, NULL);
	return yc_watch_stopped(f->watch) ? yc_fail(YC_FAIL, "interrupted") : YC_OK;
}

/* ---- blocks of images ---- */

static void fetch(void *ctx, int unit, int worker)
{
	struct fit *f = ctx;
	const size_t d = (size_t)f->z->d;
	yc_real *pixel = f->pixel + 2 * (size_t)worker * d, *v = pixel + d;
	double *x = f->x + (size_t)unit * d;

	yc_data_fetch_raw(f->data, f->first + unit, pixel);
	yc_zca_standardise(f->z, pixel, NULL, NULL, v);
	for (size_t k = 0; k < d; k++)
		x[k] = (double)v[k];
}

/* Calls each for every block, standardised by the means and deviations so far. */
static int blocks(struct fit *f, void (*each)(struct fit *f))
{
	int status = YC_OK;

	for (f->first = 0; f->first < f->data->n && status == YC_OK; f->first += f->n) {
		f->n = f->data->n - f->first < BLOCK ? f->data->n - f->first : BLOCK;
		yc_parallel(f->n, f->threads, fetch, f);
		each(f);
		status = tick(f);
	}
	return status;
}

/* ---- mean and standard deviation ---- */

static void add(struct fit *f)
{
	const size_t d = (size_t)f->z->d;

	for (int i = 0; i < f->n; i++)
		for (size_t k = 0; k < d; k++)
			f->sum[k] += f->x[(size_t)i * d + k];
}

static void add_squares(struct fit *f)
{
	const size_t d = (size_t)f->z->d;

	for (int i = 0; i < f->n; i++)
		for (size_t k = 0; k < d; k++)
			f->sum[k] += f->x[(size_t)i * d + k] * f->x[(size_t)i * d + k];
}

/* Of the sums of all numbers, those of channels in the first of each. */
static void by_channel(const struct yc_zca *z, double *sum)
{
	const int channels = z->channels;

	for (int k = channels; k < z->d; k++)
		sum[k % channels] += sum[k];
}

/* The mean of every number, or by_row mean and deviation of the channels. */
static int standardisation(struct fit *f)
{
	/* Images as they are while they are measured. */
	static const struct yc_whitening plain = {.by_row = false};
	struct yc_zca *z = f->z;
	const struct yc_whitening *how = z->how;
	const double values = (double)f->data->n * z->d / z->channels;
	int status;

	z->how = &plain;
	status = blocks(f, add);
	if (how->by_row)
		by_channel(z, f->sum);
	for (int k = 0; k < z->d; k++)
		z->mean[k] =
			(yc_real)(float)(how->by_row ? f->sum[k % z->channels] / values
						     : f->sum[k] / f->data->n);
	memset(f->sum, 0, (size_t)z->d * sizeof *f->sum);
	if (status == YC_OK && how->by_row)
		status = blocks(f, add_squares);
	if (status == YC_OK && how->by_row) {
		by_channel(z, f->sum);
		for (int c = 0; c < z->channels; c++) {
			double std = (double)(float)sqrt(f->sum[c] / values);

			if (!(std > 0))
				return yc_fail(YC_FAIL,
					"channel %d is the same in all images", c);
			z->std[c] = std;
		}
		memset(f->sum, 0, (size_t)z->d * sizeof *f->sum);
	}
	z->how = how;
	return status;
}

/* ---- products of d x d ---- */

/* Rows and columns of tile `unit` of the lower triangle. */
static void tile_at(int unit, int *i, int *j)
{
	for (*i = 0; unit > *i; unit -= ++*i)
		;
	*j = unit;
}

static int extent(int d, int tile)
{
	return d - tile * TILE < TILE ? d - tile * TILE : TILE;
}

/* sum += x'x, of the n rows of x */
static void square(void *ctx, int unit, int worker)
{
	struct fit *f = ctx;
	const int d = f->z->d;
	int i, j;

	(void)worker;
	tile_at(unit, &i, &j);
	yc_dgemm(true, false, extent(d, i), extent(d, j), f->n, 1, f->x + i * TILE, d,
		f->x + j * TILE, d, 1, f->sum + (size_t)(i * TILE) * (size_t)d + j * TILE,
		d);
}

static void products(struct fit *f)
{
	const int tiles = (f->z->d - 1) / TILE + 1;

	yc_parallel(tiles * (tiles + 1) / 2, f->threads, square, f);
}

/* ---- the root of the inverse ---- */

/* Factors of the eigenvectors, in place of the eigenvalues, ascending. */
static void factors(const struct fit *f, double *w, double reg)
{
	const int d = f->z->d, n = f->data->n;
	double add_to = reg, trace = 0;

	if (f->z->how->by_row) {
		for (int i = 0; i < d; i++)
			trace += w[i];
		add_to = reg * trace / d;
	}
	for (int i = 0; i < d; i++)
		w[i] = 1 / sqrt((w[i] > 0 ? w[i] : 0) + add_to);
	/* KIP leaves directions alone in which the images cannot differ. */
	if (f->z->how->by_row)
		for (int i = 0; i < d - n; i++)
			w[i] = 1;
}

/* The matrix from the covariance in f->sum. */
static int root(struct fit *f, double reg)
{
	const size_t d = (size_t)f->z->d;
	double *w = yc_calloc(d, sizeof *w), *v = f->sum;
	int status = w ? yc_eigen(f->z->d, v, w) : YC_FAIL;

	if (status == YC_OK) {
		factors(f, w, reg);
		for (size_t i = 0; i < d; i++)
			for (size_t k = 0; k < d; k++)
				v[i * d + k] *= sqrt(w[i]);
		yc_free(f->x);
		f->x = v;
		f->n = f->z->d;
		f->sum = yc_calloc(d * d, sizeof *f->sum);
		status = f->sum ? YC_OK : YC_FAIL;
	}
	if (status == YC_OK) {
		products(f);
		for (size_t i = 0; i < d; i++)
			for (size_t k = 0; k <= i; k++)
				f->z->matrix[i * d + k] = f->z->matrix[k * d + i] =
					(yc_real)(float)f->sum[i * d + k];
	}
	yc_free(w);
	return status;
}

/* ---- the whole ---- */

static int allocate(struct fit *f)
{
	const size_t d = (size_t)f->z->d;

	f->x = yc_calloc(yc_size_mul(BLOCK, d), sizeof *f->x);
	f->pixel = yc_calloc(yc_size_mul(2 * (size_t)f->threads, d), sizeof *f->pixel);
	f->sum = yc_calloc(yc_size_mul(d, d), sizeof *f->sum);
	return f->x && f->pixel && f->sum ? YC_OK : YC_FAIL;
}

static int covariance(struct fit *f)
{
	const size_t d = (size_t)f->z->d;
	const double divisor = f->data->n - !f->z->how->by_row;
	int status = blocks(f, products);

	for (size_t i = 0; i < d * d; i++)
		f->sum[i] /= divisor;
	return status;
}

int yc_zca_compute(struct yc_zca *z, double reg, bool measured, const struct yc_data *d,
	int threads, struct yc_watch *watch)
{
	struct fit f = {.z = z, .data = d, .threads = threads, .watch = watch};
	int status = allocate(&f);

	if (status == YC_OK && !measured)
		status = standardisation(&f);
	if (status == YC_OK)
		status = covariance(&f);
	if (status == YC_OK)
		status = root(&f, reg);
	yc_free(f.x);
	yc_free(f.pixel);
	yc_free(f.sum);
	return status;
}

static int check(const struct yc_data *d)
{
	if (d->normalised)
		return yc_fail(YC_FAIL, "the images are normalised already: whitening is "
					"fitted to pixels");
	if (d->n < 2)
		return yc_fail(YC_FAIL, "whitening is fitted to at least 2 images");
	if (yc_data_image_size(d) > YC_ZCA_MAX)
		return yc_fail(YC_FAIL,
			"images of %d x %d x %d are too large for whitening, which takes "
			"at most %d numbers: yc-load --side",
			d->channels, d->side, d->side, YC_ZCA_MAX);
	return YC_OK;
}

int yc_zca_fit(struct yc_zca **z, const struct yc_method *how,
	const struct yc_zca_cfg *cfg, const struct yc_data *d, int threads,
	struct yc_watch *watch)
{
	char reg[YC_DOUBLE_TEXT];
	int status = check(d);

	*z = NULL;
	if (status < 0 || yc_blas_open(NULL) < 0 || yc_blas_reserve(threads) < 0)
		return YC_FAIL;
	/* The registry points to first members. */
	*z = yc_zca_new(
		(const struct yc_whitening *)(const void *)how, d->side, d->channels);
	if (!*z)
		return YC_FAIL;
	yc_double_text(cfg->reg, reg);
	(void)snprintf((*z)->text, sizeof(*z)->text, "%s %s %d %016llx", how->name, reg,
		d->n, (unsigned long long)yc_data_pixels(d));
	status = yc_zca_compute(*z, cfg->reg, false, d, threads, watch);
	if (status < 0) {
		yc_zca_free(*z);
		*z = NULL;
	}
	return status;
}

static int add_map(struct yc_set *s, const struct yc_method *how, const void *cfg,
	int threads, struct yc_watch *watch)
{
	const char *has = yc_meta_get(&s->meta, YC_ZCA_KEY);
	struct yc_data d;
	struct yc_zca *z;
	int status;

	if (has)
		return yc_fail(YC_FAIL,
			"the images are whitened by '%s' already: yc-whiten none undoes "
			"it",
			has);
	status = yc_data_new(&d, s);
	if (status < 0)
		return status;
	status = yc_zca_fit(&z, how, cfg, &d, threads, watch);
	yc_data_release(&d);
	if (status == YC_OK)
		status = yc_zca_store(z, s);
	yc_zca_free(z);
	return status;
}

int yc_whiten(struct yc_set *s, const struct yc_method *how, const void *cfg,
	bool map_only, int threads, struct yc_watch *watch)
{
	const struct yc_whitening *w = (const struct yc_whitening *)(const void *)how;
	int status = YC_OK;

	if (map_only && w->change)
		return yc_fail(YC_USAGE, "--map-only needs a map: of mtt or kip");
	if (w->change)
		w->change(s);
	else
		status = add_map(s, how, cfg, threads, watch);
	if (status < 0 || !map_only)
		return status;
	while (s->ncols)
		yc_set_drop(s, s->ncols - 1);
	s->rows = 0;
	yc_set_drop_row_meta(s);
	yc_meta_drop(&s->meta, "yc.order");
	return YC_OK;
}
