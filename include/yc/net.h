/* SPDX-License-Identifier: MIT */
#ifndef YC_NET_H
#define YC_NET_H

#include <stdbool.h>

#include "yc/fail.h"
#include "yc/opt.h"
#include "yc/precision.h"
#include "yc/ranks.h"
#include "yc/real.h"
#include "yc/record.h"
#include "yc/rng.h"

/*
 * A network: a graph of layers planned once for one input size, whose weights live in one
 * flat vector of yc_real that the caller owns. Inside, activations are NHWC and
 * convolution weights are [kh][kw][in][out]; files have PyTorch's state_dict names and
 * layout (yc_net_store, yc_net_fetch convert).
 */
struct yc_net_cfg {
	const char *name; /* an entry of yc_archs: "convnet"; NULL: by the side of the
			     images */
	int width, depth; /* 0: the architecture's own (convnet: 128, 3) */
	int channels, side, classes;
	enum yc_precision precision; /* of convolutions */
	/* Batch norms use their state in all passes, so that images are independent. The
	 * weight vector is the same. */
	bool frozen;
	/* The layer whose output is the embedding, by its name before ".weight" or as the
	 * number of a block from 1; layers behind it are not computed, there are no
	 * logits, and seeds are gradients of the embedding. The weight vector is the same.
	 * NULL: the input of the last layer. Borrowed. */
	const char *embed;
};

struct yc_net;

struct yc_arch {
	struct yc_method method;
	int width, depth; /* defaults */
	/* Appends the layers of the architecture to `net` (lib/nn/net.c). */
	void (*build)(struct yc_net *net);
};
extern const struct yc_method *const yc_archs[]; /* of struct yc_arch */

/* For rows of option tables: the default for a NULL name. */
#define YC_NET_BY_SIDE \
	"resnet10ap for images of more than " YC_TEXT( \
		YC_SIDE_SMALL) " pixels per side, else convnet"

/*
 * Images of more pixels per side than this are large: they are treated as ImageNet's
 * (224), others as CIFAR's (32). The papers use no side in between.
 */
#define YC_SIDE_SMALL 64

/* Maximum number of blocks and channels of a network, and of images in a batch. */
enum { YC_DEPTH_MAX = 16, YC_WIDTH_MAX = 4096, YC_BATCH_MAX = 65536 };

/* What a tensor is, for methods that treat some differently. */
enum yc_role {
	YC_CONV_WEIGHT,
	YC_CONV_BIAS,
	YC_NORM_GAMMA,
	YC_NORM_BETA,
	YC_DENSE_WEIGHT,
	YC_DENSE_BIAS,
	YC_NORM_MEAN,
	YC_NORM_VARIANCE,
	YC_NORM_BATCHES
};

/* One weight tensor, in checkpoint order, as the layer that owns it describes it. */
struct yc_param {
	char name[64];	    /* state_dict name, e.g. layers.conv.0.weight */
	const char *part;   /* what stands before the last part, NULL: nothing */
	const char *tensor; /* its last part: weight */
	enum yc_role role;
	bool state;	  /* updated from the batches instead of by a gradient */
	bool counter;	  /* of batches: a whole number in files */
	int rank;	  /* 0: a scalar */
	int shape[4];	  /* PyTorch's: [out,in,kh,kw], [out,in] or [n] */
	size_t at, count; /* where it lies in the flat vector */
	/* Element [i][j][k] of files, dim[0]*dim[1]*dim[2] of them in row-major order,
	 * lies at i*stride[0] + j*stride[1] + k*stride[2]. */
	size_t dim[3], stride[3];
	/* Initial values: Normal(0, sqrt(2/fan_out)) if fan_out is not 0, else uniform in
	 * +-1/sqrt(fan_in) if fan_in is not 0, else `start`. */
	int fan_in, fan_out;
	double start;
};

/* The papers' choice for images of that side, as YC_NET_BY_SIDE describes it. */
const char *yc_net_by_side(int side);

int yc_net_new(struct yc_net **net, const struct yc_net_cfg *cfg) YC_CHECKED;
void yc_net_free(struct yc_net *net);
const struct yc_net_cfg *yc_net_config(const struct yc_net *net);
size_t yc_net_size(const struct yc_net *net); /* elements of the weight vector */
/* Learned elements; the state of batch norms follows them. */
size_t yc_net_learned(const struct yc_net *net);
int yc_net_nparams(const struct yc_net *net); /* tensors */
const struct yc_param *yc_net_param(const struct yc_net *net, int i);
/* Length of the embedding: the vector before the last layer, or of the layer chosen. */
int yc_net_embedding(const struct yc_net *net);

/* yc-methods(7), "Initial weights", drawn in checkpoint order and layout. */
void yc_net_init(const struct yc_net *net, yc_real *w, struct yc_rng rng);
int yc_net_store(
	const struct yc_net *net, const yc_real *w, struct yc_record *r) YC_CHECKED;
int yc_net_fetch(
	const struct yc_net *net, yc_real *w, const struct yc_record *r) YC_CHECKED;

/*
 * Buffers for passes over up to max_batch images on `threads` threads. Everything is
 * allocated here; no pass allocates. Modes are cumulative: FORWARD logits and embedding;
 * GRADIENT also backward passes; TANGENT also second-order passes. An executor in TANGENT
 * mode keeps the activations of all images, about 1.6 MB per image for ConvNet-D3 at
 * 32x32, unless that is more than a GB; so does one of a net with batch norms in GRADIENT
 * mode. Others keep those of one micro-batch.
 */
enum yc_exec_mode { YC_EXEC_FORWARD, YC_EXEC_GRADIENT, YC_EXEC_TANGENT };

struct yc_exec;
int yc_exec_new(struct yc_exec **exec, const struct yc_net *net, int max_batch,
	int threads, enum yc_exec_mode mode) YC_CHECKED;
void yc_exec_free(struct yc_exec *exec);
/* From now on all these ranks take the same passes with it, each for some of the shards of
 * a batch; all have the results, which are the same bytes. Without effect for nets with batch
 * norms, which each rank computes whole. Waits for all; NULL is fine. */
int yc_exec_divide(struct yc_exec *exec, struct yc_ranks *ranks) YC_CHECKED;
/* Bytes of a gradient that ranks then send each other, more than those of weights. */
size_t yc_exec_sums(const struct yc_net *net);
/* Number of shards of a batch of n images. */
int yc_exec_shards(const struct yc_net *net, int n);
size_t yc_exec_bytes(
	const struct yc_net *net, int max_batch, int threads, enum yc_exec_mode mode);

/*
 * Targets of a batch of n images; the loss is the mean over images of rho*CE(z,own) +
 * (1-rho)*CE(z,mixed). Own and mixed are classes, or, where soft is not NULL, rows y of
 * weights per class with CE(z,y) = -sum_c y_c log p_c, which need not sum to 1; label and
 * mixed are then not read. With squares, (1/2K) sum_c (z_c - y_c)^2 stands for CE, K
 * classes, where y is such a row, or for a class 1 - 1/K, and -1/K for the others.
 */
struct yc_target {
	const int32_t *label, *mixed; /* [n]; mixed NULL: rho is 1 */
	double rho;
	const yc_real *soft, *soft_mixed; /* [n][classes]; soft_mixed NULL: rho is 1 */
	bool squares;
};

/*
 * What a backward pass starts from, one of:
 * target: mean cross-entropy towards hard or soft labels;
 * dlogits: the gradient of the logits [n][classes] of whatever loss the caller has;
 * dembed: the gradient of the embedding [n][embedding], in the order in which
 *   yc_net_forward gives it, [h][w][c]. Layers behind it take no part; their gradient is
 *   zero.
 * A seed that depends on the whole batch (on the mean of its embedding, say) takes two
 * calls: yc_net_forward_train, then yc_net_backward with `resume`, on the same executor,
 * w, x and n. Where the executor keeps activations, `resume` spares the forward pass;
 * elsewhere micro-batches run forward again, and the results are the same. It also spares
 * it after another yc_net_backward, for a second seed on the same batch.
 */
struct yc_seed {
	const struct yc_target *target;
	const yc_real *dlogits, *dembed;
	bool resume;
};

/*
 * Passes. w, x, the seed and what it points to are the caller's and must stay unchanged
 * until the last pass that uses them, a tangent pass included. Results are overwritten; a
 * result that is NULL, where allowed, is not computed. Batches are divided by n alone and
 * sums added in order: any number of threads gives the same bytes.
 *
 * x [n][side][side][channels], normalised -> logits [n][classes] and embed
 * [n][embedding], either may be NULL. Batch norms use their state.
 */
void yc_net_forward(struct yc_exec *exec, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed);
/* The forward half of yc_net_backward: batch norms take the statistics of the batch.
 * Needs GRADIENT mode. */
void yc_net_forward_train(struct yc_exec *exec, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed);
/*
 * Forward and backward from the seed. dw [yc_net_size]: gradient of the weights, and in
 * place of state, its estimate from this batch, 0 if it is frozen; dx [n][side][side][channels]: gradient of
 * the images, with batch norms through the statistics of the batch too. Either may be
 * NULL. Returns the mean loss of a target, 0 for the other seeds. Needs GRADIENT mode.
 * Costs about three forward passes with dw, two without; dx adds the adjoint of the first
 * layer.
 */
double yc_net_backward(struct yc_exec *exec, const yc_real *w, const yc_real *x, int n,
	const struct yc_seed *seed, yc_real *dw, yc_real *dx);
/* The same from a target, without dx, for training: returns the mean loss; also the logits
 * [n][classes]. dw and logits may be NULL. */
double yc_net_gradient(struct yc_exec *exec, const yc_real *w, const yc_real *x, int n,
	const struct yc_target *target, yc_real *dw, yc_real *logits);
/*
 * yc-methods(7), "SECOND-ORDER GRADIENTS": after yc_net_backward or yc_net_gradient in
 * TANGENT mode on the same w, in direction v of the weights [yc_net_size] and vx of the
 * images [n][side][side][channels], either NULL for zero but not both:
 *   tdw = d/de grad_w L(x + e*vx, w + e*v) at e = 0, the Hessian-vector product;
 *   tdx = d/de grad_x L(x + e*vx, w + e*v) at e = 0; for vx = 0 the gradient of
 *         <v, grad_w L> with respect to x.
 * tdw [yc_net_size], zero where w has state, and tdx [n][side][side][channels]; either
 * may be NULL. The state part of v is ignored. Unused biases (layer.h) have no direction.
 * L is the loss of the seed; seeds given as a gradient are constant, L = <dlogits,
 * logits> or <dembed, embed>. May be called again for other directions. Costs about three
 * forward passes with tdw, two without; if activations are not kept, also a
 * yc_net_backward without dw and dx.
 */
void yc_net_tangent(struct yc_exec *exec, const yc_real *w, const yc_real *v,
	const yc_real *vx, yc_real *tdw, yc_real *tdx);
/* The same, and tlogits [n][classes], the tangent of the logits. */
void yc_net_tangent_logits(struct yc_exec *exec, const yc_real *w, const yc_real *v,
	const yc_real *vx, yc_real *tdw, yc_real *tdx, yc_real *tlogits);

/* log-softmax of logits [n][classes]; may be in place. */
void yc_log_softmax(const yc_real *logits, int n, int classes, yc_real *logp);

/* Updates the state of batch norms in w, after yc_net_gradient, with weight 0.1 by the
 * statistics of the batch in dw. */
void yc_net_track(const struct yc_net *net, yc_real *w, const yc_real *dw);

#endif
