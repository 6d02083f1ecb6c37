/* SPDX-License-Identifier: MIT */
#ifndef YC_POOL_H
#define YC_POOL_H

/*
 * Threads. Work is cut into units whose number and content depend on the problem only,
 * never on the number of threads; unit u always does the same arithmetic, so results are
 * the same bytes for any `threads`. The engine is OpenMP: with threads of our own one of
 * Debian's variants of OpenBLAS becomes very slow. Each worker flushes denormals to zero
 * while it works, so that threads agree.
 *
 * fn(ctx, unit, worker): unit in 0..units-1, worker in 0..threads-1; units are scheduled
 * dynamically, in ascending order, so `worker` may only select scratch memory. A unit may
 * itself call yc_parallel: its units are shared with the workers that have nothing else to
 * do.
 */
void yc_parallel(
	int units, int threads, void (*fn)(void *ctx, int unit, int worker), void *ctx);

/* Bytes of a thread's stack that are enough for every fn, for OMP_STACKSIZE. By default
 * it is what is allowed for the first thread (ulimit -s), which may be less. */
enum { YC_THREAD_STACK = 1 << 20 };

/* How many of the threads asked for the system would not start (limits of memory or
 * processes), 0: none; the work is then done by those that there are, `started` with the
 * caller's. */
int yc_threads_refused(int *started);

enum { YC_THREADS_MAX = 4096 }; /* that can be asked for */

/* CPUs in this process's affinity mask, at least 1. */
int yc_cpus(void);

#endif
