/* SPDX-License-Identifier: MIT */
/*
 * Every kernel, written once in GCC's vector extension. kern_plain.c, kern_avx2.c and
 * kern_avx512.c include this with VECTOR_BYTES, ROWS (of the register block of a product),
 * TABLE, TABLE_NAME, TABLE_SUMMARY and TABLE_NEEDS (of struct yc_kern_set) defined, and are
 * compiled with their own instruction flags. Multiplications are contracted to FMA where
 * the instruction set has it, so sets differ in rounding.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/kern/ahead.h"
#include "lib/kern/conv_scatter.h"
#include "lib/kern/transpose.h"

typedef yc_real vec
	__attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(yc_real)), may_alias));
#ifdef YC_DOUBLE
typedef int64_t ivec __attribute__((vector_size(VECTOR_BYTES)));
#else
typedef int32_t ivec __attribute__((vector_size(VECTOR_BYTES)));
#endif

enum { W = VECTOR_BYTES / sizeof(yc_real), NR = 2 * W, MR = ROWS };

/* v where !(cond <= 0), else 0: the ReLU mask. A NaN passes, so that it stays visible. */
static inline ALWAYS vec keep_v(vec cond, vec v)
{
	ivec off = cond <= (vec){0};

	return (vec)((ivec)v & ~off);
}

static inline ALWAYS yc_real keep_s(yc_real cond, yc_real v)
{
	return cond <= 0 ? 0 : v;
}

static inline ALWAYS yc_real rsqrt_s(yc_real var)
{
	const yc_real eps = (yc_real)1e-5; /* default of PyTorch's GroupNorm */

	return 1 / (yc_real)sqrt((double)((var < 0 ? 0 : var) + eps));
}

static inline ALWAYS vec rsqrt_v(vec var)
{
	vec r;

	for (int i = 0; i < W; i++)
		r[i] = rsqrt_s(var[i]);
	return r;
}

/* Of what T is, vectors or scalars. */
#define LOAD(p) (*(const T *)(const void *)(p))
#define STORE(p, v) (*(T *)(void *)(p) = (v))

#define T vec
#define LANES W
#define NV 4
#define NAME(x) x##_wide
#define KEEP keep_v
#define RSQRT rsqrt_v
#define ZERO ((vec){0})
#define ONE (1 - (vec){0})
#include "norm_tile.h"
#undef NV
#undef NAME
#define NV 1
#define NAME(x) x##_v
#include "norm_tile.h"
#undef T
#undef LANES
#undef NAME
#undef KEEP
#undef RSQRT
#undef ZERO
#undef ONE
#define T yc_real
#define LANES 1
#define NAME(x) x##_s
#define KEEP keep_s
#define RSQRT rsqrt_s
#define ZERO ((yc_real)0)
#define ONE ((yc_real)1)
#include "norm_tile.h"
#undef T
#undef LANES
#undef NAME
#undef KEEP
#undef RSQRT
#undef ZERO
#undef ONE

#define NORM(name) \
	static void name(const struct yc_norm_arg *a) \
	{ \
		int q = 0; \
\
		for (; q + 4 * W <= a->c; q += 4 * W) \
			name##_wide(a, q); \
		for (; q + W <= a->c; q += W) \
			name##_v(a, q); \
		for (; q < a->c; q++) \
			name##_s(a, q); \
	}
NORM(norm_forward)
NORM(norm_backward)
NORM(norm_tangent)
NORM(norm_tangent_backward)

/* Runs name##_v for whole vectors of c channels, _4 and _s for the rest; q is the first of
 * them in the arguments. */
#define STRIPS(c, q, name, ...) \
	do { \
		int q = 0; \
		for (; q + W <= (c); q += W) \
			name##_v(__VA_ARGS__); \
		for (; W > 4 && q + 4 <= (c); q += 4) \
			name##_4(__VA_ARGS__); \
		for (; q < (c); q++) \
			name##_s(__VA_ARGS__); \
	} while (0)

#include "products.h"

/* ---- Vectors ---- */

static void sgd(yc_real *w, const yc_real *dw, yc_real *m, size_t n, yc_real lr,
	yc_real momentum, yc_real decay)
{
	for (size_t i = 0; i < n; i++) {
		m[i] = momentum * m[i] + (dw[i] + decay * w[i]);
		w[i] -= lr * m[i];
	}
}

static void add(yc_real *y, const yc_real *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

#include "arc_cosine.h"
#include "batch_norm.h"
#include "conv_direct.h"

/* Winograd's planes, of numbers as they are. */
#define PLANE yc_real
#define STORE_PLANE STORE
#define T vec
#define NAME(x) x##_v
#include "wino_tile.h"
#include "half_tile.h"
#undef T
#undef NAME
#define T four
#define NAME(x) x##_4
#include "wino_tile.h"
#include "half_tile.h"
#undef T
#undef NAME
#define T yc_real
#define NAME(x) x##_s
#include "wino_tile.h"
#include "half_tile.h"
#undef T
#undef NAME
#define WINO_NAME "winograd"
#define WINO_SUMMARY "3x3 by Winograd's transforms of tiles of 4x4"
enum { WEIGHT_ROWS = 1 };

static bool wino_channels(int ci, int co)
{
	return ci > 0 && co > 0;
}

static void wino_weight(const yc_real *w, int ci, int co, int i0, int i1, yc_real *u)
{
	size_t tap = (size_t)ci * (size_t)co, plane = packed_size(ci, co);

	/* Panel by panel: each of the 36 planes is then written from end to end. */
	for (int p = 0; p < co; p += NR) {
		const int n = min_i(NR, co - p);

		for (int i = i0; i < i1; i++) {
			const yc_real *g = w + (size_t)i * (size_t)co + p;
			yc_real *o = u + packed_at(ci, p) + (size_t)i * NR;

			STRIPS(n, q, tile_weight, g + q, tap, o + q, plane);
		}
	}
}

static void plane_mul(int rows, int k, int n, const PLANE *const a[],
	const PLANE *const b[], int nterms, yc_real *c, const struct yc_ahead *ahead)
{
	struct yc_gemm_term op[2];

	for (int t = 0; t < nterms; t++)
		op[t] = (struct yc_gemm_term){a[t], (size_t)k, 0, 1, k, b[t]};
	mul(rows, n, c, (size_t)n, false, op, nterms, ahead);
}

static void plane_mul_tn(int rows, int m, int n, const PLANE *a, const PLANE *b,
	bool add_to, yc_real *c, yc_real *scratch, const struct yc_ahead *ahead)
{
	(void)scratch;
	mul_tn(m, n, rows, 1, a, (size_t)m, 0, b, (size_t)n, 0, c, (size_t)n, add_to,
		ahead);
}

#include "conv_winograd.h"
#include "conv_half.h"
#include "conv_row7.h"

static void fill(struct yc_kern *k)
{
	k->nr = NR;
	k->pack = pack;
	k->pack_t = pack_t;
	k->mul = mul;
	k->mul_tn = mul_tn;
	k->mul_nt = mul_nt;
	k->norm_forward = norm_forward;
	k->norm_backward = norm_backward;
	k->norm_tangent = norm_tangent;
	k->norm_tangent_backward = norm_tangent_backward;
	k->batch_sums = batch_sums;
	k->batch_forward = batch_forward;
	k->batch_backward = batch_backward;
	k->batch_complete = batch_complete;
	k->sgd = sgd;
	k->add = add;
	k->arc_forward = arc_forward;
	k->arc_record = arc_record;
	k->arc_backward = arc_backward;
	k->box3 = box3;
	k->hadamard = hadamard;
	memset(k->conv, 0, sizeof k->conv);
	for (int p = 0; p < YC_COUNT_PRECISION; p++) {
		yc_kern_prefer(k, (enum yc_precision)p, &direct);
		if (p == YC_EXACT)
			continue;
		yc_kern_prefer(k, (enum yc_precision)p, &winograd);
		yc_kern_prefer(k, (enum yc_precision)p, &row7);
		yc_kern_prefer(k, (enum yc_precision)p, &half);
	}
}

const struct yc_kern_set TABLE = {
	.method = {.name = TABLE_NAME, .summary = TABLE_SUMMARY},
	.needs = TABLE_NEEDS,
	.fill = fill,
};
