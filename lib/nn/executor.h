/* SPDX-License-Identifier: MIT */
#ifndef NN_EXECUTOR_H
#define NN_EXECUTOR_H

#include "lib/nn/internal.h"
#include "yc/mem.h"

/* What a network's passes work in: workspace.c lays it out, executor.c runs in it. */

enum { SHARDS = 8 }; /* at most */

/* A buffer for the images of a batch or of the micro-batch a worker is at. */
struct slots {
	yc_real *base;
	size_t image, fixed; /* elements an image, and once a chunk */
	int chunk;	     /* images in a chunk of the layer that owns this */
	bool keep;	     /* for every image of the batch */
	bool local;	     /* the chunks of a micro-batch share one place */
};

struct node {
	struct slots y, dy,
		save; /* of the layer's output, its gradient, what backward needs */
	struct slots ty, tdy, tsave; /* TANGENT mode */
	yc_real *pack, *tpack;
	yc_real *grad;		/* [shards][ngrad] */
	double *sum[YC_PASSES]; /* [shards][nsum]; in the end the first is the total */
	int chunk;		/* yc_layer.chunk, at most a micro-batch */
	int fused;
};

struct yc_exec {
	const struct yc_net *net;
	int max_batch, threads;
	enum yc_exec_mode mode;
	int micro;	    /* images, at most */
	bool coupled;	    /* so has the net, and this is not a FORWARD mode */
	bool keep;	    /* every image has buffers of its own */
	struct slots x, tx; /* input with the border that the first layer wants */
	struct node node[LAYERS_MAX];
	yc_real *scratch;
	size_t scratch_worker; /* elements */
	yc_real *extra;	       /* where layers that add to a gradient put their share */
	size_t extra_input, extra_worker;
	double loss[SHARDS];
	struct yc_arena arena;
	/* the pass under way, or the last one */
	int n, shards, micros; /* micro-batches per shard */
	const yc_real *w, *input;
	const yc_real *v, *vx; /* direction of a tangent pass; NULL: zero */
	struct yc_seed seed;
	yc_real *logits, *embed;
	yc_real *dw, *dx; /* of this pass, tangents in a tangent pass; NULL: not wanted */
	bool test;	  /* batch norms go by the state */
	bool tangent;	  /* after a backward pass */
	bool seeded;	  /* the batch went backward: a tangent pass may follow */
	int layers;	/* that take part: without the last if the embedding is seeded */
	int begin, end; /* positions: forward below `layers`, then backward */
	int from, to;	/* those under way, see run_batch */
};

/* Shards that a batch of n images is cut into. */
int yc_exec_shards(const struct yc_net *net, int n);
/* Micro-batches that its longest shard has. */
int yc_exec_micros(const struct yc_exec *k, int n);
/* Chunks that a micro-batch has at most. */
size_t yc_exec_chunks(const struct yc_exec *k, int chunk);
/* Elements that a worker needs for a buffer that is not kept. */
size_t yc_exec_slots(const struct yc_exec *k, const struct slots *s);

#endif
