/* SPDX-License-Identifier: MIT */
/* Memory that is aligned and zeroed: allocation, arrays that grow, arenas, and products
 * of sizes that cannot wrap around. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "yc/fail.h"
#include "yc/mem.h"

enum {
	ALIGN = 64,
	HUGE_PAGE = 2 << 20,
#ifdef __SANITIZE_ADDRESS__
	GAP = 64 /* poisoned bytes behind every block, so that an overrun inside an arena
		    shows */
#else
	GAP = 0
#endif
};

size_t yc_size_mul(size_t a, size_t b)
{
	size_t c;

	return __builtin_mul_overflow(a, b, &c) ? SIZE_MAX : c;
}

int yc_no_memory(size_t bytes)
{
	char size[32] = "";

	if (bytes == SIZE_MAX)
		return yc_fail(YC_FAIL, "more memory is asked for than any machine has");
	if (bytes)
		(void)snprintf(size, sizeof size, "%zu bytes of ", bytes);
	return yc_fail(YC_FAIL,
		"cannot get %smemory: fewer threads (-j) take less, other programs and "
		"ulimit -v leave less",
		size);
}

/* Bytes of n*size rounded up to the alignment, never 0; SIZE_MAX when that is no size. */
static size_t padded(size_t n, size_t size)
{
	size_t bytes = yc_size_mul(n, size);

	if (bytes > PTRDIFF_MAX - HUGE_PAGE)
		return SIZE_MAX;
	if (bytes == 0)
		bytes = 1;
	return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

void *yc_calloc(size_t n, size_t size)
{
	size_t bytes = padded(n, size);
	void *p = NULL;

	if (bytes != SIZE_MAX)
		p = aligned_alloc(ALIGN, bytes);
	if (!p) {
		(void)yc_no_memory(bytes);
		return NULL;
	}
	return memset(p, 0, bytes);
}

void *yc_realloc(void *p, size_t old, size_t n, size_t size)
{
	size_t bytes = yc_size_mul(n, size);
	void *q = yc_calloc(n, size);

	if (!q)
		return NULL;
	if (p)
		memcpy(q, p, old < bytes ? old : bytes);
	free(p);
	return q;
}

void *yc_grow(void *p, size_t old, size_t n)
{
	size_t bytes = padded(n, 1);
	void *q = NULL, *moved;

	if (old > n)
		old = n;
	/* glibc moves large blocks page by page and so keeps their alignment; where it
	 * (or a sanitizer) does not, the block is copied. */
	if (bytes != SIZE_MAX && p && old >= HUGE_PAGE) {
		q = realloc(p, bytes);
		if (q)
			p = q;
		if (q && (uintptr_t)q % ALIGN == 0)
			return q;
	}
	moved = bytes == SIZE_MAX ? NULL : aligned_alloc(ALIGN, bytes);
	if (!moved)
		(void)yc_no_memory(bytes);
	else if (p)
		memcpy(moved, p, old);
	free(p);
	return moved;
}

void *yc_grow_list(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	return yc_realloc(p, n * size, n ? 2 * n : 1, size);
}

void yc_free(void *p)
{
	free(p);
}

char *yc_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = yc_calloc(n, 1);

	return p ? memcpy(p, s, n) : NULL;
}

int yc_arena_init(struct yc_arena *a, size_t bytes)
{
	size_t size = padded(bytes, 1);
	void *p = MAP_FAILED;

	*a = (struct yc_arena){0};
	if (size != SIZE_MAX) {
		/* Whole huge pages, or the last one is never granted. */
		if (size >= HUGE_PAGE)
			size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	}
	if (p == MAP_FAILED)
		return yc_no_memory(size);
#ifdef MADV_HUGEPAGE
	if (size >= HUGE_PAGE)
		(void)madvise(p, size, MADV_HUGEPAGE);
#endif
	a->base = p;
	a->size = size;
#ifdef __SANITIZE_ADDRESS__
	__asan_poison_memory_region(a->base, a->size);
#endif
	return YC_OK;
}

size_t yc_arena_cost(size_t n, size_t size)
{
	size_t bytes = padded(n, size);

	return bytes == SIZE_MAX ? SIZE_MAX : bytes + GAP;
}

void *yc_arena_get(struct yc_arena *a, size_t n, size_t size)
{
	size_t bytes = yc_arena_cost(n, size);
	unsigned char *p = a->base + a->used;

	assert(bytes <= a->size - a->used);
	a->used += bytes;
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(p, n * size);
#endif
	return p;
}

void *yc_arena_plan(struct yc_arena *a, size_t n, size_t size)
{
	size_t bytes = yc_arena_cost(n, size);

	if (a->base)
		return yc_arena_get(a, n, size);
	/* What cannot be is refused by yc_arena_init. */
	a->used = bytes > SIZE_MAX - a->used ? SIZE_MAX : a->used + bytes;
	return NULL;
}

void yc_arena_release(struct yc_arena *a)
{
	if (a->base) {
#ifdef __SANITIZE_ADDRESS__
		__asan_unpoison_memory_region(a->base, a->size);
#endif
		(void)munmap(a->base, a->size);
	}
	*a = (struct yc_arena){0};
}

int yc_buffer_room(struct yc_buffer *b, size_t size)
{
	if (size <= b->size)
		return YC_OK;
	yc_free(b->p);
	b->size = 0;
	b->p = yc_grow(NULL, 0, size);
	if (!b->p)
		return YC_FAIL;
	b->size = size;
	return YC_OK;
}
