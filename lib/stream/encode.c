/* SPDX-License-Identifier: MIT */
/* Encodes a record as a safetensors blob: JSON header, padding, data. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"

static int by_alignment(const void *pa, const void *pb)
{
	const struct yc_tensor *const *a = pa, *const *b = pb;
	int ra = yc_dtype_order((*a)->dtype_name), rb = yc_dtype_order((*b)->dtype_name);

	return ra != rb ? (ra > rb ? -1 : 1) : strcmp((*a)->name, (*b)->name);
}

static json_t *encode_tensor(const struct yc_tensor *t, size_t at)
{
	json_t *shape = json_array(), *j;

	for (int i = 0; i < t->rank; i++)
		json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
	j = json_pack("{s:s, s:o, s:[I, I]}", "dtype", t->dtype_name, "shape", shape,
		"data_offsets", (json_int_t)at, (json_int_t)(at + t->bytes));
	return j;
}

/* The JSON text, malloc'd, or NULL. */
static char *encode_header(
	const struct yc_record *r, const struct yc_tensor *const *order)
{
	json_t *root = json_object(), *meta = json_object();
	size_t at = 0;
	char *text = NULL;

	for (size_t i = 0; i < r->meta.n; i++) {
		if (!yc_name_ok(r->meta.pair[i].key) ||
			json_object_set_new(meta, r->meta.pair[i].key,
				json_string(r->meta.pair[i].value)) < 0) {
			(void)yc_fail(YC_FAIL, "metadata '%s' is not UTF-8",
				r->meta.pair[i].key);
			json_decref(meta);
			goto out;
		}
	}
	json_object_set_new(root, "__metadata__", meta);
	if (!r->meta.n)
		json_object_del(root, "__metadata__");
	for (size_t i = 0; i < r->ntensors; i++) {
		if (!strcmp(order[i]->name, "__metadata__") ||
			json_object_get(root, order[i]->name) ||
			json_object_set_new(
				root, order[i]->name, encode_tensor(order[i], at)) < 0) {
			(void)yc_fail(YC_FAIL, "tensor '%s': bad or repeated name",
				order[i]->name);
			goto out;
		}
		at += order[i]->bytes;
	}
	text = json_dumps(root, JSON_COMPACT);
	if (!text)
		(void)yc_no_memory(0);
out:
	json_decref(root);
	return text;
}

/* Tensors in the order of their data, by yc_calloc. */
static const struct yc_tensor **ordered(const struct yc_record *r)
{
	const struct yc_tensor **order = yc_calloc(r->ntensors, sizeof(*order));

	for (size_t i = 0; order && i < r->ntensors; i++)
		order[i] = &r->tensor[i];
	if (order)
		qsort(order, r->ntensors, sizeof(*order), by_alignment);
	return order;
}

/* Length and header, and memory for `more` bytes after them. */
static int encode_head(const struct yc_record *r, const struct yc_tensor *const *order,
	size_t more, unsigned char **out, size_t *bytes)
{
	char *json = NULL;
	size_t n, padded;
	unsigned char *p;

	/* Readers would refuse it. */
	if (r->meta.n > YC_META_MAX)
		return yc_fail(
			YC_FAIL, "more than %d metadata keys in a record", YC_META_MAX);
	json = encode_header(r, order);
	if (!json)
		return YC_FAIL;
	n = strlen(json);
	padded = (n + 7) / 8 * 8;
	if (padded > YC_HEADER_MAX) {
		free(json);
		return yc_fail(YC_FAIL, "the header of a record exceeds %d bytes",
			YC_HEADER_MAX);
	}
	*bytes = 8 + padded;
	p = __builtin_add_overflow(*bytes, more, &more) ? NULL : yc_grow(NULL, 0, more);
	*out = p;
	if (p) {
		for (int i = 0; i < 8; i++)
			p[i] = (unsigned char)((uint64_t)padded >> (8 * i));
		memcpy(p + 8, json, n);
		memset(p + 8 + n, ' ', padded - n);
	}
	free(json);
	return p ? YC_OK : YC_FAIL;
}

int yc_record_encode_head(
	const struct yc_record *r, size_t *position, unsigned char **out, size_t *bytes)
{
	const struct yc_tensor **order = ordered(r);
	int status = order ? encode_head(r, order, 0, out, bytes) : YC_FAIL;

	for (size_t i = 0; status == YC_OK && i < r->ntensors; i++)
		position[i] = (size_t)(order[i] - r->tensor);
	yc_free(order);
	return status;
}

int yc_record_encode(const struct yc_record *r, unsigned char **out, size_t *bytes)
{
	const struct yc_tensor **order = ordered(r);
	size_t data = 0;
	unsigned char *p;
	int status = order ? YC_OK : YC_FAIL;

	for (size_t i = 0; i < r->ntensors; i++)
		if (__builtin_add_overflow(data, r->tensor[i].bytes, &data))
			data = SIZE_MAX;
	if (status == YC_OK)
		status = encode_head(r, order, data, out, bytes);
	p = status == YC_OK ? *out + *bytes : NULL;
	for (size_t i = 0; p && i < r->ntensors; i++) {
		if (order[i]->bytes)
			memcpy(p, order[i]->data, order[i]->bytes);
		p += order[i]->bytes;
	}
	if (status == YC_OK)
		*bytes += data;
	yc_free(order);
	return status;
}
