/* SPDX-License-Identifier: MIT */
#ifndef YC_KERN_H
#define YC_KERN_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/conv.h"
#include "yc/opt.h"
#include "yc/real.h"

/*
 * The hot loops, behind one table of function pointers, chosen once, by the processor.
 * Sets of kernels fill it in turn, from plain C, which has every entry, to the widest
 * vectors: each replaces what it has better kernels for. Kernels work on one image or one
 * group of images, never allocate, never start threads, and assume sizes that a layer's
 * plan has proved. Images are [h][w][c]. yc/conv.h has the entries for convolutions.
 */

/* One product of yc_kern.mul: sum over seg < nseg, k < K of
 * a[m*lda + seg*sega + k] * b(seg*K + k, n), b packed by yc_kern.pack. */
struct yc_gemm_term {
	const yc_real *a;
	size_t lda, sega;
	int nseg, k;
	const yc_real *b;
};

/* What a product should prefetch while it computes: the data of the next product. */
enum { YC_COUNT_AHEAD = 3 };
struct yc_ahead {
	const void *p[YC_COUNT_AHEAD];
	size_t bytes[YC_COUNT_AHEAD];
};

/* Instance norm of one image with optional ReLU and pool x pool average pooling, which
 * drops incomplete squares at the right and at the bottom. */
struct yc_norm_arg {
	int h, w, c, pool;
	bool relu;
	const yc_real *gamma, *beta;   /* [c] */
	const yc_real *tgamma, *tbeta; /* directions or NULL */
	const yc_real *z, *tz;	       /* [h][w][c] */
	yc_real *save;		       /* [4][c]: mean, 1/sd, <dy>, <xhat dy> */
	yc_real *tsave;		       /* [2][c]: <tz>, <xhat tz> */
	yc_real *y, *ty; /* [h/pool] rows, yrow elements apart, of [w/pool][c] */
	size_t yrow;
	const yc_real *dy, *tdy; /* [h/pool][w/pool][c] */
	yc_real *dz, *tdz;	 /* [h][w][c] */
	yc_real *dgamma, *dbeta; /* added to, or NULL */
};

/* What a batch norm of `pixels` pixels does backward before the sums of the whole batch
 * are known: with g = dy where scale*x + off > 0 (or no ReLU), else 0,
 * dx = (add ? dx : 0) + scale*g, sum[q] += g, sum[c + q] += g*(x - mean). Pixels of x, dy
 * and dx are a step of elements apart. */
struct yc_batch_arg {
	int pixels, c;
	bool relu, add;
	const yc_real *scale, *off, *mean; /* [c] */
	const yc_real *x, *dy;
	yc_real *dx;
	size_t xstep, dystep, dxstep;
	double *sum; /* [2][c] */
};

enum yc_cpu {
	YC_CPU_AVX2 = 1,
	YC_CPU_AVX512 = 2,
	YC_CPU_AVX512_BF16 = 4,
	YC_CPU_AMX = 8 /* tiles of bf16 */
};

struct yc_kern;
struct yc_kern_set {
	struct yc_method method;
	unsigned needs; /* of the processor, of enum yc_cpu */
	bool forms; /* it has forms for fast or fastest convolutions and nothing else */
	/* Whether a processor that has them computes what it should, asked once before
	 * anything else; YC_FAIL with a message leaves the set out. NULL: it does. */
	int (*probe)(void);
	/* Sets the entries that this set has; those of the sets before it stand already. */
	void (*fill)(struct yc_kern *k);
};

enum { YC_FORMS_MAX = 8 };

struct yc_kern {
	const struct yc_kern_set *set;	/* the last that filled it */
	const struct yc_kern_set *base; /* the last that is not of forms alone */

	/* Matrix products. Packed b: panels of yc_kern.nr columns, [ceil(N/nr)][K][nr],
	 * zero filled; yc_kern_packed gives its elements. */
	int nr;
	void (*pack)(int k, int n, const yc_real *b, size_t ldb, yc_real *packed);
	/* b transposed: packs B[k][n] = b[n*ldb + k]. */
	void (*pack_t)(int k, int n, const yc_real *b, size_t ldb, yc_real *packed);
	/* c[m][n] = (add ? c : 0) + sum of `nops` products. ahead may be NULL. */
	void (*mul)(int m, int n, yc_real *c, size_t ldc, bool add,
		const struct yc_gemm_term *op, int nops, const struct yc_ahead *ahead);
	/* c[m][n] = (add ? c : 0) + sum over seg, p < k of
	 * a[seg*sega + p*lda + m] * b[seg*segb + p*ldb + n]. */
	void (*mul_tn)(int m, int n, int k, int nseg, const yc_real *a, size_t lda,
		size_t sega, const yc_real *b, size_t ldb, size_t segb, yc_real *c,
		size_t ldc, bool add, const struct yc_ahead *ahead);
	/* c[m][n] = (add ? c : 0) + sum over p < k of a[m*lda + p] * b[n*ldb + p]. */
	void (*mul_nt)(int m, int n, int k, const yc_real *a, size_t lda,
		const yc_real *b, size_t ldb, yc_real *c, size_t ldc, bool add);

	/* The forms of convolution for each precision, in order of preference, then NULL.
	 */
	const struct yc_conv_form *conv[YC_COUNT_PRECISION][YC_FORMS_MAX + 1];

	void (*norm_forward)(const struct yc_norm_arg *a);
	void (*norm_backward)(const struct yc_norm_arg *a);
	void (*norm_tangent)(const struct yc_norm_arg *a);
	void (*norm_tangent_backward)(const struct yc_norm_arg *a);

	/* Batch norm of pixels [c], step elements apart. sum[q] += x, sum[c + q] += x^2. */
	void (*batch_sums)(int pixels, int c, const yc_real *x, size_t step, double *sum);
	/* y = scale*x + off, then optionally ReLU */
	void (*batch_forward)(int pixels, int c, const yc_real *x, size_t xstep,
		const yc_real *scale, const yc_real *off, bool relu, yc_real *y,
		size_t ystep);
	void (*batch_backward)(const struct yc_batch_arg *a);
	/* dx += a*x + b */
	void (*batch_complete)(int pixels, int c, const yc_real *x, const yc_real *a,
		const yc_real *b, yc_real *dx, size_t step);

	void (*sgd)(yc_real *w, const yc_real *dw, yc_real *m, size_t n, yc_real lr,
		yc_real momentum, yc_real decay);
	void (*add)(yc_real *y, const yc_real *x, size_t n); /* y += x */

	/*
	 * Infinite-width kernels, in double; yc-methods(7), "KERNEL INDUCING POINTS". A ReLU
	 * of n pairs of pixels with covariance k, tangent kernel t and product ab > 0 of their
	 * variances, in place: with sigma = sqrt(ab - k^2), 0 where that is rounding, and
	 * dot = (pi - atan2(sigma, k))/(2 pi) to 4e-16: k = sigma/(2 pi) + dot k, t = dot t.
	 */
	void (*arc_forward)(size_t n, const double *ab, double *k, double *t);
	/* The same, which keeps sigma and dot. */
	void (*arc_record)(size_t n, const double *ab, double *k, double *t,
		double *sigma, double *dot);
	/* k and t before arc_record; gk and gt, gradients by what it made of them, become
	 * those by what they were; gv: those by the variances, times the variance. */
	void (*arc_backward)(size_t n, const double *k, const double *t,
		const double *sigma, const double *dot, double *gk, double *gt,
		double *gv);
	/* y = scale * (sum of x over the 3x3 window, 0 outside) + bias + plus, which may be
	 * NULL; images [h][w]. */
	void (*box3)(int h, int w, const double *x, double scale, double bias,
		const double *plus, double *y);
	/* y = (add ? y : 0) + scale * a * b, element by element of h rows of w. */
	void (*hadamard)(int h, int w, double scale, const double *a, size_t lda,
		const double *b, size_t ldb, bool add, double *y, size_t ldy);
};

/* The table in use. */
const struct yc_kern *yc_kern_get(void);
/* Chooses a set by its name, or the widest by "auto", which is the choice at start;
 * YC_USAGE if the processor cannot. Before the first network is planned: packed sizes
 * depend on it. */
int yc_kern_use(const char *name) YC_CHECKED;
/* Why the widest set that this processor has the instructions for is not used; NULL if it
 * is. */
const char *yc_kern_note(void);
/* For the history: the set of kernels, and what convolutions are if not the fp32 that was
 * asked for, e.g. "avx512 float, exact convolutions". */
const char *yc_kern_name(enum yc_precision asked);
/* Every set of kernels, from plain C to the widest vectors. */
extern const struct yc_method *const yc_kernels[]; /* of struct yc_kern_set */
/* Elements of a packed k x n matrix. */
size_t yc_kern_packed(int k, int n);

#endif
