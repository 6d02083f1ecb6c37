/* SPDX-License-Identifier: MIT */
/* Half precision from and to float; ties to even, too large values to the largest. */
#include <math.h>

#include "yc/half.h"

enum { SIGN = 0x8000, LARGEST = 0x7bff, QUIET_NAN = 0x7e00 };

uint16_t yc_half_from_float(float x)
{
	const uint16_t sign = signbit(x) ? SIGN : 0;
	int e;

	if (isnan(x))
		return sign | QUIET_NAN;
	x = fabsf(x);
	if (x >= 65504)
		return sign | LARGEST;
	/* Steps are 2^-24 below 2^-13, above that 2^-11 of the next power of two. rintf
	 * rounds ties to even; a carry propagates into the exponent by itself. */
	(void)frexpf(x, &e);
	e = x < 0x1p-14f ? -13 : e; /* of 0 too, whose e is 0 */
	return sign | (uint16_t)((e + 13) * 1024 + (int)rintf(ldexpf(x, 11 - e)));
}

float yc_half_to_float(uint16_t h)
{
	const int e = h >> 10 & 31, m = h & 1023;
	const float x = e == 31	 ? (m ? NAN : INFINITY)
			: e == 0 ? ldexpf((float)m, -24)
				 : ldexpf((float)(m + 1024), e - 25);

	return h & SIGN ? -x : x;
}
