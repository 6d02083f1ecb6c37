/* SPDX-License-Identifier: MIT */
/*
 * OpenBLAS, loaded when it is first asked for. It chooses its kernels ("core") by the
 * processor while it is loaded, and earlier versions do so badly where the processor is
 * newer than they are: slow ones of twenty years ago, or new ones that are wrong. So the
 * choice is made here, through the environment, which is where it looks, and what it
 * computes is compared with plain sums (blas_check.c).
 */
#define _GNU_SOURCE
#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/kern/blas.h"
#include "lib/kern/internal.h"
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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
struct yc_blas_functions yc_blas;
static struct {
	void *library;
	const char *preferred; /* core */
	char name[160];
	int status; /* of the first yc_blas_open, and its message */
	char message[256];
	bool tried;
} blas;

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
	const struct {
		const char *name;
		void *function;
	} need[] = {
		{"openblas_get_config", &config},
		{"openblas_get_corename", &corename},
		{"openblas_set_num_threads", &set_threads},
		{"cblas_dgemm", &yc_blas.gemm},
		{"cblas_dtrsm", &yc_blas.trsm},
		{"dpotrf_", &yc_blas.potrf},
		{"dsyevd_", &yc_blas.syevd},
	};

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
	for (size_t i = 0; i < YC_COUNT(need); i++)
		if (!find(need[i].name, need[i].function))
			return yc_fail(YC_FAIL, "%s is no OpenBLAS with LAPACK: %s", file,
				dlerror());
	set_threads(1);
	version = config();
	if (strncmp(version, "OpenBLAS ", 9) == 0)
		version += 9;
	(void)snprintf(blas.name, sizeof blas.name, "OpenBLAS %.*s, core %s",
		(int)strcspn(version, " "), version, corename());
	return YC_OK;
}

/* ---- memory ---- */

/*
 * In its first call every thread lets OpenBLAS allocate a buffer, which it does in a
 * loop without end where there is no memory. So as much is kept back here, where a lack
 * is an error, until the thread needs it.
 */
enum { BUFFER_BYTES = (128 << 20) + 4096 };
static struct {
	void *at[YC_THREADS_MAX];
	int n, given; /* kept back; given to threads */
	pthread_mutex_t lock;
} buffers = {.lock = PTHREAD_MUTEX_INITIALIZER};
static _Thread_local bool has_buffer;

int yc_blas_reserve(int threads)
{
	int status = YC_OK;

	if (threads > YC_THREADS_MAX)
		threads = YC_THREADS_MAX;
	pthread_mutex_lock(&buffers.lock);
	while (status == YC_OK && buffers.n + buffers.given < threads) {
		void *p = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			status = yc_fail(YC_FAIL,
				"no memory for linear algebra, %d MB for each thread, "
				"for %d of %d: %smore memory (ulimit -v)",
				BUFFER_BYTES >> 20, threads - buffers.n - buffers.given,
				threads, threads > 1 ? "fewer threads (-j) or " : "");
		else
			buffers.at[buffers.n++] = p;
	}
	pthread_mutex_unlock(&buffers.lock);
	return status;
}

void yc_blas_buffer(void)
{
	assert(blas.library);
	if (has_buffer)
		return;
	pthread_mutex_lock(&buffers.lock);
	if (buffers.n > 0) {
		(void)munmap(buffers.at[--buffers.n], BUFFER_BYTES);
		buffers.given++;
	}
	pthread_mutex_unlock(&buffers.lock);
	has_buffer = true;
}

/* ---- the choice of a core ---- */

static void unload(void)
{
	if (blas.library)
		(void)dlclose(blas.library);
	blas.library = NULL;
}

/* Loads it with this core; *wrong: what it computes wrongly, or NULL. */
static int attempt(const char *core, const char **wrong)
{
	int status = load(core);

	if (status == YC_OK)
		status = yc_blas_reserve(1);
	if (status == YC_OK)
		status = yc_blas_check(wrong);
	if (status < 0 || *wrong)
		unload();
	return status;
}

static int open_best(void)
{
	const unsigned has = yc_kern_cpu();
	const char *fault = NULL;
	char wrong[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < YC_COUNT(cores); i++) {
		if (cores[i].needs & ~has)
			continue;
		if (attempt(cores[i].name, &fault) < 0)
			return YC_FAIL;
		if (!fault) {
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
	return yc_fail(YC_FAIL, "%s %s wrongly on this processor", blas.name, fault);
}

static int open_core(const char *core)
{
	const char *fault;

	if (attempt(core, &fault) < 0)
		return YC_FAIL;
	if (fault)
		return yc_fail(YC_FAIL,
			"%s %s wrongly on this processor: unset OPENBLAS_CORETYPE, which "
			"chose the core '%s'",
			blas.name, fault, core);
	return YC_OK;
}

void yc_blas_prefer(const char *core)
{
	blas.preferred = core;
}

int yc_blas_open(const char *core)
{
	int status;

	pthread_mutex_lock(&lock);
	if (!core)
		core = blas.preferred;
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
