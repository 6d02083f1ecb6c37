/* SPDX-License-Identifier: MIT */
/* Arrays of numbers that several tests need: of zeros, and of noise, with one element more
 * than is asked for. yc_free them. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include "yc/mem.h"
#include "yc/real.h"
#include "yc/rng.h"

static inline yc_real *reals(size_t n)
{
	yc_real *p = yc_calloc(n + 1, sizeof *p);

	assert_non_null(p);
	return p;
}

static inline double *doubles(size_t n)
{
	double *p = yc_calloc(n + 1, sizeof *p);

	assert_non_null(p);
	return p;
}

static inline yc_real *noise(size_t n, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "noise");
	yc_real *p = reals(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)yc_rng_normal(&r);
	return p;
}

#endif
