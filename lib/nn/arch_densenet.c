/* SPDX-License-Identifier: MIT */
/*
 * DenseNet-121 in its CIFAR variant: four dense blocks, in which every layer adds
 * `growth` channels to all those before it, with transitions that halve channels and side
 * between them. Pre-activation: batch norm and ReLU come before each convolution. All maps
 * of a block share one buffer, the newest in front, as the published code has them.
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
	struct yc_layer l = {
		.ops = x == YC_NET_INPUT ? &yc_layer_conv : &yc_layer_strided,
		.out.c = channels,
		.k = k,
		.stride = 1,
		.bias_none = true};

	return yc_net_join(net, &l, x, x);
}

/* Channels of a block that begins with so many. */
static int room(const struct yc_net *net, int channels, int block)
{
	return channels + layers[block] * net->cfg.depth * (net->cfg.width / 2);
}

static int dense_layer(struct yc_net *net, int x, int growth, int block, int number)
{
	struct yc_layer point = {.ops = &yc_layer_normpoint,
		.out.c = BOTTLENECK * growth,
		.relu = true,
		.part = {"bn1", "conv1"}};
	struct yc_layer conv3 = {.ops = &yc_layer_normconv,
		.out.c = growth,
		.k = 3,
		.relu = true,
		.part = {"bn2", "conv2"}};
	int y = yc_net_join(net, &point, x, x);

	yc_net_name(net, y, "dense%d.%d", block, number);
	y = yc_net_extend(net, &conv3, y, x);
	yc_net_name(net, y, "dense%d.%d", block, number);
	return y;
}

static void build(struct yc_net *net)
{
	struct yc_layer half = {.ops = &yc_layer_pool, .pool = 2};
	struct yc_layer pool = {.ops = &yc_layer_pool};
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};
	if (net->cfg.width < 2)
		net->status = yc_fail(YC_USAGE,
			"a densenet needs --width 2 or more: each of its layers adds "
			"half as many channels");

	int x = conv(net, YC_NET_INPUT, 3, net->cfg.width);

	yc_net_name(net, x, "conv1");
	for (int b = 0; b < (int)YC_COUNT(layers); b++) {
		if (b > 0) {
			int channels = (net->layer[x].out.c + net->layer[x].behind) / 2;

			x = norm(net, x);
			yc_net_name(net, x, "trans%d.bn", b);
			/* The published code pools after the convolution; the two
			 * commute. */
			x = yc_net_add(net, &half);
			x = conv(net, x, 1, channels);
			yc_net_name(net, x, "trans%d.conv", b);
			yc_net_block(net, x);
		}
		struct yc_layer begin = {.ops = &yc_layer_block,
			.room = room(net, net->layer[x].out.c, b)};

		x = yc_net_add(net, &begin);
		for (int i = 0; i < layers[b] * net->cfg.depth; i++)
			x = dense_layer(net, x, net->cfg.width / 2, b + 1, i);
	}
	x = norm(net, x);
	yc_net_name(net, x, "bn");
	yc_net_block(net, x);
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
