/* SPDX-License-Identifier: MIT */
#ifndef YC_CONV_H
#define YC_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/opt.h"
#include "yc/precision.h"
#include "yc/real.h"

/*
 * Convolutions k x k of stride 1 or 2 with zero padding k/2, k odd, in one of several forms
 * (direct, Winograd's, ...). A form is one
 * entry per pass. What it makes of its operands on the way (transformed maps, split or
 * rounded numbers, packed weights) is its own affair: the layer only keeps it for later
 * passes. Entries work on a few images on one thread, never allocate and cannot fail.
 *
 * A set of kernels (yc/kern.h) provides forms by putting them into yc_kern.conv, a list
 * for each precision (yc/precision.h), in order of preference: the first that fits a shape
 * is used. A list
 * ends with a form that fits every shape, which "direct" does.
 */

/* A convolution of ci channels to co. Weights are w [k][k][ci][co]. */
struct yc_conv {
	int h, w, ci, co, k;
	/* Elements between rows and between images of x and of y. x [..][..][ci] has the
	 * border that yc_conv_plan asks for, zero, and begins at row and column -k/2 of
	 * the map; y [..][..][co] begins at the first pixel, and what lies between its
	 * rows is not written. Gradients dx and dy are dense, [h][w][ci] and [h][w][co]. */
	size_t xrow, ximg, yrow, yimg;
	/* Stride 2: y and dy have every second pixel of every second row, from the first
	 * on, (h+1)/2 by (w+1)/2 of them. */
	bool half;
};

/* What a form needs, in elements of yc_real whatever it puts there. Buffers begin at
 * multiples of 64 bytes if all these sizes are multiples of 64 bytes. */
struct yc_conv_plan {
	/* rows and columns of the buffer of x, from row and column -k/2 on: at least h+k-1
	 * and w+k-1 */
	int ph, pw;
	/* Images per call for best speed, which share one reading of the weights, say: as in
	 * struct yc_layer (yc/layer.h). */
	int chunk, chunk_forward;
	size_t pack; /* weights as passes want them, for forward and adjoint */
	/* kept of x and of dy for later passes, of n images n*image + fixed */
	size_t x_image, x_fixed, dy_image, dy_fixed;
	size_t grad; /* a sum of gradients of the weights */
	size_t scratch_image, scratch_fixed;
};

/* An operand: maps x or gradients dy of some images, and weights if it has any. */
struct yc_conv_term {
	const yc_real *x; /* or dy */
	/* Where the form keeps what it makes of x. Unless `ready`, the call makes all of
	 * it, for itself and for the calls after it; those have the same images. */
	yc_real *kept;
	bool ready;
	const yc_real *pack;
	/* For forward, of all terms or none, not if ready: no later call reads what is
	 * kept, so its place may serve as scratch. */
	bool once;
};

struct yc_conv_form {
	struct yc_method method; /* name and summary */
	/* With fewer channels of either kind it is slower than what stands behind it in
	 * the lists. */
	int channels;
	/* Whether it can compute this. Strides are not known yet; nor are they in plan. */
	bool (*fits)(const struct yc_conv *c);
	void (*plan)(const struct yc_conv *c, struct yc_conv_plan *p);
	/* As yc_layer_ops.prepare (yc/layer.h); adjoint: also what `adjoint` needs. */
	void (*prepare)(const struct yc_conv *c, const yc_real *w, yc_real *pack,
		bool adjoint, int part, int parts);
	/* y = sum over 1 or 2 terms of the convolution of x with pack. Sums run in the
	 * same order for any n, so that results do not depend on it. */
	void (*forward)(const struct yc_conv *c, int n, const struct yc_conv_term *t,
		int nterms, yc_real *y, yc_real *scratch);
	/* dx = sum over 1 or 2 terms of the adjoint of dy: dx[i + a][p] = sum over taps
	 * a and channels q of dy[i][q] w[a][p][q]. The adjoint of forward only up to
	 * rounding. dx may be NULL: only what is kept is made. */
	void (*adjoint)(const struct yc_conv *c, int n, const struct yc_conv_term *t,
		int nterms, yc_real *dx, yc_real *scratch);
	/* grad = (add ? grad : 0) + the gradient of the weights. pack is not used. */
	void (*weights)(const struct yc_conv *c, int n, const struct yc_conv_term *x,
		const struct yc_conv_term *dy, bool add, yc_real *grad, yc_real *scratch);
	/* dw [k][k][ci][co] += what `weights` has summed; sums of several threads are
	 * added element by element before. */
	void (*fold)(const struct yc_conv *c, const yc_real *grad, yc_real *dw);
};

/* The form that the chosen set of kernels has for this shape. */
const struct yc_conv_form *yc_conv_choose(enum yc_precision p, const struct yc_conv *c);

#endif
