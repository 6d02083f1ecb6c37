/* SPDX-License-Identifier: MIT */
#ifndef KERN_CONV_SCATTER_H
#define KERN_CONV_SCATTER_H

#include "lib/kern/internal.h"

/* Adds the gradients of the patches under the pixels of row r of outputs, ld elements apart,
 * to the rows of dx. */
static inline void conv_scatter(
	const struct yc_conv *c, int r, const yc_real *patches, size_t ld, yc_real *dx)
{
	const int pad = c->k / 2, taps = c->k * c->ci, stride = c->half ? 2 : 1;

	for (int ky = 0; ky < c->k; ky++) {
		int y = r * stride + ky - pad;

		if (y < 0 || y >= c->h)
			continue;
		for (int j = 0; j * stride < c->w; j++) {
			int x0 = j * stride - pad, a = x0 < 0 ? -x0 : 0;
			int b = x0 + c->k > c->w ? c->w - x0 : c->k;
			const yc_real *t = patches + (size_t)j * ld + (size_t)(ky * taps);
			yc_real *o = dx + ((size_t)y * (size_t)c->w + (size_t)(x0 + a)) *
						  (size_t)c->ci;

			t += a * c->ci;
			for (int q = 0; q < (b - a) * c->ci; q++)
				o[q] += t[q];
		}
	}
}

#endif
