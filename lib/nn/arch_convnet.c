/* SPDX-License-Identifier: MIT */
/*
 * ConvNet-D3 (spec 2.2): depth blocks of convolution 3x3, instance norm, ReLU and 2x2
 * average pooling, then a linear layer. state_dict names and order of IDC's
 * models/convnet.py.
 */
#include "lib/nn/net.h"

/* With few channels a Winograd transform costs more than it saves. */
enum { WINOGRAD_CHANNELS = 16 };

static int build(struct yc_net *net)
{
	int st, d, depth = net->cfg.depth, ci = net->cfg.channels;

	for (d = 0; d < depth; d++, ci = net->cfg.width) {
		bool fast = !net->cfg.exact && ci >= WINOGRAD_CHANNELS &&
			    net->cfg.width >= WINOGRAD_CHANNELS;
		struct yc_layer conv = {.ops = fast ? &yc_layer_winograd : &yc_layer_conv,
			.out.c = net->cfg.width,
			.k = 3,
			.bias_dead = true};
		struct yc_layer norm = {.ops = &yc_layer_norm, .relu = true, .pool = 2};

		if ((st = yc_net_add(net, &conv)) < 0 ||
			(st = yc_net_add(net, &norm)) < 0)
			return yc_fail_in(st, "convnet block %d", d + 1);
	}
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};

	if ((st = yc_net_add(net, &dense)) < 0)
		return st;
	for (d = 0; d < depth; d++) {
		if ((st = yc_net_name(net, 2 * d, "layers.conv.%d", d)) < 0)
			return st;
	}
	for (d = 0; d < depth; d++) {
		if ((st = yc_net_name(net, 2 * d + 1, "layers.norm.%d", d)) < 0)
			return st;
	}
	return yc_net_name(net, 2 * depth, "classifier", 0);
}

const struct yc_arch yc_arch_convnet = {
	.name = "convnet",
	.summary = "blocks of convolution, instance norm, ReLU, average pooling "
		   "(ConvNet-D3)",
	.width = 128,
	.depth = 3,
	.build = build,
};
