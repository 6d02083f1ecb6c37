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

static bool is_signed(enum yc_dtype t)
{
	return t == YC_I8 || t == YC_I16 || t == YC_I32 || t == YC_I64;
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

/* One line of n elements, `step` bytes apart; a loop for each type that images have. */
static void line(const struct yc_strided *v, const unsigned char *p, size_t n,
	size_t step, double *to)
{
	const struct yc_strided one = {.dtype = v->dtype, .big_endian = v->big_endian};
	float f;
	double d;

	if (v->dtype == YC_U8 && step == 1) {
		for (size_t i = 0; i < n; i++)
			to[i] = p[i];
	} else if (v->dtype == YC_U8) {
		for (size_t i = 0; i < n; i++)
			to[i] = p[i * step];
	} else if (v->dtype == YC_F32 && !v->big_endian) {
		for (size_t i = 0; i < n; i++) {
			memcpy(&f, p + i * step, sizeof f);
			to[i] = (double)f;
		}
	} else if (v->dtype == YC_F64 && !v->big_endian) {
		for (size_t i = 0; i < n; i++) {
			memcpy(&d, p + i * step, sizeof d);
			to[i] = d;
		}
	} else {
		for (size_t i = 0; i < n; i++) {
			struct yc_strided at = one;

			at.at = p + i * step;
			to[i] = number(&at, 0);
		}
	}
}

void yc_strided_row(const struct yc_strided *v, uint64_t i, double *to)
{
	const size_t size = yc_dtype_size(v->dtype);
	/* the last three dimensions, those before it of size 1 */
	uint64_t shape[3] = {1, 1, 1}, stride[3] = {0};

	for (int k = 1; k < v->rank; k++) {
		shape[3 - v->rank + k] = v->shape[k];
		stride[3 - v->rank + k] = v->stride[k];
	}
	for (uint64_t a = 0; a < shape[0]; a++)
		for (uint64_t b = 0; b < shape[1]; b++, to += shape[2])
			line(v,
				v->at + (i * v->stride[0] + a * stride[0] +
						b * stride[1]) *
						size,
				(size_t)shape[2], (size_t)stride[2] * size, to);
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
	const size_t size = yc_dtype_size(v->dtype);
	uint64_t at[YC_RANK_MAX] = {0}, index = 0, n = yc_strided_count(v), b;

	for (uint64_t i = 0; i < n; i++, index = next(v, at, index)) {
		double x = number(v, index);

		/* Beyond 2^53 a double does not represent every integer. */
		if (is_float(v->dtype) ? x != floor(x) || fabs(x) > 0x1p53 : false)
			return yc_fail(YC_FAIL, "element %llu is %g, not an integer",
				(unsigned long long)i, x);
		if (is_float(v->dtype)) {
			to[i] = (int64_t)x;
			continue;
		}
		b = bits(v, index, size);
		to[i] = is_signed(v->dtype) ? as_signed(b, size) : (int64_t)b;
		/* U64 beyond the largest number of I64 */
		if (to[i] < 0 && !is_signed(v->dtype))
			return yc_fail(YC_FAIL, "element %llu is %g, too large",
				(unsigned long long)i, x);
	}
	return YC_OK;
}

/* Appends a character as UTF-8; false if it is none. */
static bool put_utf8(char **to, uint32_t c)
{
	unsigned char *p = (unsigned char *)*to;

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	if (c < 0x80) {
		*p++ = (unsigned char)c;
	} else if (c < 0x800) {
		*p++ = (unsigned char)(0xc0 | c >> 6);
		*p++ = (unsigned char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*p++ = (unsigned char)(0xe0 | c >> 12);
		*p++ = (unsigned char)(0x80 | (c >> 6 & 63));
		*p++ = (unsigned char)(0x80 | (c & 63));
	} else {
		*p++ = (unsigned char)(0xf0 | c >> 18);
		*p++ = (unsigned char)(0x80 | (c >> 12 & 63));
		*p++ = (unsigned char)(0x80 | (c >> 6 & 63));
		*p++ = (unsigned char)(0x80 | (c & 63));
	}
	*to = (char *)p;
	return true;
}

int yc_strided_text(const struct yc_strided *v, uint64_t i, char *to, size_t size)
{
	const size_t unit = v->text == 'U' ? 4 : 1;
	const unsigned char *p = v->at + i * v->stride[0] * v->width * unit;
	size_t n = v->width;

	if (size < 4 * n + 1)
		return yc_fail(YC_FAIL, "strings of more than %zu characters", size / 4);
	while (n > 0 && memcmp(p + (n - 1) * unit, "\0\0\0", unit) == 0)
		n--;
	for (size_t k = 0; k < n; k++) {
		uint32_t c = 0;

		if (unit == 1) {
			if (!p[k])
				return yc_fail(YC_FAIL, "a string with a zero in it");
			*to++ = (char)p[k];
			continue;
		}
		for (size_t b = 0; b < 4; b++)
			c = c << 8 | p[4 * k + (v->big_endian ? b : 3 - b)];
		if (!c || !put_utf8(&to, c))
			return yc_fail(YC_FAIL, "a string that is not text");
	}
	*to = '\0';
	return YC_OK;
}
