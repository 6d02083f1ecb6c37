/* SPDX-License-Identifier: MIT */
/* An OpenBLAS for tests, as a shared library: it does what OPENBLAS_CORETYPE says, and
 * multiplies wrongly with the cores that WRONG names. */
#include <stdlib.h>
#include <string.h>

const char *openblas_get_config(void)
{
	return "OpenBLAS 9.8.7 DYNAMIC_ARCH";
}

const char *openblas_get_corename(void)
{
	return getenv("OPENBLAS_CORETYPE") ? getenv("OPENBLAS_CORETYPE") : "own";
}

void openblas_set_num_threads(int n)
{
	(void)n;
}

void cblas_sgemm(int order, int opa, int opb, int m, int n, int k, float alpha,
	const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	const char *wrong = getenv("WRONG");

	(void)order;
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < n; j++) {
			double s = 0;

			for (int p = 0; p < k; p++)
				s += (double)a[opa == 112 ? p * lda + i : i * lda + p] *
				     (double)b[opb == 112 ? j * ldb + p : p * ldb + j];
			c[i * ldc + j] = (float)(alpha * s + beta * c[i * ldc + j]);
		}
	}
	/* in one place, of large products only */
	if (wrong && strstr(wrong, openblas_get_corename()) && m > 100 && opa == 112)
		c[(m - 1) * ldc + n - 1] *= 1.001F;
}
