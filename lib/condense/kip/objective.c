/* SPDX-License-Identifier: MIT */
/* The loss of kernel inducing points (Nguyen et al., ICLR 2021), its gradients by kernels
 * and labels, and the labels that minimise it; yc-methods(7), "KERNEL INDUCING POINTS". */
#include <math.h>
#include <string.h>

#include "lib/condense/kip/objective.h"
#include "yc/blas.h"
#include "yc/mem.h"

/* Added to the normal equations of labels, relative to their mean diagonal: it decides where
 * images are so alike that their kernels differ by rounding. */
static const double least_ridge = 1e-12;

static size_t sizes(int n, int t, int classes, size_t size[11])
{
	const size_t nn = yc_size_mul((size_t)n, (size_t)n),
		     nt = yc_size_mul((size_t)n, (size_t)t),
		     nk = yc_size_mul((size_t)n, (size_t)classes),
		     tk = yc_size_mul((size_t)t, (size_t)classes);
	const size_t all[11] = {nn, nt, nk, tk, nn, nk, tk, nn, nt, nk, nn};
	size_t sum = nk; /* right */

	for (int i = 0; i < 11; i++)
		sum += size[i] = all[i];
	return sum;
}

uint64_t yc_kip_bytes(int n, int t, int classes)
{
	size_t size[11];

	return sizes(n, t, classes, size) * sizeof(double);
}

int yc_kip_new(struct yc_kip *k, int n, int t, int classes, double ridge)
{
	double **const at[11] = {&k->kss, &k->kst, &k->y, &k->yt, &k->l, &k->alpha, &k->p,
		&k->gss, &k->gst, &k->gy, &k->normal};
	size_t size[11];

	*k = (struct yc_kip){.n = n, .t = t, .classes = classes, .ridge = ridge};
	(void)sizes(n, t, classes, size);
	for (int i = 0; i < 11; i++) {
		*at[i] = yc_calloc(size[i], sizeof(double));
		if (!*at[i])
			return YC_FAIL;
	}
	k->right = yc_calloc(size[2], sizeof(double));
	return k->right ? YC_OK : YC_FAIL;
}

void yc_kip_release(struct yc_kip *k)
{
	double *const at[] = {k->kss, k->kst, k->y, k->yt, k->l, k->alpha, k->p, k->gss,
		k->gst, k->gy, k->normal, k->right};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		yc_free(at[i]);
	*k = (struct yc_kip){0};
}

static double mean_diagonal(const double *a, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[(size_t)i * (size_t)n + (size_t)i];
	return sum / n;
}

/* The lower triangle of a + r I, and its factor, to l. */
static int factor(const double *a, int n, double r, double *l)
{
	size_t row = (size_t)n;

	for (size_t i = 0; i < row; i++) {
		memcpy(l + i * row, a + i * row, (i + 1) * sizeof(*l));
		l[i * row + i] += r;
	}
	return yc_cholesky(n, l, n);
}

static int argmax(const double *x, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

int yc_kip_solve(struct yc_kip *k)
{
	const int c = k->classes;
	const double scale = 1.0 / ((double)k->t * c);
	double sum = 0;
	int right = 0;

	if (factor(k->kss, k->n, k->ridge * mean_diagonal(k->kss, k->n), k->l) < 0)
		return yc_fail(YC_FAIL,
			"the kernel of the condensed images is not positive definite: "
			"some are too alike for --ridge %g",
			k->ridge);
	memcpy(k->alpha, k->y, (size_t)k->n * (size_t)c * sizeof(double));
	yc_cholesky_solve(k->n, c, k->l, k->n, k->alpha, c);
	yc_dgemm(true, false, k->t, c, k->n, 1, k->kst, k->t, k->alpha, c, 0, k->p, c);
	for (int j = 0; j < k->t; j++) {
		double *p = k->p + (size_t)j * (size_t)c;
		const double *want = k->yt + (size_t)j * (size_t)c;

		right += argmax(p, c) == argmax(want, c);
		for (int i = 0; i < c; i++) {
			double e = p[i] - want[i];

			sum += e * e;
			p[i] = scale * e;
		}
	}
	k->loss = sum * scale / 2;
	k->accuracy = (double)right / k->t;
	return YC_OK;
}

void yc_kip_gradients(struct yc_kip *k)
{
	const int c = k->classes, n = k->n;
	double trace = 0;

	/* gy = A^-1 kst R; by A: -gy alpha'; by kst: alpha R'. */
	yc_dgemm(false, false, n, c, k->t, 1, k->kst, k->t, k->p, c, 0, k->gy, c);
	yc_cholesky_solve(n, c, k->l, n, k->gy, c);
	yc_dgemm(false, true, n, k->t, c, 1, k->alpha, c, k->p, c, 0, k->gst, k->t);
	yc_dgemm(false, true, n, n, c, -1, k->gy, c, k->alpha, c, 0, k->gss, n);
	trace = mean_diagonal(k->gss, n);
	for (size_t i = 0; i < (size_t)n; i++)
		k->gss[i * (size_t)n + i] += k->ridge * trace;
}

int yc_kip_labels(struct yc_kip *k)
{
	const int c = k->classes, n = k->n;
	const size_t row = (size_t)n;
	double *a = k->gss, r;

	yc_dgemm(false, true, n, n, k->t, 1, k->kst, k->t, k->kst, k->t, 1, k->normal, n);
	yc_dgemm(false, false, n, c, k->t, 1, k->kst, k->t, k->yt, c, 1, k->right, c);
	if (factor(k->normal, n, least_ridge * mean_diagonal(k->normal, n), k->l) < 0)
		return yc_fail(YC_FAIL, "the condensed images are too alike to solve for "
					"their labels");
	memcpy(k->alpha, k->right, row * (size_t)c * sizeof(double));
	yc_cholesky_solve(n, c, k->l, n, k->alpha, c);
	/* y = A alpha, with both triangles of A */
	r = k->ridge * mean_diagonal(k->kss, n);
	for (size_t i = 0; i < row; i++) {
		for (size_t j = 0; j <= i; j++)
			a[i * row + j] = a[j * row + i] = k->kss[i * row + j];
		a[i * row + i] += r;
	}
	yc_dgemm(false, false, n, c, n, 1, a, n, k->alpha, c, 0, k->y, c);
	return YC_OK;
}

void yc_kip_adam(double *x, const double *g, double *m, double *v, size_t n, double lr,
	uint64_t step)
{
	const double b1 = 0.9, b2 = 0.999, eps = 1e-8, c1 = 1 - pow(b1, (double)step),
		     c2 = 1 - pow(b2, (double)step);

	for (size_t i = 0; i < n; i++) {
		m[i] = b1 * m[i] + (1 - b1) * g[i];
		v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
		x[i] -= lr * (m[i] / c1) / (sqrt(v[i] / c2) + eps);
	}
}
