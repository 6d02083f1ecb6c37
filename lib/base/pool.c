/* SPDX-License-Identifier: MIT */
/* Runs a function over numbered units on several threads, all of which treat denormals
 * alike, so that who runs a unit does not matter. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "yc/pool.h"

/* Denormals to zero, in and out: they would cost a hundred cycles each, and threads that
 * differ in this mode would differ in bytes. Returns the mode before. */
static unsigned flush_on(void)
{
#ifdef __SSE2__
	unsigned old = _mm_getcsr();

	_mm_setcsr(old | 0x8040);
	return old;
#else
	return 0;
#endif
}

static void flush_back(unsigned old)
{
#ifdef __SSE2__
	/* Sticky exception flags may differ, nobody reads them. */
	_mm_setcsr(old);
#else
	(void)old;
#endif
}

void yc_parallel(
	int units, int threads, void (*fn)(void *ctx, int unit, int worker), void *ctx)
{
	if (threads > units)
		threads = units;
	if (threads <= 1) {
		unsigned old = flush_on();

		for (int u = 0; u < units; u++)
			fn(ctx, u, 0);
		flush_back(old);
		return;
	}
#pragma omp parallel num_threads(threads)
	{
		unsigned old = flush_on();
		int worker = omp_get_thread_num();

#pragma omp for schedule(dynamic, 1)
		for (int u = 0; u < units; u++)
			fn(ctx, u, worker);
		flush_back(old);
	}
}

int yc_cpus(void)
{
	/* A set that is too small for the machine makes the call fail with EINVAL. */
	for (int most = 1024; most <= 1 << 20; most *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)most);
		size_t size = CPU_ALLOC_SIZE((size_t)most);
		int n = 0;

		if (!set)
			break;
		if (sched_getaffinity(0, size, set) == 0)
			n = CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (n > 0)
			return n;
	}
	return 1;
}
