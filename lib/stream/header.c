/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"

/* Largest integer that every JSON parser represents exactly. */
#define INTEGER_MAX ((uint64_t)9007199254740991)
enum { DEPTH_MAX = 4, COMMAS_MAX = 1 << 17 };

/*
 * A header consists of strings and integers in a few levels of braces; anything else is
 * rejected before the parser runs, so that its recursion and memory are bounded.
 */
static int json_scan(const char *s, size_t n)
{
	bool string = false;
	int depth = 0;
	size_t commas = 0;

	for (size_t i = 0; i < n; i++) {
		if (string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				string = false;
			continue;
		}
		switch (s[i]) {
		case '"':
			string = true;
			break;
		case '{':
		case '[':
			if (++depth > DEPTH_MAX)
				return yc_fail(YC_FAIL, "header: nested too deeply");
			break;
		case '}':
		case ']':
			depth--;
			break;
		case ',':
			if (++commas > COMMAS_MAX)
				return yc_fail(YC_FAIL, "header: too many entries");
			break;
		case ':':
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			break;
		default:
			if (s[i] < '0' || s[i] > '9')
				return yc_fail(YC_FAIL, "header: only strings and whole "
							"numbers are allowed");
		}
	}
	return YC_OK;
}

static bool get_u64(const json_t *j, uint64_t *v)
{
	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return false;
	*v = (uint64_t)json_integer_value(j);
	return *v <= INTEGER_MAX;
}

static int decode_meta(struct yc_meta *m, json_t *object)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return yc_fail(YC_FAIL, "header: __metadata__ is not an object");
	if (json_object_size(object) > YC_META_MAX)
		return yc_fail(
			YC_FAIL, "header: more than %d metadata keys", YC_META_MAX);
	json_object_foreach(object, key, value)
	{
		if (!yc_name_ok(key))
			return yc_fail(YC_FAIL, "header: bad metadata key '%s'", key);
		if (!json_is_string(value))
			return yc_fail(
				YC_FAIL, "header: metadata '%s' is not a string", key);
		if (yc_meta_append(m, key, json_string_value(value)) < 0)
			return YC_FAIL;
	}
	return YC_OK;
}

struct span {
	uint64_t begin, end;
};

static int decode_tensor(
	struct yc_tensor *t, struct span *span, const char *name, json_t *j)
{
	json_t *dtype = json_object_get(j, "dtype"), *shape = json_object_get(j, "shape");
	json_t *offsets = json_object_get(j, "data_offsets");
	const struct yc_dtype_row *d;
	uint64_t n;

	if (!json_is_string(dtype) || !json_is_array(shape) || !json_is_array(offsets) ||
		json_object_size(j) != 3)
		return yc_fail(YC_FAIL, "needs exactly dtype, shape and data_offsets");
	if (!yc_name_ok(json_string_value(dtype)) ||
		json_string_length(dtype) >= sizeof(t->dtype_name))
		return yc_fail(YC_FAIL, "bad dtype");
	t->name = yc_strdup(name);
	if (!t->name)
		return YC_FAIL;
	strcpy(t->dtype_name, json_string_value(dtype));
	d = yc_dtype_find(t->dtype_name);
	t->dtype = d ? d->type : YC_OTHER;
	if (json_array_size(shape) > YC_RANK_MAX)
		return yc_fail(YC_FAIL, "more than %d dimensions", YC_RANK_MAX);
	t->rank = (int)json_array_size(shape);
	for (int i = 0; i < t->rank; i++)
		if (!get_u64(json_array_get(shape, (size_t)i), &t->shape[i]))
			return yc_fail(YC_FAIL, "bad shape");
	if (json_array_size(offsets) != 2 ||
		!get_u64(json_array_get(offsets, 0), &span->begin) ||
		!get_u64(json_array_get(offsets, 1), &span->end) ||
		span->begin > span->end)
		return yc_fail(YC_FAIL, "bad data_offsets");
	t->bytes = (size_t)(span->end - span->begin);
	if (!yc_elements(t->rank, t->shape, &n))
		return yc_fail(YC_FAIL, "shape overflows");
	if (d && (__builtin_mul_overflow(n, d->bits, &n) || n % 8 != 0 ||
			 n / 8 != t->bytes))
		return yc_fail(YC_FAIL, "shape and data_offsets do not match");
	return YC_OK;
}

struct placed {
	struct yc_tensor tensor;
	struct span span;
	size_t at;
};

static int by_span(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->span.begin != b->span.begin)
		return a->span.begin < b->span.begin ? -1 : 1;
	if (a->span.end != b->span.end)
		return a->span.end < b->span.end ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int decode_tensors(struct yc_record *r, json_t *root, size_t n, size_t *data_bytes)
{
	struct placed *p = yc_calloc(n, sizeof(*p));
	size_t i = 0;
	uint64_t end = 0;
	int status = p ? YC_OK : YC_FAIL;
	const char *name;
	json_t *value;

	if (status < 0)
		return status;
	json_object_foreach(root, name, value)
	{
		if (!strcmp(name, "__metadata__"))
			continue;
		if (!yc_name_ok(name)) {
			status =
				yc_fail(YC_FAIL, "header: bad tensor name '%.64s'", name);
			goto out;
		}
		p[i].at = i;
		status = decode_tensor(&p[i].tensor, &p[i].span, name, value);
		i++;
		if (status < 0) {
			(void)yc_fail_in(status, "tensor '%s'", name);
			goto out;
		}
	}
	qsort(p, n, sizeof(*p), by_span);
	for (i = 0; i < n; i++) {
		if (p[i].span.begin != end) {
			status = yc_fail(YC_FAIL,
				"tensor '%s': the data has a %s before it",
				p[i].tensor.name,
				p[i].span.begin > end ? "hole" : "tensor that overlaps");
			goto out;
		}
		end = p[i].span.end;
	}
	if (end > SIZE_MAX / 2) {
		status = yc_fail(YC_FAIL, "header: the data is too large");
		goto out;
	}
	*data_bytes = (size_t)end;
	for (i = 0; i < n; i++) {
		struct yc_tensor *t = yc_record_append(r);

		if (!t) {
			status = YC_FAIL;
			goto out;
		}
		*t = p[i].tensor;
		p[i].tensor = (struct yc_tensor){0};
	}
out:
	for (i = 0; i < n; i++)
		yc_tensor_release(&p[i].tensor);
	yc_free(p);
	return status;
}

int yc_record_header(struct yc_record *r, const char *json, size_t n, size_t *data_bytes)
{
	json_error_t error;
	json_t *root, *meta;
	size_t tensors;
	int status;

	*r = (struct yc_record){0};
	*data_bytes = 0;
	if (n > YC_HEADER_MAX)
		return yc_fail(YC_FAIL, "header: longer than %d bytes", YC_HEADER_MAX);
	status = json_scan(json, n);
	if (status < 0)
		return status;
	root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return yc_fail(
			YC_FAIL, "header: byte %d: %s", error.position, error.text);
	meta = json_object_get(root, "__metadata__");
	tensors = json_object_size(root) - (meta ? 1 : 0);
	if (!json_is_object(root))
		status = yc_fail(YC_FAIL, "header: not a JSON object");
	else if (tensors > YC_TENSORS_MAX)
		status = yc_fail(YC_FAIL, "header: more than %d tensors", YC_TENSORS_MAX);
	if (status == YC_OK && meta)
		status = decode_meta(&r->meta, meta);
	if (status == YC_OK)
		status = decode_tensors(r, root, tensors, data_bytes);
	json_decref(root);
	if (status < 0)
		yc_record_release(r);
	return status;
}
