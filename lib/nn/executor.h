/* SPDX-License-Identifier: MIT */
#ifndef NN_EXECUTOR_H
#define NN_EXECUTOR_H

#include "lib/nn/internal.h"
#include "yc/mem.h"

/* What a network's passes work in: work_room.c lays it out, work.c runs in it. */

enum { LANES = 8 }; /* at most */

/* A buffer for the images of a batch or of the group a worker is at. */
struct slots {
	yc_real *base;
	size_t image, fixed; /* elements an image, and once a chunk */
	int chunk;	     /* images in a chunk of the layer that owns this */
	bool keep;	     /* for every image of the batch */
	bool local;	     /* the chunks of a group share one place */
};

struct node {
	struct slots y, dy,
		save; /* of the layer's output, its gradient, what backward needs */
	struct slots ty, tdy, tsave; /* TANGENT mode */
	yc_real *pack, *tpack;
	yc_real *grad;		/* [lanes][ngrad] */
	double *sum[YC_PASSES]; /* [lanes][nsum]; in the end the first is the total */
	int chunk;		/* yc_layer.chunk, at most a group */
	int stretch;
};

struct yc_work {
	const struct yc_net *net;
	int max_batch, threads;
	enum yc_work_mode mode;
	int group;	/* images, at most */
	bool mixes;	/* so has the net, and this is not a FORWARD mode */
	bool keep;	/* every image has buffers of its own */
	struct slots x; /* input with the border that the first layer wants */
	struct node node[LAYERS_MAX];
	yc_real *scratch;
	size_t scratch_worker; /* elements */
	yc_real *extra;	       /* where layers that add to a gradient put their share */
	size_t extra_input, extra_worker;
	double loss[LANES];
	struct yc_arena arena;
	/* the pass under way */
	int n, lanes, groups; /* groups a lane */
	const yc_real *w, *v, *input;
	const struct yc_target *target;
	yc_real *logits, *embed, *dx, *dw;
	bool backward;
	int from, to; /* positions under way, see run_batch */
};

/* Lanes that a batch of n images is cut into. */
int yc_work_lanes(const struct yc_net *net, int n);
/* Groups that its longest lane has. */
int yc_work_groups(const struct yc_work *k, int n);
/* Chunks that a group has at most. */
size_t yc_work_chunks(const struct yc_work *k, int chunk);
/* Elements that a worker needs for a buffer that is not kept. */
size_t yc_work_slots(const struct yc_work *k, const struct slots *s);

#endif
