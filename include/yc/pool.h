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
 * dynamically, so `worker` may only select scratch memory.
 */
void yc_parallel(
	int units, int threads, void (*fn)(void *ctx, int unit, int worker), void *ctx);

/* CPUs in this process's affinity mask, at least 1. */
int yc_cpus(void);

#endif
