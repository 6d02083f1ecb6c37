/* SPDX-License-Identifier: MIT */
/*
 * Forms of convolution for x86 with AVX-512 BF16: operands are rounded to bfloat16, to
 * nearest, ties to even, where a transform writes them; vdpbf16ps multiplies two pairs of
 * them and adds both products to a sum in single precision, twice the multiply-adds of an
 * instruction on singles.
 */
#if defined(__x86_64__) && !defined(YC_DOUBLE)
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "lib/kern/ahead.h"
#include "lib/kern/conv_scatter.h"
#include "lib/kern/transpose.h"

typedef yc_real vec __attribute__((vector_size(64), aligned(sizeof(yc_real)), may_alias));
typedef uint16_t bf16 __attribute__((may_alias));
/* Two of them, of one k and the next. */
typedef uint32_t pair __attribute__((aligned(2), may_alias));

enum { W = 16, NR = 2 * W, MR = 9 };

/* Of what T is: vectors. Channels come in multiples of NR. */
#define LOAD(p) (*(const T *)(const void *)(p))
#define STORE(p, v) (*(T *)(void *)(p) = (v))
#define STRIPS(c, q, name, ...) \
	for (int q = 0; q < (c); q += W) \
	name##_v(__VA_ARGS__)

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

/* One part of a sum of products: the pairs p < n of row m of a lie at a[m*row + p*step],
 * those of NR columns of b at b[p*bstep]. */
struct factors {
	const bf16 *a, *b;
	size_t row, step, bstep;
	int n;
};
enum { FACTORS_MAX = 16 };

/* A register block of mr rows, a constant at every call, and NR columns. */
static inline ALWAYS void block(int mr, const struct factors *f, int nfactors, yc_real *c,
	size_t ldc, bool add, struct cursor pf)
{
	__m512 acc[MR][2];

#pragma GCC unroll 9
	for (int r = 0; r < mr; r++) {
		yc_real *p = c + (size_t)r * ldc;

		acc[r][0] = add ? _mm512_loadu_ps(p) : _mm512_setzero_ps();
		acc[r][1] = add ? _mm512_loadu_ps(p + W) : _mm512_setzero_ps();
	}
	for (int o = 0; o < nfactors; o++) {
		const bf16 *a = f[o].a, *b = f[o].b;
		const size_t row = f[o].row;

		for (int k = 0; k < f[o].n;
			k++, a += f[o].step, b += f[o].bstep, pf.p += pf.step) {
			__builtin_prefetch(pf.p, 0, 2);
			const __m512bh b0 = (__m512bh)_mm512_loadu_si512(b),
				       b1 = (__m512bh)_mm512_loadu_si512(b + NR);

#pragma GCC unroll 9
			for (int r = 0; r < mr; r++) {
				const __m512bh x = (__m512bh)_mm512_set1_epi32(
					(int)*(const pair *)(a + (size_t)r * row));

				acc[r][0] = _mm512_dpbf16_ps(acc[r][0], x, b0);
				acc[r][1] = _mm512_dpbf16_ps(acc[r][1], x, b1);
			}
		}
	}
#pragma GCC unroll 9
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
		struct factors g[FACTORS_MAX];

		for (int o = 0; o < nfactors; o++) {
			g[o] = f[o];
			g[o].a += (size_t)m0 * f[o].row;
		}
#define ROWS(mr) \
	case mr: \
		block(mr, g, nfactors, to, ldc, add, pf); \
		break;
		switch (m1 - m0) {
			ROWS(1)
			ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8) ROWS(9)
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
			f[t] = (struct factors){a[t], b[t] + (size_t)k * (size_t)n0,
				(size_t)k, 2, 2 * NR, k / 2};
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
		const struct factors f = {
			ap, bp + 2 * n0, 2, 2 * (size_t)m, 2 * (size_t)n, (rows + 1) / 2};

		columns(m, &f, 1, c + n0, (size_t)n, add, ahead, &at);
	}
}

#include "conv_winograd.h"

/* ---- Few channels ---- */

/*
 * The form "few-bf16": as "direct", for the first layer. The taps of a kernel row are
 * contiguous, so an output row is a product over k segments of x, rounded once (kept). The
 * last pair of a segment may have a tap too many, whose weight is 0. For the weights, pairs
 * are of neighbouring pixels. Gradients dy are rounded row by row.
 */
enum { FEW_ROWS = 5 }; /* rows of dy in one sum of products */

struct few {
	int taps, segment; /* of a kernel row: elements, and in pairs */
	size_t row, image; /* of the rounded maps */
	size_t fwd, cols;  /* packed elements of forward; k*k*ci in multiples of NR */
};

static struct few few_of(const struct yc_conv *c)
{
	struct few g = {.taps = c->k * c->ci};

	g.segment = (g.taps + 1) / 2;
	/* one element more than there are, for the tap too many */
	g.row = ((size_t)((c->w + c->k - 1) * c->ci) + NR) / NR * NR;
	g.image = (size_t)(c->h + c->k - 1) * g.row;
	g.fwd = (size_t)(c->k * g.segment * 2 * c->co);
	g.cols = ((size_t)(c->k * g.taps) + NR - 1) / NR * NR;
	return g;
}

static bool few_fits(const struct yc_conv *c)
{
	return c->k == 3 && !c->half && c->ci <= 8 && c->co % NR == 0;
}

static void few_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct few g = few_of(c);
	const size_t w = (size_t)c->w, co = (size_t)c->co, h = (size_t)(c->h + c->k - 1);
	/* Two rounded rows of dy, and the gradient of their patches; or pairs of pixels of
	 * x, and of some rows of dy. */
	const size_t adjoint = w * (co + g.cols),
		     weights = (w + 1) / 2 * (h * (size_t)g.taps + FEW_ROWS * co);

	*p = (struct yc_conv_plan){
		.ph = c->h + c->k - 1,
		.pw = c->w + c->k - 1,
		.chunk = 1,
		.pack = (g.fwd + co * g.cols) / 2,
		.x_image = g.image / 2,
		.grad = (size_t)(c->k * g.taps) * co,
		.scratch_fixed = adjoint > weights ? adjoint : weights,
	};
}

/* Pairs of rows of a matrix w[i*row + j*col], i < rows and j < n, in panels of NR columns,
 * of which each has `all` pairs, from pair `first` on. A row or column beyond is 0. */
static void few_pack(int rows, int n, const yc_real *w, size_t row, size_t col, int first,
	int all, bf16 *to)
{
	for (int q = 0; q < n; q += W) {
		for (int i = 0; i < rows; i += 2) {
			const size_t at = (size_t)(q / NR * all + first + i / 2);
			vec a[2] = {{0}};

			for (int r = 0; r < 2 && i + r < rows; r++)
				for (int j = 0; j < W && q + j < n; j++)
					a[r][j] = w[(size_t)(i + r) * row +
						    (size_t)(q + j) * col];
			_mm512_storeu_si512(
				to + 2 * (at * NR + (size_t)(q % NR)), pairs(a[0], a[1]));
		}
	}
}

static void few_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	const struct few g = few_of(c);
	const size_t co = (size_t)c->co;
	bf16 *to = (bf16 *)pack_to;

	for (int ky = 0; ky < c->k && part == 0; ky++)
		few_pack(g.taps, c->co, w + (size_t)(ky * g.taps) * co, co, 1,
			ky * g.segment, c->k * g.segment, to);
	if (part < parts - 1 || !adjoint)
		return;
	memset(to + g.fwd, 0, co * g.cols * sizeof *to);
	few_pack(c->co, c->k * g.taps, w, 1, co, 0, c->co / 2, to + g.fwd);
}

/* to = x [n] rounded, and zeros up to `size`, a multiple of W */
static void few_round(size_t n, const yc_real *x, size_t size, bf16 *to)
{
	for (size_t i = 0; i < size; i += W) {
		const __mmask16 some = (__mmask16)(i + W <= n ? 0xffff
						   : i < n    ? (1u << (n - i)) - 1
							      : 0);

		_mm256_storeu_si256((__m256i *)(void *)(to + i),
			round16((vec)_mm512_maskz_loadu_ps(some, x + i)));
	}
}

static const bf16 *few_x(
	const struct yc_conv *c, const struct few *g, int n, const struct yc_conv_term *t)
{
	bf16 *to = (bf16 *)t->kept;

	for (int i = 0; i < n && !t->ready; i++)
		for (int r = 0; r < c->h + c->k - 1; r++)
			few_round((size_t)((c->w + c->k - 1) * c->ci),
				t->x + (size_t)i * c->ximg + (size_t)r * c->xrow, g->row,
				to + (size_t)i * g->image + (size_t)r * g->row);
	return to;
}

static void few_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const struct few g = few_of(c);
	const bf16 *x[2] = {NULL};

	(void)scratch;
	for (int q = 0; q < nterms; q++)
		x[q] = few_x(c, &g, n, &t[q]);
	for (int i = 0; i < n * c->h; i++) {
		const size_t image = (size_t)(i / c->h), r = (size_t)(i % c->h);
		yc_real *to = y + image * c->yimg + r * c->yrow;

		for (int n0 = 0; n0 < c->co; n0 += NR) {
			struct factors f[FACTORS_MAX];
			size_t at = 0;
			int nf = 0;

			for (int q = 0; q < nterms; q++)
				for (int ky = 0; ky < c->k; ky++)
					f[nf++] = (struct factors){
						x[q] + image * g.image +
							(r + (size_t)ky) * g.row,
						(const bf16 *)t[q].pack +
							(size_t)((n0 / NR * c->k + ky) *
								 g.segment) *
								2 * NR,
						(size_t)c->ci, 2, 2 * NR, g.segment};
			columns(c->w, f, nf, to + n0, (size_t)c->co, false, NULL, &at);
		}
	}
}

static void few_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const struct few g = few_of(c);
	const size_t map = (size_t)c->h * (size_t)c->w * (size_t)c->ci,
		     row = (size_t)c->w * (size_t)c->co;
	bf16 *dy = (bf16 *)scratch; /* of each term */
	yc_real *patches = scratch + row;

	if (!dx)
		return;
	memset(dx, 0, (size_t)n * map * sizeof *dx);
	for (int i = 0; i < n * c->h; i++) {
		size_t at = 0;

		for (int q = 0; q < nterms; q++)
			few_round(
				row, t[q].x + (size_t)i * row, row, dy + (size_t)q * row);
		for (size_t n0 = 0; n0 < g.cols; n0 += NR) {
			struct factors f[2];

			for (int q = 0; q < nterms; q++)
				f[q] = (struct factors){dy + (size_t)q * row,
					(const bf16 *)t[q].pack + g.fwd +
						n0 * (size_t)c->co,
					(size_t)c->co, 2, 2 * NR, c->co / 2};
			columns(c->w, f, nterms, patches + n0, g.cols, false, NULL, &at);
		}
		conv_scatter(c, i % c->h, patches, g.cols, dx + (size_t)(i / c->h) * map);
	}
}

/* Pairs of neighbouring pixels of x, [rows][(w+1)/2][taps]; one that is alone has a 0. */
static void few_pixels(
	const struct yc_conv *c, const struct few *g, const bf16 *x, bf16 *to)
{
	for (int r = 0; r < c->h + c->k - 1; r++, x += g->row) {
		for (int j = 0; j < c->w; j += 2) {
			const bf16 *a = x + j * c->ci;

			for (int q = 0; q < g->taps; q++, to += 2) {
				to[0] = a[q];
				to[1] = j + 1 < c->w ? a[q + c->ci] : 0;
			}
		}
	}
}

/* The same of a row of dy, [(w+1)/2][co]. */
static void few_gradients(const struct yc_conv *c, const yc_real *dy, bf16 *to)
{
	const size_t co = (size_t)c->co;

	for (int j = 0; j < c->w; j += 2, dy += 2 * co) {
		for (size_t q = 0; q < co; q += W, to += 2 * W) {
			vec a = *(const vec *)(const void *)(dy + q), b = {0};

			if (j + 1 < c->w)
				b = *(const vec *)(const void *)(dy + co + q);
			_mm512_storeu_si512(to, pairs(a, b));
		}
	}
}

static void few_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add, yc_real *grad, yc_real *scratch)
{
	const struct few g = few_of(c);
	const bf16 *rounded = few_x(c, &g, n, x);
	const int pixels = (c->w + 1) / 2; /* pairs */
	const size_t co = (size_t)c->co, row = (size_t)c->w * co,
		     xline = 2 * (size_t)(pixels * g.taps),
		     yline = 2 * (size_t)pixels * co;
	bf16 *xp = (bf16 *)scratch, *yp = xp + (size_t)(c->h + c->k - 1) * xline;

	for (int i = 0; i < n * c->h; i++) {
		const int r0 = i % c->h, rows = min_i(FEW_ROWS, c->h - r0);

		if (r0 == 0)
			few_pixels(c, &g, rounded + (size_t)(i / c->h) * g.image, xp);
		if (r0 % FEW_ROWS)
			continue;
		for (int r = 0; r < rows; r++)
			few_gradients(
				c, dy->x + (size_t)(i + r) * row, yp + (size_t)r * yline);
		for (size_t n0 = 0; n0 < co; n0 += NR) {
			for (int ky = 0; ky < c->k; ky++) {
				struct factors f[FACTORS_MAX];
				size_t at = 0;

				for (int r = 0; r < rows; r++)
					f[r] = (struct factors){
						xp + (size_t)(r0 + r + ky) * xline,
						yp + (size_t)r * yline + 2 * n0, 2,
						2 * (size_t)g.taps, 2 * co, pixels};
				columns(g.taps, f, rows,
					grad + (size_t)(ky * g.taps) * co + n0, co,
					add || i > 0, NULL, &at);
			}
		}
	}
}

static void few_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	for (size_t i = 0; i < (size_t)(c->k * c->k * c->ci * c->co); i++)
		dw[i] += grad[i];
}

static const struct yc_conv_form few = {
	.method = {.name = "few-bf16",
		.summary =
			"sums as they are defined, of numbers of 8 bits, few channels"},
	.fits = few_fits,
	.plan = few_plan,
	.prepare = few_prepare,
	.forward = few_forward,
	.adjoint = few_adjoint,
	.weights = few_weights,
	.fold = few_fold,
};

static void fill(struct yc_kern *k)
{
	yc_kern_prefer(k, YC_FASTEST, &few);
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
