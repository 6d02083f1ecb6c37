/* SPDX-License-Identifier: MIT */
#ifndef YC_RECORD_H
#define YC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/*
 * A record of the stream: one safetensors blob in memory. See yc-stream(5).
 */
enum yc_dtype {
	YC_OTHER,
	YC_BOOL,
	YC_U8,
	YC_I8,
	YC_U16,
	YC_I16,
	YC_F16,
	YC_BF16,
	YC_U32,
	YC_I32,
	YC_F32,
	YC_U64,
	YC_I64,
	YC_F64
};

enum { YC_RANK_MAX = 8, YC_TENSORS_MAX = 4096, YC_NAME_MAX = 255 };

struct yc_tensor {
	char *name;
	char dtype_name[16]; /* as in the header, kept for unknown dtypes */
	enum yc_dtype dtype;
	int rank;
	uint64_t shape[YC_RANK_MAX];
	size_t bytes;
	void *data; /* row-major, little-endian, 64-byte aligned in memory */
};

struct yc_pair {
	char *key, *value;
};

/* Ordered string map; owns its strings. */
struct yc_meta {
	size_t n;
	struct yc_pair *pair;
};

struct yc_record {
	struct yc_meta meta;
	size_t ntensors;
	struct yc_tensor *tensor; /* owns name and data */
};

/* Bytes of one element; 0 for YC_OTHER. */
size_t yc_dtype_size(enum yc_dtype t);
const char *yc_dtype_name(enum yc_dtype t);

const char *yc_meta_get(const struct yc_meta *m, const char *key); /* NULL: absent */
int yc_meta_set(struct yc_meta *m, const char *key, const char *value) YC_CHECKED;
void yc_meta_drop(struct yc_meta *m, const char *key);
int yc_meta_copy(struct yc_meta *to, const struct yc_meta *from) YC_CHECKED;
void yc_meta_release(struct yc_meta *m);

struct yc_tensor *yc_record_find(
	const struct yc_record *r, const char *name); /* or NULL */
/* Adds a tensor with zeroed data (or a copy of `data`); returns it or NULL (yc_fail). A
 * tensor of that name is replaced. The pointer is valid until the next add. */
struct yc_tensor *yc_record_add(struct yc_record *r, const char *name, enum yc_dtype t,
	int rank, const uint64_t *shape, const void *data);
void yc_tensor_release(struct yc_tensor *t);
void yc_record_release(struct yc_record *r); /* leaves an empty record */

/*
 * The safetensors codec. yc_record_header parses the JSON header of n bytes into `r` with
 * every tensor checked (dtype, shape product, offsets without holes or overlap, limits
 * of yc-stream(5)); tensor data stays NULL; *data_bytes is what follows the header.
 */
int yc_record_header(
	struct yc_record *r, const char *json, size_t n, size_t *data_bytes) YC_CHECKED;
/* The whole blob: 8-byte length, JSON padded to 8, data. *out by yc_calloc. */
int yc_record_encode(
	const struct yc_record *r, unsigned char **out, size_t *bytes) YC_CHECKED;
/* Only what precedes the data, which the tensors need not have; position[i], of ntensors,
 * is the tensor whose data come i-th. */
int yc_record_encode_head(const struct yc_record *r, size_t *position,
	unsigned char **out, size_t *bytes) YC_CHECKED;

/* Default for the maximum size of one record in memory. */
#define YC_RECORD_BYTES ((uint64_t)1 << 30)

/* A plain .safetensors file (network weights), read and written whole, atomically; a file
 * of more than `most` bytes is refused (0: YC_RECORD_BYTES). */
int yc_record_load(struct yc_record *r, const char *path, uint64_t most) YC_CHECKED;
int yc_record_save(const struct yc_record *r, const char *path) YC_CHECKED;

#endif
