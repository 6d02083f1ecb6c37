/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_TENSORFILE_H
#define TENSORFILE_TENSORFILE_H

#include "lib/tensorfile/pickle.h"

/*
 * A file of tensors by another program, read whole: PyTorch's .pt in the zip form of
 * today and in the form before 1.6, NumPy's .npz and .npy, and plain pickles of arrays.
 */
struct yc_tensor_member {
	char *name;
	unsigned char *data;
	size_t n;
};

/* The numbers of a storage. */
struct yc_tensor_blob {
	const unsigned char *at;
	size_t n;
};

struct yc_tensorfile {
	unsigned char *data;
	size_t n;
	struct yc_tensor_member *member; /* of a zip */
	size_t members, unpacked;	 /* bytes of all members */
	bool pickled;			 /* else the members are arrays */
	bool big_endian;
	struct yc_pickle pickle;
	struct yc_tensor_blob *blob; /* [pickle.storages] */
	unsigned char **own;	     /* [pickle.tensors] decoded, or NULL */
};

/* A tensor of an open file. Sizes in elements. */
struct yc_strided {
	enum yc_dtype dtype;
	bool big_endian;
	int rank;
	uint64_t shape[YC_RANK_MAX], stride[YC_RANK_MAX];
	const unsigned char *at; /* element 0, 0, ... */
};

/* Takes `data` (of yc_calloc) over, also when it fails. YC_NO: a file of another kind;
 * a zip of other things too. `f` is to be closed unless it failed or said no. */
int yc_tensorfile_open(struct yc_tensorfile *f, unsigned char *data, size_t n) YC_CHECKED;
void yc_tensorfile_close(struct yc_tensorfile *f);

/* The tensor at a path of keys and places, such as "data/0/1"; "" is the file's only
 * thing. YC_NO: there is no such place. What is there but no tensor of numbers is a
 * failure. */
int yc_tensorfile_get(
	struct yc_tensorfile *f, const char *path, struct yc_strided *v) YC_CHECKED;

/* Places in the list or tuple at a path; 0: there is none. */
uint32_t yc_tensorfile_length(const struct yc_tensorfile *f, const char *path);

/* How many elements. */
uint64_t yc_strided_count(const struct yc_strided *v);
/* All elements, last index fastest. */
void yc_strided_floats(const struct yc_strided *v, float *to);
/* The same of whole numbers; of floats that are none it fails. */
int yc_strided_ints(const struct yc_strided *v, int64_t *to) YC_CHECKED;

/* tensorfile_zip.c: the members of a zip in memory, those that are wanted. YC_NO: it
 * holds neither tensors of PyTorch nor arrays of NumPy. */
int yc_tensorfile_unzip(struct yc_tensorfile *f) YC_CHECKED;

#endif
