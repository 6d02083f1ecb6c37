/* SPDX-License-Identifier: MIT */
/*
 * PyTorch tensors in plain pickles: each storage is a whole file of the format before
 * PyTorch 1.6, as bytes, for torch.storage._load_from_bytes. It holds a magic number,
 * a version, system information, a reference to the storage, its key, and the elements.
 */
#include <string.h>

#include "lib/tensorfile/pickle.h"
#include "yc/mem.h"

/* The pickles before the elements are much smaller; this bounds what each run allocates. */
enum { PICKLE_MAX = 4096 };

/* Bytes that protocol 2 stores as text are decoded, in memory of `m`. */
static int bytes_of(struct yc_pickle *m, const struct yc_pickle_value *v,
	const unsigned char **data, size_t *n)
{
	unsigned char **grown, *own;

	*data = m->data + v->at;
	*n = v->n;
	if (v->kind == V_BYTES)
		return YC_OK;
	if (v->kind != V_LATIN1)
		return yc_pickle_bad(m, "a storage that is not bytes");
	for (size_t i = 0; i < v->n; i++)
		*n -= ((*data)[i] & 0xc0) == 0x80;
	/* Every string is used once, unless it was made to exhaust memory. */
	if (*n > m->n - m->decoded)
		return yc_pickle_bad(m, "the same storage many times");
	grown = yc_grow_list(m->own, m->owned, sizeof *grown);
	if (!grown)
		return YC_FAIL;
	m->own = grown;
	own = yc_grow(NULL, 0, *n);
	if (!own)
		return YC_FAIL;
	m->own[m->owned++] = own;
	m->decoded += *n;
	*data = own;
	return yc_pickle_latin1(m, v, own, *n);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Runs the pickle at *at; the caller releases it. */
static int run(struct yc_pickle *inner, const unsigned char *data, size_t n, size_t *at)
{
	int status = yc_pickle_run_inner(inner, data + *at, least(n - *at, PICKLE_MAX));

	*at += inner->at;
	return status;
}

/* Runs a pickle that is not needed. */
static int skip(const unsigned char *data, size_t n, size_t *at)
{
	struct yc_pickle inner;
	int status = run(&inner, data, n, at);

	yc_pickle_release(&inner);
	return status;
}

static int read_order(const unsigned char *data, size_t n, size_t *at, bool *big_endian)
{
	struct yc_pickle inner;
	int status = run(&inner, data, n, at);
	const struct yc_pickle_value *v =
		status == YC_OK
			? yc_pickle_find(&inner, yc_pickle_root(&inner), "little_endian")
			: NULL;

	*big_endian = v && v->kind == V_BOOL && !v->number;
	yc_pickle_release(&inner);
	return status;
}

static int read_storage(
	const unsigned char *data, size_t n, size_t *at, struct yc_pickle_storage *s)
{
	struct yc_pickle inner;
	int status = run(&inner, data, n, at);

	if (status == YC_OK && yc_pickle_root(&inner)->kind != V_STORAGE)
		status = YC_NO;
	if (status == YC_OK)
		*s = inner.storage[yc_pickle_root(&inner)->box];
	yc_pickle_release(&inner);
	return status;
}

static int parse(const unsigned char *data, size_t n, struct yc_pickle_storage *s)
{
	size_t at = sizeof yc_pickle_legacy;
	uint64_t count = 0;
	bool big_endian = false;
	int status;

	if (n < at || memcmp(data, yc_pickle_legacy, at) != 0)
		return YC_NO;
	status = skip(data, n, &at);
	if (status == YC_OK)
		status = read_order(data, n, &at, &big_endian);
	if (status == YC_OK)
		status = read_storage(data, n, &at, s);
	if (status == YC_OK)
		status = skip(data, n, &at);
	if (status == YC_OK && n - at < 8)
		status = YC_NO;
	if (status != YC_OK)
		return status;
	for (size_t i = 8; i-- > 0;)
		count = count << 8 | data[at + i];
	at += 8;
	if (count != s->numel || yc_size_mul(count, yc_dtype_size(s->dtype)) != n - at)
		return YC_NO;
	s->key = (struct yc_pickle_value){0};
	s->nested = data + at;
	s->big_endian = big_endian;
	return YC_OK;
}

int yc_pickle_load_from_bytes(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item;
	struct yc_pickle_storage s = {0};
	const unsigned char *data;
	size_t n;
	int status;

	if (m->inner)
		return yc_pickle_bad(m, "a storage in a storage");
	if (!yc_pickle_items(m, args, &item, 1))
		return yc_pickle_bad(m, "called without arguments");
	if (bytes_of(m, &item, &data, &n) < 0)
		return YC_FAIL;
	status = parse(data, n, &s);
	if (status == YC_NO)
		return yc_pickle_bad(m, "the bytes are not a storage of PyTorch");
	return status < 0 ? status : yc_pickle_push_storage(m, &s);
}
