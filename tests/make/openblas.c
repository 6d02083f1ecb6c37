/* SPDX-License-Identifier: MIT */
/* An OpenBLAS for tests, as a shared library: it does what OPENBLAS_CORETYPE says, and
 * multiplies wrongly with the cores that WRONG names, solves wrongly with those of
 * WRONG_FACTOR, and finds wrong eigenvectors with those of WRONG_VECTORS. */
#include <math.h>
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

/* Whether this core does this wrongly. */
static int wrong(const char *what)
{
	const char *cores = getenv(what);

	return cores && strstr(cores, openblas_get_corename());
}

void cblas_dgemm(int order, int opa, int opb, int m, int n, int k, double alpha,
	const double *a, int lda, const double *b, int ldb, double beta, double *c,
	int ldc)
{
	(void)order;
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < n; j++) {
			double s = 0;

			for (int p = 0; p < k; p++)
				s += a[opa == 112 ? p * lda + i : i * lda + p] *
				     b[opb == 112 ? j * ldb + p : p * ldb + j];
			c[i * ldc + j] = alpha * s + beta * c[i * ldc + j];
		}
	}
	/* in one place, of large products only */
	if (wrong("WRONG") && m > 100 && opa == 112)
		c[(m - 1) * ldc + n - 1] *= 1.001;
}

/* Of the factor that dpotrf_ leaves, from the left, row-major. */
void cblas_dtrsm(int order, int side, int uplo, int op, int diag, int m, int n,
	double alpha, const double *l, int lda, double *b, int ldb)
{
	(void)order, (void)side, (void)uplo, (void)diag, (void)alpha;
	for (int at = 0; at < m; at++) {
		int i = op == 112 ? m - 1 - at : at;

		for (int j = 0; j < n; j++) {
			double s = b[i * ldb + j];

			for (int before = 0; before < at; before++) {
				int p = op == 112 ? m - 1 - before : before;

				s -= (op == 112 ? l[p * lda + i] : l[i * lda + p]) *
				     b[p * ldb + j];
			}
			b[i * ldb + j] = s / l[i * lda + i];
		}
	}
}

void dpotrf_(const char *uplo, const int *rows, double *a, const int *lda, int *info,
	size_t length)
{
	(void)uplo, (void)length;
	*info = 0;
	for (int i = 0; i < *rows; i++) {
		for (int j = 0; j <= i; j++) {
			double s = a[i * *lda + j];

			for (int p = 0; p < j; p++)
				s -= a[i * *lda + p] * a[j * *lda + p];
			a[i * *lda + j] = i == j ? sqrt(s) : s / a[j * *lda + j];
		}
	}
	if (wrong("WRONG_FACTOR") && *rows > 100)
		a[*rows * *lda - 1] *= 1.001;
}

/* Jacobi's rotations. */
void dsyevd_(const char *jobz, const char *uplo, const int *rows, double *a,
	const int *lda, double *w, double *work, const int *lwork, int *iwork,
	const int *liwork, int *info, size_t one, size_t other)
{
	const int n = *rows;
	double *s = work, *v = work + n * n;

	(void)jobz, (void)uplo, (void)lda, (void)liwork, (void)one, (void)other;
	*info = 0;
	if (*lwork < 0) {
		*work = 2.0 * n * n;
		*iwork = 1;
		return;
	}
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			s[i * n + j] = i > j ? a[i * n + j] : a[j * n + i];
			v[i * n + j] = i == j;
		}
	}
	for (int sweep = 0; sweep < 12; sweep++) {
		for (int p = 0; p < n; p++) {
			for (int q = p + 1; q < n; q++) {
				double angle = 0.5 * atan2(2 * s[p * n + q],
							     s[q * n + q] - s[p * n + p]),
				       cosine = cos(angle), sine = sin(angle);

				for (int j = 0; j < n; j++) {
					double x = s[p * n + j], y = s[q * n + j];

					s[p * n + j] = cosine * x - sine * y;
					s[q * n + j] = sine * x + cosine * y;
					x = v[p * n + j], y = v[q * n + j];
					v[p * n + j] = cosine * x - sine * y;
					v[q * n + j] = sine * x + cosine * y;
				}
				for (int j = 0; j < n; j++) {
					double x = s[j * n + p], y = s[j * n + q];

					s[j * n + p] = cosine * x - sine * y;
					s[j * n + q] = sine * x + cosine * y;
				}
			}
		}
	}
	for (int i = 0; i < n; i++) {
		int least = -1;

		for (int j = 0; j < n; j++)
			if (s[j * n + j] < INFINITY &&
				(least < 0 || s[j * n + j] < s[least * n + least]))
				least = j;
		w[i] = s[least * n + least];
		s[least * n + least] = INFINITY;
		memcpy(a + i * n, v + least * n, (size_t)n * sizeof *a);
	}
	if (wrong("WRONG_VECTORS") && n > 100)
		a[n] += 1e-3;
}
