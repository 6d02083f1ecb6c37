/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/nn/net.h"
#include "yc/mem.h"

const struct yc_arch *const yc_archs[] = {
	&yc_arch_convnet,
	NULL,
};

int yc_net_add(struct yc_net *net, const struct yc_layer *spec)
{
	struct yc_layer *l = &net->layer[net->nlayers];
	struct yc_shape in = {
		.h = net->cfg.side, .w = net->cfg.side, .c = net->cfg.channels};

	if (net->nlayers == LAYERS_MAX)
		return yc_fail(YC_FAIL, "more than %d layers", LAYERS_MAX);
	if (net->nlayers > 0)
		in = net->layer[net->nlayers - 1].out;
	*l = *spec;
	l->in = in;
	int st = l->ops->plan(l);

	if (st < 0)
		return st;
	l->out.pad = 0;
	l->out.ph = l->out.h;
	l->out.pw = l->out.w;
	if (net->nlayers > 0)
		net->layer[net->nlayers - 1].out =
			l->in; /* the border that this layer wants */
	net->nlayers++;
	return YC_OK;
}

int yc_net_name(struct yc_net *net, int i, const char *format, int number)
{
	const struct yc_layer *l = &net->layer[i];
	struct yc_param *p = &net->param[net->nparams];
	bool conv = l->ops == &yc_layer_conv || l->ops == &yc_layer_winograd;
	bool dense = l->ops == &yc_layer_dense;
	char prefix[48];

	if (net->nparams + 2 > PARAMS_MAX)
		return yc_fail(YC_FAIL, "more than %d weight tensors", PARAMS_MAX);
		/* The format comes from a table of ours, never from a file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(prefix, sizeof prefix, format, number);
#pragma GCC diagnostic pop
	snprintf(p[0].name, sizeof p[0].name, "%s.weight", prefix);
	snprintf(p[1].name, sizeof p[1].name, "%s.bias", prefix);
	p[0].role = conv ? YC_CONV_WEIGHT : dense ? YC_DENSE_WEIGHT : YC_NORM_GAMMA;
	p[1].role = conv ? YC_CONV_BIAS : dense ? YC_DENSE_BIAS : YC_NORM_BETA;
	p[0].rank = p[1].rank = 1;
	p[0].shape[0] = p[1].shape[0] = l->out.c;
	if (conv) {
		p[0].rank = 4;
		p[0].shape[1] = l->in.c;
		p[0].shape[2] = p[0].shape[3] = l->k;
		p[0].fan_in = l->in.c * l->k * l->k;
	} else if (dense) {
		p[0].rank = 2;
		p[0].shape[1] = p[0].fan_in = l->in.h * l->in.w * l->in.c;
		p[0].flat_c = l->in.c;
	}
	p[1].fan_in = p[0].fan_in;
	p[1].count = (size_t)l->out.c;
	p[0].count = l->nw - p[1].count;
	p[0].at = net->at[i] = net->size;
	p[1].at = p[0].at + p[0].count;
	net->owner[net->nparams] = net->owner[net->nparams + 1] = i;
	net->nparams += 2;
	net->size += l->nw;
	return YC_OK;
}

int yc_net_new(struct yc_net **out, const struct yc_net_cfg *cfg)
{
	const struct yc_arch *arch = NULL;

	for (int i = 0; yc_archs[i]; i++) {
		if (strcmp(yc_archs[i]->name, cfg->name) == 0)
			arch = yc_archs[i];
	}
	if (!arch)
		return yc_fail(YC_USAGE, "unknown network '%s'", cfg->name);
	if (cfg->channels < 1 || cfg->side < 1 || cfg->classes < 1)
		return yc_fail(YC_FAIL, "a network for %d channels, side %d, %d classes",
			cfg->channels, cfg->side, cfg->classes);
	struct yc_net *net = yc_alloc(1, sizeof *net);

	if (!net)
		return YC_FAIL;
	net->cfg = *cfg;
	net->cfg.name = arch->name;
	if (!net->cfg.width)
		net->cfg.width = arch->width;
	if (!net->cfg.depth)
		net->cfg.depth = arch->depth;
	if (net->cfg.depth < 1 || net->cfg.depth > 16 || net->cfg.width < 1 ||
		net->cfg.width > 4096) {
		yc_net_free(net);
		return yc_fail(
			YC_USAGE, "network depth must be 1 to 16 and width 1 to 4096");
	}
	int st = arch->build(net);

	if (st < 0) {
		yc_net_free(net);
		return st;
	}
	*out = net;
	return YC_OK;
}

void yc_net_free(struct yc_net *net)
{
	yc_free(net);
}

const struct yc_net_cfg *yc_net_config(const struct yc_net *net)
{
	return &net->cfg;
}

size_t yc_net_size(const struct yc_net *net)
{
	return net->size;
}

int yc_net_nparams(const struct yc_net *net)
{
	return net->nparams;
}

const struct yc_param *yc_net_param(const struct yc_net *net, int i)
{
	return &net->param[i];
}

int yc_net_embedding(const struct yc_net *net)
{
	return (int)yc_shape_map(&net->layer[net->nlayers - 1].in);
}

size_t yc_net_index(const struct yc_net *net, int i, size_t k)
{
	const struct yc_param *p = &net->param[i];

	if (p->role == YC_CONV_WEIGHT) {
		/* [o][i][t] -> [t][i][o] */
		size_t co = (size_t)p->shape[0], ci = (size_t)p->shape[1];
		size_t taps = (size_t)(p->shape[2] * p->shape[3]);
		size_t t = k % taps, in = k / taps % ci, o = k / taps / ci;

		return p->at + (t * ci + in) * co + o;
	}
	if (p->role == YC_DENSE_WEIGHT) {
		/* [o][c][s] -> [o][s][c] */
		size_t in = (size_t)p->shape[1], c = (size_t)p->flat_c, area = in / c;
		size_t o = k / in, j = k % in;

		return p->at + o * in + (j % area) * c + j / area;
	}
	return p->at + k;
}

void yc_net_init(const struct yc_net *net, yc_real *w, struct yc_rng rng)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		double bound = p->fan_in ? 1 / sqrt((double)p->fan_in) : 0;

		for (size_t k = 0; k < p->count; k++) {
			yc_real *to = &w[yc_net_index(net, i, k)];

			if (p->role == YC_NORM_GAMMA)
				*to = 1;
			else if (p->role == YC_NORM_BETA)
				*to = 0;
			else
				*to = (yc_real)((2 * yc_rng_uniform(&rng) - 1) * bound);
		}
	}
}

int yc_net_store(const struct yc_net *net, const yc_real *w, struct yc_record *r)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		uint64_t shape[4];

		for (int d = 0; d < p->rank; d++)
			shape[d] = (uint64_t)p->shape[d];
		struct yc_tensor *t =
			yc_record_add(r, p->name, YC_F32, p->rank, shape, NULL);

		if (!t)
			return YC_FAIL;
		for (size_t k = 0; k < p->count; k++)
			((float *)t->data)[k] = (float)w[yc_net_index(net, i, k)];
	}
	return YC_OK;
}

int yc_net_fetch(const struct yc_net *net, yc_real *w, const struct yc_record *r)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		const struct yc_tensor *t = yc_record_find(r, p->name);
		bool fits = t && t->rank == p->rank &&
			    (t->dtype == YC_F32 || t->dtype == YC_F64);

		if (!t)
			return yc_fail(YC_FAIL, "no tensor '%s': not weights of a %s",
				p->name, net->cfg.name);
		for (int d = 0; fits && d < p->rank; d++)
			fits = t->shape[d] == (uint64_t)p->shape[d];
		if (!fits)
			return yc_fail(YC_FAIL,
				"tensor '%s' does not fit: a %s of width %d for %d "
				"classes expected",
				p->name, net->cfg.name, net->cfg.width, net->cfg.classes);
		for (size_t k = 0; k < p->count; k++)
			w[yc_net_index(net, i, k)] =
				t->dtype == YC_F32
					? (yc_real)((const float *)t->data)[k]
					: (yc_real)((const double *)t->data)[k];
	}
	return YC_OK;
}
