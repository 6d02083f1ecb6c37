/* SPDX-License-Identifier: MIT */
#ifndef KIP_OBJECTIVE_H
#define KIP_OBJECTIVE_H

#include <stdint.h>

#include "yc/fail.h"

/*
 * Kernel ridge regression from n support images with labels y to t target images, K
 * columns; private to lib/condense and its tests. With the kernels of support and support
 * and of support and targets, A = kss + ridge trace(kss)/n I, P = kst' A^-1 y:
 *
 *   loss = 1/2 mean over t K entries of (P - yt)^2
 *
 * Labels are one-hot, minus 1/K. Centred so, an image of no class predicts 0.
 */
struct yc_kip {
	int n, t, classes;
	double ridge;
	/* Set by the caller. Only the lower triangle of kss is read. */
	double *kss, *kst; /* [n][n], [n][t] */
	double *y, *yt;	   /* [n][classes], [t][classes] */
	/* Filled by yc_kip_solve: */
	double loss, accuracy; /* of the targets, in 0..1 */
	double *l;	       /* [n][n] Cholesky's factor of A */
	double *alpha;	       /* [n][classes] A^-1 y */
	double *p;	       /* [t][classes] predictions, then (P - yt)/(t K) */
	/* Filled by yc_kip_gradients: */
	double *gss, *gst; /* [n][n], [n][t] of the loss by kss and kst */
	double *gy;	   /* [n][classes] of the loss by y */
	/* Of yc_kip_labels: sums over batches, which the caller keeps. */
	double *normal, *right; /* [n][n] kst kst', [n][classes] kst yt */
};

int yc_kip_new(struct yc_kip *k, int n, int t, int classes, double ridge) YC_CHECKED;
void yc_kip_release(struct yc_kip *k);
uint64_t yc_kip_bytes(int n, int t, int classes);
/* Predictions, loss and accuracy. YC_FAIL where A is not positive definite. */
int yc_kip_solve(struct yc_kip *k) YC_CHECKED;
/* After yc_kip_solve. gss is symmetric in effect: a change of kss[i][j] and kss[j][i]
 * together changes the loss by gss[i][j] + gss[j][i]. */
void yc_kip_gradients(struct yc_kip *k);
/* Label solve: adds the targets at hand to `normal` and `right`, and sets y to the labels
 * that predict all targets so far best, by least squares. */
int yc_kip_labels(struct yc_kip *k) YC_CHECKED;
/* A step of Adam (beta 0.9 and 0.999, epsilon 1e-8), number `step` from 1 on. */
void yc_kip_adam(double *x, const double *g, double *m, double *v, size_t n, double lr,
	uint64_t step);

#endif
