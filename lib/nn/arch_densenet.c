/* SPDX-License-Identifier: MIT */
/*
 * DenseNet-121 in its CIFAR variant: four dense blocks, in which every layer adds
 * `growth` channels to all those before it, with transitions that halve channels and side
 * between them. Pre-activation: batch norm and ReLU come before each convolution.
 * state_dict names and order of IDC's models/densenet_cifar.py.
 */
#include "lib/nn/internal.h"

enum { BOTTLENECK = 4 };

static const int layers[] = {6, 12, 24, 16};

static int norm(struct yc_net *net, int x)
{
	struct yc_layer l = {.ops = &yc_layer_batchnorm, .relu = true};

	return yc_net_join(net, &l, x, x);
}

static int conv(struct yc_net *net, int x, int k, int channels)
{
	/* After the stem, layers have few output channels, too few for Winograd: one
	 * product for all pixels. */
	struct yc_layer l = {
		.ops = x == YC_NET_INPUT ? &yc_layer_conv : &yc_layer_strided,
		.out.c = channels,
		.k = k,
		.stride = 1,
		.bias_none = true};

	return yc_net_join(net, &l, x, x);
}

static int dense_layer(struct yc_net *net, int x, int growth, int block, int number)
{
	struct yc_layer concat = {.ops = &yc_layer_concat};
	int y = norm(net, x);

	yc_net_name(net, y, "dense%d.%d.bn1", block, number);
	y = conv(net, y, 1, BOTTLENECK * growth);
	yc_net_name(net, y, "dense%d.%d.conv1", block, number);
	y = norm(net, y);
	yc_net_name(net, y, "dense%d.%d.bn2", block, number);
	y = conv(net, y, 3, growth);
	yc_net_name(net, y, "dense%d.%d.conv2", block, number);
	return yc_net_join(net, &concat, y, x);
}

static void build(struct yc_net *net)
{
	struct yc_layer half = {.ops = &yc_layer_pool, .pool = 2};
	struct yc_layer pool = {.ops = &yc_layer_pool};
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};
	int x = conv(net, YC_NET_INPUT, 3, net->cfg.width);

	yc_net_name(net, x, "conv1");
	for (int b = 0; b < (int)YC_COUNT(layers); b++) {
		if (b > 0) {
			int channels = net->layer[x].out.c / 2;

			x = norm(net, x);
			yc_net_name(net, x, "trans%d.bn", b);
			/* The published code pools after the convolution; the two
			 * commute. */
			x = yc_net_add(net, &half);
			x = conv(net, x, 1, channels);
			yc_net_name(net, x, "trans%d.conv", b);
		}
		for (int i = 0; i < layers[b] * net->cfg.depth; i++)
			x = dense_layer(net, x, net->cfg.width / 2, b + 1, i);
	}
	x = norm(net, x);
	yc_net_name(net, x, "bn");
	yc_net_add(net, &pool);
	x = yc_net_add(net, &dense);
	yc_net_name(net, x, "linear");
}

const struct yc_arch yc_arch_densenet = {
	.method = {.name = "densenet",
		.summary = "dense blocks of pre-activated convolutions, batch norm "
			   "(DenseNet-121, CIFAR form)"},
	.width = 24,
	.depth = 1,
	.build = build,
};
