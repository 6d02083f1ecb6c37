/* SPDX-License-Identifier: MIT */
#ifndef YC_BLAS_H
#define YC_BLAS_H

#include <stdbool.h>

#include "yc/fail.h"
#include "yc/real.h"

/*
 * OpenBLAS, for linear algebra that has no kernels here. Nothing that trains uses it
 * (yc/kern.h has its products): it is loaded when it is first asked for, runs on the
 * caller's thread, and with a core, its word for a set of kernels, whose products were
 * found to be right.
 */

/* Loads it. core: the one to use, by OpenBLAS's name (what OPENBLAS_CORETYPE says), or
 * NULL: the fastest that this processor runs and that is right. YC_FAIL where it is not
 * installed or wrong. It sets OPENBLAS_CORETYPE and OPENBLAS_NUM_THREADS, so call it
 * before there are threads that look at the environment; later calls only repeat the
 * outcome of the first. */
int yc_blas_open(const char *core) YC_CHECKED;
/* What is in use, "OpenBLAS 0.3.21, core Haswell", and which cores were found wrong; NULL
 * unless it is open. */
const char *yc_blas_name(void);

/* Keeps memory back for the products of so many threads at once, without which OpenBLAS
 * would wait for it for ever. YC_FAIL if there is not enough; the same amount or less is
 * free to ask for again. */
int yc_gemm_reserve(int threads) YC_CHECKED;
/* General matrix product on the caller's thread, row-major:
 * c[m][n] = alpha*op(a)*op(b) + beta*c. After yc_blas_open and yc_gemm_reserve. */
void yc_gemm(bool ta, bool tb, int m, int n, int k, double alpha, const yc_real *a,
	int lda, const yc_real *b, int ldb, double beta, yc_real *c, int ldc);

#endif
