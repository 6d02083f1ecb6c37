/* SPDX-License-Identifier: MIT */
/*
 * Vectors of 16 floats and lines of 32 bf16, for conv_amx.h: rounded and split, paired and
 * transposed as tiles want them.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "yc/real.h"

#define ALWAYS __attribute__((always_inline))

typedef float vec __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t word __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t half __attribute__((vector_size(64), aligned(2), may_alias));
typedef uint16_t half16 __attribute__((vector_size(32), aligned(2), may_alias));

/* What ldtilecfg reads. */
struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t bytes[16]; /* of a row */
	uint8_t rows[16];
};

#include AMX_OPS

#define T vec
#define NAME(x) x##_v
#define LOAD(p) (*(const T *)(const void *)(p))
#define STORE(p, v) (*(T *)(void *)(p) = (v))
#include "wino_points.h"

enum { LINE = 32 }; /* bf16: a step of channels, a strip of outputs */

/* Channels c and on of a map, zeros behind the last of them; c >= 16 in all but the last
 * step, where compilers see it. */
static inline ALWAYS vec get(const float *p, int c)
{
	vec v = {0};

	if (c >= 16)
		return LOAD(p);
	if (c > 0)
		memcpy(&v, p, (size_t)c * sizeof *p);
	return v;
}

static inline ALWAYS void set(float *p, vec v, int c)
{
	if (c >= 16)
		STORE(p, v);
	else if (c > 0)
		memcpy(p, &v, (size_t)c * sizeof *p);
}

#define LINE_AT(p) (*(half *)(void *)(p))
#define LINE_OF(p) (*(const half *)(const void *)(p))

#define FIRST_16 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define LAST_16 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

static inline ALWAYS vec from_bf16(half16 h)
{
	return (vec)(__builtin_convertvector(h, word) << 16);
}

/* 32 numbers as a line; what the rounding left as another, `piece` behind it. */
static inline ALWAYS void put(int pieces, vec a, vec b, uint16_t *to, size_t piece)
{
	half h = to_bf16(a, b);

	LINE_AT(to) = h;
	if (pieces == 1)
		return;
	a -= from_bf16(__builtin_shufflevector(h, h, FIRST_16));
	b -= from_bf16(__builtin_shufflevector(h, h, LAST_16));
	LINE_AT(to + piece) = to_bf16(a, b);
}

/* Pairs (a[i], b[i]) of the channels 0 to 15 and 16 to 31 of two lines. */
static inline ALWAYS half pairs_low(half a, half b)
{
	return __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6,
		38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47);
}

static inline ALWAYS half pairs_high(half a, half b)
{
	return __builtin_shufflevector(a, b, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21,
		53, 22, 54, 23, 55, 24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30,
		62, 31, 63);
}

/* Swaps the bit `d` of row and column, between the rows i and i + d. */
#define SWAP(d, even, odd) \
	_Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) \
	{ \
		word a = r[i], b = r[(i + (d)) % 16]; \
\
		if (i & (d)) \
			continue; \
		r[i] = __builtin_shufflevector(a, b, even); \
		r[i + (d)] = __builtin_shufflevector(a, b, odd); \
	}
#define EVEN_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define ODD_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define EVEN_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define ODD_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define EVEN_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define ODD_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define EVEN_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define ODD_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

/* 16 lines of 16 pairs each: line i has the pairs i of all of them. */
static inline ALWAYS void transpose(const half from[16], uint16_t *to)
{
	word r[16];

#pragma GCC unroll 16
	for (int i = 0; i < 16; i++)
		r[i] = (word)from[i];
	SWAP(1, EVEN_1, ODD_1)
	SWAP(2, EVEN_2, ODD_2)
	SWAP(4, EVEN_4, ODD_4)
	SWAP(8, EVEN_8, ODD_8)
#pragma GCC unroll 16
	for (int i = 0; i < 16; i++)
		LINE_AT(to + i * LINE) = (half)r[i];
}
