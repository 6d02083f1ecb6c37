/* SPDX-License-Identifier: MIT */
/*
 * The door to OpenBLAS: products, solutions and eigenvectors against sums, and that it
 * starts no threads. tests/yc-info.bats has one whose cores are wrong.
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

static double *numbers(size_t n, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "numbers");
	double *p = yc_calloc(n, sizeof *p);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = yc_rng_uniform(&r); /* so that no sum cancels */
	return p;
}

static void check(bool ta, bool tb, int m, int n, int k, double alpha, double beta)
{
	const int lda = (ta ? m : k) + 1, ldb = (tb ? k : n) + 2, ldc = n + 3;
	double *a = numbers((size_t)(lda * (ta ? k : m)), 1),
	       *b = numbers((size_t)(ldb * (tb ? n : k)), 2),
	       *c = numbers((size_t)(ldc * m), 3), *was = numbers((size_t)(ldc * m), 3);

	yc_dgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < ldc; j++) {
			double want = was[i * ldc + j];

			if (j < n) {
				want *= beta;
				for (int p = 0; p < k; p++)
					want += alpha *
						a[ta ? p * lda + i : i * lda + p] *
						b[tb ? j * ldb + p : p * ldb + j];
			}
			assert_true(fabs(c[i * ldc + j] - want) <= 1e-13 * fabs(want));
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

/* [n][n], symmetric as far as it may be read; NAN elsewhere. Its eigenvalues are
 * 2 - 2 cos(pi i/(n + 1)): of a chain of springs. */
static double *chain(int n, int ld)
{
	double *a = yc_calloc((size_t)(n * ld), sizeof *a);

	assert_non_null(a);
	for (int i = 0; i < n; i++) {
		for (int j = i + 1; j < ld; j++)
			a[i * ld + j] = NAN;
		a[i * ld + i] = 2;
		if (i > 0)
			a[i * ld + i - 1] = -1;
	}
	return a;
}

static void eigenvectors(void **state)
{
	static const int size[] = {1, 2, 25, 26, 77, 200};
	const double pi = 3.14159265358979323846;

	(void)state;
	for (size_t at = 0; at < 6; at++) {
		const int n = size[at];
		double *v = chain(n, n), *w = yc_calloc((size_t)n, sizeof *w);

		assert_non_null(w);
		assert_int_equal(yc_eigen(n, v, w), YC_OK);
		for (int i = 0; i < n; i++) {
			const double *x = v + i * n;
			double length = 0;

			assert_true(
				fabs(w[i] - 2 + 2 * cos(pi * (i + 1) / (n + 1))) < 1e-13);
			for (int j = 0; j < n; j++) {
				double stretched = 2 * x[j] - (j ? x[j - 1] : 0) -
						   (j + 1 < n ? x[j + 1] : 0);

				assert_true(fabs(stretched - w[i] * x[j]) < 1e-13);
				length += x[j] * x[j];
			}
			assert_true(fabs(length - 1) < 1e-13);
		}
		yc_free(v);
		yc_free(w);
	}
}

static void solutions(void **state)
{
	static const int size[] = {1, 2, 63, 64, 65, 300};
	enum { SIDES = 3, LD = 5 };

	(void)state;
	for (size_t at = 0; at < 6; at++) {
		const int n = size[at], ld = n + 2;
		double *l = chain(n, ld), *b = numbers((size_t)(n * LD), 4),
		       *x = numbers((size_t)(n * LD), 4);

		assert_int_equal(yc_cholesky(n, l, ld), YC_OK);
		for (int i = 0; i < n; i++) {
			/* The springs' pivots are known, and the rest is left alone. */
			assert_true(
				fabs(l[i * ld + i] - sqrt((i + 2.0) / (i + 1))) < 1e-13);
			for (int j = i + 1; j < ld; j++)
				assert_true(isnan(l[i * ld + j]));
		}
		yc_cholesky_solve(n, SIDES, l, ld, x, LD);
		for (int i = 0; i < n; i++) {
			for (int j = 0; j < LD; j++) {
				const double *p = x + i * LD + j;

				if (j >= SIDES)
					assert_true(*p == b[i * LD + j]);
				else
					assert_true(fabs(2 * *p - (i ? p[-LD] : 0) -
							    (i + 1 < n ? p[LD] : 0) -
							    b[i * LD + j]) <
						    1e-10); /* condition n^2 */
			}
		}
		yc_free(l);
		yc_free(b);
		yc_free(x);
	}
}

static void refusals(void **state)
{
	double a[9] = {1, 0, 0, 2, 1, 0, 0, 0, 1}, w[3];

	(void)state;
	assert_int_equal(yc_cholesky(3, a, 3), YC_FAIL);
	assert_string_equal(yc_errmsg(), "row 2 of 3 makes the matrix indefinite");
	a[6] = NAN;
	assert_int_equal(yc_eigen(3, a, w), YC_FAIL);
	assert_string_equal(yc_errmsg(), "a matrix has values that are not finite");
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
	return yc_blas_open(NULL) < 0 || yc_blas_reserve(1) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products),
		cmocka_unit_test(eigenvectors),
		cmocka_unit_test(solutions),
		cmocka_unit_test(refusals),
		cmocka_unit_test(name),
		cmocka_unit_test(threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_it, NULL);
}
