/* SPDX-License-Identifier: MIT */
#ifndef KERN_BLAS_H
#define KERN_BLAS_H

#include "yc/blas.h"

enum {
	BLAS_ROW_MAJOR = 101,
	BLAS_AS_IT_IS = 111,
	BLAS_TRANSPOSED = 112,
	BLAS_LOWER = 122,
	BLAS_NON_UNIT = 131,
	BLAS_LEFT = 141
}; /* of CBLAS */

/* What is used of OpenBLAS: CBLAS, and LAPACK by the calling convention of Fortran, where
 * the lengths of strings come last. */
struct yc_blas_functions {
	void (*gemm)(int order, int opa, int opb, int m, int n, int k, double alpha,
		const double *a, int lda, const double *b, int ldb, double beta,
		double *c, int ldc);
	void (*trsm)(int order, int side, int uplo, int op, int diag, int m, int n,
		double alpha, const double *a, int lda, double *b, int ldb);
	void (*potrf)(const char *uplo, const int *n, double *a, const int *lda,
		int *info, size_t);
	void (*syevd)(const char *jobz, const char *uplo, const int *n, double *a,
		const int *lda, double *w, double *work, const int *lwork, int *iwork,
		const int *liwork, int *info, size_t, size_t);
};

/* Filled while the library is loaded. */
extern struct yc_blas_functions yc_blas;

/* Lets this thread's first call have the memory that yc_blas_reserve kept back. */
void yc_blas_buffer(void);

/* Compares all of them with plain sums. *wrong: a verb for what is wrong, or NULL. */
int yc_blas_check(const char **wrong) YC_CHECKED;

#endif
