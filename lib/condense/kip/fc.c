/* SPDX-License-Identifier: MIT */
/* Kernels of dense networks: all pairs of some images and a block of others, as products
 * of matrices and one pass per layer over the pairs. */
#include <string.h>

#include "lib/condense/kip/fc.h"
#include "yc/blas.h"
#include "yc/kern.h"

size_t yc_ntk_fc_size(const struct yc_ntk *k, int rows)
{
	return YC_NTK_BLOCK * ((size_t)rows + 5 * k->nv + 5);
}

struct buffers {
	double *k0;		      /* [rows][block] x.y/D, then its gradient */
	double *vo;		      /* [layers][block] variances of the others */
	double *rec;		      /* [layers][4][block] k, t, sigma, dot */
	double *k, *t, *gk, *gt, *gv; /* [block] */
};

static struct buffers at(const struct yc_ntk *k, int rows, double *memory)
{
	struct buffers b = {.k0 = memory};

	b.vo = b.k0 + (size_t)rows * YC_NTK_BLOCK;
	b.rec = b.vo + k->nv * YC_NTK_BLOCK;
	b.k = b.rec + 4 * k->nv * YC_NTK_BLOCK;
	b.t = b.k + YC_NTK_BLOCK;
	b.gk = b.t + YC_NTK_BLOCK;
	b.gt = b.gk + YC_NTK_BLOCK;
	b.gv = b.gt + YC_NTK_BLOCK;
	return b;
}

/* Scalar products with n others, and their variances, layer by layer. */
static void begin(const struct yc_ntk *k, const double *x, int rows,
	const struct yc_ntk_set *o, int first, int n, const struct buffers *b)
{
	int d = (int)k->pixels;

	yc_dgemm(false, true, rows, n, d, 1.0 / d, x, d, o->x + (size_t)first * k->pixels,
		d, 0, b->k0, YC_NTK_BLOCK);
	for (size_t l = 0; l < k->nv; l++)
		for (int j = 0; j < n; j++)
			b->vo[l * YC_NTK_BLOCK + (size_t)j] =
				o->v[(size_t)(first + j) * k->nv + l];
}

/* k and t, in place, through the layers; b->rec is filled. */
static void layers(const struct yc_ntk *k, const double *v, size_t n,
	const double *restrict k0, const struct buffers *b)
{
	double *restrict ck = b->k, *restrict ct = b->t, *ab = b->gv;

	for (size_t j = 0; j < n; j++)
		ck[j] = ct[j] = YC_NTK_WEIGHT * k0[j] + YC_NTK_BIAS;
	for (size_t l = 0; l < k->nv; l++) {
		const double *vo = b->vo + l * YC_NTK_BLOCK;
		double *rec = b->rec + 4 * l * YC_NTK_BLOCK;

		for (size_t j = 0; j < n; j++)
			ab[j] = v[l] * vo[j];
		memcpy(rec, ck, n * sizeof(*rec));
		memcpy(rec + YC_NTK_BLOCK, ct, n * sizeof(*rec));
		yc_kern_get()->arc_record(
			n, ab, ck, ct, rec + 2 * YC_NTK_BLOCK, rec + 3 * YC_NTK_BLOCK);
		for (size_t j = 0; j < n; j++) {
			ck[j] = YC_NTK_WEIGHT * ck[j] + YC_NTK_BIAS;
			ct[j] = YC_NTK_WEIGHT * ct[j] + ck[j];
		}
	}
}

void yc_ntk_fc_forward(const struct yc_ntk *k, const double *x, const double *v, int rows,
	const struct yc_ntk_set *o, int first, int n, double *out, size_t ld,
	double *memory)
{
	struct buffers b = at(k, rows, memory);

	begin(k, x, rows, o, first, n, &b);
	for (int r = 0; r < rows; r++) {
		layers(k, v + (size_t)r * k->nv, (size_t)n,
			b.k0 + (size_t)r * YC_NTK_BLOCK, &b);
		memcpy(out + (size_t)r * ld, k->nngp ? b.k : b.t,
			(size_t)n * sizeof(*out));
	}
}

void yc_ntk_fc_backward(const struct yc_ntk *k, const double *x, const double *v,
	int rows, const struct yc_ntk_set *o, int first, int n, const double *g,
	size_t ld, double *g0, double *gv, double *memory)
{
	struct buffers b = at(k, rows, memory);

	begin(k, x, rows, o, first, n, &b);
	for (int r = 0; r < rows; r++, g += ld, g0 += ld, gv += k->nv) {
		layers(k, v + (size_t)r * k->nv, (size_t)n,
			b.k0 + (size_t)r * YC_NTK_BLOCK, &b);
		for (int j = 0; j < n; j++) {
			b.gk[j] = YC_NTK_WEIGHT * g[j];
			b.gt[j] = k->nngp ? 0 : YC_NTK_WEIGHT * g[j];
		}
		for (size_t l = k->nv; l-- > 0;) {
			const double *rec = b.rec + 4 * l * YC_NTK_BLOCK;
			double sum = 0;

			yc_kern_get()->arc_backward((size_t)n, rec, rec + YC_NTK_BLOCK,
				rec + 2 * YC_NTK_BLOCK, rec + 3 * YC_NTK_BLOCK, b.gk,
				b.gt, b.gv);
			for (int j = 0; j < n; j++) {
				sum += b.gv[j];
				b.gk[j] = YC_NTK_WEIGHT * (b.gk[j] + b.gt[j]);
				b.gt[j] *= YC_NTK_WEIGHT;
			}
			gv[l] += sum;
		}
		for (int j = 0; j < n; j++)
			g0[j] = b.gk[j];
	}
}

double yc_ntk_fc_one(const struct yc_ntk *k, const double *x, double *v)
{
	double c = 0, t;

	for (size_t i = 0; i < k->pixels; i++)
		c += x[i] * x[i];
	c = t = YC_NTK_WEIGHT * c / (double)k->pixels + YC_NTK_BIAS;
	for (size_t l = 0; l < k->nv; l++) {
		v[l] = c;
		c = YC_NTK_WEIGHT * (c / 2) + YC_NTK_BIAS;
		t = YC_NTK_WEIGHT * (t / 2) + c;
	}
	return k->nngp ? c : t;
}

double yc_ntk_fc_one_back(
	const struct yc_ntk *k, const double *v, double g, const double *gv)
{
	double gk = YC_NTK_WEIGHT * g, gt = k->nngp ? 0 : YC_NTK_WEIGHT * g;

	for (size_t l = k->nv; l-- > 0;) {
		gk = YC_NTK_WEIGHT * (gk / 2 + gv[l] / v[l] + gt / 2);
		gt = YC_NTK_WEIGHT * (gt / 2);
	}
	return 2 * gk / (double)k->pixels;
}
