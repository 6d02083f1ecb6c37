/* SPDX-License-Identifier: MIT */
#ifndef NN_INTERNAL_H
#define NN_INTERNAL_H

#include "yc/layer.h"
#include "yc/net.h"

enum { LAYERS_MAX = 512, PARAMS_MAX = 2 * LAYERS_MAX };

/* The net's input as an index of a layer. */
enum { YC_NET_INPUT = -1 };

struct yc_net {
	struct yc_net_cfg cfg;
	int nlayers, nparams;
	/* In topological order; the last layer gives the logits, unless headless. */
	struct yc_layer layer[LAYERS_MAX];
	int from[LAYERS_MAX][2]; /* the layers whose outputs are x and x2 */
	bool adds
		[LAYERS_MAX]
		/* a later layer also reads x or x2: backward computes its gradient first,
		 * and this layer adds to it */
		[2];
	int reader[LAYERS_MAX]; /* the last layer that reads this output, nlayers: none */
	/* The layer whose buffers hold the output, itself unless it is a view, and the
	 * channel there at which it begins. */
	int owner[LAYERS_MAX], first[LAYERS_MAX];
	/* A batch-coupled layer reads this output: its statistics are wanted, and its
	 * gradient is complete only after that layer has settled. */
	bool coupled[LAYERS_MAX];
	size_t at[LAYERS_MAX]; /* of a layer's weights in the flat vector */
	struct yc_param param[PARAMS_MAX];
	size_t state_at[LAYERS_MAX]; /* of a layer's state, likewise */
	size_t learned, size;	     /* without and with the state */
	int named
		[LAYERS_MAX]; /* the tensors before which the last of a layer stands, 0: none */
	int nblocks, block[LAYERS_MAX]; /* their last layers */
	bool headless;			/* the last layer gives the embedding */
	int status;			/* of the build */
};

/* yc_net_new of an architecture that need not be in the table. */
int yc_net_build(struct yc_net **out, const struct yc_net_cfg *cfg,
	const struct yc_arch *arch) YC_CHECKED;

/*
 * For the build function of an architecture. After a failure, which is recorded in the
 * net, further calls do nothing, so that a build function reads like a table.
 */
/* Appends a layer that reads layer `x` and, if its kind joins two, layer `x2`; `spec` gives
 * ops, out.c and options. Returns its index. */
int yc_net_join(struct yc_net *net, const struct yc_layer *spec, int x, int x2);
/* Appends a layer that reads the one before, or the net's input if it is the first. */
int yc_net_add(struct yc_net *net, const struct yc_layer *spec);
/* Appends a layer that reads layer `x` and puts its output in front of the channels of
 * layer `rest`, into the same buffer, which has room for it (yc_layer.room). */
int yc_net_extend(struct yc_net *net, const struct yc_layer *spec, int x, int rest);
/* Names the tensors of layer i "PREFIX.weight" and so on, and appends them to the
 * checkpoint order. Call it exactly once for every layer with weights. */
void yc_net_name(struct yc_net *net, int i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Layer i is the last of a block. */
void yc_net_block(struct yc_net *net, int i);

/* Position in the flat vector of element k (row-major, PyTorch layout) of tensor i. */
size_t yc_net_index(const struct yc_net *net, int i, size_t k);

#endif
