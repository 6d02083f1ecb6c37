/* SPDX-License-Identifier: MIT */
/* Linear algebra by OpenBLAS on the caller's thread. Its LAPACK stores matrices by
 * columns: what it calls upper is the lower triangle here, and its columns are rows. */
#include <math.h>

#include "lib/kern/blas.h"
#include "yc/mem.h"

void yc_dgemm(bool ta, bool tb, int m, int n, int k, double alpha, const double *a,
	int lda, const double *b, int ldb, double beta, double *c, int ldc)
{
	yc_blas_buffer();
	yc_blas.gemm(BLAS_ROW_MAJOR, ta ? BLAS_TRANSPOSED : BLAS_AS_IT_IS,
		tb ? BLAS_TRANSPOSED : BLAS_AS_IT_IS, m, n, k, alpha, a, lda, b, ldb,
		beta, c, ldc);
}

int yc_cholesky(int n, double *a, int lda)
{
	int info = 0;

	yc_blas_buffer();
	yc_blas.potrf("U", &n, a, &lda, &info, 1);
	if (info)
		return yc_fail(
			YC_FAIL, "row %d of %d makes the matrix indefinite", info, n);
	return YC_OK;
}

void yc_cholesky_solve(int n, int m, const double *l, int lda, double *b, int ldb)
{
	yc_blas_buffer();
	yc_blas.trsm(BLAS_ROW_MAJOR, BLAS_LEFT, BLAS_LOWER, BLAS_AS_IT_IS, BLAS_NON_UNIT,
		n, m, 1, l, lda, b, ldb);
	yc_blas.trsm(BLAS_ROW_MAJOR, BLAS_LEFT, BLAS_LOWER, BLAS_TRANSPOSED,
		BLAS_NON_UNIT, n, m, 1, l, lda, b, ldb);
}

int yc_eigen(int n, double *a, double *w)
{
	const int asked = -1;
	int info = 0, integers, reals;
	double size, sum = 0;
	double *work;
	int *more;

	for (size_t i = 0; i < (size_t)n; i++)
		for (size_t j = 0; j <= i; j++)
			sum += fabs(a[i * (size_t)n + j]);
	/* It would search for ever. */
	if (!isfinite(sum))
		return yc_fail(YC_FAIL, "a matrix has values that are not finite");
	yc_blas_buffer();
	yc_blas.syevd(
		"V", "U", &n, a, &n, w, &size, &asked, &integers, &asked, &info, 1, 1);
	reals = (int)size;
	work = yc_calloc((size_t)reals, sizeof *work);
	more = yc_calloc((size_t)integers, sizeof *more);
	if (work && more)
		yc_blas.syevd("V", "U", &n, a, &n, w, work, &reals, more, &integers,
			&info, 1, 1);
	else
		info = -1;
	yc_free(work);
	yc_free(more);
	if (info > 0)
		return yc_fail(YC_FAIL,
			"the eigenvalues of a matrix of %d rows do not converge", n);
	return info < 0 ? YC_FAIL : YC_OK;
}
