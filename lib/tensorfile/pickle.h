/* SPDX-License-Identifier: MIT */
#ifndef TENSORFILE_PICKLE_H
#define TENSORFILE_PICKLE_H

/* The stack machine of pickles, shared by its source files. */

#include "yc/record.h"

enum {
	YC_PICKLE_MARKS = 64, /* the longest chain in a supported file is 5 */
	YC_PICKLE_RANK = 8
};

enum yc_pickle_kind {
	V_UNSET, /* no value: an empty memo entry */
	V_NONE,
	V_BOOL,
	V_INT,
	V_FLOAT,
	V_TEXT,	  /* UTF-8 */
	V_BYTES,  /* and byte strings of Python 2 */
	V_LATIN1, /* bytes that protocol 2 stores as the UTF-8 of their Latin-1 text */
	V_TUPLE,
	V_LIST,
	V_DICT,	   /* keys and values alternate */
	V_GLOBAL,  /* a known name */
	V_OPAQUE,  /* an unknown name, and any object made with it */
	V_DTYPE,   /* of NumPy */
	V_ARRAY,   /* NumPy array, its bytes in the pickle */
	V_STORAGE, /* PyTorch storage: elements outside of the pickle, without a shape */
	V_TENSOR   /* PyTorch tensor: a view of a storage */
};

struct yc_pickle_value {
	enum yc_pickle_kind kind;
	uint32_t n; /* length of a string, or of the name of an opaque value */
	union {
		int64_t number; /* also the bool and the index of a global */
		double real;
		size_t at;    /* offset of a string or name */
		uint32_t box; /* index of a container, a tensor or a storage */
	};
};

struct yc_pickle_cell {
	struct yc_pickle_value v;
	uint32_t next;
};

struct yc_pickle_box {
	uint32_t first, last, count;
};

/* A dtype, an array or a tensor. Sizes are in elements. */
struct yc_pickle_tensor {
	enum yc_dtype dtype; /* YC_OTHER: unsupported */
	bool big_endian;
	int rank;
	uint64_t shape[YC_PICKLE_RANK], stride[YC_PICKLE_RANK], offset;
	/* a string, V_UNSET until it is built; or V_STORAGE */
	struct yc_pickle_value data;
};

struct yc_pickle_storage {
	struct yc_pickle_value key; /* a string */
	enum yc_dtype dtype;
	uint64_t numel;
	const unsigned char *nested; /* its elements, if they are in the pickle */
	bool big_endian;	     /* of those */
};

struct yc_pickle {
	const unsigned char *data;
	size_t n, at;
	size_t op_at; /* of the current operation, for messages */
	unsigned op;
	struct yc_pickle_value *stack, *memo;
	struct yc_pickle_cell *cell;
	struct yc_pickle_box *box;
	struct yc_pickle_tensor *tensor;
	struct yc_pickle_storage *storage;
	size_t depth, memo_set, stack_room, memo_room, cell_room, box_room, tensor_room;
	uint32_t cells, boxes, tensors, storages;
	size_t mark[YC_PICKLE_MARKS];
	size_t marks;
	bool stopped;
	bool inner;	     /* it is a part of a storage in another pickle */
	unsigned char **own; /* [owned] decoded bytes of storages */
	size_t owned, decoded;
};

/* The beginning of a .pt file before PyTorch 1.6: protocol 2, and a magic number. */
extern const unsigned char yc_pickle_legacy[15];

/* "pickle: byte N: opcode X: why"; always YC_FAIL. */
int yc_pickle_bad(const struct yc_pickle *m, const char *why);
/* The same for a complete pickle with unexpected content. */
int yc_pickle_odd(const char *why);

/* pickle.c: runs the pickle to its end and leaves one value on the stack. The caller
 * releases `m` in every case; `data` is borrowed. */
int yc_pickle_run(struct yc_pickle *m, const unsigned char *data, size_t n) YC_CHECKED;
/* The same for one of very many small tensors, such as those of a training. */
int yc_pickle_run_large(
	struct yc_pickle *m, const unsigned char *data, size_t n) YC_CHECKED;
/* The same for a pickle that other bytes may follow: it ends before byte m->at. */
int yc_pickle_run_first(
	struct yc_pickle *m, const unsigned char *data, size_t n) YC_CHECKED;
/* The same for one that must not have storages in it. */
int yc_pickle_run_inner(
	struct yc_pickle *m, const unsigned char *data, size_t n) YC_CHECKED;
void yc_pickle_release(struct yc_pickle *m);
/* That one value. */
const struct yc_pickle_value *yc_pickle_root(const struct yc_pickle *m);

/* Bytes up to the next newline, which is skipped. */
int yc_pickle_take_line(struct yc_pickle *m, size_t *at, size_t *n) YC_CHECKED;
bool yc_pickle_same_text(
	const struct yc_pickle *m, size_t at, size_t n, const char *text);
bool yc_pickle_is_string(const struct yc_pickle_value *v);
bool yc_pickle_is_text(
	const struct yc_pickle *m, const struct yc_pickle_value *v, const char *text);

/* pickle_stack.c: values, marks and containers. */
int yc_pickle_push(struct yc_pickle *m, struct yc_pickle_value v) YC_CHECKED;
/* An empty container. */
int yc_pickle_push_empty(struct yc_pickle *m, enum yc_pickle_kind kind) YC_CHECKED;
/* A dtype, an array or a tensor: returns a pointer to fill in, or NULL. */
struct yc_pickle_tensor *yc_pickle_push_tensor(
	struct yc_pickle *m, enum yc_pickle_kind kind);
/* Number of values above the last mark; those below cannot be reached until the mark is
 * popped. */
size_t yc_pickle_within_mark(const struct yc_pickle *m);
int yc_pickle_pop(struct yc_pickle *m, struct yc_pickle_value *v) YC_CHECKED;
/* Pops the last mark; the values above it stay in stack[*from..depth-1]. */
int yc_pickle_take_mark(struct yc_pickle *m, size_t *from) YC_CHECKED;
/* Adds stack[from..depth-1] to the list or dict below them. */
int yc_pickle_add_items(
	struct yc_pickle *m, enum yc_pickle_kind kind, size_t from) YC_CHECKED;
/* Replaces stack[from..depth-1] by a tuple of them. */
int yc_pickle_push_tuple(struct yc_pickle *m, size_t from) YC_CHECKED;
/* A tensor of PyTorch, or an array of NumPy that is complete. */
bool yc_pickle_is_tensor(const struct yc_pickle *m, const struct yc_pickle_value *v);
/* Number of items of a tuple or list; 0 for anything else. */
uint32_t yc_pickle_length(const struct yc_pickle *m, const struct yc_pickle_value *v);
/* The first n items of a tuple or list; false if it has fewer or is anything else. */
bool yc_pickle_items(const struct yc_pickle *m, const struct yc_pickle_value *v,
	struct yc_pickle_value *item, uint32_t n);
/* A tuple or list of at most YC_PICKLE_RANK integers, not negative. */
bool yc_pickle_sizes(const struct yc_pickle *m, const struct yc_pickle_value *v,
	uint64_t *size, int *rank);
/* The value of a key of a dict; of duplicates the last one, as in Python; NULL if there
 * is none or v is not a dict. */
const struct yc_pickle_value *yc_pickle_find(
	const struct yc_pickle *m, const struct yc_pickle_value *v, const char *key);

/* pickle_call.c: the operations that in Python import and call. */
int yc_pickle_global(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_stack_global(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_reduce(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_build(struct yc_pickle *m) YC_CHECKED;
/* PyTorch's storage classes: X(name, dtype). */
#define YC_TORCH_STORAGES(X) \
	X(FloatStorage, YC_F32) \
	X(DoubleStorage, YC_F64) \
	X(HalfStorage, YC_F16) \
	X(BFloat16Storage, YC_BF16) \
	X(LongStorage, YC_I64) \
	X(IntStorage, YC_I32) \
	X(ShortStorage, YC_I16) \
	X(CharStorage, YC_I8) \
	X(ByteStorage, YC_U8) \
	X(BoolStorage, YC_BOOL)
/* The dtype of the storage class that v names; YC_OTHER for anything else. */
enum yc_dtype yc_pickle_storage_dtype(const struct yc_pickle_value *v);

/* Implementations of the known calls: push the result. pickle_numpy.c: */
typedef int yc_pickle_call(struct yc_pickle *m, const struct yc_pickle_value *args);
yc_pickle_call yc_pickle_encode, yc_pickle_dtype, yc_pickle_array, yc_pickle_from_buffer;
int yc_pickle_build_array(struct yc_pickle *m, struct yc_pickle_tensor *a,
	const struct yc_pickle_value *state) YC_CHECKED;
int yc_pickle_build_dtype(struct yc_pickle *m, struct yc_pickle_tensor *t,
	const struct yc_pickle_value *state) YC_CHECKED;
bool yc_pickle_is_ndarray(const struct yc_pickle_value *v);
/* pickle_torch.c: */
yc_pickle_call yc_pickle_ordered_dict, yc_pickle_rebuild_tensor, yc_pickle_first_argument;
int yc_pickle_persistent_id(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_push_storage(
	struct yc_pickle *m, const struct yc_pickle_storage *s) YC_CHECKED;
/* pickle_nested.c: */
yc_pickle_call yc_pickle_load_from_bytes;

/* Decodes exactly n bytes of a V_LATIN1 string. */
int yc_pickle_latin1(const struct yc_pickle *m, const struct yc_pickle_value *v,
	unsigned char *to, size_t n) YC_CHECKED;

#endif
