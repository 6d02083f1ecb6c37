/* SPDX-License-Identifier: MIT */
#ifndef YC_PICKLE_H
#define YC_PICKLE_H

/* The stack machine of pickles and what its files share. */

#include "yc/load.h"

enum {
	YC_PICKLE_PIXELS = 3072, /* bytes of a CIFAR image */
	YC_PICKLE_MARKS = 64	 /* the longest chain in a CIFAR pickle is 4 */
};

enum yc_pickle_kind {
	V_UNSET, /* no value: an empty place of the memo */
	V_NONE,
	V_BOOL,
	V_INT,
	V_TEXT,	  /* UTF-8 */
	V_BYTES,  /* and what Python 2 calls a string */
	V_LATIN1, /* bytes that protocol 2 holds as the UTF-8 of their Latin-1 text */
	V_TUPLE,
	V_LIST,
	V_DICT, /* keys and values in turn */
	V_GLOBAL,
	V_DTYPE, /* unsigned bytes: there is no other */
	V_ARRAY
};

struct yc_pickle_value {
	enum yc_pickle_kind kind;
	uint32_t n; /* bytes of a string */
	union {
		int64_t number; /* also the bool and the index of a global */
		size_t at;	/* where a string begins */
		uint32_t box;
	};
};

struct yc_pickle_cell {
	struct yc_pickle_value v;
	uint32_t next;
};

/* What a container or an array is, apart from the values that refer to it. */
struct yc_pickle_box {
	uint32_t first, last, count;
	struct yc_pickle_value pixels; /* of an array: V_UNSET until it is built */
	size_t rows;
};

struct yc_pickle {
	const unsigned char *data;
	size_t n, at;
	size_t op_at; /* of the operation being done, for messages */
	unsigned op;
	struct yc_pickle_value *stack, *memo;
	struct yc_pickle_cell *cell;
	struct yc_pickle_box *box;
	size_t depth, memo_set, stack_room, memo_room, cell_room, box_room;
	uint32_t cells, boxes;
	size_t mark[YC_PICKLE_MARKS];
	size_t marks;
	bool stopped;
};

/* "pickle: byte N: opcode X: why"; always YC_FAIL. */
int yc_pickle_bad(const struct yc_pickle *m, const char *why);
/* The same of a finished pickle that is not what we came for. */
int yc_pickle_odd(const char *why);

/* pickle.c: runs the pickle to its end and leaves one value, a dict, on the stack. `m` is to be
 * released in every case; `data` is borrowed. */
int yc_pickle_run(struct yc_pickle *m, const unsigned char *data, size_t n) YC_CHECKED;
void yc_pickle_release(struct yc_pickle *m);
/* The value of a key of that dict; of the last one, as in Python, if it is there twice; or NULL. */
const struct yc_pickle_value *yc_pickle_find(const struct yc_pickle *m, const char *key);

/* Bytes up to the next newline, which is skipped. */
int yc_pickle_take_line(struct yc_pickle *m, size_t *at, size_t *n) YC_CHECKED;
bool yc_pickle_same_text(
	const struct yc_pickle *m, size_t at, size_t n, const char *text);
bool yc_pickle_is_string(const struct yc_pickle_value *v);
bool yc_pickle_is_text(
	const struct yc_pickle *m, const struct yc_pickle_value *v, const char *text);

/* pickle_stack.c: values, marks and containers. */
int yc_pickle_push(struct yc_pickle *m, struct yc_pickle_value v) YC_CHECKED;
/* An empty container or array. */
int yc_pickle_push_empty(struct yc_pickle *m, enum yc_pickle_kind kind) YC_CHECKED;
/* Values above the last mark: what lies below is out of reach until the mark is taken. */
size_t yc_pickle_within_mark(const struct yc_pickle *m);
int yc_pickle_pop(struct yc_pickle *m, struct yc_pickle_value *v) YC_CHECKED;
/* Values since the last mark, which is taken away; they stay in stack[*from..depth-1]. */
int yc_pickle_take_mark(struct yc_pickle *m, size_t *from) YC_CHECKED;
/* Adds stack[from..depth-1] to the list or dict below them. */
int yc_pickle_add_items(
	struct yc_pickle *m, enum yc_pickle_kind kind, size_t from) YC_CHECKED;
/* A tuple of stack[from..depth-1] in their place. */
int yc_pickle_push_tuple(struct yc_pickle *m, size_t from) YC_CHECKED;
/* The items of a tuple of exactly n; false for anything else. */
bool yc_pickle_items(const struct yc_pickle *m, const struct yc_pickle_value *v,
	struct yc_pickle_value *item, uint32_t n);

/* pickle_numpy.c: the operations that in Python import and call. */
int yc_pickle_global(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_stack_global(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_reduce(struct yc_pickle *m) YC_CHECKED;
int yc_pickle_build(struct yc_pickle *m) YC_CHECKED;

#endif
