/* SPDX-License-Identifier: MIT */
#ifndef PHOTO_BLEND_H
#define PHOTO_BLEND_H

#include <stddef.h>
#include <stdint.h>

/* Fractional bits of a weight: the weights of an output add up to about 1 << YC_BLEND_POINT. */
enum { YC_BLEND_POINT = 22 };
/* Columns that are transposed at a time, and rows that are scaled at a time. */
enum { YC_TURN = 16, YC_GROUP = 32 };

/* The weights of all outputs along an axis. */
struct yc_axis {
	int n, capacity; /* outputs; capacity of w for each */
	int *at, *len;	 /* [n] first input and number of inputs, which is not 0 */
	int32_t *w;	 /* [n][capacity]; that of an only input is 1 << YC_BLEND_POINT */
};

/*
 * Arithmetic of scaling, vectorised for the processor; integers, so that all sets give the
 * same bytes.
 */
struct yc_blend {
	/* For every output k of an axis, whose inputs are `step` bytes apart, m of each:
	 * out [n][m] = sum_t w_kt in[at_k + t], rounded, at most 255 */
	void (*blend)(const struct yc_axis *a, const uint8_t *in, size_t step,
		uint8_t *out, size_t m);
	/* in [n][3][YC_GROUP] -> out [n][YC_GROUP]: the brightness of R, G, B */
	void (*grey)(const uint8_t *in, uint8_t *out, size_t n);
	/* in [YC_GROUP] rows of n bytes, `step` bytes apart -> out [n][YC_GROUP]; n is a
	 * multiple of YC_TURN */
	void (*turn)(const uint8_t *in, size_t step, uint8_t *out, size_t n);
	/* And back: in [n] columns of YC_GROUP bytes, `step` bytes apart -> out [YC_GROUP]
	 * rows of n bytes, without gaps */
	void (*turn_back)(const uint8_t *in, size_t step, uint8_t *out, size_t n);
};
const struct yc_blend *yc_blend_get(void);
/* All that this processor can run, the last one the fastest; NULL-terminated. */
const struct yc_blend *const *yc_blend_all(void);

#endif
