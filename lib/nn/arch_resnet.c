/* SPDX-License-Identifier: MIT */
/*
 * Residual networks: four stages of `depth` blocks, each stage twice as wide and half the
 * side of the one before. ResNet10-AP has instance norms, strides that are average pools,
 * and a stem that depends on the side of the images; ResNet-10 in its CIFAR variant has
 * batch norms and strided convolutions. state_dict names and order of IDC's
 * models/resnet_ap.py and models/resnet.py.
 */
#include <limits.h>
#include <stdio.h>

#include "lib/nn/internal.h"

enum { STAGES = 4 };

static const struct {
	int side; /* maximum side */
	int k, pool;
} stems[] = {
	{64, 3, 1},
	{128, 3, 2},
	{INT_MAX, 7, 4},
};

static int conv(struct yc_net *net, int x, int k, int stride, int channels,
	const char *prefix, const char *name)
{
	struct yc_layer l = {.ops = &yc_layer_strided,
		.out.c = channels,
		.k = k,
		.stride = stride,
		.bias_none = true,
		.he = true};

	if (k > 1)
		l.ops = &yc_layer_conv;
	x = yc_net_join(net, &l, x, x);
	yc_net_name(net, x, "%s.%s", prefix, name);
	return x;
}

/* Convolution of layer x, and the norm after it; returns the norm. */
static int conv_norm(struct yc_net *net, int x, int k, int stride, int channels,
	const struct yc_layer *norm, const char *prefix, const char *conv_name,
	const char *norm_name)
{
	conv(net, x, k, stride, channels, prefix, conv_name);
	x = yc_net_add(net, norm);
	yc_net_name(net, x, "%s.%s", prefix, norm_name);
	return x;
}

/* The shortcut's pool precedes its 1x1 convolution here and follows it in the published
 * code: the two commute, and in this order the convolution has a quarter of the pixels. */
static int pooled_block(
	struct yc_net *net, int x, int channels, int stride, const char *prefix)
{
	struct yc_layer norm = {.ops = &yc_layer_norm, .pool = 1};
	struct yc_layer first = {.ops = &yc_layer_norm, .relu = true, .pool = stride};
	struct yc_layer pool = {.ops = &yc_layer_pool, .pool = stride};
	struct yc_layer sum = {.ops = &yc_layer_sum, .relu = true};
	int other = x;
	int main = conv_norm(net, x, 3, 1, channels, &first, prefix, "conv1", "bn1");

	main = conv_norm(net, main, 3, 1, channels, &norm, prefix, "conv2", "bn2");
	if (stride > 1) {
		other = yc_net_join(net, &pool, x, x);
		other = conv_norm(net, other, 1, 1, channels, &norm, prefix,
			"downsample.0", "downsample.2");
	}
	return yc_net_join(net, &sum, main, other);
}

static int strided_block(
	struct yc_net *net, int x, int channels, int stride, const char *prefix)
{
	struct yc_layer norm = {.ops = &yc_layer_batchnorm};
	struct yc_layer second = {.ops = &yc_layer_normconv,
		.out.c = channels,
		.k = 3,
		.relu = true,
		.he = true,
		.part = {"bn1", "conv2"}};
	struct yc_layer sum = {.ops = &yc_layer_sum, .relu = true};
	int other = x, main = conv(net, x, 3, stride, channels, prefix, "conv1");

	main = yc_net_join(net, &second, main, main);
	yc_net_name(net, main, "%s", prefix);
	main = yc_net_add(net, &norm);
	yc_net_name(net, main, "%s.bn2", prefix);
	if (stride > 1)
		other = conv_norm(net, x, 1, stride, channels, &norm, prefix,
			"downsample.0", "downsample.1");
	return yc_net_join(net, &sum, main, other);
}

/* Everything after the stem, which is layer x. */
static void stages(struct yc_net *net, int x,
	int (*block)(
		struct yc_net *net, int x, int channels, int stride, const char *prefix))
{
	struct yc_layer pool = {.ops = &yc_layer_pool};
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};
	char prefix[32];

	for (int stage = 0; stage < STAGES; stage++) {
		for (int b = 0; b < net->cfg.depth; b++) {
			snprintf(prefix, sizeof prefix, "layer%d.%d", stage + 1, b);
			x = block(net, x, net->cfg.width << stage, stage && !b ? 2 : 1,
				prefix);
			yc_net_block(net, x);
		}
	}
	yc_net_add(net, &pool);
	x = yc_net_add(net, &dense);
	yc_net_name(net, x, "fc");
}

static void build_pooled(struct yc_net *net)
{
	int stem = 0;

	while (stems[stem].side < net->cfg.side)
		stem++;
	struct yc_layer norm = {
		.ops = &yc_layer_norm, .relu = true, .pool = stems[stem].pool};

	stages(net,
		conv_norm(net, YC_NET_INPUT, stems[stem].k, 1, net->cfg.width, &norm,
			"layer0", "conv1", "bn1"),
		pooled_block);
}

static void build_strided(struct yc_net *net)
{
	struct yc_layer norm = {.ops = &yc_layer_batchnorm, .relu = true};

	stages(net,
		conv_norm(net, YC_NET_INPUT, 3, 1, net->cfg.width, &norm, "layer0",
			"conv1", "bn1"),
		strided_block);
}

const struct yc_arch yc_arch_resnet10ap = {
	.method = {.name = "resnet10ap",
		.summary =
			"four stages of residual blocks, instance norm, average pooling "
			"(ResNet10-AP)"},
	.width = 64,
	.depth = 1,
	.build = build_pooled,
};

const struct yc_arch yc_arch_resnet10 = {
	.method = {.name = "resnet10",
		.summary = "four stages of residual blocks, batch norm, strided "
			   "convolutions "
			   "(ResNet-10, CIFAR form)"},
	.width = 32,
	.depth = 1,
	.build = build_strided,
};
