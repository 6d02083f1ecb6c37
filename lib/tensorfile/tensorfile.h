/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_TENSORFILE_H
#define TENSORFILE_TENSORFILE_H

#include "lib/tensorfile/pickle.h"

/*
 * A file of tensors by another program, read whole: PyTorch's .pt in the current zip
 * format and in the format before 1.6, NumPy's .npz and .npy, and plain pickles of
 * arrays.
 */
struct yc_tensor_member {
	char *name;
	unsigned char *data;
	size_t n;
};

/* The elements of a storage. */
struct yc_tensor_blob {
	const unsigned char *at;
	size_t n;
};

struct yc_tensorfile {
	unsigned char *data;
	size_t n;
	struct yc_tensor_member *member; /* of a zip */
	size_t members, unpacked;	 /* total bytes of all members */
	bool pickled;			 /* false: the members are arrays */
	bool large;			 /* very many tensors, see yc_pickle_run_large */
	bool big_endian;
	struct yc_pickle pickle;
	struct yc_tensor_blob *blob; /* [pickle.storages] */
	unsigned char **own;	     /* [pickle.tensors] decoded, or NULL */
};

/* A tensor of an open file. Sizes in elements. */
struct yc_strided {
	enum yc_dtype dtype; /* YC_OTHER: strings */
	/* Strings are padded with zeros: `width` bytes ('S') or UCS-4 characters ('U'). */
	char text;
	uint32_t width;
	bool big_endian;
	int rank;
	uint64_t shape[YC_RANK_MAX], stride[YC_RANK_MAX];
	const unsigned char *at; /* element (0, 0, ...) */
};

/* Takes ownership of `data` (by yc_calloc), also on failure. YC_NO: a file of another
 * kind, including a zip of something else. The caller closes `f` if YC_OK was returned. */
int yc_tensorfile_open(struct yc_tensorfile *f, unsigned char *data, size_t n) YC_CHECKED;
/* The same for a plain pickle, which may hold very many small tensors. */
int yc_tensorfile_open_pickle(
	struct yc_tensorfile *f, unsigned char *data, size_t n) YC_CHECKED;
void yc_tensorfile_close(struct yc_tensorfile *f);

/* The tensor at a path of keys and indices, such as "data/0/1"; "" is the file's only
 * object. YC_NO: the path does not exist. Any other object at the path is a failure. */
int yc_tensorfile_get(
	struct yc_tensorfile *f, const char *path, struct yc_strided *v) YC_CHECKED;

/* The same, which may also be an array of strings. */
int yc_tensorfile_find(
	struct yc_tensorfile *f, const char *path, struct yc_strided *v) YC_CHECKED;

/* Calls `fn` for every tensor in the dict at a path, in order, until it fails: `name` is
 * its key. Other values, and a path without a dict, are skipped. */
int yc_tensorfile_each(struct yc_tensorfile *f, const char *path,
	int (*fn)(void *ctx, const char *name, const struct yc_strided *v),
	void *ctx) YC_CHECKED;
/* tensorfile_list.c: calls fn with the path of every tensor in nested dicts, lists and
 * tuples, in the order of the file, until it fails; what is no tensor is skipped. */
int yc_tensorfile_list(struct yc_tensorfile *f, int (*fn)(void *ctx, const char *path),
	void *ctx) YC_CHECKED;

/* tensorfile_values.c: the objects of a pickle one by one. A value is that at a path, or
 * one found in another. */
bool yc_tensorfile_value(
	const struct yc_tensorfile *f, const char *path, struct yc_pickle_value *value);
/* As a tensor; YC_NO: it is none. */
int yc_tensorfile_view(struct yc_tensorfile *f, const struct yc_pickle_value *value,
	struct yc_strided *v) YC_CHECKED;
/* As numbers, by yc_calloc: a tensor [n] or [n,1], or a list of n numbers. YC_NO: neither.
 */
int yc_tensorfile_numbers(struct yc_tensorfile *f, const struct yc_pickle_value *value,
	double **x, size_t *n) YC_CHECKED;
/* The items of a list or tuple in order: begin is false for anything else, next is false
 * after the last one. */
struct yc_tensorfile_cursor {
	uint32_t cell, left;
};
bool yc_tensorfile_begin(const struct yc_tensorfile *f,
	const struct yc_pickle_value *list, struct yc_tensorfile_cursor *at);
bool yc_tensorfile_next(const struct yc_tensorfile *f, struct yc_tensorfile_cursor *at,
	struct yc_pickle_value *item);
/* Calls `fn` with every entry of a dict whose key is a string, in order, until it fails;
 * YC_NO: no dict. */
int yc_tensorfile_entries(const struct yc_tensorfile *f,
	const struct yc_pickle_value *dict,
	int (*fn)(void *ctx, const char *key, const struct yc_pickle_value *value),
	void *ctx) YC_CHECKED;

/* Length of the list or tuple at a path; 0: there is none. */
uint32_t yc_tensorfile_length(const struct yc_tensorfile *f, const char *path);

/* Number of elements. */
uint64_t yc_strided_count(const struct yc_strided *v);
/* The elements of row i of the first dimension, in row-major order; rank 1 to 4. */
void yc_strided_row(const struct yc_strided *v, uint64_t i, double *to);
/* String i of an array of strings, as UTF-8 that ends with a zero; YC_FAIL if it is not
 * text. `size` is at least 4 * width + 1. */
int yc_strided_text(
	const struct yc_strided *v, uint64_t i, char *to, size_t size) YC_CHECKED;
/* All elements, in row-major order. */
void yc_strided_floats(const struct yc_strided *v, float *to);
/* The same as integers; fails for floats that are not integers. */
int yc_strided_ints(const struct yc_strided *v, int64_t *to) YC_CHECKED;

/* idx.c: the array of a file of the MNIST family, whole. YC_NO: another file. */
int yc_idx_open(struct yc_strided *v, const unsigned char *data, size_t n) YC_CHECKED;
/* npy.c: the array of an .npy file, whole; it may be one of strings. */
int yc_npy_open(struct yc_strided *v, const unsigned char *data, size_t n) YC_CHECKED;

/* tensorfile_zip.c: reads the relevant members of a zip in memory. YC_NO: it holds
 * neither PyTorch tensors nor NumPy arrays. */
int yc_tensorfile_unzip(struct yc_tensorfile *f) YC_CHECKED;

#endif
