/* SPDX-License-Identifier: MIT */
/* NumPy arrays: dtypes by their codes, strides, and the header of an .npy file, a Python
 * dict literal. */
#include <string.h>

#include "lib/tensorfile/npy.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/real.h"

static const struct {
	const char *code;
	enum yc_dtype dtype;
} known[] = {{"b1", YC_BOOL}, {"u1", YC_U8}, {"i1", YC_I8}, {"u2", YC_U16},
	{"i2", YC_I16}, {"u4", YC_U32}, {"i4", YC_I32}, {"u8", YC_U64}, {"i8", YC_I64},
	{"f2", YC_F16}, {"f4", YC_F32}, {"f8", YC_F64}};

const char *yc_npy_code(enum yc_dtype dtype)
{
	for (size_t i = 0; i < YC_COUNT(known); i++)
		if (known[i].dtype == dtype)
			return known[i].code;
	return NULL;
}

enum yc_dtype yc_npy_dtype(const char *code, size_t n, bool *big_endian)
{
	*big_endian = n > 0 && code[0] == '>';
	if (n == 3 && memchr("<>|=", code[0], 4)) {
		code++;
		n--;
	}
	for (size_t i = 0; n == 2 && i < YC_COUNT(known); i++)
		if (memcmp(code, known[i].code, 2) == 0)
			return known[i].dtype;
	return YC_OTHER;
}

char yc_npy_text(const char *code, size_t n, uint32_t *width, bool *big_endian)
{
	uint64_t v = 0;

	*width = 0;
	*big_endian = n > 0 && code[0] == '>';
	if (n > 0 && memchr("<>|=", code[0], 4)) {
		code++;
		n--;
	}
	if (n < 2 || n > 6 || (code[0] != 'S' && code[0] != 'U'))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (code[i] < '0' || code[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(code[i] - '0');
	}
	*width = (uint32_t)v;
	return code[0];
}

uint64_t yc_npy_strides(
	const uint64_t *shape, int rank, bool fortran, uint64_t *stride, size_t element)
{
	uint64_t step = 1;

	for (int k = 0; k < rank; k++) {
		int i = fortran ? k : rank - 1 - k;

		stride[i] = step;
		if (__builtin_mul_overflow(step, shape[i], &step))
			return UINT64_MAX;
	}
	return __builtin_mul_overflow(step, element, &step) ? UINT64_MAX : step;
}

/* A Python dict literal, restricted to strings, True and False, and tuples of integers. */
struct text {
	const char *p, *end;
};

static void skip(struct text *t)
{
	while (t->p < t->end && memchr(" \t\n", *t->p, 3))
		t->p++;
}

static bool take(struct text *t, char c)
{
	skip(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool take_string(struct text *t, struct text *s)
{
	const char *close;
	char quote;

	skip(t);
	if (t->p == t->end || (*t->p != '\'' && *t->p != '"'))
		return false;
	quote = *t->p++;
	close = memchr(t->p, quote, (size_t)(t->end - t->p));
	if (!close)
		return false;
	*s = (struct text){t->p, close};
	t->p = close + 1;
	return true;
}

static bool take_word(struct text *t, const char *word)
{
	size_t n = strlen(word);

	skip(t);
	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

static bool take_number(struct text *t, uint64_t *v)
{
	const char *begin;

	skip(t);
	begin = t->p;
	for (*v = 0; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
		if (*v > (UINT64_MAX - 9) / 10)
			return false;
		else
			*v = *v * 10 + (uint64_t)(*t->p - '0');
	if (t->p == begin)
		return false;
	(void)take(t, 'L'); /* a Python 2 long */
	return true;
}

static bool take_shape(struct text *t, struct yc_npy *h)
{
	if (!take(t, '('))
		return false;
	for (h->rank = 0; !take(t, ')'); h->rank++) {
		if (h->rank == YC_RANK_MAX || !take_number(t, &h->shape[h->rank]))
			return false;
		if (!take(t, ','))
			return take(t, ')') && ++h->rank;
	}
	return true;
}

static bool same(const struct text *s, const char *word)
{
	size_t n = (size_t)(s->end - s->p);

	return n == strlen(word) && memcmp(s->p, word, n) == 0;
}

enum { DESCR = 1, ORDER = 2, SHAPE = 4 };

static bool take_entry(struct text *t, struct yc_npy *h, int *have)
{
	struct text key, code;

	if (!take_string(t, &key) || !take(t, ':'))
		return false;
	if (same(&key, "descr")) {
		*have |= DESCR;
		if (!take_string(t, &code)) /* a list: a structured dtype */
			return false;
		h->dtype =
			yc_npy_dtype(code.p, (size_t)(code.end - code.p), &h->big_endian);
		if (h->dtype == YC_OTHER)
			h->text = yc_npy_text(code.p, (size_t)(code.end - code.p),
				&h->width, &h->big_endian);
		return true;
	}
	if (same(&key, "fortran_order")) {
		*have |= ORDER;
		h->fortran = take_word(t, "True");
		return h->fortran || take_word(t, "False");
	}
	*have |= SHAPE;
	return same(&key, "shape") && take_shape(t, h);
}

static bool take_dict(struct text *t, struct yc_npy *h)
{
	int have = 0;

	if (!take(t, '{'))
		return false;
	while (!take(t, '}')) {
		if (!take_entry(t, h, &have))
			return false;
		if (!take(t, ',')) {
			if (!take(t, '}'))
				return false;
			break;
		}
	}
	skip(t);
	return t->p == t->end && have == (DESCR | ORDER | SHAPE);
}

int yc_npy_header(struct yc_npy *h, const unsigned char *data, size_t n)
{
	size_t bytes, head = 8;
	int width;
	struct text t;

	*h = (struct yc_npy){.dtype = YC_OTHER};
	if (n < 12 || memcmp(data, "\x93NUMPY", 6) != 0)
		return yc_fail(YC_FAIL, "npy: not a NumPy array");
	if (data[6] < 1 || data[6] > 3)
		return yc_fail(YC_FAIL, "npy: unknown version %d", data[6]);
	width = data[6] == 1 ? 2 : 4;
	bytes = 0;
	for (int i = width; i-- > 0;)
		bytes = bytes << 8 | data[head + (size_t)i];
	head += (size_t)width;
	if (bytes > n - head)
		return yc_fail(YC_FAIL, "npy: the file ends too early");
	t = (struct text){(const char *)data + head, (const char *)data + head + bytes};
	if (!take_dict(&t, h))
		return yc_fail(YC_FAIL,
			"npy: the header is not one of a plain array: '%.*s'",
			(int)(bytes < 100 ? bytes : 100), (const char *)data + head);
	h->at = head + bytes;
	return YC_OK;
}

int yc_npy_open(struct yc_strided *v, const unsigned char *data, size_t n)
{
	struct yc_npy h;
	size_t element;

	if (yc_npy_header(&h, data, n) < 0)
		return YC_FAIL;
	if (h.dtype == YC_OTHER && !h.text)
		return yc_fail(YC_FAIL, "npy: neither integers, floats nor strings");
	*v = (struct yc_strided){.dtype = h.dtype,
		.text = h.text,
		.width = h.width,
		.big_endian = h.big_endian,
		.rank = h.rank,
		.at = data + h.at};
	memcpy(v->shape, h.shape, sizeof v->shape);
	element = h.text ? (size_t)h.width * (h.text == 'U' ? 4 : 1)
			 : yc_dtype_size(h.dtype);
	if (yc_npy_strides(h.shape, h.rank, h.fortran, v->stride, element) != n - h.at)
		return yc_fail(YC_FAIL, "npy: the size does not match the shape");
	return YC_OK;
}
