/* SPDX-License-Identifier: MIT */
/* Elements of tensors of other programs, of any dtype, byte order and strides. */
#include <math.h>
#include <string.h>

#include "lib/tensorfile/tensorfile.h"
#include "yc/half.h"

uint64_t yc_strided_count(const struct yc_strided *v)
{
	uint64_t n = 1;

	for (int i = 0; i < v->rank; i++)
		n *= v->shape[i];
	return n;
}

static uint64_t bits(const struct yc_strided *v, uint64_t index, size_t size)
{
	const unsigned char *p = v->at + index * size;
	uint64_t b = 0;

	for (size_t i = 0; i < size; i++)
		b = b << 8 | p[v->big_endian ? i : size - 1 - i];
	return b;
}

static double as_double(uint64_t b)
{
	double x;

	memcpy(&x, &b, sizeof x);
	return x;
}

static float as_float(uint64_t b)
{
	uint32_t low = (uint32_t)b;
	float x;

	memcpy(&x, &low, sizeof x);
	return x;
}

static int64_t as_signed(uint64_t b, size_t size)
{
	unsigned shift = 64 - 8 * (unsigned)size;

	return (int64_t)(b << shift) >> shift;
}

static bool is_float(enum yc_dtype t)
{
	return t == YC_F16 || t == YC_BF16 || t == YC_F32 || t == YC_F64;
}

static double number(const struct yc_strided *v, uint64_t index)
{
	size_t size = yc_dtype_size(v->dtype);
	uint64_t b = bits(v, index, size);

	switch (v->dtype) {
	case YC_F64:
		return as_double(b);
	case YC_F32:
		return (double)as_float(b);
	case YC_BF16:
		return (double)as_float(b << 16);
	case YC_F16:
		return (double)yc_half_to_float((uint16_t)b);
	case YC_I8:
	case YC_I16:
	case YC_I32:
	case YC_I64:
		return (double)as_signed(b, size);
	default:
		return (double)b;
	}
}

/* Advances the index `at` like an odometer and returns the element's offset in memory. */
static uint64_t next(const struct yc_strided *v, uint64_t *at, uint64_t index)
{
	for (int i = v->rank - 1; i >= 0; i--) {
		if (++at[i] < v->shape[i])
			return index + v->stride[i];
		index -= (v->shape[i] - 1) * v->stride[i];
		at[i] = 0;
	}
	return index;
}

void yc_strided_floats(const struct yc_strided *v, float *to)
{
	uint64_t at[YC_RANK_MAX] = {0}, index = 0, n = yc_strided_count(v);

	for (uint64_t i = 0; i < n; i++, index = next(v, at, index))
		to[i] = (float)number(v, index);
}

int yc_strided_ints(const struct yc_strided *v, int64_t *to)
{
	uint64_t at[YC_RANK_MAX] = {0}, index = 0, n = yc_strided_count(v);

	for (uint64_t i = 0; i < n; i++, index = next(v, at, index)) {
		double x = number(v, index);

		/* Beyond 2^53 a double does not represent every integer. */
		if (is_float(v->dtype) ? x != floor(x) || fabs(x) > 0x1p53 : false)
			return yc_fail(YC_FAIL, "element %llu is %g, not an integer",
				(unsigned long long)i, x);
		to[i] = is_float(v->dtype)
				? (int64_t)x
				: as_signed(bits(v, index, yc_dtype_size(v->dtype)),
					  yc_dtype_size(v->dtype));
	}
	return YC_OK;
}
