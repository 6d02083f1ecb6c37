/* SPDX-License-Identifier: MIT */
/* Whether OpenBLAS computes what it should on this processor: what it does with a few
 * matrices, by sums that need no library. */
#include <math.h>
#include <string.h>

#include "lib/kern/blas.h"
#include "lib/kern/internal.h"
#include "yc/mem.h"

enum { MOST = 150 };
static const double rounding = 1e-14; /* of one sum, relative to its terms */

static double element(size_t i)
{
	return (double)(i * 7919 % 1009) / 1009 - 0.5;
}

/* Whether c = op(a)*op(b)/2 + c comes out, for matrices of these sizes. */
static bool right_product(
	bool ta, bool tb, const int size[3], const double *a, const double *b, double *c)
{
	const size_t m = (size_t)size[0], n = (size_t)size[1], k = (size_t)size[2];
	const size_t lda = ta ? m : k, ldb = tb ? k : n;

	for (size_t i = 0; i < m * n; i++)
		c[i] = element(i + 3);
	yc_dgemm(ta, tb, size[0], size[1], size[2], 0.5, a, (int)lda, b, (int)ldb, 1, c,
		size[1]);
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < n; j++) {
			double s = element(i * n + j + 3), terms = fabs(s);

			for (size_t p = 0; p < k; p++) {
				double x = 0.5 * a[ta ? p * lda + i : i * lda + p] *
					   b[tb ? j * ldb + p : p * ldb + j];

				s += x;
				terms += fabs(x);
			}
			/* A NaN is wrong, too. */
			if (!(fabs(c[i * n + j] - s) <= terms * rounding))
				return false;
		}
	}
	return true;
}

/* Small ones and large ones go different ways in it, and each transpose its own. */
static bool right_products(double *a, double *b, double *c)
{
	static const int size[][3] = {{1, 1, 1}, {3, 5, 7}, {16, 16, 16}, {1, 40, 100},
		{33, 65, 127}, {130, 110, MOST}};

	for (size_t i = 0; i < MOST * MOST; i++) {
		a[i] = element(i);
		b[i] = element(2 * i + 1);
	}
	for (size_t i = 0; i < YC_COUNT(size); i++)
		for (int way = 0; way < 4; way++)
			if (!right_product(way & 1, way & 2, size[i], a, b, c))
				return false;
	return true;
}

/* A symmetric matrix whose eigenvalues are positive: the diagonal outweighs
 * the rest. The plain sums use all of it. */
static void positive(int n, double *a)
{
	const size_t m = (size_t)n;

	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < i; j++)
			a[i * m + j] = a[j * m + i] = element(i * m + j);
		a[i * m + i] = (double)n * (0.75 + element(i) / 4);
	}
}

/* a x = b by the factors, for matrices of a block and of several. */
static int right_solutions(double *a, double *l, double *x, bool *right)
{
	static const int size[] = {1, 9, MOST};
	enum { SIDES = 7 };

	for (size_t at = 0; at < YC_COUNT(size) && *right; at++) {
		const size_t n = (size_t)size[at];

		positive(size[at], a);
		memcpy(l, a, n * n * sizeof *a);
		for (size_t i = 0; i < n * SIDES; i++)
			x[i] = element(i + 5);
		if (yc_cholesky(size[at], l, size[at]) < 0) {
			*right = false;
			break;
		}
		yc_cholesky_solve(size[at], SIDES, l, size[at], x, SIDES);
		for (size_t i = 0; i < n * SIDES; i++) {
			double s = -element(i + 5), terms = fabs(s);

			for (size_t p = 0; p < n; p++) {
				double term =
					a[i / SIDES * n + p] * x[p * SIDES + i % SIDES];

				s += term;
				terms += fabs(term);
			}
			*right &= fabs(s) <= terms * 10 * rounding;
		}
	}
	return YC_OK;
}

/* Vectors of length 1 at right angles that a only stretches; of a matrix that is divided
 * to be conquered (above 25), and of one that is not. */
static int right_vectors(double *a, double *v, double *w, bool *right)
{
	static const int size[] = {1, 20, MOST};

	for (size_t at = 0; at < YC_COUNT(size) && *right; at++) {
		const size_t n = (size_t)size[at];

		positive(size[at], a);
		memcpy(v, a, n * n * sizeof *a);
		if (yc_eigen(size[at], v, w) < 0)
			return YC_FAIL;
		for (size_t i = 0; i < n * n; i++) {
			const double *p = v + i / n * n, *q = v + i % n * n;
			double stretched = -w[i / n] * p[i % n],
			       angle = -(i / n == i % n);

			for (size_t j = 0; j < n; j++) {
				stretched += a[i % n * n + j] * p[j];
				angle += p[j] * q[j];
			}
			*right &= fabs(stretched) <= (double)(n * n) * rounding &&
				  fabs(angle) <= (double)n * rounding;
		}
		for (size_t i = 1; i < n; i++)
			*right &= w[i - 1] <= w[i];
	}
	return YC_OK;
}

int yc_blas_check(const char **wrong)
{
	enum { ROOM = MOST * MOST };
	double *a = yc_calloc(3 * ROOM, sizeof *a), *b = a + ROOM, *c = b + ROOM;
	bool right;
	int status = YC_OK;

	if (!a)
		return YC_FAIL;
	*wrong = right_products(a, b, c) ? NULL : "multiplies matrices";
	right = true;
	if (!*wrong)
		status = right_solutions(a, b, c, &right);
	if (!right)
		*wrong = "solves equations";
	right = true;
	if (status == YC_OK && !*wrong)
		status = right_vectors(a, b, c, &right);
	if (!right)
		*wrong = "finds eigenvectors";
	yc_free(a);
	return status;
}
