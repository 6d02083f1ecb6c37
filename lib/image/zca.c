/* SPDX-License-Identifier: MIT */
/* Whitening, yc-methods(7), "Whitening": the table of conventions, the map and its
 * inverse. */
#include <math.h>
#include <string.h>

#include "lib/image/zca.h"
#include "yc/blas.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/pool.h"

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_zca_cfg, reg, .name = "reg", .arg = "x", .def = "0.1",
		.min = 1e-6, .max = 1e6,
		.help = "what is added to the eigenvalues; kip: in units of their mean"),
};

#define WHITENING(word, text, rows) \
	{ \
		.method = {.name = word, \
			.summary = text, \
			.opts = opts, \
			.nopts = YC_COUNT(opts), \
			.cfg_size = sizeof(struct yc_zca_cfg)}, \
		.by_row = rows \
	}

static const struct yc_whitening
	mtt = WHITENING("mtt", "as MTT and Kornia do: pixels are centred", false),
	kip = WHITENING("kip",
		"as KIP does: images are standardised, centred and of length 1", true);

static const struct yc_whitening
	none = {.method = {.name = "none",
			.summary = "not at all: networks see images normalised again"},
		.change = yc_zca_drop},
	apart = {.method = {.name = "apart",
			 .summary = "as before, but by a map that is only named here"},
		.change = yc_zca_drop_record};

const struct yc_method *const yc_whitenings[] = {
	&mtt.method, &kip.method, &none.method, &apart.method, NULL};

struct yc_zca *yc_zca_new(const struct yc_whitening *how, int side, int channels)
{
	const size_t d = (size_t)side * (size_t)side * (size_t)channels;
	struct yc_zca *z = yc_calloc(1, sizeof *z);

	if (!z)
		return NULL;
	*z = (struct yc_zca){.how = how,
		.side = side,
		.channels = channels,
		.d = (int)d,
		.mean = yc_calloc(d, sizeof *z->mean),
		.matrix = yc_calloc(yc_size_mul(d, d), sizeof *z->matrix)};
	for (int c = 0; c < channels; c++)
		z->std[c] = 1;
	if (z->mean && z->matrix)
		return z;
	yc_zca_free(z);
	return NULL;
}

void yc_zca_free(struct yc_zca *z)
{
	if (!z)
		return;
	yc_free(z->mean);
	yc_free(z->matrix);
	yc_free(z->factor);
	yc_free(z);
}

const char *yc_zca_text(const struct yc_zca *z)
{
	return z->text;
}

size_t yc_zca_size(const struct yc_zca *z)
{
	return (size_t)z->d;
}

bool yc_zca_by_row(const struct yc_zca *z)
{
	return z->how->by_row;
}

/* An average image is centred, and its numbers have variance 1. */
void yc_zca_rows(const struct yc_zca *z, int n, float *row)
{
	for (int i = 0; i < n; i++) {
		row[2 * i] = 0;
		row[2 * i + 1] = (float)sqrt(z->d);
	}
}

/* An image of one colour has no length, and stays zero. */
static void measure(const struct yc_zca *z, const yc_real *v, double row[2])
{
	double sum = 0, squares = 0;

	for (int k = 0; k < z->d; k++)
		sum += (double)v[k];
	row[0] = sum / z->d;
	for (int k = 0; k < z->d; k++)
		squares += ((double)v[k] - row[0]) * ((double)v[k] - row[0]);
	row[1] = squares > 1e-12 * z->d ? sqrt(squares) : 1;
}

void yc_zca_standardise(const struct yc_zca *z, const yc_real *x, const float *row,
	float *own, yc_real *v)
{
	double mul[YC_CHANNELS_MAX], by[2] = {0, 1};

	for (int c = 0; c < z->channels; c++)
		mul[c] = 1 / z->std[c];
	for (int k = 0; k < z->d; k++)
		v[k] = (yc_real)(((double)x[k] - (double)z->mean[k]) *
				 mul[k % z->channels]);
	if (z->how->by_row && row) {
		by[0] = (double)row[0];
		by[1] = (double)row[1];
	} else if (z->how->by_row) {
		measure(z, v, by);
		/* As they are written down, so that the inverse is one. */
		by[0] = (double)(float)by[0];
		by[1] = (double)(float)by[1];
	}
	if (own) {
		own[0] = (float)by[0];
		own[1] = (float)by[1];
	}
	if (z->how->by_row)
		for (int k = 0; k < z->d; k++)
			v[k] = (yc_real)(((double)v[k] - by[0]) / by[1]);
}

/* Images of a unit: a block of rows of the products. */
enum { BLOCK = 64 };

struct job {
	const struct yc_zca *z;
	int n;
	const yc_real *x;
	const float *row;
	float *own;
	yc_real *y;
	const yc_real *packed;
	yc_real *scratch; /* [workers][BLOCK][d] */
	double *sides;	  /* [workers][d][BLOCK] */
};

static const float *row_of(const float *row, int i)
{
	return row ? row + 2 * (size_t)i : NULL;
}

static void whiten(void *ctx, int unit, int worker)
{
	const struct job *j = ctx;
	const size_t d = (size_t)j->z->d;
	const int first = unit * BLOCK, n = j->n - first < BLOCK ? j->n - first : BLOCK;
	yc_real *v = j->scratch + (size_t)worker * BLOCK * d;
	const struct yc_gemm_term op = {v, d, 0, 1, j->z->d, j->packed};

	for (int i = 0; i < n; i++)
		yc_zca_standardise(j->z, j->x + (size_t)(first + i) * d,
			row_of(j->row, first + i),
			j->own ? j->own + 2 * (size_t)(first + i) : NULL,
			v + (size_t)i * d);
	yc_kern_get()->mul(n, j->z->d, j->y + (size_t)first * d, d, false, &op, 1, NULL);
}

static int units(int n)
{
	return (n - 1) / BLOCK + 1;
}

int yc_zca_apply(const struct yc_zca *z, int n, const yc_real *x, const float *row,
	float *own, yc_real *whitened, int threads)
{
	const size_t d = (size_t)z->d;
	const int workers = threads < units(n) ? threads : units(n);
	yc_real *packed = yc_calloc(yc_kern_packed(z->d, z->d), sizeof *packed),
		*scratch = yc_calloc(
			yc_size_mul((size_t)workers * BLOCK, d), sizeof *scratch);
	struct job j = {.z = z,
		.n = n,
		.x = x,
		.row = row,
		.own = own,
		.y = whitened,
		.packed = packed,
		.scratch = scratch};
	const bool ready = packed && scratch;

	if (ready) {
		yc_kern_get()->pack(z->d, z->d, z->matrix, d, packed);
		yc_parallel(units(n), workers, whiten, &j);
	}
	yc_free(packed);
	yc_free(scratch);
	return ready ? YC_OK : YC_FAIL;
}

static void colour(void *ctx, int unit, int worker)
{
	const struct job *j = ctx;
	const struct yc_zca *z = j->z;
	const size_t d = (size_t)z->d;
	const int first = unit * BLOCK, n = j->n - first < BLOCK ? j->n - first : BLOCK;
	double *side = j->sides + (size_t)worker * d * BLOCK;

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < d; k++)
			side[k * BLOCK + (size_t)i] =
				(double)j->x[(size_t)(first + i) * d + k];
	yc_cholesky_solve(z->d, n, z->factor, z->d, side, BLOCK);
	for (int i = 0; i < n; i++) {
		yc_real *y = j->y + (size_t)(first + i) * d;
		float usual[2];
		const float *row = row_of(j->row, first + i);

		if (!row) {
			yc_zca_rows(z, 1, usual);
			row = usual;
		}
		for (size_t k = 0; k < d; k++) {
			double v = side[k * BLOCK + (size_t)i];

			if (z->how->by_row)
				v = v * (double)row[1] + (double)row[0];
			y[k] = (yc_real)(v * z->std[k % (size_t)z->channels] +
					 (double)z->mean[k]);
		}
	}
}

static int factorise(struct yc_zca *z)
{
	const size_t d = (size_t)z->d;
	int status;

	if (z->factor)
		return YC_OK;
	z->factor = yc_calloc(yc_size_mul(d, d), sizeof *z->factor);
	if (!z->factor)
		return YC_FAIL;
	for (size_t i = 0; i < d * d; i++)
		z->factor[i] = (double)z->matrix[i];
	status = yc_cholesky(z->d, z->factor, z->d);
	if (status < 0) {
		yc_free(z->factor);
		z->factor = NULL;
		return yc_fail(YC_FAIL, "the whitening cannot be undone: its matrix is "
					"not positive definite");
	}
	return YC_OK;
}

int yc_zca_undo(struct yc_zca *z, int n, const yc_real *whitened, const float *row,
	yc_real *x, int threads)
{
	const int workers = threads < units(n) ? threads : units(n);
	struct job j = {.z = z, .n = n, .x = whitened, .row = row, .y = x};

	if (yc_blas_open(NULL) < 0 || yc_blas_reserve(workers) < 0 || factorise(z) < 0)
		return YC_FAIL;
	j.sides = yc_calloc(
		yc_size_mul((size_t)workers * BLOCK, (size_t)z->d), sizeof *j.sides);
	if (!j.sides)
		return YC_FAIL;
	yc_parallel(units(n), workers, colour, &j);
	yc_free(j.sides);
	return YC_OK;
}
