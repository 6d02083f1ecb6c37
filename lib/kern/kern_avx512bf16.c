/* SPDX-License-Identifier: MIT */
/*
 * Forms of convolution for x86 with AVX-512 BF16: operands are rounded to bfloat16, to
 * nearest, ties to even, where a transform writes them; vdpbf16ps multiplies two pairs of
 * them and adds both products to a sum in single precision, twice the multiply-adds of an
 * instruction on singles.
 */
#if defined(__x86_64__) && !defined(YC_DOUBLE)
#include <assert.h>
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "lib/kern/ahead.h"

typedef yc_real vec __attribute__((vector_size(64), aligned(sizeof(yc_real)), may_alias));
typedef uint16_t bf16 __attribute__((may_alias));
typedef uint32_t pair
	__attribute__((aligned(2), may_alias)); /* of bf16, one k and the next */

enum { W = 16, NR = 2 * W, MR = 8 };

/* Of what T is: vectors. Channels come in multiples of NR. */
#define LOAD(p) (*(const T *)(const void *)(p))
#define STORE(p, v) (*(T *)(void *)(p) = (v))
#define STRIPS(c, q, call_v, call_s) \
	for (int q = 0; q < (c); q += W) \
	call_v

static inline ALWAYS __m256i round16(vec v)
{
	return (__m256i)_mm512_cvtneps_pbh((__m512)v);
}

/* Pairs of a and b, a first. */
static inline ALWAYS __m512i pairs(vec a, vec b)
{
	return _mm512_or_si512(_mm512_cvtepu16_epi32(round16(a)),
		_mm512_slli_epi32(_mm512_cvtepu16_epi32(round16(b)), 16));
}

/* ---- Products ---- */

/* One operand pair of a product: pair p of row m of a lies at a[m*row + p*step], those of
 * NR columns of b at b[p*bstep]; `n` pairs. */
struct factors {
	const pair *a, *b;
	size_t row, step, bstep;
	int n;
};

/* A register block of mr rows, a constant at every call, and NR columns. */
static inline ALWAYS void block(int mr, const struct factors *f, int nfactors, yc_real *c,
	size_t ldc, bool add, struct cursor pf)
{
	__m512 acc[MR][2];

#pragma GCC unroll 8
	for (int r = 0; r < mr; r++) {
		yc_real *p = c + (size_t)r * ldc;

		acc[r][0] = add ? _mm512_loadu_ps(p) : _mm512_setzero_ps();
		acc[r][1] = add ? _mm512_loadu_ps(p + W) : _mm512_setzero_ps();
	}
	for (int o = 0; o < nfactors; o++) {
		const pair *a = f[o].a, *b = f[o].b;
		const size_t row = f[o].row;

		for (int k = 0; k < f[o].n;
			k++, a += f[o].step, b += f[o].bstep, pf.p += pf.step) {
			__builtin_prefetch(pf.p, 0, 2);
			const __m512bh b0 = (__m512bh)_mm512_loadu_si512(b),
				       b1 = (__m512bh)_mm512_loadu_si512(b + W);

#pragma GCC unroll 8
			for (int r = 0; r < mr; r++) {
				const __m512bh x = (__m512bh)_mm512_set1_epi32(
					(int)a[(size_t)r * row]);

				acc[r][0] = _mm512_dpbf16_ps(acc[r][0], x, b0);
				acc[r][1] = _mm512_dpbf16_ps(acc[r][1], x, b1);
			}
		}
	}
#pragma GCC unroll 8
	for (int r = 0; r < mr; r++) {
		_mm512_storeu_ps(c + (size_t)r * ldc, acc[r][0]);
		_mm512_storeu_ps(c + (size_t)r * ldc + W, acc[r][1]);
	}
}

/* c[m][NR] of such factors, in blocks of about the same number of rows. */
static void columns(int m, const struct factors *f, int nfactors, yc_real *c, size_t ldc,
	bool add, const struct yc_ahead *ahead, size_t *at)
{
	const int blocks = (m + MR - 1) / MR;
	size_t steps = 0;

	for (int o = 0; o < nfactors; o++)
		steps += (size_t)f[o].n;
	for (int i = 0; i < blocks; i++) {
		const int m0 = (int)((long)m * i / blocks),
			  m1 = (int)((long)m * (i + 1) / blocks);
		const struct cursor pf = look_ahead(ahead, (*at)++, steps, c);
		yc_real *to = c + (size_t)m0 * ldc;
		struct factors g[2];

		for (int o = 0; o < nfactors; o++) {
			g[o] = f[o];
			g[o].a += (size_t)m0 * f[o].row;
		}
#define ROWS(mr) \
	case mr: \
		block(mr, g, nfactors, to, ldc, add, pf); \
		break;
		switch (m1 - m0) {
			ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8)
		}
#undef ROWS
	}
}

/* ---- Winograd ---- */

#define PLANE bf16
#define STORE_PLANE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), round16(v))
#define T vec
#define NAME(x) x##_v
#include "wino_tile.h"
#define WINO_NAME "winograd-bf16"
#define WINO_SUMMARY "Winograd's transforms of tiles of 4x4, of numbers of 8 bits"
enum { WEIGHT_ROWS = 2 };

static bool wino_channels(int ci, int co)
{
	return ci % NR == 0 && co % NR == 0;
}

/* Panels of NR columns, each k/2 rows of NR pairs. */
static size_t packed_size(int k, int n)
{
	return (size_t)k * (size_t)n;
}

static void wino_weight(const yc_real *w, int ci, int co, int i0, int i1, bf16 *u)
{
	enum { PLANES_OF_TILE = 36 };
	size_t tap = (size_t)ci * (size_t)co;
	yc_real a[PLANES_OF_TILE * W], b[PLANES_OF_TILE * W];

	for (int i = i0; i < i1; i += 2) {
		for (int q = 0; q < co; q += W) {
			const yc_real *g = w + (size_t)i * (size_t)co + q;
			bf16 *to = u + (size_t)(q / NR) * (size_t)ci * NR +
				   (size_t)i * NR + 2 * (size_t)(q % NR);

			tile_weight_v(g, tap, a, W);
			tile_weight_v(g + co, tap, b, W);
			for (size_t p = 0; p < PLANES_OF_TILE; p++)
				_mm512_storeu_si512(to + p * tap,
					pairs(*(const vec *)(const void *)(a + p * W),
						*(const vec *)(const void *)(b + p * W)));
		}
	}
}

static void plane_mul(int rows, int k, int n, const bf16 *const a[],
	const bf16 *const b[], int nterms, yc_real *c, const struct yc_ahead *ahead)
{
	size_t at = 0;

	for (int n0 = 0; n0 < n; n0 += NR) {
		struct factors f[2];

		for (int t = 0; t < nterms; t++)
			f[t] = (struct factors){(const pair *)(const void *)a[t],
				(const pair *)(const void *)(b[t] +
							     (size_t)k * (size_t)n0),
				(size_t)k / 2, 1, NR, k / 2};
		columns(rows, f, nterms, c + n0, (size_t)n, false, ahead, &at);
	}
}

/* Rows of x [rows][c] in pairs, [rows/2][c][2], the last one with zeros if it is alone. */
static void pair_rows(int rows, int c, const bf16 *x, bf16 *to)
{
	const __m512i none = _mm512_setzero_si512();

	for (int i = 0; i < rows; i += 2, x += 2 * (size_t)c) {
		for (int q = 0; q < c; q += NR, to += 2 * NR) {
			const __m512i a = _mm512_loadu_si512(x + q),
				      b = i + 1 < rows ? _mm512_loadu_si512(x + c + q)
						       : none;
			const __m256i a0 = _mm512_castsi512_si256(a),
				      a1 = _mm512_extracti64x4_epi64(a, 1),
				      b0 = _mm512_castsi512_si256(b),
				      b1 = _mm512_extracti64x4_epi64(b, 1);

			_mm512_storeu_si512(
				to, _mm512_or_si512(_mm512_cvtepu16_epi32(a0),
					    _mm512_slli_epi32(
						    _mm512_cvtepu16_epi32(b0), 16)));
			_mm512_storeu_si512(
				to + NR, _mm512_or_si512(_mm512_cvtepu16_epi32(a1),
						 _mm512_slli_epi32(
							 _mm512_cvtepu16_epi32(b1), 16)));
		}
	}
}

static void plane_mul_tn(int rows, int m, int n, const bf16 *a, const bf16 *b, bool add,
	yc_real *c, yc_real *scratch, const struct yc_ahead *ahead)
{
	bf16 *ap = (bf16 *)scratch, *bp = ap + (size_t)(rows + 1) * (size_t)m;
	size_t at = 0;

	pair_rows(rows, m, a, ap);
	pair_rows(rows, n, b, bp);
	for (int n0 = 0; n0 < n; n0 += NR) {
		const struct factors f = {(const pair *)(const void *)ap,
			(const pair *)(const void *)bp + n0, 1, (size_t)m, (size_t)n,
			(rows + 1) / 2};

		columns(m, &f, 1, c + n0, (size_t)n, add, ahead, &at);
	}
}

#include "conv_winograd.h"

static void fill(struct yc_kern *k)
{
	yc_kern_prefer(k, YC_FASTEST, &winograd);
}

const struct yc_kern_set yc_kern_avx512bf16 = {
	.method = {.name = "avx512bf16",
		.summary =
			"avx512, and products of 8-bit numbers for fastest convolutions"},
	.needs = YC_CPU_AVX2 | YC_CPU_AVX512 | YC_CPU_AVX512_BF16,
	.forms = true,
	.fill = fill,
};
#endif
