/* SPDX-License-Identifier: MIT */
/*
 * The door to OpenBLAS: its products against sums in double, and that it starts no
 * threads. tests/yc-info.bats has one whose cores are wrong.
 */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/rng.h"

static yc_real *numbers(size_t n, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "numbers");
	yc_real *p = yc_calloc(n, sizeof *p);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)yc_rng_uniform(&r); /* so that no sum cancels */
	return p;
}

static void check(bool ta, bool tb, int m, int n, int k, double alpha, double beta)
{
	const int lda = (ta ? m : k) + 1, ldb = (tb ? k : n) + 2, ldc = n + 3;
	yc_real *a = numbers((size_t)(lda * (ta ? k : m)), 1),
		*b = numbers((size_t)(ldb * (tb ? n : k)), 2),
		*c = numbers((size_t)(ldc * m), 3), *was = numbers((size_t)(ldc * m), 3);

	yc_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < ldc; j++) {
			double want = (double)was[i * ldc + j];

			if (j < n) {
				want *= beta;
				for (int p = 0; p < k; p++)
					want += alpha *
						(double)a[ta ? p * lda + i
							     : i * lda + p] *
						(double)b[tb ? j * ldb + p : p * ldb + j];
			}
			assert_true(fabs((double)c[i * ldc + j] - want) <=
				    (sizeof(yc_real) == 8 ? 1e-13 : 1e-5) * fabs(want));
		}
	}
	yc_free(a);
	yc_free(b);
	yc_free(c);
	yc_free(was);
}

static void products(void **state)
{
	static const int size[] = {1, 4, 17, 90};

	(void)state;
	for (int way = 0; way < 4; way++)
		for (size_t i = 0; i < 64; i++)
			check(way & 1, way & 2, size[i % 4], size[i / 4 % 4],
				size[i / 16], i % 3 ? 1 : 0.5, (double)(i % 2));
}

static void name(void **state)
{
	(void)state;
	assert_non_null(strstr(yc_blas_name(), "OpenBLAS 0."));
	assert_non_null(strstr(yc_blas_name(), ", core "));
	/* A second core would need a second OpenBLAS. */
	assert_int_equal(yc_blas_open("Nehalem"), YC_OK);
	assert_null(strstr(yc_blas_name(), "Nehalem"));
}

static void threads(void **state)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	(void)state;
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	assert_int_equal(n - 2, 1); /* without . and .. */
}

static int open_it(void **state)
{
	(void)state;
	return yc_blas_open(NULL) < 0 || yc_gemm_reserve(1) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products),
		cmocka_unit_test(name),
		cmocka_unit_test(threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_it, NULL);
}
