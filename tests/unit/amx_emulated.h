/* SPDX-License-Identifier: MIT */
/*
 * What lib/kern/amx_ops.h has, in plain C, as Intel's manual defines the instructions: for
 * tests on processors without AMX. Counts what a kernel does.
 */
#ifndef AMX_EMULATED_H
#define AMX_EMULATED_H

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the instructions of a processor might do wrong. */
enum amx_fault {
	FAULT_NONE,
	FAULT_NO_SUMS,	/* the first tile is overwritten, not added to */
	FAULT_NO_ODD,	/* odd products are left out */
	FAULT_NO_ZERO,	/* a tile is not cleared */
	FAULT_LAST_ROW, /* a store leaves the last row out */
	COUNT_FAULTS
};

static struct {
	enum amx_fault fault;
	struct tile_config config; /* palette 0: none */
	uint8_t tile[8][16][64];
	long loads, stores, dots;
} amx;

static void tiles_configure(const struct tile_config *c)
{
	assert(c->palette == 1 && c->start_row == 0);
	for (int i = 0; i < 16; i++)
		assert(i < 8 ? c->rows[i] <= 16 && c->bytes[i] <= 64
			     : !c->rows[i] && !c->bytes[i]);
	amx.config = *c;
	memset(amx.tile, 0, sizeof amx.tile);
}

static void tiles_release(void)
{
	memset(&amx.config, 0, sizeof amx.config);
}

static void emulate_zero(int n)
{
	assert(amx.config.palette && amx.config.rows[n]);
	if (amx.fault != FAULT_NO_ZERO)
		memset(amx.tile[n], 0, sizeof amx.tile[n]);
}

static void emulate_load(int n, const void *p, size_t stride)
{
	emulate_zero(n);
	for (int i = 0; i < amx.config.rows[n]; i++)
		memcpy(amx.tile[n][i], (const uint8_t *)p + (size_t)i * stride,
			amx.config.bytes[n]);
	amx.loads++;
}

static void emulate_store(int n, void *p, size_t stride)
{
	assert(amx.config.palette && amx.config.rows[n]);
	for (int i = 0; i < amx.config.rows[n] - (amx.fault == FAULT_LAST_ROW); i++)
		memcpy((uint8_t *)p + (size_t)i * stride, amx.tile[n][i],
			amx.config.bytes[n]);
	amx.stores++;
}

/* Denormals are zero. */
static inline float flushed(float x)
{
	return fabsf(x) < FLT_MIN ? copysignf(0, x) : x;
}

/* The bf16 of a tile, row by row. */
static void widened(int n, float to[16][32])
{
	for (int i = 0; i < 16; i++) {
		for (int k = 0; k < 32; k++) {
			uint32_t u = (uint32_t)amx.tile[n][i][2 * k + 1] << 24 |
				     (uint32_t)amx.tile[n][i][2 * k] << 16;

			memcpy(&to[i][k], &u, sizeof u);
			to[i][k] = flushed(to[i][k]);
		}
	}
}

/* Even and odd products are summed apart, from zero, by fused multiply-adds, then added to
 * each other and to c. */
static inline ALWAYS void dot_row(
	float x[32], float y[16][32], int pairs, int columns, float *to)
{
	float even[16] = {0}, odd[16] = {0};

	for (int k = 0; k < pairs; k++) {
		for (int j = 0; j < 16; j++) {
			even[j] = flushed(fmaf(x[2 * k], y[k][2 * j], even[j]));
			odd[j] = flushed(fmaf(x[2 * k + 1], y[k][2 * j + 1], odd[j]));
		}
	}
	for (int j = 0; j < columns; j++)
		to[j] = flushed(flushed(to[j]) + flushed(even[j] + odd[j]));
}

/* As an instruction where there is one: fmaf() takes ten times as long. */
#if defined(__x86_64__)
__attribute__((target("fma"))) static void dot_row_fma(
	float x[32], float y[16][32], int pairs, int columns, float *to)
{
	dot_row(x, y, pairs, columns, to);
}
#define HAS_FMA __builtin_cpu_supports("fma")
#else
#define dot_row_fma dot_row
#define HAS_FMA false
#endif

static void emulate_dot(int c, int a, int b)
{
	const int pairs = amx.config.bytes[a] / 4, columns = amx.config.bytes[c] / 4;
	float x[16][32], y[16][32], to[16];

	assert(a != b && b != c && a != c && amx.config.palette);
	assert(amx.config.rows[a] == amx.config.rows[c] && amx.config.rows[b] == pairs);
	assert(amx.config.bytes[b] == amx.config.bytes[c]);
	widened(a, x);
	widened(b, y);
	for (int i = 0; i < amx.config.rows[c]; i++) {
		for (int k = 1; k < 32 && amx.fault == FAULT_NO_ODD; k += 2)
			x[i][k] = 0;
		memcpy(to, amx.tile[c][i], sizeof to);
		if (amx.fault == FAULT_NO_SUMS)
			memset(to, 0, sizeof to);
		(HAS_FMA ? dot_row_fma : dot_row)(x[i], y, pairs, columns, to);
		memcpy(amx.tile[c][i], to, sizeof to);
	}
	amx.dots++;
}

#define TILE_ZERO(n) emulate_zero(n)
#define TILE_LOAD(n, p, stride) emulate_load(n, p, stride)
#define TILE_STORE(n, p, stride) emulate_store(n, p, stride)
#define TILE_DOT(c, a, b) emulate_dot(c, a, b)

/* To nearest, ties to even; a NaN stays one. */
static uint16_t rounded(float x)
{
	uint32_t u;

	x = flushed(x);
	memcpy(&u, &x, sizeof u);
	return (uint16_t)((isnan(x) ? u | 1 << 22 : u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static inline ALWAYS half to_bf16(vec a, vec b)
{
	half h;

	for (int i = 0; i < 16; i++) {
		h[i] = rounded(a[i]);
		h[16 + i] = rounded(b[i]);
	}
	return h;
}

#endif
