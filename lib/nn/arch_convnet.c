/* SPDX-License-Identifier: MIT */
/*
 * yc-methods(7), "ConvNet-D3": depth blocks of convolution 3x3, instance norm, ReLU and
 * 2x2 average pooling, then a linear layer. state_dict names and order of IDC's
 * models/convnet.py. As there, and in DC, images of one channel and 28 pixels, those of
 * MNIST, get a border of 2 zeros: the first convolution has padding 3, and maps are as
 * large as those of 32 pixels.
 */
#include "lib/nn/internal.h"

static void build(struct yc_net *net)
{
	int d, depth = net->cfg.depth, ci = net->cfg.channels;
	const bool mnist = ci == 1 && net->cfg.side == 28;
	const struct yc_layer border = {.ops = &yc_layer_border, .k = 2};

	if (mnist)
		yc_net_add(net, &border);
	for (d = 0; d < depth; d++, ci = net->cfg.width) {
		struct yc_layer conv = {.ops = &yc_layer_conv,
			.out.c = net->cfg.width,
			.k = 3,
			.bias_dead = true};
		struct yc_layer norm = {.ops = &yc_layer_norm, .relu = true, .pool = 2};

		yc_net_add(net, &conv);
		yc_net_block(net, yc_net_add(net, &norm));
	}
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};

	yc_net_add(net, &dense);
	for (d = 0; d < depth; d++)
		yc_net_name(net, 2 * d + mnist, "layers.conv.%d", d);
	for (d = 0; d < depth; d++)
		yc_net_name(net, 2 * d + 1 + mnist, "layers.norm.%d", d);
	yc_net_name(net, 2 * depth + mnist, "classifier");
}

const struct yc_arch yc_arch_convnet = {
	.method = {.name = "convnet",
		.summary = "blocks of convolution, instance norm, ReLU, average pooling "
			   "(ConvNet-D3)"},
	.width = 128,
	.depth = 3,
	.build = build,
};
