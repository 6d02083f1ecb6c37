/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_UNROLL_H
#define CONDENSE_UNROLL_H

/*
 * Gradient descent, unrolled, and the exact gradient of where it ends, by the adjoint
 * recursion: yc-methods(7), "MATCHING TRAJECTORIES". From weights w[0],
 *
 *   w[i+1] = w[i] - lr g_i      g_i = grad_w of the mean cross-entropy of batch i at w[i]
 *   L = |w[N] - target|^2 / |w[0] - target|^2
 *
 * and backward, from lambda = dL/dw[N],
 *
 *   dL/dlr    -= <lambda, g_i>
 *   dL/dx_i    = -lr grad_x <lambda, g_i>        the images of batch i
 *   dL/dy_i    = -lr grad_y <lambda, g_i>        their soft labels
 *   lambda    -= lr H_i lambda
 *
 * All w[i] are kept, N+1 vectors; activations are those of one batch. The shortcut leaves
 * lambda as it is: each g_i counts as if w[i] did not depend on the batches before. State
 * of batch norms takes no part: batches are normalised by their own statistics.
 */

#include "yc/net.h"

struct yc_unroll {
	const struct yc_net *net;
	int steps, batch, threads; /* N, and images of a batch at most */
	bool shortcut;
	yc_real *w;	 /* [steps + 1][yc_net_size] */
	yc_real *dw;	 /* [yc_net_size] a gradient, or H_i lambda */
	yc_real *lambda; /* [yc_net_size] */
	/* Results of yc_unroll_back: of this batch [n][side][side][channels] and
	 * [n][classes]; and the sum over the batches so far. */
	yc_real *dx, *dy;
	double dlr;
	yc_real *logits, *tlogits; /* [batch][classes] */
	struct yc_exec *descend, *adjoint;
};

/* All memory is allocated here. `net` is borrowed. */
int yc_unroll_new(struct yc_unroll *u, const struct yc_net *net, int steps, int batch,
	int threads, bool shortcut) YC_CHECKED;
void yc_unroll_release(struct yc_unroll *u); /* zero is fine */
size_t yc_unroll_bytes(const struct yc_net *net, int steps, int batch, int threads);

/* The weights after i steps; those after none are the caller's to fill. */
yc_real *yc_unroll_at(const struct yc_unroll *u, int i);
/* Step i, from 0, on n images: w[i+1]. Returns their mean loss. */
double yc_unroll_step(struct yc_unroll *u, int i, double lr, const yc_real *x, int n,
	const struct yc_target *target);
/* After all steps: L, and lambda and dlr as the recursion begins. Not finite where the
 * target is w[0]. */
double yc_unroll_match(struct yc_unroll *u, const yc_real *target);
/* Step i back, i from steps-1 down to 0, with what step i had: dx, and dy if the target is
 * soft. */
void yc_unroll_back(struct yc_unroll *u, int i, double lr, const yc_real *x, int n,
	const struct yc_target *target);

#endif
