/* SPDX-License-Identifier: MIT */
#ifndef NN_EXECUTOR_H
#define NN_EXECUTOR_H

#include "lib/nn/internal.h"
#include "yc/mem.h"

/* The buffers of a network's passes: workspace.c lays them out, executor.c uses them. */

enum { SHARDS = 8 }; /* at most */

/* A buffer for the images of a batch or of a worker's current micro-batch. */
struct slots {
	yc_real *base;
	size_t image, fixed; /* elements per image, and per chunk */
	int chunk;	     /* images per chunk of the layer that owns this */
	bool keep;	     /* kept for every image of the batch */
	bool local;	     /* shared by the chunks of a micro-batch */
};

struct node {
	struct slots y, dy,
		save; /* the layer's output, its gradient, data for backward */
	struct slots ty, tdy, tsave; /* TANGENT mode */
	yc_real *pack, *tpack;
	yc_real *grad; /* [shards][ngrad] */
	/* Of batch-coupled nets; [2]: first order and tangent. Backward sums of the layer
	 * [shards][nsum], in the end the first is the total; its constants. */
	double *sum[2];
	yc_real *coef;
	/* Statistics of the output: of each shard [shards][2][out.c], and of the batch,
	 * with those of the channels behind, as in struct yc_settle. */
	double *part[2], *stat[2];
	/* What its gradient lacks, as in struct yc_settle. */
	yc_real *rest[2];
	int chunk; /* yc_layer.chunk, at most a micro-batch */
	int fused;
};

struct yc_exec {
	const struct yc_net *net;
	int max_batch, threads;
	enum yc_exec_mode mode;
	int micro;	    /* images, at most */
	bool coupled;	    /* the net is batch-coupled, and the mode is not FORWARD */
	bool keep;	    /* every image has its own buffers */
	struct slots x, tx; /* input with the border that the first layer needs */
	struct node node[LAYERS_MAX];
	yc_real *scratch;
	size_t scratch_worker; /* elements */
	yc_real *extra;	       /* partial gradients of layers that share an input */
	size_t extra_input, extra_worker;
	double loss[SHARDS];
	struct yc_ranks *ranks; /* that shards are divided among, or NULL */
	yc_real *sums;		/* with ranks: of all layers */
	struct yc_arena arena;
	/* the current pass, or the last one */
	int n, shards, micros; /* micro-batches per shard */
	const yc_real *w, *input;
	const yc_real *v, *vx; /* direction of a tangent pass; NULL: zero */
	struct yc_seed seed;
	yc_real *logits, *embed, *tlogits;
	yc_real *dw, *dx; /* of this pass, tangents in a tangent pass; NULL: not wanted */
	bool test;	  /* batch norms use the state */
	bool tangent;	  /* after a backward pass */
	bool seeded;	  /* the batch went backward: a tangent pass may follow */
	int layers;	  /* layers used: without the last if the embedding is seeded */
	int begin, end;	  /* positions: forward below `layers`, then backward */
	int from, to;	  /* current ones, see run_batch */
};

/* ---- divide.c: with ranks ---- */

/* The first shard that a rank runs; those of the next one follow. */
int yc_divide_first(const struct yc_exec *k, int rank);
/* After the batch: what was found of each image, and losses, everywhere. */
void yc_divide_share(struct yc_exec *k);
/* Gradients of all shards, added in order, become those of the first shard. */
void yc_divide_reduce(struct yc_exec *k);

/* ---- coupled.c: what batch-coupled layers need ---- */

/* Whether what is done at a position depends on all images of the batch. */
bool yc_coupled_waits(const struct yc_exec *k, int position);
/* Before the first position: clears the sums of a shard. */
void yc_coupled_clear(struct yc_exec *k, int shard);
/* Adds n images of the output of layer i, just written, to its statistics; ty NULL: to
 * those of first order. */
void yc_coupled_observe(const struct yc_exec *k, int i, int n, int shard,
	const yc_real *y, const yc_real *ty);
/* Completes the gradient dy of n images of the output y of layer i, which is about to go
 * backward. */
void yc_coupled_complete(
	const struct yc_exec *k, int i, int n, const yc_real *y, yc_real *dy);
/* After positions k->from..k->to-1, and for the next one. */
void yc_coupled_settle(struct yc_exec *k);
/* Instead of all these in a test pass or a frozen net: layers settle by their state. */
void yc_coupled_by_state(struct yc_exec *k);
/* After all positions of a frozen net: gradients of its batch norms' weights. */
void yc_coupled_sum_up(struct yc_exec *k);

/* Number of micro-batches of its longest shard. */
int yc_exec_micros(const struct yc_exec *k, int n);
/* Maximum number of chunks of a micro-batch. */
size_t yc_exec_chunks(const struct yc_exec *k, int chunk);
/* Elements that a worker needs for a buffer that is not kept. */
size_t yc_exec_slots(const struct yc_exec *k, const struct slots *s);

#endif
