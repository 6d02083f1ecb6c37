/* SPDX-License-Identifier: MIT */
/* Matrix products by OpenBLAS, which is pinned to one thread. No other file uses it, so
 * that tools without networks are linked without it and do not start its threads. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cblas.h>

#include "lib/kern/internal.h"
#include "yc/fail.h"
#include "yc/pool.h"

enum { SETS_MAX = 8 };
/* of the tables of yc_kern_all, in their order, with each precision */
static char names[SETS_MAX][YC_COUNT_PRECISION][128];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void name(const struct yc_kern *k, enum yc_precision asked, char *to, size_t size)
{
	const enum yc_precision used = yc_kern_precision(k, asked);
	const bool ordinary = used == YC_FP32 || used == YC_EXACT;
	char convolutions[64] = "";

	if (used != asked)
		snprintf(convolutions, sizeof convolutions, ", %s convolutions for %s",
			yc_precisions[used]->name, yc_precisions[asked]->name);
	else if (used != YC_FP32)
		snprintf(convolutions, sizeof convolutions, ", %s convolutions",
			yc_precisions[used]->name);
	snprintf(to, size, "%s %s%s, OpenBLAS %s",
		(ordinary ? k->base : k->set)->method.name, YC_REAL_NAME, convolutions,
		openblas_get_corename());
}

static void begin(void)
{
	/* Parallelism is outside of products; a second pool of threads inside would
	 * compete with it, and its number of threads would change the rounding. */
	openblas_set_num_threads(1);
	for (int i = 0; i < SETS_MAX && yc_kern_all()[i]; i++)
		for (int p = 0; p < YC_COUNT_PRECISION; p++)
			name(yc_kern_all()[i], (enum yc_precision)p, names[i][p],
				sizeof names[i][p]);
}

const char *yc_kern_name(enum yc_precision asked)
{
	int i = 0;

	pthread_once(&once, begin);
	while (yc_kern_all()[i] != yc_kern_get())
		i++;
	return names[i][asked];
}

/*
 * In its first product every thread lets OpenBLAS allocate a buffer, which it does in a
 * loop without end where there is no memory. So as much is kept back here, where a lack
 * is an error, until the thread needs it.
 */
enum { BUFFER_BYTES = (128 << 20) + 4096 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	void *at[YC_THREADS_MAX];
	int n, given; /* kept back; given to threads */
} buffers;
static _Thread_local bool has_buffer;

int yc_gemm_reserve(int threads)
{
	int status = YC_OK;

	if (threads > YC_THREADS_MAX)
		threads = YC_THREADS_MAX;
	pthread_mutex_lock(&lock);
	while (status == YC_OK && buffers.n + buffers.given < threads) {
		void *p = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			status = yc_fail(YC_FAIL,
				"no memory for matrix products, %d MB for each thread, "
				"for %d of %d: %smore memory (ulimit -v)",
				BUFFER_BYTES >> 20, threads - buffers.n - buffers.given,
				threads, threads > 1 ? "fewer threads (-j) or " : "");
		else
			buffers.at[buffers.n++] = p;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

static void take_buffer(void)
{
	pthread_mutex_lock(&lock);
	if (buffers.n > 0) {
		(void)munmap(buffers.at[--buffers.n], BUFFER_BYTES);
		buffers.given++;
	}
	pthread_mutex_unlock(&lock);
	has_buffer = true;
}

void yc_gemm(bool ta, bool tb, int m, int n, int k, double alpha, const yc_real *a,
	int lda, const yc_real *b, int ldb, double beta, yc_real *c, int ldc)
{
	enum CBLAS_TRANSPOSE opa = ta ? CblasTrans : CblasNoTrans,
			     opb = tb ? CblasTrans : CblasNoTrans;

	pthread_once(&once, begin);
	if (!has_buffer)
		take_buffer();
#ifdef YC_DOUBLE
	cblas_dgemm(
		CblasRowMajor, opa, opb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
#else
	cblas_sgemm(CblasRowMajor, opa, opb, m, n, k, (float)alpha, a, lda, b, ldb,
		(float)beta, c, ldc);
#endif
}
