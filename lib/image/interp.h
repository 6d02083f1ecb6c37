/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_INTERP_H
#define IMAGE_INTERP_H

#include "yc/real.h"

/*
 * Bilinear interpolation along one axis with half-pixel centres, from n samples to
 * `side` (yc-methods(7), "Bilinear interpolation"), weights computed in double:
 *
 *   src = max(0, (o + 1/2) n/side - 1/2)
 *   i0 = floor(src)   i1 = min(i0 + 1, n - 1)   l = src - i0
 *   out[o] = (1-l) in[i0] + l in[i1]
 */
struct interp {
	int i0, i1;
	yc_real w0, w1;
};

static inline struct interp interp_at(int o, int n, int side)
{
	double src = (o + 0.5) * n / side - 0.5;
	int i0;

	if (src < 0)
		src = 0;
	i0 = (int)src;
	return (struct interp){i0, i0 + 1 < n ? i0 + 1 : n - 1, (yc_real)(1 - (src - i0)),
		(yc_real)(src - i0)};
}

#endif
