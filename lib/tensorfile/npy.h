/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_NPY_H
#define TENSORFILE_NPY_H

#include "yc/record.h"

/* NumPy arrays: their dtypes, and the header of an .npy file. */

/* The dtype of a code such as "<f4" or "u1"; YC_OTHER for unsupported ones. */
enum yc_dtype yc_npy_dtype(const char *code, size_t n, bool *big_endian);
/* The code without the byte order, "f4"; NULL for BF16 and what else NumPy lacks. */
const char *yc_npy_code(enum yc_dtype dtype);

/* Strides in elements, row-major or (Fortran) column-major. Returns the size of the array
 * in bytes; UINT64_MAX on overflow. */
uint64_t yc_npy_strides(
	const uint64_t *shape, int rank, bool fortran, uint64_t *stride, size_t element);

/* 'S' or 'U' if the code is one of strings of *width characters, else 0. */
char yc_npy_text(const char *code, size_t n, uint32_t *width, bool *big_endian);

struct yc_npy {
	enum yc_dtype dtype;
	char text; /* as in struct yc_strided */
	uint32_t width;
	bool big_endian, fortran;
	int rank;
	uint64_t shape[YC_RANK_MAX];
	size_t at; /* offset of the elements */
};
int yc_npy_header(struct yc_npy *h, const unsigned char *data, size_t n) YC_CHECKED;

#endif
