/* SPDX-License-Identifier: MIT */
/* Runs a function over numbered units on several threads, all of which treat denormals
 * alike, so that who runs a unit does not matter. */
#define _GNU_SOURCE
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "yc/pool.h"

/* Threads that were started once at the same time, the caller's among them, and what the
 * system refused beyond them. */
static atomic_int startable = 1, refused;
static atomic_bool limited; /* not many more could be */

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

/* Each starts the next one and waits for it, so that at the end of the chain all run. */
struct chain {
	int left, started;
};

static void *start_next(void *ctx)
{
	struct chain *c = ctx;
	pthread_attr_t attr;
	pthread_t next;

	if (!c->left--)
		return NULL;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, YC_THREAD_STACK);
	if (pthread_create(&next, &attr, start_next, c) == 0) {
		(void)pthread_join(next, NULL);
		c->started++; /* behind it, when nobody else counts */
	}
	(void)pthread_attr_destroy(&attr);
	return NULL;
}

/*
 * OpenMP's library ends the process where a thread cannot be started, with a message of
 * its own. So threads are tried before it starts its own: the stacks of those are kept by
 * the C library and used again. Twice as many are tried as are wanted, because the kernel
 * counts those that have just ended for a moment more; if that is too much, that moment
 * must pass. Returns how many there can be, at most `want`.
 */
static int try_threads(int want)
{
	enum { MOMENT = 20 * 1000 * 1000 };
	const int have = limited ? startable : 1; /* OpenMP's are running */
	struct chain c = {.left = 2 * (want - have), .started = have};

	if (want <= startable || refused)
		return want < startable ? want : startable;
	(void)start_next(&c);
	if (c.left >= 0) {
		limited = true;
		(void)nanosleep(&(struct timespec){.tv_nsec = MOMENT}, NULL);
	}
	startable = c.started < want ? c.started : want;
	refused = want - startable;
	return startable;
}

int yc_threads_refused(int *started)
{
	*started = startable;
	return refused;
}

/* Units that workers take one by one. */
struct work {
	int units, next;
	void (*fn)(void *ctx, int unit, int worker);
	void *ctx;
};

static void run(struct work *w, int worker)
{
	for (;;) {
		int u;

#pragma omp atomic capture
		u = w->next++;
		if (u >= w->units)
			return;
		w->fn(w->ctx, u, worker);
	}
}

/* Inside a unit: a task for each worker that might have time. Those that nobody takes before
 * the units are used up find none left. */
static void run_inside(struct work *w, int threads)
{
	for (int worker = 1; worker < threads; worker++) {
#pragma omp task firstprivate(w, worker)
		run(w, worker);
	}
	run(w, 0);
#pragma omp taskwait
}

void yc_parallel(
	int units, int threads, void (*fn)(void *ctx, int unit, int worker), void *ctx)
{
	struct work w = {units, 0, fn, ctx};

	if (threads > units)
		threads = units;
	if (omp_in_parallel()) {
		run_inside(&w, threads < omp_get_num_threads() ? threads
							       : omp_get_num_threads());
		return;
	}
	if (threads > 1)
		threads = try_threads(threads);
	if (threads <= 1) {
		unsigned old = flush_on();

		for (int u = 0; u < units; u++)
			fn(ctx, u, 0);
		flush_back(old);
		return;
	}
	/* Near a limit always the same team: OpenMP's library would end threads that a
	 * smaller one does not need, and perhaps start them again too early. */
#pragma omp parallel num_threads(limited ? startable : threads)
	{
		unsigned old = flush_on();
		const int worker = omp_get_thread_num();

		if (worker < threads)
			run(&w, worker);
			/* what units of others still have to share, before denormals are back */
#pragma omp barrier
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
