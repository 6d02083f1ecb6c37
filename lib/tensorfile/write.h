/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_WRITE_H
#define TENSORFILE_WRITE_H

#include <stdint.h>

#include "yc/record.h"
#include "yc/sink.h"

/*
 * Tensors for other programs, written in sequence: NumPy's .npy and .npz, PyTorch's .pt,
 * and pickles of PyTorch tensors. Row-major, little-endian.
 */
struct yc_tensor_out {
	const char *name;
	enum yc_dtype dtype;
	int rank;
	uint64_t shape[YC_RANK_MAX];
	/* A text array of NumPy instead: width in UTF-32 characters; 0: dtype has it. */
	uint64_t characters;
	/* Writes all elements. */
	int (*data)(void *ctx, const struct yc_sink *to);
	void *ctx;
};
uint64_t yc_tensor_out_bytes(const struct yc_tensor_out *t);

/* Whether NumPy has the dtype. */
bool yc_npy_writes(enum yc_dtype t);

/* The header of an .npy file in `buf`; its size. */
enum { YC_NPY_HEADER_MAX = 512 };
size_t yc_npy_head(const struct yc_tensor_out *t, unsigned char buf[YC_NPY_HEADER_MAX]);
/* An .npz file: as numpy.savez writes it, a member NAME.npy for each tensor. */
int yc_npz_write(
	const struct yc_tensor_out *t, size_t n, const struct yc_sink *to) YC_CHECKED;
/* A list of tensors as torch.save writes it since PyTorch 1.6: a zip. Only the globals
 * that torch.load(weights_only=True) knows. */
int yc_torch_list_write(
	const struct yc_tensor_out *t, size_t n, const struct yc_sink *to) YC_CHECKED;
/* A dict of tensors by name as pickle.dump writes it, without torch.save. */
int yc_torch_dict_pickle(
	const struct yc_tensor_out *t, size_t n, const struct yc_sink *to) YC_CHECKED;

#endif
