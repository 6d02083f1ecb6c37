/* SPDX-License-Identifier: MIT */
/* Records in memory: finds and adds tensors, limits their size, and tells which records
 * hold rows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/set.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor data is little-endian on the wire and used without conversion"
#endif

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

int yc_record_fits(uint64_t bytes, uint64_t most)
{
	if (!most)
		most = YC_RECORD_BYTES;
	if (bytes <= most)
		return YC_OK;
	return yc_fail(YC_FAIL,
		"the record has %" PRIu64 " bytes, over the limit of %" PRIu64
		" (--memory)",
		bytes, most);
}

bool yc_elements(int rank, const uint64_t *shape, uint64_t *n)
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

bool yc_name_ok(const char *s)
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
	grown = yc_grow_list(r->tensor, r->ntensors, sizeof(*grown));
	if (!grown)
		return NULL;
	r->tensor = grown;
	r->tensor[r->ntensors] = (struct yc_tensor){0};
	return &r->tensor[r->ntensors++];
}

struct yc_tensor *yc_record_add(struct yc_record *r, const char *name, enum yc_dtype type,
	int rank, const uint64_t *shape, const void *data)
{
	const struct yc_dtype_row *d = yc_dtype_of(type);
	struct yc_tensor *t, new = {0};
	uint64_t n;
	size_t bytes;

	if (!d || rank < 0 || rank > YC_RANK_MAX || !yc_name_ok(name)) {
		(void)yc_fail(YC_FAIL, "tensor '%s': bad name, dtype or rank", name);
		return NULL;
	}
	if (!yc_elements(rank, shape, &n) ||
		__builtin_mul_overflow(n, d->bits / 8, &bytes)) {
		(void)yc_fail(YC_FAIL, "tensor '%s' is too large", name);
		return NULL;
	}
	new.name = yc_strdup(name);
	new.data = yc_calloc(bytes, 1);
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

bool yc_record_is_passthrough(const struct yc_record *r)
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
	/* Unknown dtypes may differ in size. */
	return !a->shape[0] || !b->shape[0] ||
	       yc_tensor_row_bytes(a) == yc_tensor_row_bytes(b);
}

/* "U8 [N,3,32,32]" */
static void rows_text(char *text, size_t size, const struct yc_tensor *t)
{
	size_t n = (size_t)snprintf(text, size, "%s [N", t->dtype_name);

	for (int i = 1; i < t->rank && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, ",%" PRIu64, t->shape[i]);
	if (n < size)
		(void)snprintf(text + n, size - n, "]");
}

static const char *remedy(const struct yc_tensor *missing)
{
	return yc_score_name(missing->name) ? ": yc-score makes scores" : "";
}

static int column_differs(const struct yc_tensor *t, const struct yc_tensor *earlier)
{
	char now[200], before[200];

	rows_text(now, sizeof(now), t);
	rows_text(before, sizeof(before), earlier);
	return yc_fail(YC_FAIL, "tensor '%s' is %s, in earlier records %s%s", t->name,
		now, before,
		!strcmp(t->name, "image") && t->dtype != earlier->dtype
			? ": yc-quantise makes all images bytes"
			: "");
}

int yc_record_same_columns(const struct yc_record *rec, const struct yc_record *earlier)
{
	for (size_t i = 0; i < earlier->ntensors; i++)
		if (!yc_record_find(rec, earlier->tensor[i].name))
			return yc_fail(YC_FAIL,
				"no tensor '%s', which earlier records have%s",
				earlier->tensor[i].name, remedy(&earlier->tensor[i]));
	for (size_t i = 0; i < rec->ntensors; i++) {
		const struct yc_tensor *t = &rec->tensor[i],
				       *have = yc_record_find(earlier, t->name);

		if (!have)
			return yc_fail(YC_FAIL, "tensor '%s' is not in earlier records%s",
				t->name, remedy(t));
		if (!yc_tensor_same_rows(have, t))
			return column_differs(t, have);
	}
	return YC_OK;
}

bool yc_count_parse(const char *s, uint64_t max, uint64_t *value)
{
	return (s[0] != '0' || !s[1]) && yc_parse_u64(s, max, value) == YC_NUMBER;
}
