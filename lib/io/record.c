/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/io/io.h"
#include "yc/mem.h"
#include "yc/real.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor data is little-endian on the wire and used as it is"
#endif

/* Largest integer that every JSON parser keeps exactly. */
#define INTEGER_MAX ((uint64_t)9007199254740991)
enum { DEPTH_MAX = 4, COMMAS_MAX = 1 << 17 };

/*
 * All dtypes of the safetensors format in its order of alignment, which is also the order
 * (backwards) in which the reference writer sorts tensors. Those without a name of ours
 * are carried along and never interpreted.
 */
static const struct dtype {
	char name[16];
	unsigned bits;
	enum yc_dtype type;
} dtypes[] = {
	{"BOOL", 8, YC_BOOL},
	{"F4", 4, YC_OTHER},
	{"F6_E2M3", 6, YC_OTHER},
	{"F6_E3M2", 6, YC_OTHER},
	{"U8", 8, YC_U8},
	{"I8", 8, YC_I8},
	{"F8_E5M2", 8, YC_OTHER},
	{"F8_E4M3", 8, YC_OTHER},
	{"F8_E8M0", 8, YC_OTHER},
	{"F8_E4M3FNUZ", 8, YC_OTHER},
	{"F8_E5M2FNUZ", 8, YC_OTHER},
	{"I16", 16, YC_I16},
	{"U16", 16, YC_U16},
	{"F16", 16, YC_F16},
	{"BF16", 16, YC_BF16},
	{"I32", 32, YC_I32},
	{"U32", 32, YC_U32},
	{"F32", 32, YC_F32},
	{"C64", 64, YC_OTHER},
	{"F64", 64, YC_F64},
	{"I64", 64, YC_I64},
	{"U64", 64, YC_U64},
};

static const struct dtype *dtype_find(const char *name)
{
	for (size_t i = 0; i < YC_COUNT(dtypes); i++)
		if (!strcmp(dtypes[i].name, name))
			return &dtypes[i];
	return NULL;
}

static const struct dtype *dtype_of(enum yc_dtype t)
{
	for (size_t i = 0; i < YC_COUNT(dtypes); i++)
		if (t != YC_OTHER && dtypes[i].type == t)
			return &dtypes[i];
	return NULL;
}

size_t yc_dtype_size(enum yc_dtype t)
{
	const struct dtype *d = dtype_of(t);

	return d ? d->bits / 8 : 0;
}

const char *yc_dtype_name(enum yc_dtype t)
{
	const struct dtype *d = dtype_of(t);

	return d ? d->name : "?";
}

/* -- metadata -- */

static struct yc_pair *meta_find(const struct yc_meta *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->pair[i].key, key))
			return &m->pair[i];
	return NULL;
}

const char *yc_meta_get(const struct yc_meta *m, const char *key)
{
	const struct yc_pair *p = meta_find(m, key);

	return p ? p->value : NULL;
}

static int meta_append(struct yc_meta *m, const char *key, const char *value)
{
	struct yc_pair *grown;
	struct yc_pair p = {yc_strdup(key), yc_strdup(value)};

	if (!p.key || !p.value)
		goto fail;
	/* Room doubles: a hostile header with thousands of keys stays linear. */
	if ((m->n & (m->n - 1)) == 0) {
		grown = yc_realloc(m->pair, m->n * sizeof(*grown), m->n ? 2 * m->n : 1,
			sizeof(*grown));
		if (!grown)
			goto fail;
		m->pair = grown;
	}
	m->pair[m->n++] = p;
	return YC_OK;
fail:
	yc_free(p.key);
	yc_free(p.value);
	return YC_FAIL;
}

int yc_meta_set(struct yc_meta *m, const char *key, const char *value)
{
	struct yc_pair *p = meta_find(m, key);
	char *copy;

	if (!p)
		return meta_append(m, key, value);
	copy = yc_strdup(value);
	if (!copy)
		return YC_FAIL;
	yc_free(p->value);
	p->value = copy;
	return YC_OK;
}

void yc_meta_drop(struct yc_meta *m, const char *key)
{
	struct yc_pair *p = meta_find(m, key);

	if (!p)
		return;
	yc_free(p->key);
	yc_free(p->value);
	memmove(p, p + 1, (size_t)(m->pair + m->n - (p + 1)) * sizeof(*p));
	m->n--;
}

int yc_meta_copy(struct yc_meta *to, const struct yc_meta *from)
{
	*to = (struct yc_meta){0};
	for (size_t i = 0; i < from->n; i++) {
		if (meta_append(to, from->pair[i].key, from->pair[i].value) < 0) {
			yc_meta_release(to);
			return YC_FAIL;
		}
	}
	return YC_OK;
}

void yc_meta_release(struct yc_meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		yc_free(m->pair[i].key);
		yc_free(m->pair[i].value);
	}
	yc_free(m->pair);
	*m = (struct yc_meta){0};
}

/* -- tensors -- */

void yc_tensor_release(struct yc_tensor *t)
{
	yc_free(t->name);
	yc_free(t->data);
	*t = (struct yc_tensor){0};
}

void yc_record_release(struct yc_record *r)
{
	for (size_t i = 0; i < r->ntensors; i++)
		yc_tensor_release(&r->tensor[i]);
	yc_free(r->tensor);
	yc_meta_release(&r->meta);
	*r = (struct yc_record){0};
}

struct yc_tensor *yc_record_find(const struct yc_record *r, const char *name)
{
	for (size_t i = 0; i < r->ntensors; i++)
		if (!strcmp(r->tensor[i].name, name))
			return &r->tensor[i];
	return NULL;
}

/* Product of the dimensions, or false on overflow. */
static bool elements(int rank, const uint64_t *shape, uint64_t *n)
{
	bool zero = false;

	*n = 1;
	for (int i = 0; i < rank; i++)
		zero = zero || shape[i] == 0;
	if (zero) {
		*n = 0;
		return true;
	}
	for (int i = 0; i < rank; i++)
		if (__builtin_mul_overflow(*n, shape[i], n))
			return false;
	return true;
}

/* Control characters in names would end up on terminals and in TSV files. */
static bool name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > YC_NAME_MAX)
		return false;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
			return false;
	return true;
}

struct yc_tensor *yc_record_append(struct yc_record *r)
{
	struct yc_tensor *grown;

	if (r->ntensors >= YC_TENSORS_MAX) {
		(void)yc_fail(
			YC_FAIL, "more than %d tensors in a record", YC_TENSORS_MAX);
		return NULL;
	}
	if ((r->ntensors & (r->ntensors - 1)) == 0) {
		grown = yc_realloc(r->tensor, r->ntensors * sizeof(*grown),
			r->ntensors ? 2 * r->ntensors : 4, sizeof(*grown));
		if (!grown)
			return NULL;
		r->tensor = grown;
	}
	r->tensor[r->ntensors] = (struct yc_tensor){0};
	return &r->tensor[r->ntensors++];
}

struct yc_tensor *yc_record_add(struct yc_record *r, const char *name, enum yc_dtype type,
	int rank, const uint64_t *shape, const void *data)
{
	const struct dtype *d = dtype_of(type);
	struct yc_tensor *t, new = {0};
	uint64_t n;
	size_t bytes;

	if (!d || rank < 0 || rank > YC_RANK_MAX || !name_ok(name)) {
		(void)yc_fail(YC_FAIL, "tensor '%s': bad name, dtype or rank", name);
		return NULL;
	}
	if (!elements(rank, shape, &n) ||
		__builtin_mul_overflow(n, d->bits / 8, &bytes)) {
		(void)yc_fail(YC_FAIL, "tensor '%s' is too large", name);
		return NULL;
	}
	new.name = yc_strdup(name);
	new.data = yc_alloc(bytes, 1);
	if (!new.name || !new.data)
		goto fail;
	if (data && bytes)
		memcpy(new.data, data, bytes);
	strcpy(new.dtype_name, d->name);
	new.dtype = type;
	new.rank = rank;
	for (int i = 0; i < rank; i++)
		new.shape[i] = shape[i];
	new.bytes = bytes;
	t = yc_record_find(r, name);
	if (t)
		yc_tensor_release(t);
	else
		t = yc_record_append(r);
	if (!t)
		goto fail;
	*t = new;
	return t;
fail:
	yc_tensor_release(&new);
	return NULL;
}

int yc_record_copy(struct yc_record *to, const struct yc_record *from)
{
	struct yc_tensor *t;

	*to = (struct yc_record){0};
	if (yc_meta_copy(&to->meta, &from->meta) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < from->ntensors; i++) {
		t = yc_record_append(to);
		if (!t)
			goto fail;
		*t = from->tensor[i];
		t->name = yc_strdup(t->name);
		t->data = yc_grow(NULL, 0, t->bytes);
		if (!t->name || !t->data)
			goto fail;
		if (t->bytes)
			memcpy(t->data, from->tensor[i].data, t->bytes);
	}
	return YC_OK;
fail:
	yc_record_release(to);
	return YC_FAIL;
}

bool yc_record_is_data(const struct yc_record *r)
{
	const char *kind = yc_meta_get(&r->meta, "yc.kind");

	return r->ntensors > 0 && (!kind || !strcmp(kind, "data"));
}

bool yc_record_is_extra(const struct yc_record *r)
{
	const char *kind = yc_meta_get(&r->meta, "yc.kind");

	if (!kind || !strcmp(kind, "data"))
		return false;
	return strcmp(kind, "head") != 0 || r->ntensors > 0;
}

int yc_record_rows(const struct yc_record *r, uint64_t *rows)
{
	for (size_t i = 0; i < r->ntensors; i++) {
		const struct yc_tensor *t = &r->tensor[i];

		if (t->rank < 1)
			return yc_fail(YC_FAIL,
				"tensor '%s' of a data record has no rows", t->name);
		if (i == 0)
			*rows = t->shape[0];
		if (t->shape[0] != *rows)
			return yc_fail(YC_FAIL,
				"tensor '%s' has %llu rows, '%s' has %llu", t->name,
				(unsigned long long)t->shape[0], r->tensor[0].name,
				(unsigned long long)*rows);
		if (*rows ? t->bytes % *rows != 0 : t->bytes != 0)
			return yc_fail(YC_FAIL,
				"the rows of tensor '%s' are not whole bytes", t->name);
	}
	return YC_OK;
}

size_t yc_tensor_row_bytes(const struct yc_tensor *t)
{
	return t->rank > 0 && t->shape[0] ? t->bytes / t->shape[0] : 0;
}

bool yc_tensor_same_rows(const struct yc_tensor *a, const struct yc_tensor *b)
{
	if (strcmp(a->dtype_name, b->dtype_name) != 0 || a->rank != b->rank)
		return false;
	for (int i = 1; i < a->rank; i++)
		if (a->shape[i] != b->shape[i])
			return false;
	/* A dtype that we do not know may differ in size nevertheless. */
	return !a->shape[0] || !b->shape[0] ||
	       yc_tensor_row_bytes(a) == yc_tensor_row_bytes(b);
}

bool yc_parse_u64(const char *s, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(*s - '0'), &v) || v > max)
			return false;
	}
	*value = v;
	return true;
}

/* -- decoding -- */

/*
 * A header consists of strings and whole numbers in shallow braces; anything else is
 * refused before the parser runs, so that its recursion and memory are bounded by this
 * grammar.
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
		if (!name_ok(key))
			return yc_fail(YC_FAIL, "header: bad metadata key '%s'", key);
		if (!json_is_string(value))
			return yc_fail(
				YC_FAIL, "header: metadata '%s' is not a string", key);
		if (meta_append(m, key, json_string_value(value)) < 0)
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
	const struct dtype *d;
	uint64_t n;

	if (!json_is_string(dtype) || !json_is_array(shape) || !json_is_array(offsets) ||
		json_object_size(j) != 3)
		return yc_fail(YC_FAIL, "needs exactly dtype, shape and data_offsets");
	if (!name_ok(json_string_value(dtype)) ||
		json_string_length(dtype) >= sizeof(t->dtype_name))
		return yc_fail(YC_FAIL, "bad dtype");
	t->name = yc_strdup(name);
	if (!t->name)
		return YC_FAIL;
	strcpy(t->dtype_name, json_string_value(dtype));
	d = dtype_find(t->dtype_name);
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
	if (!elements(t->rank, t->shape, &n))
		return yc_fail(YC_FAIL, "shape overflows");
	if (d && (__builtin_mul_overflow(n, d->bits, &n) || n % 8 != 0 ||
			 n / 8 != t->bytes))
		return yc_fail(YC_FAIL, "shape and data_offsets disagree");
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
	struct placed *p = yc_alloc(n, sizeof(*p));
	size_t i = 0;
	uint64_t end = 0;
	int err = p ? YC_OK : YC_FAIL;
	const char *name;
	json_t *value;

	if (err < 0)
		return err;
	json_object_foreach(root, name, value)
	{
		if (!strcmp(name, "__metadata__"))
			continue;
		if (!name_ok(name)) {
			err = yc_fail(YC_FAIL, "header: bad tensor name '%.64s'", name);
			goto out;
		}
		p[i].at = i;
		err = decode_tensor(&p[i].tensor, &p[i].span, name, value);
		i++;
		if (err < 0) {
			(void)yc_fail_in(err, "tensor '%s'", name);
			goto out;
		}
	}
	qsort(p, n, sizeof(*p), by_span);
	for (i = 0; i < n; i++) {
		if (p[i].span.begin != end) {
			err = yc_fail(YC_FAIL, "tensor '%s': the data has a %s before it",
				p[i].tensor.name,
				p[i].span.begin > end ? "hole" : "tensor that overlaps");
			goto out;
		}
		end = p[i].span.end;
	}
	if (end > SIZE_MAX / 2) {
		err = yc_fail(YC_FAIL, "header: the data is too large");
		goto out;
	}
	*data_bytes = (size_t)end;
	for (i = 0; i < n; i++) {
		struct yc_tensor *t = yc_record_append(r);

		if (!t) {
			err = YC_FAIL;
			goto out;
		}
		*t = p[i].tensor;
		p[i].tensor = (struct yc_tensor){0};
	}
out:
	for (i = 0; i < n; i++)
		yc_tensor_release(&p[i].tensor);
	yc_free(p);
	return err;
}

int yc_record_header(struct yc_record *r, const char *json, size_t n, size_t *data_bytes)
{
	json_error_t error;
	json_t *root, *meta;
	size_t tensors;
	int err;

	*r = (struct yc_record){0};
	*data_bytes = 0;
	if (n > YC_HEADER_MAX)
		return yc_fail(YC_FAIL, "header: longer than %d bytes", YC_HEADER_MAX);
	err = json_scan(json, n);
	if (err < 0)
		return err;
	root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return yc_fail(
			YC_FAIL, "header: byte %d: %s", error.position, error.text);
	meta = json_object_get(root, "__metadata__");
	tensors = json_object_size(root) - (meta ? 1 : 0);
	if (!json_is_object(root))
		err = yc_fail(YC_FAIL, "header: not a JSON object");
	else if (tensors > YC_TENSORS_MAX)
		err = yc_fail(YC_FAIL, "header: more than %d tensors", YC_TENSORS_MAX);
	if (err == YC_OK && meta)
		err = decode_meta(&r->meta, meta);
	if (err == YC_OK)
		err = decode_tensors(r, root, tensors, data_bytes);
	json_decref(root);
	if (err < 0)
		yc_record_release(r);
	return err;
}

/* -- encoding -- */

static int dtype_rank(const char *name)
{
	const struct dtype *d = dtype_find(name);

	/* Unknown ones last: nothing behind them can lose its alignment. */
	return d ? (int)(d - dtypes) : -1;
}

static int by_alignment(const void *pa, const void *pb)
{
	const struct yc_tensor *const *a = pa, *const *b = pb;
	int ra = dtype_rank((*a)->dtype_name), rb = dtype_rank((*b)->dtype_name);

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
		if (!name_ok(r->meta.pair[i].key) ||
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
		(void)yc_fail(YC_FAIL, "out of memory");
out:
	json_decref(root);
	return text;
}

int yc_record_encode(const struct yc_record *r, unsigned char **out, size_t *bytes)
{
	const struct yc_tensor **order = yc_alloc(r->ntensors, sizeof(*order));
	unsigned char *p = NULL;
	char *json = NULL;
	size_t n, padded, total;
	int err = YC_FAIL;

	if (!order)
		return YC_FAIL;
	/* Whoever reads it would refuse it. */
	if (r->meta.n > YC_META_MAX) {
		err = yc_fail(
			YC_FAIL, "more than %d metadata keys in a record", YC_META_MAX);
		goto out;
	}
	for (size_t i = 0; i < r->ntensors; i++)
		order[i] = &r->tensor[i];
	qsort(order, r->ntensors, sizeof(*order), by_alignment);
	json = encode_header(r, order);
	if (!json)
		goto out;
	n = strlen(json);
	padded = (n + 7) / 8 * 8;
	if (padded > YC_HEADER_MAX) {
		err = yc_fail(YC_FAIL, "the header of a record exceeds %d bytes",
			YC_HEADER_MAX);
		goto out;
	}
	total = 8 + padded;
	for (size_t i = 0; i < r->ntensors; i++)
		if (__builtin_add_overflow(total, r->tensor[i].bytes, &total))
			goto out;
	p = yc_grow(NULL, 0, total);
	if (!p)
		goto out;
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)((uint64_t)padded >> (8 * i));
	memcpy(p + 8, json, n);
	memset(p + 8 + n, ' ', padded - n);
	*out = p;
	*bytes = total;
	p += 8 + padded;
	for (size_t i = 0; i < r->ntensors; i++) {
		if (order[i]->bytes)
			memcpy(p, order[i]->data, order[i]->bytes);
		p += order[i]->bytes;
	}
	err = YC_OK;
out:
	free(json);
	yc_free(order);
	return err;
}

/* -- whole files -- */

int yc_record_load(struct yc_record *r, const char *path)
{
	struct yc_source *s = NULL;
	unsigned char size[8];
	uint64_t n = 0;
	size_t got, data, end;
	char *json = NULL;
	int err;

	*r = (struct yc_record){0};
	err = yc_source_open(&s, path, 1);
	if (err < 0)
		return yc_fail_in(err, "%s", path);
	err = yc_source_read(s, size, sizeof(size), &got);
	if (err < 0)
		goto out;
	for (int i = 7; i >= 0; i--)
		n = n << 8 | size[i];
	if (got < 8 || n > YC_HEADER_MAX) {
		const char *what = yc_sniff(size, got);

		err = yc_fail(YC_FAIL, "not a safetensors file%s%s%s",
			what ? " (it is " : "", what ? what : "", what ? ")" : "");
		goto out;
	}
	err = YC_FAIL;
	json = yc_grow(NULL, 0, (size_t)n);
	if (!json)
		goto out;
	err = yc_source_read(s, json, (size_t)n, &got);
	if (err == YC_OK && got < n)
		err = yc_fail(YC_CUT, "the file ends inside its header");
	if (err == YC_OK)
		err = yc_record_header(r, json, (size_t)n, &data);
	for (size_t i = 0; err == YC_OK && i < r->ntensors; i++)
		err = yc_source_tensor(s, &r->tensor[i]);
	if (err == YC_OK)
		err = yc_source_read(s, size, 1, &end);
	if (err == YC_OK && end)
		err = yc_fail(YC_FAIL, "data follows the last tensor");
out:
	yc_free(json);
	yc_source_close(s);
	if (err < 0) {
		yc_record_release(r);
		return yc_fail_in(err, "%s", path);
	}
	return YC_OK;
}

int yc_record_save(const struct yc_record *r, const char *path)
{
	struct yc_outfile out;
	unsigned char *blob;
	size_t bytes;
	int err = yc_record_encode(r, &blob, &bytes);

	if (err < 0)
		return yc_fail_in(err, "%s", path);
	err = yc_outfile_open(&out, path);
	if (err == YC_OK) {
		err = yc_outfile_write(&out, blob, bytes);
		if (err == YC_OK)
			err = yc_outfile_commit(&out);
		else
			yc_outfile_abort(&out);
	}
	yc_free(blob);
	return err;
}
