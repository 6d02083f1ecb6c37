/* SPDX-License-Identifier: MIT */
/* The weight tensors of convolutions and norms as PyTorch has them: names, shapes, layout,
 * and how they start (yc-methods(7), "Initial weights"). */
#include "lib/nn/params.h"

struct yc_param yc_param_plain(
	const char *tensor, enum yc_role role, size_t at, size_t count)
{
	return (struct yc_param){.tensor = tensor,
		.role = role,
		.rank = 1,
		.shape = {(int)count},
		.at = at,
		.count = count,
		.dim = {1, 1, count},
		.stride = {0, 0, 1}};
}

int yc_params_conv(const struct yc_layer *l, struct yc_param *p)
{
	size_t co = (size_t)l->out.c, ci = (size_t)l->in.c;
	size_t taps = (size_t)l->k * (size_t)l->k;

	p[0] = (struct yc_param){.tensor = "weight",
		.role = YC_CONV_WEIGHT,
		.rank = 4,
		.shape = {l->out.c, l->in.c, l->k, l->k},
		.count = co * ci * taps,
		.dim = {co, ci, taps},
		.stride = {1, co, ci * co},
		.fan_in = l->in.c * l->k * l->k,
		.fan_out = l->he ? l->out.c * l->k * l->k : 0};
	if (yc_layer_biases(l) == 0)
		return 1;
	p[1] = yc_param_plain("bias", YC_CONV_BIAS, p[0].count, co);
	p[1].fan_in = p[0].fan_in;
	return 2;
}

int yc_params_norm(const struct yc_layer *l, struct yc_param *p)
{
	size_t c = (size_t)l->out.c;

	p[0] = yc_param_plain("weight", YC_NORM_GAMMA, 0, c);
	p[0].start = 1;
	p[1] = yc_param_plain("bias", YC_NORM_BETA, c, c);
	return 2;
}
