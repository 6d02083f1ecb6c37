/* SPDX-License-Identifier: MIT */
/* Weighted sums of rows of bytes, which the compiler vectorises once per set of
 * instructions, and the transposition that makes columns rows. */
#include <string.h>

#include "lib/photo/blend.h"

#define ALWAYS static inline __attribute__((always_inline))

/* Sums of so many outputs stay in the first cache. */
enum { BLOCK = 64, ONE = 1 << YC_BLEND_POINT };

/* Rounded weights may add up to slightly more than one. */
ALWAYS uint8_t rounded(int32_t sum)
{
	const int32_t v = sum >> YC_BLEND_POINT;

	return (uint8_t)(v > 255 ? 255 : v);
}

ALWAYS void few(const uint8_t *restrict in, size_t step, const int32_t *restrict w,
	const int taps, uint8_t *restrict out, size_t n)
{
	for (size_t j = 0; j < n; j++) {
		int32_t sum = ONE / 2;

		for (int t = 0; t < taps; t++)
			sum += w[t] * in[(size_t)t * step + j];
		out[j] = rounded(sum);
	}
}

ALWAYS void add(const uint8_t *restrict in, size_t step, const int32_t *restrict w,
	const int taps, int32_t *restrict sum, size_t n)
{
	for (size_t j = 0; j < n; j++) {
		int32_t s = sum[j];

		for (int t = 0; t < taps; t++)
			s += w[t] * in[(size_t)t * step + j];
		sum[j] = s;
	}
}

ALWAYS void many(const uint8_t *restrict in, size_t step, const int32_t *restrict w,
	int taps, uint8_t *restrict out, size_t n)
{
	for (size_t at = 0; at < n; at += BLOCK) {
		const size_t m = n - at < BLOCK ? n - at : BLOCK;
		const uint8_t *from = in + at;
		int32_t sum[BLOCK];
		int t = 0;

		for (size_t j = 0; j < BLOCK; j++)
			sum[j] = ONE / 2;
		for (; t + 4 <= taps; t += 4, from += 4 * step)
			add(from, step, w + t, 4, sum, m);
		for (; t < taps; t++, from += step)
			add(from, step, w + t, 1, sum, m);
		for (size_t j = 0; j < m; j++)
			out[at + j] = rounded(sum[j]);
	}
}

ALWAYS void blend(const struct yc_axis *a, const uint8_t *restrict in, size_t step,
	uint8_t *restrict out, size_t m)
{
	for (int k = 0; k < a->n; k++, out += m) {
		const uint8_t *from = in + (size_t)a->at[k] * step;
		const int32_t *w = a->w + (size_t)k * (size_t)a->capacity;

		switch (a->len[k]) {
		case 1: /* its weight is one */
			memcpy(out, from, m);
			break;
		case 2:
			few(from, step, w, 2, out, m);
			break;
		case 3:
			few(from, step, w, 3, out, m);
			break;
		case 4:
			few(from, step, w, 4, out, m);
			break;
		default:
			many(from, step, w, a->len[k], out, m);
		}
	}
}

/* The luma of ITU-R 601, as imaging libraries compute it: a grey pixel does not change. */
ALWAYS void grey(const uint8_t *restrict in, uint8_t *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++, in += 3 * YC_GROUP, out += YC_GROUP)
		for (int k = 0; k < YC_GROUP; k++)
			out[k] = (uint8_t)((19595 * in[k] + 38470 * in[YC_GROUP + k] +
						   7471 * in[2 * YC_GROUP + k] + 32768) >>
					   16);
}

/* -- transposition -- */

typedef uint8_t half __attribute__((vector_size(YC_TURN)));
typedef uint8_t full __attribute__((vector_size(2 * YC_TURN)));
_Static_assert(YC_GROUP == 2 * YC_TURN, "a group of rows is two halves");

#if defined(__clang__)
#define MIX(type, x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define MIX(type, x, y, ...) __builtin_shuffle(x, y, (type){__VA_ARGS__})
#endif
#define HALF_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HALF_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
/* The same in both halves, which is what AVX2 has. */
#define FULL_LOW \
	0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 16, 48, 17, 49, 18, 50, \
		19, 51, 20, 52, 21, 53, 22, 54, 23, 55
#define FULL_HIGH \
	8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47, 24, 56, 25, 57, \
		26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63

/* Four times the same perfect shuffle: bits of the row's number move to the column's. */
#define TRANSPOSE(name, type, LOW, HIGH) \
	ALWAYS void name(type *a) \
	{ \
		type b[YC_TURN]; \
\
		_Pragma("GCC unroll 4") for (int times = 0; times < 4; times++) \
		{ \
			_Pragma("GCC unroll 8") for (int i = 0; i < YC_TURN / 2; i++) \
			{ \
				b[2 * i] = MIX(type, a[i], a[i + 8], LOW); \
				b[2 * i + 1] = MIX(type, a[i], a[i + 8], HIGH); \
			} \
			memcpy(a, b, sizeof b); \
		} \
	}

TRANSPOSE(transpose_half, half, HALF_LOW, HALF_HIGH)
#if defined(__x86_64__)
TRANSPOSE(transpose_full, full, FULL_LOW, FULL_HIGH)
#endif

/* A block of YC_TURN x YC_TURN. */
static void turn_half(const uint8_t *in, size_t step, uint8_t *out, size_t out_step)
{
	half a[YC_TURN];

	for (size_t i = 0; i < YC_TURN; i++)
		memcpy(&a[i], in + i * step, sizeof *a);
	transpose_half(a);
	for (size_t i = 0; i < YC_TURN; i++)
		memcpy(out + i * out_step, &a[i], sizeof *a);
}

static void turn_plain(const uint8_t *in, size_t step, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += YC_TURN)
		for (size_t i = 0; i < YC_GROUP; i += YC_TURN)
			turn_half(in + i * step + at, step, out + at * YC_GROUP + i,
				YC_GROUP);
}

static void turn_back_plain(const uint8_t *in, size_t step, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += YC_TURN)
		for (size_t i = 0; i < YC_GROUP; i += YC_TURN)
			turn_half(in + at * step + i, step, out + i * n + at, n);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

/* Two blocks side by side: rows i and YC_TURN + i are the halves of a vector. */
AVX2 static void turn_avx2(const uint8_t *in, size_t step, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += YC_TURN, in += YC_TURN) {
		full a[YC_TURN];

		for (size_t i = 0; i < YC_TURN; i++) {
			memcpy(&a[i], in + i * step, sizeof(half));
			memcpy((uint8_t *)&a[i] + sizeof(half), in + (YC_TURN + i) * step,
				sizeof(half));
		}
		transpose_full(a);
		for (size_t i = 0; i < YC_TURN; i++, out += YC_GROUP)
			memcpy(out, &a[i], sizeof *a);
	}
}

AVX2 static void turn_back_avx2(const uint8_t *in, size_t step, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += YC_TURN) {
		full a[YC_TURN];

		for (size_t i = 0; i < YC_TURN; i++, in += step)
			memcpy(&a[i], in, sizeof *a);
		transpose_full(a);
		for (size_t i = 0; i < YC_TURN; i++) {
			memcpy(out + i * n + at, &a[i], sizeof(half));
			memcpy(out + (YC_TURN + i) * n + at,
				(uint8_t *)&a[i] + sizeof(half), sizeof(half));
		}
	}
}
#endif

/* -- the sets -- */

#define SET(name, attributes) \
	attributes static void blend_##name(const struct yc_axis *a, const uint8_t *in, \
		size_t step, uint8_t *out, size_t m) \
	{ \
		blend(a, in, step, out, m); \
	} \
	attributes static void grey_##name(const uint8_t *in, uint8_t *out, size_t n) \
	{ \
		grey(in, out, n); \
	} \
	static const struct yc_blend name = { \
		blend_##name, grey_##name, turn_##name, turn_back_##name};

SET(plain, )
#if defined(__x86_64__)
SET(avx2, AVX2)
#endif

const struct yc_blend *const *yc_blend_all(void)
{
	static const struct yc_blend *const all[] = {
		&plain,
#if defined(__x86_64__)
		&avx2,
#endif
		NULL
	};
#if defined(__x86_64__)
	static const struct yc_blend *const least[] = {&plain, NULL};

	if (!__builtin_cpu_supports("avx2"))
		return least;
#endif
	return all;
}

const struct yc_blend *yc_blend_get(void)
{
	const struct yc_blend *const *all = yc_blend_all();

	while (all[1])
		all++;
	return *all;
}
