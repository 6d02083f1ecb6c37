/* SPDX-License-Identifier: MIT */
/*
 * What lib/kern/amx_ops.h has, in plain C, as Intel's manual defines the instructions: for
 * tests on processors without AMX. Counts what a kernel does.
 */
#ifndef AMX_EMULATED_H
#define AMX_EMULATED_H

#include <assert.h>
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
static float flushed(float x)
{
	return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

static float widened(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float x;

	memcpy(&x, &u, sizeof x);
	return flushed(x);
}

/* Even and odd products are summed apart, from zero, by fused multiply-adds, then added to
 * each other and to c. */
static void emulate_dot(int c, int a, int b)
{
	const int rows = amx.config.rows[c], pairs = amx.config.bytes[a] / 4;

	assert(a != b && b != c && a != c && amx.config.palette);
	assert(rows == amx.config.rows[a] && pairs == amx.config.rows[b]);
	assert(amx.config.bytes[b] == amx.config.bytes[c]);
	for (int i = 0; i < rows; i++) {
		for (size_t j = 0; j < amx.config.bytes[c] / 4; j++) {
			float sum[2] = {0, 0}, to;

			for (int k = 0; k < 2 * pairs; k++) {
				uint16_t x, y;

				if (k % 2 && amx.fault == FAULT_NO_ODD)
					continue;
				memcpy(&x, amx.tile[a][i] + 2 * k, 2);
				memcpy(&y, amx.tile[b][k / 2] + 4 * j + 2 * (k % 2), 2);
				sum[k % 2] =
					flushed(fmaf(widened(x), widened(y), sum[k % 2]));
			}
			memcpy(&to, amx.tile[c][i] + 4 * j, sizeof to);
			if (amx.fault == FAULT_NO_SUMS)
				to = 0;
			to = flushed(flushed(to) + flushed(sum[0] + sum[1]));
			memcpy(amx.tile[c][i] + 4 * j, &to, sizeof to);
		}
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
