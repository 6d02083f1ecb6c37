/* SPDX-License-Identifier: MIT */
#ifndef KERN_AHEAD_H
#define KERN_AHEAD_H

#include "lib/kern/internal.h"

#define ALWAYS __attribute__((always_inline))

static inline ALWAYS int min_i(int a, int b)
{
	return a < b ? a : b;
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

#endif
