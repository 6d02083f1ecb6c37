/* SPDX-License-Identifier: MIT */
#ifndef NN_BATCH_H
#define NN_BATCH_H

#include "yc/kern.h"
#include "yc/layer.h"
#include "yc/net.h"

/*
 * What layers with a batch norm of their input share: weights gamma [c], beta [c], which
 * come first, state running mean [c], running variance [c], number of batches.
 *
 * With g = the gradient that passed the ReLU, the passes are affine in every channel:
 *     y  = relu(scale x + off)               ty  = mask (scale tx + kz x + k0)
 *     dx = scale g + [a x + b]               tdx = scale tg + kd g + kt tx + [a x + b]
 * where what stands in brackets needs sums of its own pass, and is left to others by
 * yc_layer_ops.settle. The constants follow by the formulas of yc-methods(7),
 * "SECOND-ORDER GRADIENTS".
 */
struct yc_batch {
	const yc_real *scale, *off, *mean; /* [c] */
	const yc_real *kz, *k0, *kd, *kt, *mt;
};

/* Sets nsum, ncoef and nstate. */
void yc_batch_plan(struct yc_layer *l);
/* The constants in coef [ncoef]. */
struct yc_batch yc_batch_of(const struct yc_layer *l, const yc_real *coef);
/* For yc_layer_ops.settle, .statistics and .params. */
#define YC_BATCH_SETTLE \
	{ \
		yc_batch_forward, yc_batch_backward, yc_batch_tangent_forward, \
			yc_batch_tangent_backward \
	}
void yc_batch_forward(const struct yc_layer *l, const struct yc_settle *s);
void yc_batch_backward(const struct yc_layer *l, const struct yc_settle *s);
void yc_batch_tangent_forward(const struct yc_layer *l, const struct yc_settle *s);
void yc_batch_tangent_backward(const struct yc_layer *l, const struct yc_settle *s);
void yc_batch_statistics(
	const struct yc_layer *l, const double *stat, int batch, yc_real *state);
int yc_batch_params(const struct yc_layer *l, struct yc_param *p);
/* The same where a convolution k x k without bias follows in the layer, whose weights come
 * behind gamma and beta. */
int yc_batch_conv_params(const struct yc_layer *l, int k, struct yc_param *p);

/* What the backward pass of a layer is for batch_backward, all pixels in one run: a layer
 * changes what is otherwise. */
struct yc_batch_arg yc_batch_arg_of(
	const struct yc_layer *l, const struct yc_pass *p, const struct yc_batch *b);

/* ty of `pixels` pixels [c] in runs of steps xstep (of x and tx) and ystep. */
void yc_batch_tangent(const struct yc_batch *b, int pixels, int c, bool relu,
	const yc_real *x, const yc_real *tx, size_t xstep, yc_real *ty, size_t ystep);
/* The first part of tdx, and the sums of the rest. */
struct yc_batch_tangents {
	int pixels, c;
	bool relu, add;
	const yc_real *x, *tx, *dy, *tdy;
	yc_real *tdx;
	size_t xstep, dystep, tdxstep;
	double *sum; /* [3][c] */
};
/* As yc_batch_arg_of. */
struct yc_batch_tangents yc_batch_tangents_of(
	const struct yc_layer *l, const struct yc_pass *p);
void yc_batch_tangent_adjoint(
	const struct yc_batch *b, const struct yc_batch_tangents *t);

#endif
