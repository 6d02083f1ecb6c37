/* SPDX-License-Identifier: MIT */
/*
 * Every kernel, written once in GCC's vector extension. kern_plain.c, kern_avx2.c and
 * kern_avx512.c include this with VECTOR_BYTES, ROWS (of the register block of a product),
 * TABLE, TABLE_NAME, TABLE_SUMMARY and TABLE_NEEDS (what yc_kern.needs) defined, and are
 * compiled with their own instruction flags. Multiplications are contracted to FMA where
 * the instruction set has it, so sets differ in rounding.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "yc/kern.h"

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

#define T vec
#define NAME(x) x##_v
#include "wino_tile.h"
#undef T
#undef NAME
#define T yc_real
#define NAME(x) x##_s
#include "wino_tile.h"
#undef T
#undef NAME

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

/* ---- Winograd: loops over tiles and channel strips ---- */

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

static void wino_input(
	const yc_real *x, size_t row, int c, int th, int tw, yc_real *v, size_t plane)
{
	size_t cs = (size_t)c;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, v += cs) {
			const yc_real *p =
				x + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;

			STRIPS(c, q, tile_input_v(p + q, row, cs, v + q, plane),
				tile_input_s(p + q, row, cs, v + q, plane));
		}
	}
}

static void wino_output(const yc_real *m, size_t plane, int h, int w, int c, int th,
	int tw, yc_real *y, size_t row)
{
	size_t cs = (size_t)c;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, m += cs) {
			yc_real *p = y + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;
			int hi = min_i(4, h - 4 * ti), wi = min_i(4, w - 4 * tj);

			if (hi == 4 && wi == 4)
				STRIPS(c, q,
					tile_output_v(m + q, plane, p + q, row, cs, 4, 4),
					tile_output_s(
						m + q, plane, p + q, row, cs, 4, 4));
			else
				STRIPS(c, q,
					tile_output_v(
						m + q, plane, p + q, row, cs, hi, wi),
					tile_output_s(
						m + q, plane, p + q, row, cs, hi, wi));
		}
	}
}

static void wino_output_adjoint(
	const yc_real *dy, int h, int w, int c, int th, int tw, yc_real *dm, size_t plane)
{
	size_t cs = (size_t)c, row = (size_t)w * cs;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, dm += cs) {
			const yc_real *p =
				dy + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;
			int hi = min_i(4, h - 4 * ti), wi = min_i(4, w - 4 * tj);

			if (hi == 4 && wi == 4)
				STRIPS(c, q,
					tile_output_adjoint_v(
						p + q, row, cs, 4, 4, dm + q, plane),
					tile_output_adjoint_s(
						p + q, row, cs, 4, 4, dm + q, plane));
			else
				STRIPS(c, q,
					tile_output_adjoint_v(
						p + q, row, cs, hi, wi, dm + q, plane),
					tile_output_adjoint_s(
						p + q, row, cs, hi, wi, dm + q, plane));
		}
	}
}

static void wino_input_adjoint(
	const yc_real *dv, size_t plane, int h, int w, int c, int th, int tw, yc_real *dx)
{
	size_t cs = (size_t)c, row = (size_t)w * cs;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, dv += cs) {
			/* The patch begins one pixel above and left of the tile. */
			int i0 = ti == 0, i1 = min_i(6, h + 1 - 4 * ti);
			int j0 = tj == 0, j1 = min_i(6, w + 1 - 4 * tj);
			yc_real *p = dx + (size_t)(4 * ti - 1 + i0) * row +
				     (size_t)(4 * tj - 1 + j0) * cs;

			STRIPS(c, q,
				tile_input_adjoint_v(
					dv + q, plane, p + q, row, cs, i0, i1, j0, j1),
				tile_input_adjoint_s(
					dv + q, plane, p + q, row, cs, i0, i1, j0, j1));
		}
	}
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

static void wino_weight(const yc_real *w, int ci, int co, int i0, int i1, yc_real *u)
{
	size_t tap = (size_t)ci * (size_t)co, plane = packed_size(ci, co);

	for (int i = i0; i < i1; i++) {
		const yc_real *g = w + (size_t)i * (size_t)co;
		yc_real *o = u + (size_t)i * NR;

		STRIPS(co, q, tile_weight_v(g + q, tap, o + packed_at(ci, q), plane),
			tile_weight_s(g + q, tap, o + packed_at(ci, q), plane));
	}
}

static void wino_weight_adjoint(const yc_real *du, int ci, int co, yc_real *dw)
{
	size_t tap = (size_t)ci * (size_t)co;

	for (int i = 0; i < ci; i++) {
		const yc_real *u = du + (size_t)i * (size_t)co;
		yc_real *g = dw + (size_t)i * (size_t)co;

		STRIPS(co, q, tile_weight_adjoint_v(u + q, tap, g + q, tap),
			tile_weight_adjoint_s(u + q, tap, g + q, tap));
	}
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

const struct yc_kern TABLE = {
	.method = {.name = TABLE_NAME, .summary = TABLE_SUMMARY},
	.needs = TABLE_NEEDS,
	.nr = NR,
	.pack = pack,
	.pack_t = pack_t,
	.mul = mul,
	.mul_tn = mul_tn,
	.wino_input = wino_input,
	.wino_output = wino_output,
	.wino_output_adjoint = wino_output_adjoint,
	.wino_input_adjoint = wino_input_adjoint,
	.wino_weight = wino_weight,
	.wino_weight_adjoint = wino_weight_adjoint,
	.norm_forward = norm_forward,
	.norm_backward = norm_backward,
	.norm_tangent = norm_tangent,
	.norm_tangent_backward = norm_tangent_backward,
	.sgd = sgd,
	.add = add,
};
