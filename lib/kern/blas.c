/* SPDX-License-Identifier: MIT */
/*
 * OpenBLAS, loaded when it is first asked for. It chooses its kernels ("core") by the
 * processor while it is loaded, and earlier versions do so badly where the processor is
 * newer than they are: slow ones of twenty years ago, or new ones that are wrong. So the
 * choice is made here, through the environment, which is where it looks, and products by
 * it are compared with plain sums.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/kern/internal.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/pool.h"

static const char file[] = "libopenblas.so.0";

/* Those that are tried, in this order: widely used, and old enough to be right. */
static const struct core {
	unsigned needs; /* of the processor, of enum yc_cpu */
	const char *name;
} cores[] = {
#if defined(__x86_64__)
	{YC_CPU_AVX512, "SkylakeX"},
	{YC_CPU_AVX2, "Haswell"},
	{0, "Prescott"},
#else
	{0, NULL}, /* its own choice */
#endif
};

#ifdef YC_DOUBLE
static const char gemm_name[] = "cblas_dgemm";
#else
static const char gemm_name[] = "cblas_sgemm";
#endif
enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 }; /* of CBLAS */
typedef void gemm_function(int order, int opa, int opb, int m, int n, int k,
	yc_real alpha, const yc_real *a, int lda, const yc_real *b, int ldb, yc_real beta,
	yc_real *c, int ldc);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	void *library;
	gemm_function *gemm;
	char name[160];
	int status; /* of the first yc_blas_open, and its message */
	char message[256];
	bool tried;
} blas;

/* ---- is it right? ---- */

enum { TEST_MOST = 150 };

static yc_real element(size_t i)
{
	return (yc_real)((double)(i * 7919 % 1009) / 1009 - 0.5);
}

/* Whether c = op(a)*op(b)/2 + c comes out, for matrices of these sizes. */
static bool right_product(bool ta, bool tb, int m, int n, int k, const yc_real *a,
	const yc_real *b, yc_real *c)
{
	const size_t lda = (size_t)(ta ? m : k), ldb = (size_t)(tb ? k : n);

	for (size_t i = 0; i < (size_t)m * (size_t)n; i++)
		c[i] = element(i + 3);
	blas.gemm(ROW_MAJOR, ta ? TRANSPOSED : AS_IT_IS, tb ? TRANSPOSED : AS_IT_IS, m, n,
		k, (yc_real)0.5, a, (int)lda, b, (int)ldb, 1, c, n);
	for (size_t i = 0; i < (size_t)m; i++) {
		for (size_t j = 0; j < (size_t)n; j++) {
			size_t at = i * (size_t)n + j;
			double s = (double)element(at + 3), size = fabs(s);

			for (size_t p = 0; p < (size_t)k; p++) {
				double x = 0.5 *
					   (double)a[ta ? p * lda + i : i * lda + p] *
					   (double)b[tb ? j * ldb + p : p * ldb + j];

				s += x;
				size += fabs(x);
			}
			/* A NaN is wrong, too. */
			if (!(fabs((double)c[at] - s) <=
				    size * (sizeof(yc_real) == 8 ? 1e-14 : 1e-5)))
				return false;
		}
	}
	return true;
}

/* Small ones and large ones go different ways in it, and each transpose its own. */
static int test_products(bool *right)
{
	static const int size[][3] = {{1, 1, 1}, {3, 5, 7}, {16, 16, 16}, {1, 40, 100},
		{33, 65, 127}, {130, 110, TEST_MOST}};
	enum { ROOM = TEST_MOST * TEST_MOST };
	yc_real *a = yc_calloc(3 * ROOM, sizeof *a), *b = a + ROOM, *c = b + ROOM;

	if (!a)
		return YC_FAIL;
	for (size_t i = 0; i < ROOM; i++) {
		a[i] = element(i);
		b[i] = element(2 * i + 1);
	}
	*right = true;
	for (size_t i = 0; i < YC_COUNT(size) && *right; i++)
		for (int way = 0; way < 4 && *right; way++)
			*right = right_product(way & 1, way & 2, size[i][0], size[i][1],
				size[i][2], a, b, c);
	yc_free(a);
	return YC_OK;
}

/* ---- loading ---- */

/* Pointers to functions are no objects in C; POSIX has them come as such. */
static bool find(const char *name, void *function)
{
	void *p = dlsym(blas.library, name);

	memcpy(function, &p, sizeof p);
	return p != NULL;
}

static int load(const char *core)
{
	const char *(*config)(void), *(*corename)(void), *version;
	void (*set_threads)(int);

	/* Parallelism is outside of products; a second pool of threads inside would
	 * compete with it, and its number of threads would change the rounding. It starts
	 * them while it is loaded, and waits without end where memory is short. */
	(void)setenv("OPENBLAS_NUM_THREADS", "1", 1);
	if (core)
		(void)setenv("OPENBLAS_CORETYPE", core, 1);
	blas.library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!blas.library)
		return yc_fail(YC_FAIL,
			"no OpenBLAS: %s (on Debian: apt-get install libopenblas0)",
			dlerror());
	if (!find(gemm_name, &blas.gemm) || !find("openblas_get_config", &config) ||
		!find("openblas_get_corename", &corename) ||
		!find("openblas_set_num_threads", &set_threads))
		return yc_fail(YC_FAIL, "%s is no OpenBLAS: %s", file, dlerror());
	set_threads(1);
	version = config();
	if (strncmp(version, "OpenBLAS ", 9) == 0)
		version += 9;
	(void)snprintf(blas.name, sizeof blas.name, "OpenBLAS %.*s, core %s",
		(int)strcspn(version, " "), version, corename());
	return YC_OK;
}

static void unload(void)
{
	if (blas.library)
		(void)dlclose(blas.library);
	blas.library = NULL;
	blas.gemm = NULL;
}

/* Loads it with this core; *right: its products are. */
static int attempt(const char *core, bool *right)
{
	int status = load(core);

	if (status == YC_OK)
		status = test_products(right);
	if (status < 0 || !*right)
		unload();
	return status;
}

static int open_best(void)
{
	const unsigned has = yc_kern_cpu();
	char wrong[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < YC_COUNT(cores); i++) {
		bool right;

		if (cores[i].needs & ~has)
			continue;
		if (attempt(cores[i].name, &right) < 0)
			return YC_FAIL;
		if (right) {
			if (n)
				(void)snprintf(blas.name + strlen(blas.name),
					sizeof blas.name - strlen(blas.name),
					" (wrong on this processor: %s)", wrong);
			return YC_OK;
		}
		if (cores[i].name)
			n += (size_t)snprintf(wrong + n, sizeof wrong - n, "%s%s",
				n ? ", " : "", cores[i].name);
	}
	return yc_fail(
		YC_FAIL, "%s multiplies matrices wrongly on this processor", blas.name);
}

static int open_core(const char *core)
{
	bool right;

	if (attempt(core, &right) < 0)
		return YC_FAIL;
	if (!right)
		return yc_fail(YC_FAIL,
			"%s multiplies matrices wrongly on this processor: unset "
			"OPENBLAS_CORETYPE, which chose the core '%s'",
			blas.name, core);
	return YC_OK;
}

int yc_blas_open(const char *core)
{
	int status;

	pthread_mutex_lock(&lock);
	if (!blas.tried) {
		blas.tried = true;
		blas.status = core && *core ? open_core(core) : open_best();
		if (blas.status < 0)
			(void)snprintf(
				blas.message, sizeof blas.message, "%s", yc_errmsg());
	}
	status = blas.status;
	pthread_mutex_unlock(&lock);
	return status < 0 ? yc_fail(status, "%s", blas.message) : status;
}

const char *yc_blas_name(void)
{
	return blas.library ? blas.name : NULL;
}

/*
 * In its first product every thread lets OpenBLAS allocate a buffer, which it does in a
 * loop without end where there is no memory. So as much is kept back here, where a lack
 * is an error, until the thread needs it.
 */
enum { BUFFER_BYTES = (128 << 20) + 4096 };
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
	assert(blas.gemm);
	if (!has_buffer)
		take_buffer();
	blas.gemm(ROW_MAJOR, ta ? TRANSPOSED : AS_IT_IS, tb ? TRANSPOSED : AS_IT_IS, m, n,
		k, (yc_real)alpha, a, lda, b, ldb, (yc_real)beta, c, ldc);
}
