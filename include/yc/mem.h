/* SPDX-License-Identifier: MIT */
#ifndef YC_MEM_H
#define YC_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/* Product of two sizes; SIZE_MAX on overflow, for which every allocation fails. */
size_t yc_size_mul(size_t a, size_t b);

/* YC_FAIL that so many bytes, 0: that some, are not to be had, and what takes less. */
int yc_no_memory(size_t bytes);

/* n*size zeroed bytes, aligned to 64; NULL with yc_fail recorded when that is
 * impossible. n*size == 0 gives a valid pointer. Free with yc_free. */
void *yc_calloc(size_t n, size_t size);
/* Like realloc for memory of yc_calloc: keeps the first `old` bytes, frees on success
 * only; bytes past `old` are zero. */
void *yc_realloc(void *p, size_t old, size_t n, size_t size);
/* n bytes that keep the first `old` of p, which may be NULL. The rest is neither zeroed
 * nor touched: capacity reserved ahead costs no memory, and large blocks move without a
 * copy. NULL with yc_fail, and p freed, when that is impossible. */
void *yc_grow(void *p, size_t old, size_t n);
/* Makes space for one more element after n in a list that is only grown by this function;
 * the capacity doubles, so that appending takes linear time. NULL with yc_fail, and the
 * list kept, when that is impossible. */
void *yc_grow_list(void *p, size_t n, size_t size);
void yc_free(void *p);
/* Memory for one thing after another: it grows as needed, what it held is lost then. */
struct yc_buffer {
	uint8_t *p;
	size_t size;
};
int yc_buffer_room(struct yc_buffer *b, size_t size) YC_CHECKED;
char *yc_strdup(const char *s);

/*
 * A bump allocator for a step's or a run's buffers: sized when planned, mapped once
 * (huge pages where the system grants them), never grown. Blocks are 64-byte aligned
 * and zero at first.
 */
struct yc_arena {
	unsigned char *base;
	size_t size, used;
};

int yc_arena_init(struct yc_arena *a, size_t bytes);
/* A block of n*size bytes. The arena must have been planned large enough: asserts. */
void *yc_arena_get(struct yc_arena *a, size_t n, size_t size);
/* Bytes that yc_arena_get(n, size) takes from an arena, padding included. */
size_t yc_arena_cost(size_t n, size_t size);
/* yc_arena_get from an arena with memory; from one without, NULL, and a->used adds up what
 * yc_arena_init then needs: one list of buffers serves both. */
void *yc_arena_plan(struct yc_arena *a, size_t n, size_t size);
void yc_arena_release(struct yc_arena *a);

#endif
