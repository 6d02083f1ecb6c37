/* SPDX-License-Identifier: MIT */
/*
 * Writes tensors for PyTorch: the pickle of what torch.save is given, with the elements in
 * members of a zip; and plain pickles of tensors, which hold a file of the format before
 * 1.6 for each storage.
 */
#include <stdio.h>
#include <string.h>

#include "lib/archive/bundle.h"
#include "lib/tensorfile/pickle.h"
#include "lib/tensorfile/write.h"
#include "yc/mem.h"
#include "yc/real.h"

#define STORAGE(name, dtype) {dtype, #name},

static const char *storage_of(enum yc_dtype t)
{
	static const struct {
		enum yc_dtype dtype;
		const char *name;
	} known[] = {YC_TORCH_STORAGES(STORAGE)};

	for (size_t i = 0; i < YC_COUNT(known); i++)
		if (known[i].dtype == t)
			return known[i].name;
	return NULL;
}

/* A pickle while it grows; the first failure stays. */
struct text {
	unsigned char *p;
	size_t n, capacity;
	int status;
};

static void put(struct text *o, const void *p, size_t n)
{
	if (o->status == YC_OK && o->n + n > o->capacity) {
		size_t capacity = 2 * (o->n + n) + 256;

		o->p = yc_grow(o->p, o->n, capacity);
		o->capacity = capacity;
		o->status = o->p ? YC_OK : YC_FAIL;
	}
	if (o->status < 0)
		return;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void op(struct text *o, const char *ops)
{
	put(o, ops, strlen(ops));
}

static void put_little(struct text *o, uint64_t v, int bytes)
{
	unsigned char b[8];

	for (int i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	put(o, b, (size_t)bytes);
}

static void put_int(struct text *o, uint64_t v)
{
	if (v < 256) {
		op(o, "K"); /* BININT1 */
		put_little(o, v, 1);
	} else if (v <= INT32_MAX) {
		op(o, "J"); /* BININT */
		put_little(o, v, 4);
	} else {
		op(o, "\x8a\x08"); /* LONG1 of 8 bytes */
		put_little(o, v, 8);
	}
}

static void put_string(struct text *o, const char *s)
{
	op(o, "X"); /* BINUNICODE */
	put_little(o, strlen(s), 4);
	op(o, s);
}

static uint64_t elements(const struct yc_tensor_out *t)
{
	uint64_t n = 1;

	for (int i = 0; i < t->rank; i++)
		n *= t->shape[i];
	return n;
}

/* The storage as a persistent id; `last`: a sixth element, of the old format. */
static void put_storage(
	struct text *o, const struct yc_tensor_out *t, const char *key, bool last)
{
	op(o, "(");
	put_string(o, "storage");
	op(o, "ctorch\n");
	op(o, storage_of(t->dtype));
	op(o, "\n");
	put_string(o, key);
	put_string(o, "cpu");
	put_int(o, elements(t));
	op(o, last ? "NtQ" : "tQ"); /* TUPLE, BINPERSID */
}

/* What follows the storage in the arguments of _rebuild_tensor_v2, and the call. */
static void put_layout(struct text *o, const struct yc_tensor_out *t)
{
	uint64_t stride[YC_RANK_MAX], n = 1;

	for (int i = t->rank - 1; i >= 0; i--) {
		stride[i] = n;
		n *= t->shape[i];
	}
	put_int(o, 0);
	op(o, "(");
	for (int i = 0; i < t->rank; i++)
		put_int(o, t->shape[i]);
	op(o, "t(");
	for (int i = 0; i < t->rank; i++)
		put_int(o, stride[i]);
	/* no gradient, no hooks */
	op(o, "t\x89"
	      "ccollections\nOrderedDict\n)RtR");
}

static const char rebuild[] = "ctorch._utils\n_rebuild_tensor_v2\n(";

static void put_list(struct text *o, const struct yc_tensor_out *t, size_t n)
{
	op(o, "\x80\x02](");
	for (size_t i = 0; i < n; i++) {
		char key[24];

		snprintf(key, sizeof key, "%zu", i);
		op(o, rebuild);
		put_storage(o, &t[i], key, false);
		put_layout(o, &t[i]);
	}
	op(o, "e."); /* APPENDS, STOP */
}

static int member(struct yc_bundle *b, const char *name, const void *p, size_t n)
{
	int status = yc_bundle_file(b, name, n);

	return status == YC_OK ? yc_bundle_write(b, p, n) : status;
}

static int put_members(struct yc_bundle *b, const struct text *o,
	const struct yc_tensor_out *t, size_t n)
{
	const struct yc_sink sink = yc_bundle_sink(b);
	int status = member(b, "archive/data.pkl", o->p, o->n);

	if (status == YC_OK)
		status = member(b, "archive/byteorder", "little", 6);
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		char name[48];

		snprintf(name, sizeof name, "archive/data/%zu", i);
		status = yc_bundle_file(b, name, yc_tensor_out_bytes(&t[i]));
		if (status == YC_OK)
			status = t[i].data(t[i].ctx, &sink);
	}
	return status == YC_OK ? member(b, "archive/version", "3\n", 2) : status;
}

int yc_torch_list_write(const struct yc_tensor_out *t, size_t n, const struct yc_sink *to)
{
	struct text o = {0};
	struct yc_bundle *b = NULL;
	int status;

	put_list(&o, t, n);
	status = o.status;
	if (status == YC_OK)
		status = yc_bundle_open(&b, yc_bundle_form("x.zip"), to);
	if (status == YC_OK)
		status = put_members(b, &o, t, n);
	yc_free(o.p);
	if (status < 0) {
		yc_bundle_abort(b);
		return status;
	}
	return yc_bundle_close(b);
}

static int into_text(void *ctx, const void *p, size_t n)
{
	struct text *o = ctx;

	put(o, p, n);
	return o->status;
}

/* A file of the format before 1.6 whose object is a storage. */
static int put_old_file(struct text *o, const struct yc_tensor_out *t)
{
	const struct yc_sink sink = {into_text, o};

	/* the magic number, the version 1001, the sizes of C's types */
	put(o, yc_pickle_legacy, sizeof yc_pickle_legacy);
	op(o, "\x80\x02M\xe9\x03.");
	op(o, "\x80\x02}(");
	put_string(o, "protocol_version");
	op(o, "M\xe9\x03");
	put_string(o, "little_endian");
	op(o, "\x88");
	put_string(o, "type_sizes");
	op(o, "}(");
	put_string(o, "short");
	op(o, "K\x02");
	put_string(o, "int");
	op(o, "K\x04");
	put_string(o, "long");
	op(o, "K\x04"
	      "uu.");
	op(o, "\x80\x02");
	put_storage(o, t, "0", true);
	op(o, ".\x80\x02](");
	put_string(o, "0");
	op(o, "e.");
	put_little(o, elements(t), 8);
	return o->status == YC_OK ? t->data(t->ctx, &sink) : o->status;
}

static int put_pickled(struct text *o, const struct yc_tensor_out *t)
{
	struct text file = {0};
	int status = put_old_file(&file, t);

	if (status == YC_OK && file.n > UINT32_MAX)
		status = yc_fail(YC_FAIL, "%s: too many values for a pickle", t->name);
	if (status == YC_OK) {
		op(o, rebuild);
		op(o, "ctorch.storage\n_load_from_bytes\nB"); /* BINBYTES */
		put_little(o, file.n, 4);
		put(o, file.p, file.n);
		op(o, "\x85R"); /* TUPLE1, REDUCE */
		put_layout(o, t);
	}
	yc_free(file.p);
	return status == YC_OK ? o->status : status;
}

int yc_torch_dict_pickle(
	const struct yc_tensor_out *t, size_t n, const struct yc_sink *to)
{
	struct text o = {0};
	int status = YC_OK;

	op(&o, "\x80\x03}(");
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		put_string(&o, t[i].name);
		status = put_pickled(&o, &t[i]);
	}
	op(&o, "u."); /* SETITEMS, STOP */
	if (status == YC_OK)
		status = o.status;
	if (status == YC_OK)
		status = to->write(to->ctx, o.p, o.n);
	yc_free(o.p);
	return status;
}
