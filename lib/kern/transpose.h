/* SPDX-License-Identifier: MIT */
#ifndef KERN_TRANSPOSE_H
#define KERN_TRANSPOSE_H

/* Matrices transposed in squares of four. Static in every set, whose flags compile it. */
#include "lib/kern/ahead.h"

/* Four numbers, for channels that fill no vector. */
typedef yc_real four __attribute__((
	vector_size(4 * sizeof(yc_real)), aligned(sizeof(yc_real)), may_alias));

/* Four columns of rows of b, ldb apart, to rows that are ldt apart. */
static inline ALWAYS void transpose_four(
	const yc_real *b, size_t ldb, yc_real *to, size_t ldt)
{
	const four r0 = *(const four *)(const void *)b,
		   r1 = *(const four *)(const void *)(b + ldb),
		   r2 = *(const four *)(const void *)(b + 2 * ldb),
		   r3 = *(const four *)(const void *)(b + 3 * ldb),
		   a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5),
		   c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5),
		   d = __builtin_shufflevector(r0, r1, 2, 6, 3, 7),
		   e = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);

	*(four *)(void *)to = __builtin_shufflevector(a, c, 0, 1, 4, 5);
	*(four *)(void *)(to + ldt) = __builtin_shufflevector(a, c, 2, 3, 6, 7);
	*(four *)(void *)(to + 2 * ldt) = __builtin_shufflevector(d, e, 0, 1, 4, 5);
	*(four *)(void *)(to + 3 * ldt) = __builtin_shufflevector(d, e, 2, 3, 6, 7);
}

/* to [n][m] = b [m][n] transposed, rows ldb and ldt apart. */
static inline ALWAYS void transpose(
	int m, int n, const yc_real *b, size_t ldb, yc_real *to, size_t ldt)
{
	for (int i = 0; i < m; i += 4) {
		const yc_real *from = b + (size_t)i * ldb;
		yc_real *o = to + i;
		int j = 0;

		for (; i + 4 <= m && j + 4 <= n; j += 4)
			transpose_four(from + j, ldb, o + (size_t)j * ldt, ldt);
		for (; j < n; j++)
			for (int q = 0; q < min_i(4, m - i); q++)
				o[(size_t)j * ldt + (size_t)q] =
					from[(size_t)q * ldb + (size_t)j];
	}
}

#endif
