/* SPDX-License-Identifier: MIT */
/* Files of tensors of other programs, in any of these formats: PyTorch, current and
 * before 1.6, NumPy, plain pickles; and finds a tensor in them by its path. */
#include <string.h>

#include "lib/tensorfile/tensorfile.h"
#include "yc/mem.h"
#include "yc/number.h"

static uint64_t little(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static const struct yc_tensor_member *member(const struct yc_tensorfile *f,
	const char *folder, size_t folder_n, const char *name, size_t name_n)
{
	for (size_t i = 0; i < f->members; i++) {
		const char *m = f->member[i].name;

		if (strlen(m) == folder_n + name_n && memcmp(m, folder, folder_n) == 0 &&
			memcmp(m + folder_n, name, name_n) == 0)
			return &f->member[i];
	}
	return NULL;
}

/* Allocates the arrays parallel to the storages and tensors of the pickle, and binds the
 * storages whose elements are in it. */
static int pickle_room(struct yc_tensorfile *f)
{
	f->blob = yc_calloc(f->pickle.storages, sizeof *f->blob);
	f->own = yc_calloc(f->pickle.tensors, sizeof *f->own);
	if (!f->blob || !f->own)
		return YC_FAIL;
	for (uint32_t i = 0; i < f->pickle.storages; i++) {
		const struct yc_pickle_storage *s = &f->pickle.storage[i];

		if (s->nested)
			f->blob[i] = (struct yc_tensor_blob){
				s->nested, (size_t)s->numel * yc_dtype_size(s->dtype)};
	}
	return YC_OK;
}

/* A storage is the member whose name is its key, in the folder "data/" beside the pickle. */
static int bind_members(struct yc_tensorfile *f, const char *folder, size_t folder_n)
{
	char data[256];

	if (folder_n + 6 > sizeof data)
		return yc_fail(YC_FAIL, "a member whose name is too long");
	memcpy(data, folder, folder_n);
	memcpy(data + folder_n, "data/", 5);
	for (uint32_t i = 0; i < f->pickle.storages; i++) {
		const struct yc_pickle_storage *s = &f->pickle.storage[i];
		const char *key = (const char *)f->pickle.data + s->key.at;
		const struct yc_tensor_member *m =
			member(f, data, folder_n + 5, key, s->key.n);

		if (s->nested)
			continue;
		if (!m)
			return yc_fail(YC_FAIL, "no member '%.*s%.*s'", (int)folder_n + 5,
				data, (int)(s->key.n < 64 ? s->key.n : 64), key);
		if (m->n != yc_size_mul(s->numel, yc_dtype_size(s->dtype)))
			return yc_fail(YC_FAIL, "%s: %zu bytes for %llu elements",
				m->name, m->n, (unsigned long long)s->numel);
		f->blob[i] = (struct yc_tensor_blob){m->data, m->n};
	}
	return YC_OK;
}

static int open_zip(struct yc_tensorfile *f)
{
	const struct yc_tensor_member *pickle = NULL, *order;
	size_t folder = 0;
	int status = yc_tensorfile_unzip(f);

	if (status != YC_OK)
		return status;
	/* From here on only the members are needed. */
	yc_free(f->data);
	f->data = NULL;
	for (size_t i = 0; i < f->members && !pickle; i++) {
		const char *slash = strrchr(f->member[i].name, '/');

		folder = slash ? (size_t)(slash + 1 - f->member[i].name) : 0;
		if (strcmp(f->member[i].name + folder, "data.pkl") == 0)
			pickle = &f->member[i];
	}
	if (!pickle)
		return YC_OK;
	f->pickled = true;
	order = member(f, pickle->name, folder, "byteorder", 9);
	f->big_endian = order && order->n >= 3 && memcmp(order->data, "big", 3) == 0;
	status = yc_pickle_run(&f->pickle, pickle->data, pickle->n);
	if (status == YC_OK)
		status = pickle_room(f);
	if (status == YC_OK)
		status = bind_members(f, pickle->name, folder);
	return status;
}

/* The keys in the order of the data, then for each a count and its elements. */
static int bind_legacy(struct yc_tensorfile *f, size_t at)
{
	struct yc_pickle keys;
	const struct yc_pickle_value *list;
	uint32_t c, n;
	int status = yc_pickle_run_first(&keys, f->data + at, f->n - at);

	list = status == YC_OK ? yc_pickle_root(&keys) : NULL;
	n = list ? yc_pickle_length(&keys, list) : 0;
	c = n ? keys.box[list->box].first : 0;
	at += keys.at;
	for (uint32_t i = 0; status == YC_OK && i < n; i++, c = keys.cell[c].next) {
		const struct yc_pickle_value *key = &keys.cell[c].v;
		struct yc_tensor_blob blob = {0};
		uint64_t count;

		if (!yc_pickle_is_string(key) || f->n - at < 8) {
			status = yc_fail(YC_FAIL, "the file ends too early");
			break;
		}
		count = little(f->data + at, 8);
		at += 8;
		for (uint32_t k = 0; k < f->pickle.storages; k++) {
			const struct yc_pickle_storage *s = &f->pickle.storage[k];

			if (s->nested || s->key.n != key->n ||
				memcmp(f->pickle.data + s->key.at, keys.data + key->at,
					key->n) != 0)
				continue;
			blob.n = yc_size_mul(count, yc_dtype_size(s->dtype));
			if (count != s->numel || blob.n > f->n - at) {
				status = yc_fail(YC_FAIL, "the file ends too early");
				break;
			}
			blob.at = f->data + at;
			f->blob[k] = blob;
		}
		if (status == YC_OK && !blob.at)
			status = yc_fail(YC_FAIL, "data of a tensor whose elements are "
						  "neither integers nor floats");
		at += blob.n;
	}
	yc_pickle_release(&keys);
	for (uint32_t k = 0; status == YC_OK && k < f->pickle.storages; k++)
		if (!f->blob[k].at)
			status = yc_fail(YC_FAIL, "the data of a tensor are missing");
	return status;
}

/* Magic, version, system information, the object, and its data. */
static int open_legacy(struct yc_tensorfile *f)
{
	size_t at = sizeof yc_pickle_legacy;
	int status = YC_OK;

	for (int i = 0; i < 2 && status == YC_OK; i++) {
		struct yc_pickle m;
		const struct yc_pickle_value *order;

		status = yc_pickle_run_first(&m, f->data + at, f->n - at);
		if (status == YC_OK && i == 1) {
			order = yc_pickle_find(&m, yc_pickle_root(&m), "little_endian");
			f->big_endian = order && order->kind == V_BOOL && !order->number;
		}
		at += m.at;
		yc_pickle_release(&m);
	}
	if (status == YC_OK)
		status = yc_pickle_run_first(&f->pickle, f->data + at, f->n - at);
	if (status == YC_OK)
		status = pickle_room(f);
	return status == YC_OK ? bind_legacy(f, at + f->pickle.at) : status;
}

static int open_pickle(struct yc_tensorfile *f)
{
	int status = f->large ? yc_pickle_run_large(&f->pickle, f->data, f->n)
			      : yc_pickle_run(&f->pickle, f->data, f->n);

	for (uint32_t i = 0; status == YC_OK && i < f->pickle.storages; i++)
		if (!f->pickle.storage[i].nested)
			status = yc_fail(
				YC_FAIL, "a pickle of tensors without their data");
	return status == YC_OK ? pickle_room(f) : status;
}

/* A bare .npy is treated as a zip with one member. */
static int open_npy(struct yc_tensorfile *f)
{
	f->member = yc_calloc(1, sizeof *f->member);
	if (!f->member)
		return YC_FAIL;
	f->members = 1;
	f->member->name = yc_strdup(".npy");
	f->member->data = f->data;
	f->member->n = f->n;
	f->data = NULL;
	return f->member->name ? YC_OK : YC_FAIL;
}

int yc_tensorfile_open(struct yc_tensorfile *f, unsigned char *data, size_t n)
{
	int status = YC_NO;

	*f = (struct yc_tensorfile){.data = data, .n = n};
	if (n >= 4 && memcmp(data, "PK\3\4", 4) == 0) {
		status = open_zip(f);
	} else if (n >= sizeof yc_pickle_legacy &&
		   memcmp(data, yc_pickle_legacy, sizeof yc_pickle_legacy) == 0) {
		f->pickled = true;
		status = open_legacy(f);
	} else if (n >= 2 && data[0] == 0x80) {
		f->pickled = true;
		status = open_pickle(f);
	} else if (n >= 6 && memcmp(data, "\x93NUMPY", 6) == 0) {
		status = open_npy(f);
	}
	if (status != YC_OK)
		yc_tensorfile_close(f);
	return status;
}

int yc_tensorfile_open_pickle(struct yc_tensorfile *f, unsigned char *data, size_t n)
{
	int status = YC_NO;

	*f = (struct yc_tensorfile){.data = data, .n = n, .pickled = true, .large = true};
	if (n >= 3 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5 && data[2])
		status = open_pickle(f);
	if (status != YC_OK)
		yc_tensorfile_close(f);
	return status;
}

void yc_tensorfile_close(struct yc_tensorfile *f)
{
	for (uint32_t i = 0; f->own && i < f->pickle.tensors; i++)
		yc_free(f->own[i]);
	yc_free(f->own);
	yc_free(f->blob);
	yc_pickle_release(&f->pickle);
	for (size_t i = 0; i < f->members; i++) {
		yc_free(f->member[i].name);
		yc_free(f->member[i].data);
	}
	yc_free(f->member);
	yc_free(f->data);
	*f = (struct yc_tensorfile){0};
}

static int view_tensor(struct yc_tensorfile *f, const struct yc_pickle_value *value,
	struct yc_strided *v)
{
	struct yc_pickle *m = &f->pickle;
	const struct yc_pickle_tensor *t = &m->tensor[value->box];
	size_t size = yc_dtype_size(t->dtype), bytes;

	*v = (struct yc_strided){.dtype = t->dtype, .rank = t->rank};
	memcpy(v->shape, t->shape, sizeof v->shape);
	memcpy(v->stride, t->stride, sizeof v->stride);
	if (value->kind == V_TENSOR) {
		const struct yc_pickle_storage *s = &m->storage[t->data.box];

		v->big_endian = s->nested ? s->big_endian : f->big_endian;
		v->at = f->blob[t->data.box].at + t->offset * size;
		return YC_OK;
	}
	v->big_endian = t->big_endian;
	if (t->data.kind == V_BYTES) {
		v->at = m->data + t->data.at;
		return YC_OK;
	}
	bytes = (size_t)yc_strided_count(v) * size;
	if (!f->own[value->box]) {
		f->own[value->box] = yc_grow(NULL, 0, bytes);
		if (!f->own[value->box] ||
			yc_pickle_latin1(m, &t->data, f->own[value->box], bytes) < 0)
			return YC_FAIL;
	}
	v->at = f->own[value->box];
	return YC_OK;
}

/* One component of a path: a key of a dict, an index of a list or tuple. */
static bool step(const struct yc_pickle *m, struct yc_pickle_value *v, const char *name)
{
	const struct yc_pickle_value *found = yc_pickle_find(m, v, name);
	uint64_t place;
	uint32_t c;

	if (found) {
		*v = *found;
		return true;
	}
	if (yc_parse_u64(name, UINT32_MAX, &place) != YC_NUMBER ||
		place >= yc_pickle_length(m, v))
		return false;
	c = m->box[v->box].first;
	while (place-- > 0)
		c = m->cell[c].next;
	*v = m->cell[c].v;
	return true;
}

/* Finds the value at a path of a pickle; false: there is none. */
static bool walk(
	const struct yc_tensorfile *f, const char *path, struct yc_pickle_value *at)
{
	*at = *yc_pickle_root(&f->pickle);
	while (*path) {
		char name[64];
		size_t n = strcspn(path, "/");

		if (n >= sizeof name)
			return false;
		memcpy(name, path, n);
		name[n] = '\0';
		if (!step(&f->pickle, at, name))
			return false;
		path += path[n] ? n + 1 : n;
	}
	return true;
}

bool yc_tensorfile_value(
	const struct yc_tensorfile *f, const char *path, struct yc_pickle_value *value)
{
	return f->pickled && walk(f, path, value);
}

int yc_tensorfile_view(struct yc_tensorfile *f, const struct yc_pickle_value *value,
	struct yc_strided *v)
{
	return yc_pickle_is_tensor(&f->pickle, value) ? view_tensor(f, value, v) : YC_NO;
}

uint32_t yc_tensorfile_length(const struct yc_tensorfile *f, const char *path)
{
	struct yc_pickle_value at;

	return f->pickled && walk(f, path, &at) ? yc_pickle_length(&f->pickle, &at) : 0;
}

int yc_tensorfile_get(struct yc_tensorfile *f, const char *path, struct yc_strided *v)
{
	int status = yc_tensorfile_find(f, path, v);

	return status == YC_OK && v->text ? yc_fail(YC_FAIL, "strings, not numbers")
					  : status;
}

int yc_tensorfile_find(struct yc_tensorfile *f, const char *path, struct yc_strided *v)
{
	struct yc_pickle_value at;

	if (!f->pickled) {
		const struct yc_tensor_member *m =
			member(f, path, strlen(path), ".npy", 4);

		return m ? yc_npy_open(v, m->data, m->n) : YC_NO;
	}
	if (!walk(f, path, &at))
		return YC_NO;
	if (yc_pickle_is_tensor(&f->pickle, &at))
		return view_tensor(f, &at, v);
	return at.kind == V_OPAQUE
		       ? yc_fail(YC_FAIL,
				 "an object of class '%.*s', not a tensor of numbers",
				 (int)(at.n < 64 ? at.n : 64),
				 (const char *)f->pickle.data + at.at)
		       : YC_NO;
}
