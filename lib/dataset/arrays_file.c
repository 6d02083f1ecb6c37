/* SPDX-License-Identifier: MIT */
/* Opens a file of arrays, whichever program wrote it, and lists what is in it. */
#include <stdio.h>
#include <string.h>

#include "lib/archive/archive.h"
#include "lib/archive/gunzip.h"
#include "lib/dataset/arrays.h"
#include "yc/mem.h"

/* Of files that are read whole, because they are archives or compressed. */
static const size_t file_max = (size_t)16 << 30;

const struct yc_array *yc_array_find(const struct yc_array_file *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->array[i].name, name) == 0)
			return &f->array[i];
	return NULL;
}

void yc_array_file_close(struct yc_array_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		yc_free(f->array[i].name);
	yc_free(f->array);
	yc_free(f->odd);
	yc_tensorfile_close(&f->tensors);
	yc_record_release(&f->record);
	yc_map_release(&f->map);
	yc_free(f->own);
	yc_free(f->name);
	*f = (struct yc_array_file){0};
}

static int add(struct yc_array_file *f, const char *name, const struct yc_strided *v)
{
	struct yc_array *grown = yc_grow_list(f->array, f->n, sizeof *grown);
	char *own = yc_strdup(name);

	if (grown)
		f->array = grown;
	if (!grown || !own) {
		yc_free(own);
		return YC_FAIL;
	}
	f->array[f->n++] = (struct yc_array){own, *v};
	return YC_OK;
}

/* -- forms -- */

static int add_path(void *ctx, const char *path)
{
	struct yc_array_file *f = ctx;
	struct yc_strided v;
	int status = yc_tensorfile_find(&f->tensors, path, &v);

	if (status == YC_OK)
		return add(f, path, &v);
	/* An array of objects may stand beside what is wanted. */
	if (!f->odd && !(f->odd = yc_strdup(path)))
		return YC_FAIL;
	return YC_OK;
}

/* Takes ownership of `data`. */
static int open_tensors(struct yc_array_file *f, unsigned char *data, size_t n)
{
	int status = yc_tensorfile_open(&f->tensors, data, n);
	struct yc_strided v;

	if (status == YC_NO)
		return yc_fail(YC_FAIL, "a zip without arrays of NumPy or PyTorch");
	if (status < 0)
		return status;
	f->form = f->tensors.pickled ? "torch" : "npz";
	status = yc_tensorfile_list(&f->tensors, add_path, f);
	if (status == YC_OK && !f->n && !f->odd) {
		/* Names the class of an object. */
		status = yc_tensorfile_find(&f->tensors, "", &v);
		if (status == YC_OK || status == YC_NO)
			status = yc_fail(YC_FAIL, "no tensors in it");
	}
	return status;
}

static int add_record(struct yc_array_file *f, const unsigned char *at)
{
	int status = YC_OK;

	f->form = "safetensors";
	if (yc_meta_get(&f->record.meta, "yc.version"))
		return yc_fail(YC_FAIL, "a stream already: every tool reads it as it is");
	for (size_t i = 0; status == YC_OK && i < f->record.ntensors; i++) {
		const struct yc_tensor *t = &f->record.tensor[i];
		struct yc_strided v = {.dtype = t->dtype, .rank = t->rank};
		uint64_t step = 1;

		v.at = at ? at : t->data;
		for (int k = t->rank; k-- > 0; step *= t->shape[k]) {
			v.shape[k] = t->shape[k];
			v.stride[k] = step;
		}
		if (at)
			at += t->bytes;
		if (t->dtype != YC_OTHER)
			status = add(f, t->name, &v);
	}
	return status;
}

static int open_safetensors(struct yc_array_file *f, const unsigned char *p, size_t n)
{
	uint64_t head = 0;
	size_t data;

	for (int i = 7; i >= 0; i--)
		head = head << 8 | p[i];
	if (head > n - 8)
		return yc_fail(YC_FAIL, "the file ends inside its header");
	if (yc_record_header(&f->record, (const char *)p + 8, (size_t)head, &data) < 0)
		return YC_FAIL;
	if (data != n - 8 - head && !yc_meta_get(&f->record.meta, "yc.version"))
		return yc_fail(YC_FAIL, "%zu bytes of tensors, its header says %zu",
			n - 8 - (size_t)head, data);
	return add_record(f, p + 8 + head);
}

static int open_one(
	struct yc_array_file *f, const char *form, int status, const struct yc_strided *v)
{
	f->form = form;
	return status == YC_OK ? add(f, "", v) : status;
}

/* The forms that are read where they are. YC_NO: none of them. */
static int open_plain(struct yc_array_file *f, const unsigned char *p, size_t n)
{
	struct yc_strided v;
	int status;

	if (n >= 6 && memcmp(p, "\x93NUMPY", 6) == 0)
		return open_one(f, "npy", yc_npy_open(&v, p, n), &v);
	status = yc_idx_open(&v, p, n);
	if (status != YC_NO)
		return open_one(f, "idx", status, &v);
	if (n > 10 && p[7] == 0 && (p[8] == '{' || p[8] == ' '))
		return open_safetensors(f, p, n);
	return YC_NO;
}

static bool is_tensors(const unsigned char *p, size_t n)
{
	return (n >= 4 && memcmp(p, "PK\3\4", 4) == 0) || (n >= 2 && p[0] == 0x80);
}

static int nothing_known(void)
{
	return yc_fail(YC_FAIL, "not a file of arrays: .npz, .npy, .safetensors, "
				"PyTorch, a pickle or IDX");
}

/* Takes ownership of `data`, already decompressed. */
static int take(struct yc_array_file *f, unsigned char *data, size_t n)
{
	int status;

	if (is_tensors(data, n))
		return open_tensors(f, data, n);
	f->own = data;
	status = open_plain(f, data, n);
	return status == YC_NO ? nothing_known() : status;
}

static int unzip(struct yc_array_file *f, const unsigned char *p, size_t n)
{
	unsigned char *data;
	size_t size;
	int status = yc_gunzip(p, n, file_max, &data, &size);

	return status == YC_OK ? take(f, data, size) : status;
}

static int named(struct yc_array_file *f, const char *name)
{
	*f = (struct yc_array_file){.name = yc_strdup(name)};
	return f->name ? YC_OK : YC_FAIL;
}

int yc_array_file_take(
	struct yc_array_file *f, const char *name, unsigned char *data, size_t n)
{
	int status = named(f, name);

	if (status == YC_OK && yc_is_gzip(data, n)) {
		status = unzip(f, data, n);
		yc_free(data);
	} else if (status == YC_OK) {
		status = take(f, data, n);
	} else {
		yc_free(data);
	}
	return status < 0 ? yc_fail_in(status, "%s", name) : status;
}

static int open_mapped(struct yc_array_file *f, const char *path)
{
	static const char zstd[] = "\x28\xb5\x2f\xfd";
	const unsigned char *p = f->map.at;
	unsigned char *data;
	size_t n = f->map.n;
	int status;

	if (yc_is_gzip(p, n))
		return unzip(f, p, n);
	if (n >= 4 && memcmp(p, zstd, 4) == 0) {
		yc_map_release(&f->map);
		status = yc_record_load(&f->record, path, file_max);
		return status == YC_OK ? add_record(f, NULL) : status;
	}
	if (!is_tensors(p, n)) {
		status = open_plain(f, p, n);
		return status == YC_NO ? nothing_known() : status;
	}
	yc_map_release(&f->map);
	status = yc_file_read(yc_infile_path(path), file_max, &data, &n);
	return status == YC_OK ? open_tensors(f, data, n) : status;
}

int yc_array_file_open(struct yc_array_file *f, const char *path)
{
	int status = named(f, yc_infile_name(path));

	if (status < 0)
		return status;
	status = yc_infile_map(&f->map, path);
	if (status == YC_OK)
		status = open_mapped(f, path);
	return status < 0 ? yc_fail_in(status, "%s", f->name) : status;
}
