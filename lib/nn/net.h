/* SPDX-License-Identifier: MIT */
#ifndef NN_NET_H
#define NN_NET_H

#include "yc/layer.h"
#include "yc/net.h"

enum { LAYERS_MAX = 64, PARAMS_MAX = 2 * LAYERS_MAX };

struct yc_net {
	struct yc_net_cfg cfg;
	int nlayers, nparams, matched;
	struct yc_layer layer[LAYERS_MAX];
	size_t at[LAYERS_MAX]; /* of a layer's weights in the flat vector */
	struct yc_param param[PARAMS_MAX];
	int owner[PARAMS_MAX]; /* the layer that a tensor belongs to */
	size_t size;
};

/* For the build function of an architecture. Appends a layer after the last one, or after
 * the input; `spec` gives ops, out.c and options. */
int yc_net_add(struct yc_net *net, const struct yc_layer *spec) YC_CHECKED;
/* Names the two tensors of layer i "PREFIX.weight" and "PREFIX.bias" and gives them the
 * next place in checkpoint order. Every layer exactly once. */
int yc_net_name(struct yc_net *net, int i, const char *format, int number) YC_CHECKED;

extern const struct yc_arch yc_arch_convnet;

#endif
