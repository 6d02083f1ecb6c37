/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_NPY_H
#define TENSORFILE_NPY_H

#include "yc/record.h"

/* Arrays of NumPy: their dtypes, and the header of a .npy file. */

/* Of a code such as "<f4" or "u1"; YC_OTHER for those that we have no use for. */
enum yc_dtype yc_npy_dtype(const char *code, size_t n, bool *big_endian);

/* Steps in elements from one index to the next, rows first or (Fortran) columns first.
 * Returns the bytes of the whole; UINT64_MAX: more than can be. */
uint64_t yc_npy_strides(
	const uint64_t *shape, int rank, bool fortran, uint64_t *stride, size_t element);

struct yc_npy {
	enum yc_dtype dtype;
	bool big_endian, fortran;
	int rank;
	uint64_t shape[YC_RANK_MAX];
	size_t at; /* where the elements begin */
};
int yc_npy_header(struct yc_npy *h, const unsigned char *data, size_t n) YC_CHECKED;

#endif
