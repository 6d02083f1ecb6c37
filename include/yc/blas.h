/* SPDX-License-Identifier: MIT */
#ifndef YC_BLAS_H
#define YC_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/fail.h"

/*
 * OpenBLAS, for linear algebra in double precision. No network is trained by it (yc/kern.h
 * has the products for that): it is loaded when it is first asked for, runs on the
 * caller's thread, so that several threads may call it and results do not depend on their
 * number, and with a core, its word for a set of kernels, that was found to be right in
 * everything that is declared here.
 */

/* The core that yc_blas_open(NULL) takes, by OpenBLAS's name; borrowed. NULL or empty: the
 * fastest that this processor runs and that is right. Before there are threads. */
void yc_blas_prefer(const char *core);
/* Loads it, with that core, or the preferred one. YC_FAIL where it is not installed or wrong.
 * It sets OPENBLAS_CORETYPE and OPENBLAS_NUM_THREADS, so call it
 * before there are threads that look at the environment; later calls only repeat the
 * outcome of the first. */
int yc_blas_open(const char *core) YC_CHECKED;
/* What is in use, "OpenBLAS 0.3.21, core Haswell", and which cores were found wrong; NULL
 * unless it is open. */
const char *yc_blas_name(void);
/* Keeps memory back for so many threads that call the functions below at once, without
 * which OpenBLAS would wait for it for ever: 128 MiB of address space each. YC_FAIL if
 * there is not enough; the same amount or less is free to ask for again. */
int yc_blas_reserve(int threads) YC_CHECKED;

/*
 * All that follows: after yc_blas_open and yc_blas_reserve. Matrices are row-major, of
 * int sizes of at least 1; lda, ldb, ldc are the elements from one row to the next.
 */

/* c[m][n] = alpha*op(a)*op(b) + beta*c, where ta and tb transpose a and b: op(a) is
 * [m][k], op(b) is [k][n]. With beta 0, c need not be set. */
void yc_dgemm(bool ta, bool tb, int m, int n, int k, double alpha, const double *a,
	int lda, const double *b, int ldb, double beta, double *c, int ldc);

/* Cholesky's factor of a symmetric positive definite a [n][n], of which the lower triangle
 * is read: a = L L', and L replaces that triangle; what is above the diagonal is neither
 * read nor written. YC_FAIL where a is not positive definite. */
int yc_cholesky(int n, double *a, int lda) YC_CHECKED;
/* Replaces b [n][m] by a^-1 b, with the L that yc_cholesky left. */
void yc_cholesky_solve(int n, int m, const double *l, int lda, double *b, int ldb);

/* Eigenvalues w [n], ascending, and eigenvectors of a symmetric a [n][n], of which the
 * lower triangle is read: row i of a becomes the vector of w[i], of length 1. So
 * a was A'DA, with A what a is now and D the diagonal matrix of w. Takes memory of 2 n^2
 * doubles while it works, and 10 s for n = 3072. YC_FAIL without memory, or where a is
 * not finite. */
int yc_eigen(int n, double *a, double *w) YC_CHECKED;

#endif
