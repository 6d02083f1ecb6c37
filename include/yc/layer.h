/* SPDX-License-Identifier: MIT */
#ifndef YC_LAYER_H
#define YC_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/conv.h"
#include "yc/opt.h"
#include "yc/real.h"

/*
 * A layer is a plan and four passes: forward, backward, and the tangents of both in a
 * direction (tw, tx) of weights and input, from which every second-order gradient
 * follows (yc-methods(7), "SECOND-ORDER GRADIENTS"). Passes work on a micro-batch of
 * images that one thread owns; they cannot fail.
 */

/* An activation [h][w][c] in a buffer [ph][pw][step]: the map begins at row and column
 * `pad`, the rest is zero and stays zero, so that convolutions have no edges. Gradients
 * (d..., td...) have no border: [h][w][step]. step is c, but for layers that set
 * ops->views: their maps may be some of the channels of a wider buffer. */
struct yc_shape {
	int h, w, c;
	int pad, ph, pw;
	int step; /* elements from pixel to pixel */
};

static inline size_t yc_shape_size(const struct yc_shape *s) /* of the buffer */
{
	return (size_t)s->ph * (size_t)s->pw * (size_t)s->step;
}
static inline size_t yc_shape_map(const struct yc_shape *s) /* of the map alone */
{
	return (size_t)s->h * (size_t)s->w * (size_t)s->step;
}
static inline size_t yc_shape_at(const struct yc_shape *s) /* where the map begins */
{
	return ((size_t)s->pad * (size_t)s->pw + (size_t)s->pad) * (size_t)s->step;
}
/* Where row r of n consecutive maps begins (r < n*h). */
static inline size_t yc_shape_row(const struct yc_shape *s, int r)
{
	return (size_t)(r / s->h) * yc_shape_size(s) + yc_shape_at(s) +
	       (size_t)(r % s->h) * (size_t)s->pw * (size_t)s->step;
}

struct yc_layer {
	const struct yc_layer_ops *ops;
	struct yc_shape in, out;
	struct yc_shape in2; /* the second input, if ops->joins */
	int k;		     /* convolution: kernel side, padding k/2; border: zeros */
	enum yc_precision precision; /* convolution of stride 1 */
	/* and its form; NULL: plan chooses by precision and shape */
	const struct yc_conv_form *form;
	int stride; /* convolution: pixels between outputs; 0: 1 */
	int pool;   /* norm: average pooling that follows, 1: none; pool: its side,
				0: the whole map */
	bool relu;  /* norm: ReLU in between; sum: ReLU at the end */
	/* convolution before a norm, which removes the mean: the bias exists and decays,
	 * but is not used; its gradient is exactly 0 */
	bool bias_dead;
	bool bias_none; /* convolution: there is no bias */
	bool he;	/* convolution: starts as Normal(0, sqrt(2/(k*k*out.c))) */
	/* layers of two parts: their names in checkpoints */
	const char *part[2];
	/* block: channels that its buffer has room for; the output takes the last of them,
	 * later layers put theirs in front */
	int room;
	/* Set by the net: channels that lie behind the output's in its buffer. Readers of
	 * the output see them as well. */
	int behind;
	/* Set by plan: number of images per call for best speed, 1: image by image, 0: as
	 * many as there are. Consecutive layers with the same number are run for a few
	 * images before the next few, so that large maps are still in cache.
	 */
	int chunk;
	int chunk_forward; /* the same without passes back; 0: chunk */
	/* Set by plan, in elements: */
	size_t nw; /* weights, then biases: this layer's part of the flat vector */
	/* weights in the kernels' layout, packed by prepare once per step */
	size_t npack;
	size_t ngrad; /* a shard's gradient sum in the kernels' layout; fold adds it to dw
		       */
	size_t save_image,
		save_fixed; /* forward -> backward, n*image + fixed for n images */
	size_t tsave_image, tsave_fixed; /* likewise for tangents */
	size_t scratch_image, scratch_fixed;
	size_t nsum;   /* batch-coupled layer: doubles that backward passes add to */
	size_t ncoef;  /* constants that ops->settle leaves for the passes */
	size_t nstate; /* what ops->statistics gives: this layer's part of the state */
};

enum yc_pass_kind {
	YC_PASS_FORWARD,
	YC_PASS_BACKWARD,
	YC_PASS_TANGENT_FORWARD,
	YC_PASS_TANGENT_BACKWARD,
	YC_PASSES
};

/* Biases that a convolution has. */
static inline size_t yc_layer_biases(const struct yc_layer *l)
{
	return l->bias_none ? 0 : (size_t)l->out.c;
}
/* Whether they are used. */
static inline bool yc_layer_biased(const struct yc_layer *l)
{
	return !l->bias_none && !l->bias_dead;
}

struct yc_pass {
	int n; /* images in this call */
	const yc_real *w, *pack;
	const yc_real *tw, *tpack; /* direction of the weights; NULL: zero */
	const yc_real *x, *x2;
	const yc_real *tx, *tx2; /* NULL: zero */
	const yc_real *dy, *tdy;
	yc_real *y, *ty;		/* overwritten */
	yc_real *dx, *dx2, *tdx, *tdx2; /* overwritten; NULL: not wanted */
	yc_real *grad, *tgrad;		/* added to; NULL: not wanted */
	/* grad or tgrad is not initialised yet: overwrite it; only set if ops->overwrites */
	bool fresh;
	yc_real *save, *tsave;
	yc_real *scratch; /* nothing survives the call */
	bool alone;	  /* no later pass reads save */
	/* dx (tdx) is added to instead of overwritten; only set if ops->adds */
	bool add;
	/* For batch-coupled layers: */
	yc_real *coef; /* [ncoef] */
	double *shard; /* [nsum], added to by backward passes; NULL for settle */
};

/* What ops->settle works with, when a pass is done with all images (forward: begins). */
struct yc_settle {
	int batch;	       /* images in it */
	const yc_real *w, *tw; /* tw NULL: zero */
	/* Instead of statistics of the batch, which are then not given, and constant: of the
	 * backward passes only grad is wanted. NULL: none. */
	const yc_real *state;
	/* Sums over all pixels of the batch: of channel q of x at q, of x^2 at in.step + q;
	 * of tx, and of tx*(x - <x>), likewise. */
	const double *stat, *tstat;
	const double *sum[2]; /* [nsum] of the backward pass, and of its tangent */
	yc_real *coef;
	/* The gradient of x that the pass has left in dx lacks a*x + b: adds a of channel q to
	 * [q], b to [in.step + q]. */
	yc_real *rest;
	yc_real *grad; /* added to; NULL: not wanted */
};

struct yc_param;
enum { YC_LAYER_PARAMS = 6 }; /* tensors that a layer has at most */

struct yc_layer_ops {
	struct yc_method method;
	bool joins;	 /* has two inputs, x and x2; neither is ever NULL */
	bool begins;	 /* may be the first of a net: takes tx and dx that are NULL */
	bool borders;	 /* accepts inputs with a wider border than planned */
	bool overwrites; /* honours yc_pass.fresh: its sums are too large to clear first
			  */
	bool views;	 /* takes shapes with a step of more than c */
	bool adds;	 /* honours yc_pass.add */
	/* From in.h, in.w, in.c, out.c and the fields above: out.h, out.w, the buffer
	 * that inputs must have (in.pad, in.ph, in.pw), and all sizes; out.c too where the
	 * layer has no choice. The buffer of the output is decided by its readers. The only
	 * hook that can fail. */
	int (*plan)(struct yc_layer *l);
	/* The tensors of the nw weights and of the nstate values of state, in checkpoint
	 * order: all of p[] but the name, which has `tensor` behind a prefix of the net's;
	 * `at` counts from the layer's own part. Returns their number. NULL: no weights. */
	int (*params)(const struct yc_layer *l, struct yc_param *p);
	/* Part `part` of `parts`, which several threads share, of the packed weights;
	 * adjoint: also what backward needs. NULL: none. */
	void (*prepare)(const struct yc_layer *l, const yc_real *w, yc_real *pack,
		bool adjoint, int part, int parts);
	void (*forward)(const struct yc_layer *l, const struct yc_pass *p);
	void (*backward)(const struct yc_layer *l, const struct yc_pass *p);
	void (*tangent_forward)(const struct yc_layer *l, const struct yc_pass *p);
	void (*tangent_backward)(const struct yc_layer *l, const struct yc_pass *p);
	/* Adds a gradient sum to dw; NULL: same layout, plain addition. */
	void (*fold)(const struct yc_layer *l, const yc_real *grad, yc_real *dw);
	/*
	 * A batch-coupled layer (batch norm) has this for every pass: it turns sums over
	 * the batch into constants for the passes. Forward and tangent forward: before
	 * the pass, from the statistics of x. Backward passes compute the part of dx that
	 * needs no sums and add up what the rest needs; then settle says what is missing,
	 * which is of the form a*x + b in every channel, so that whoever reads dx next
	 * completes it. NULL: images are independent.
	 */
	void (*settle[YC_PASSES])(const struct yc_layer *l, const struct yc_settle *s);
	/* The state as estimated from this batch, after forward; NULL: no state. */
	void (*statistics)(
		const struct yc_layer *l, const double *stat, int batch, yc_real *state);
};

/* The list of layers: the gradient tests check each, and networks refer to them by these
 * names. A new layer is its file and one line here. */
#define YC_LAYERS(X) \
	X(conv) \
	X(strided) \
	X(norm) \
	X(batchnorm) \
	X(pool) \
	X(sum) \
	X(border) \
	X(block) \
	X(normpoint) \
	X(normconv) \
	X(dense)

#define YC_LAYER_DECLARE(name) extern const struct yc_layer_ops yc_layer_##name;
YC_LAYERS(YC_LAYER_DECLARE)
extern const struct yc_method *const yc_layers[]; /* of struct yc_layer_ops */

struct yc_target;
/* Softmax cross-entropy, or squares of errors, of n rows of z [n][classes], images `first` and on of a batch,
 * towards their targets: returns the sum of the losses; dz = inv * gradient of each, inv =
 * 1/batch: with soft targets y inv * (p sum(y) - y). */
double yc_loss(const yc_real *z, int n, int classes, const struct yc_target *target,
	int first, double inv, yc_real *dz);
/* Its tangent: tdz = inv * sum(y) * p*(tz - <p,tz>), or inv/classes * tz. */
void yc_loss_tangent(const yc_real *z, const yc_real *tz, int n, int classes,
	const struct yc_target *target, int first, double inv, yc_real *tdz);

#endif
