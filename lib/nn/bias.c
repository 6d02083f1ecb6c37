/* SPDX-License-Identifier: MIT */
/* Biases of convolutions that no norm follows, and their gradients. */
#include "lib/nn/bias.h"

void yc_bias_add(const struct yc_layer *l, int n, const yc_real *b, yc_real *y)
{
	size_t c = (size_t)l->out.c, row = (size_t)l->out.pw * c;

	for (int i = 0; i < n; i++) {
		yc_real *o =
			y + (size_t)i * yc_shape_size(&l->out) + yc_shape_at(&l->out);

		for (int r = 0; r < l->out.h; r++, o += row) {
			for (int j = 0; j < l->out.w; j++) {
				for (size_t q = 0; q < c; q++)
					o[(size_t)j * c + q] += b[q];
			}
		}
	}
}

void yc_bias_gradient(const struct yc_layer *l, int n, const yc_real *dy, yc_real *db)
{
	size_t rows = (size_t)n * (size_t)l->out.h * (size_t)l->out.w,
	       c = (size_t)l->out.c;

	for (size_t o = 0; o < c; o++) {
		double s = 0; /* thousands of terms */

		for (size_t i = 0; i < rows; i++)
			s += (double)dy[i * c + o];
		db[o] += (yc_real)s;
	}
}
