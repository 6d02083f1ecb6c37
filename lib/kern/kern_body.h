/* SPDX-License-Identifier: MIT */
/*
 * Every kernel, written once in GCC's vector extension. kern_plain.c, kern_avx2.c and
 * kern_avx512.c include this with VECTOR_BYTES, ROWS (of the register block of a product),
 * TABLE, TABLE_NAME, TABLE_SUMMARY and TABLE_NEEDS (of struct yc_kern_set) defined, and are
 * compiled with their own instruction flags. Multiplications are contracted to FMA where
 * the instruction set has it, so sets differ in rounding.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/kern/internal.h"

#define ALWAYS __attribute__((always_inline))

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

/* Runs `call_v` for whole vectors of channels and `call_s` for the rest. */
#define STRIPS(c, q, call_v, call_s) \
	do { \
		int q = 0; \
		for (; q + W <= (c); q += W) \
			call_v; \
		for (; q < (c); q++) \
			call_s; \
	} while (0)

static inline ALWAYS int min_i(int a, int b)
{
	return a < b ? a : b;
}

/* Packed position of column n: panels of NR columns, each k rows of NR. */
static inline ALWAYS size_t packed_at(int k, int n)
{
	return (size_t)(n / NR) * (size_t)k * NR + (size_t)(n % NR);
}

static size_t packed_size(int k, int n)
{
	return (size_t)((n + NR - 1) / NR) * (size_t)k * NR;
}

/* ---- Products: register blocks of MR rows by NR = 2 vectors of columns ---- */

static void pack(int k, int n, const yc_real *b, size_t ldb, yc_real *packed)
{
	for (int n0 = 0; n0 < n; n0 += NR) {
		int m = min_i(NR, n - n0);

		for (int i = 0; i < k; i++, packed += NR) {
			memcpy(packed, b + (size_t)i * ldb + n0,
				(size_t)m * sizeof *packed);
			memset(packed + m, 0, (size_t)(NR - m) * sizeof *packed);
		}
	}
}

static void pack_t(int k, int n, const yc_real *b, size_t ldb, yc_real *packed)
{
	for (int n0 = 0; n0 < n; n0 += NR) {
		for (int i = 0; i < k; i++, packed += NR) {
			for (int j = 0; j < NR; j++)
				packed[j] =
					n0 + j < n ? b[(size_t)(n0 + j) * ldb + (size_t)i]
						   : 0;
		}
	}
}

/*
 * What block `b` of a product should prefetch: its share of the next product's data, one
 * cache line per step. Without look-ahead the same harmless line every time.
 */
struct cursor {
	const char *p;
	size_t step;
};

static inline ALWAYS struct cursor look_ahead(
	const struct yc_ahead *ahead, size_t b, size_t steps, const void *harmless)
{
	size_t chunk = steps * 64, at = b * chunk;

	for (int i = 0; ahead && i < YC_COUNT_AHEAD; i++) {
		if (at < ahead->bytes[i])
			return (struct cursor){(const char *)ahead->p[i] + at, 64};
		at -= (ahead->bytes[i] + chunk - 1) / chunk * chunk;
	}
	return (struct cursor){harmless, 0};
}

/* One register block; mr is a constant at every call, so the loops over r unroll. */
static inline ALWAYS void block(int mr, int cols, yc_real *c, size_t ldc, bool add,
	const struct yc_gemm_term *op, int nops, size_t panel, size_t m0,
	struct cursor pf)
{
	vec acc[12][2];

#pragma GCC unroll 12
	for (int r = 0; r < mr; r++)
		acc[r][0] = acc[r][1] = (vec){0};
	for (int o = 0; o < nops; o++) {
		const yc_real *b = op[o].b + panel * (size_t)(op[o].nseg * op[o].k) * NR;

		for (int s = 0; s < op[o].nseg; s++) {
			const yc_real *a =
				op[o].a + m0 * op[o].lda + (size_t)s * op[o].sega;
			size_t lda = op[o].lda;

			for (int k = 0; k < op[o].k; k++, b += NR, a++, pf.p += pf.step) {
				__builtin_prefetch(pf.p, 0, 2);
				vec b0 = *(const vec *)(const void *)b;
				vec b1 = *(const vec *)(const void *)(b + W);

#pragma GCC unroll 12
				for (int r = 0; r < mr; r++) {
					yc_real x = a[(size_t)r * lda];

					acc[r][0] += x * b0;
					acc[r][1] += x * b1;
				}
			}
		}
	}
	if (cols == NR) {
#pragma GCC unroll 12
		for (int r = 0; r < mr; r++) {
			vec *p = (vec *)(void *)(c + (size_t)r * ldc);

			if (add) {
				acc[r][0] += p[0];
				acc[r][1] += p[1];
			}
			p[0] = acc[r][0];
			p[1] = acc[r][1];
		}
	} else {
		yc_real t[NR];

#pragma GCC unroll 12
		for (int r = 0; r < mr; r++) {
			yc_real *p = c + (size_t)r * ldc;

			*(vec *)(void *)t = acc[r][0];
			*(vec *)(void *)(t + W) = acc[r][1];
			for (int j = 0; j < cols; j++)
				p[j] = add ? p[j] + t[j] : t[j];
		}
	}
}

static void mul(int m, int n, yc_real *c, size_t ldc, bool add,
	const struct yc_gemm_term *op, int nops, const struct yc_ahead *ahead)
{
	size_t b = 0, steps = 0;

	for (int o = 0; o < nops; o++)
		steps += (size_t)(op[o].nseg * op[o].k);
	for (int n0 = 0; n0 < n; n0 += NR) {
		size_t panel = (size_t)(n0 / NR);
		int cols = min_i(NR, n - n0), i = 0;

		for (; i + MR <= m; i += MR)
			block(MR, cols, c + (size_t)i * ldc + n0, ldc, add, op, nops,
				panel, (size_t)i, look_ahead(ahead, b++, steps, c));
		for (; i + 4 <= m; i += 4)
			block(4, cols, c + (size_t)i * ldc + n0, ldc, add, op, nops,
				panel, (size_t)i, look_ahead(ahead, b++, steps, c));
		for (; i < m; i++)
			block(1, cols, c + (size_t)i * ldc + n0, ldc, add, op, nops,
				panel, (size_t)i, look_ahead(ahead, b++, steps, c));
	}
}

struct tn_arg {
	int k, nseg;
	size_t lda, sega, ldb, segb, ldc;
};

static inline ALWAYS void block_tn(int mr, bool add, const struct tn_arg *t,
	const yc_real *a, const yc_real *b, yc_real *c, struct cursor pf)
{
	vec acc[12][2];

#pragma GCC unroll 12
	for (int r = 0; r < mr; r++) {
		const vec *p = (const vec *)(const void *)(c + (size_t)r * t->ldc);

		acc[r][0] = acc[r][1] = (vec){0};
		if (add) {
			acc[r][0] += p[0];
			acc[r][1] += p[1];
		}
	}
	for (int s = 0; s < t->nseg; s++) {
		const yc_real *ap = a + (size_t)s * t->sega,
			      *bp = b + (size_t)s * t->segb;

		for (int p = 0; p < t->k;
			p++, ap += t->lda, bp += t->ldb, pf.p += pf.step) {
			__builtin_prefetch(pf.p, 0, 2);
			vec b0 = *(const vec *)(const void *)bp;
			vec b1 = *(const vec *)(const void *)(bp + W);

#pragma GCC unroll 12
			for (int r = 0; r < mr; r++) {
				acc[r][0] += ap[r] * b0;
				acc[r][1] += ap[r] * b1;
			}
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < mr; r++) {
		vec *p = (vec *)(void *)(c + (size_t)r * t->ldc);

		p[0] = acc[r][0];
		p[1] = acc[r][1];
	}
}

static void mul_tn(int m, int n, int k, int nseg, const yc_real *a, size_t lda,
	size_t sega, const yc_real *b, size_t ldb, size_t segb, yc_real *c, size_t ldc,
	bool add, const struct yc_ahead *ahead)
{
	const struct tn_arg t = {k, nseg, lda, sega, ldb, segb, ldc};
	size_t q = 0, steps = (size_t)(nseg * k);
	int n0 = 0;

	for (; n0 + NR <= n; n0 += NR) {
		int i = 0;

#if ROWS >= 8
		/* 27 = 3*9 rows of weights of a first convolution leave no remainder.
		 */
		for (; m % 9 == 0 && i + 9 <= m; i += 9)
			block_tn(9, add, &t, a + i, b + n0, c + (size_t)i * ldc + n0,
				look_ahead(ahead, q++, steps, c));
#endif
		for (; i + MR <= m; i += MR)
			block_tn(MR, add, &t, a + i, b + n0, c + (size_t)i * ldc + n0,
				look_ahead(ahead, q++, steps, c));
		for (; i + 4 <= m; i += 4)
			block_tn(4, add, &t, a + i, b + n0, c + (size_t)i * ldc + n0,
				look_ahead(ahead, q++, steps, c));
		for (; i < m; i++)
			block_tn(1, add, &t, a + i, b + n0, c + (size_t)i * ldc + n0,
				look_ahead(ahead, q++, steps, c));
	}
	if (n0 == n)
		return;
	/* Columns that do not fill a panel: only narrow test networks and odd class
	 * counts.
	 */
	for (int i = 0; i < m; i++) {
		for (int j = n0; j < n && !add; j++)
			c[(size_t)i * ldc + (size_t)j] = 0;
		for (int s = 0; s < nseg; s++) {
			for (int p = 0; p < k; p++) {
				yc_real x =
					a[(size_t)s * sega + (size_t)p * lda + (size_t)i];
				const yc_real *bp =
					b + (size_t)s * segb + (size_t)p * ldb;

				for (int j = n0; j < n; j++)
					c[(size_t)i * ldc + (size_t)j] += x * bp[j];
			}
		}
	}
}

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

#include "conv_direct.h"
#include "conv_winograd.h"

static void fill(struct yc_kern *k)
{
	k->nr = NR;
	k->pack = pack;
	k->pack_t = pack_t;
	k->mul = mul;
	k->mul_tn = mul_tn;
	k->norm_forward = norm_forward;
	k->norm_backward = norm_backward;
	k->norm_tangent = norm_tangent;
	k->norm_tangent_backward = norm_tangent_backward;
	k->sgd = sgd;
	k->add = add;
	memset(k->conv, 0, sizeof k->conv);
	for (int p = 0; p < YC_COUNT_PRECISION; p++) {
		yc_kern_prefer(k, (enum yc_precision)p, &direct);
		if (p != YC_EXACT)
			yc_kern_prefer(k, (enum yc_precision)p, &winograd);
	}
}

const struct yc_kern_set TABLE = {
	.method = {.name = TABLE_NAME, .summary = TABLE_SUMMARY},
	.needs = TABLE_NEEDS,
	.fill = fill,
};
