/* SPDX-License-Identifier: MIT */
/* Networks: architectures by name, planned as a graph of layers for one input size,
 * their weights in one vector, and those weights in PyTorch's layout. */
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/nn/internal.h"
#include "yc/half.h"
#include "yc/mem.h"
#include "yc/number.h"

/* A new architecture is one line here. */
#define ARCHS(X) \
	X(convnet) \
	X(resnet10ap) \
	X(resnet10) \
	X(densenet)

#define DECLARE(name) extern const struct yc_arch yc_arch_##name;
#define ENTRY(name) &yc_arch_##name.method,

ARCHS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_archs[] = {ARCHS(ENTRY) NULL};
/* clang-format on */

/* Adapts a buffer to one more reader. */
static void widen(struct yc_shape *have, const struct yc_shape *need)
{
	int after_h = have->ph - have->pad, after_w = have->pw - have->pad;
	int need_h = need->ph - need->pad, need_w = need->pw - need->pad;

	have->pad = have->pad > need->pad ? have->pad : need->pad;
	have->ph = have->pad + (after_h > need_h ? after_h : need_h);
	have->pw = have->pad + (after_w > need_w ? after_w : need_w);
}

/* The output of layer x as its readers see it, with the channels behind it. */
static struct yc_shape seen(const struct yc_net *net, int x)
{
	struct yc_shape s = net->layer[x].out;

	s.c += net->layer[x].behind;
	return s;
}

/* The place of the output: a buffer of its own, or the one of layer `rest`. */
static int place(struct yc_net *net, int i, int rest)
{
	struct yc_layer *l = &net->layer[i];

	l->out.pad = 0;
	l->out.ph = l->out.h;
	l->out.pw = l->out.w;
	l->out.step = l->room ? l->room : l->out.c;
	net->owner[i] = i;
	net->first[i] = l->out.step - l->out.c;
	if (rest == YC_NET_INPUT)
		return YC_OK;
	const struct yc_shape *have = &net->layer[rest].out;

	if (l->out.h != have->h || l->out.w != have->w || l->out.c > net->first[rest])
		return yc_fail(
			YC_FAIL, "no room for its output in front of layer %d", rest);
	l->out.step = have->step;
	l->behind = have->c + net->layer[rest].behind;
	net->owner[i] = net->owner[rest];
	net->first[i] = net->first[rest] - l->out.c;
	return YC_OK;
}

/* Appends a layer that reads x and x2; rest: as in yc_net_extend, YC_NET_INPUT: none. */
static int append(
	struct yc_net *net, const struct yc_layer *spec, int x, int x2, int rest)
{
	int i = net->nlayers;
	struct yc_layer *l = net->layer + i;
	struct yc_shape in = {.h = net->cfg.side,
		.w = net->cfg.side,
		.c = net->cfg.channels,
		.step = net->cfg.channels};

	if (net->status < 0)
		return 0;
	if (i == LAYERS_MAX) {
		net->status = yc_fail(YC_FAIL, "more than %d layers", LAYERS_MAX);
		return 0;
	}
	if (x == YC_NET_INPUT && (i > 0 || !spec->ops->begins)) {
		net->status = yc_fail(YC_FAIL,
			"layer %d (%s) cannot read the input of the network", i,
			spec->ops->method.name);
		return 0;
	}
	*l = *spec;
	l->precision = net->cfg.precision;
	l->in = x == YC_NET_INPUT ? in : seen(net, x);
	if (l->ops->joins)
		l->in2 = seen(net, x2);
	net->status = l->ops->plan(l);
	if (net->status >= 0)
		net->status = place(net, i, rest);
	if (net->status < 0) {
		yc_fail_in(net->status, "layer %d (%s)", i, l->ops->method.name);
		return 0;
	}
	net->from[i][0] = x;
	net->from[i][1] = l->ops->joins ? x2 : x;
	for (int k = 0; k < 1 + l->ops->joins; k++) {
		const struct yc_shape *need = k ? &l->in2 : &l->in;

		if (net->from[i][k] != YC_NET_INPUT)
			widen(&net->layer[net->from[i][k]].out, need);
	}
	net->nlayers++;
	return i;
}

int yc_net_join(struct yc_net *net, const struct yc_layer *spec, int x, int x2)
{
	return append(net, spec, x, x2, YC_NET_INPUT);
}

int yc_net_extend(struct yc_net *net, const struct yc_layer *spec, int x, int rest)
{
	return append(net, spec, x, x, rest);
}

int yc_net_add(struct yc_net *net, const struct yc_layer *spec)
{
	return yc_net_join(net, spec, net->nlayers - 1, net->nlayers - 1);
}

/* State follows everything learned, whose size is known when all layers are named. */
static void place_state(struct yc_net *net)
{
	for (int i = 0; i < net->nlayers; i++)
		net->state_at[i] += net->learned;
	for (int i = 0; i < net->nparams; i++) {
		if (net->param[i].state)
			net->param[i].at += net->learned;
	}
	net->size += net->learned;
}

/* A batch-coupled layer reads x: statistics are wanted of it and of what lies behind. */
static void couple(struct yc_net *net, int x)
{
	for (int i = 0; i <= x; i++)
		net->coupled[i] |=
			net->owner[i] == net->owner[x] && net->first[i] >= net->first[x];
}

/* Backward the last reader of a buffer begins its gradient, of all that is in it, and the
 * others add to that of what they read. */
static int share_gradients(struct yc_net *net, const int *last_input)
{
	for (int i = 0; i < net->nlayers; i++) {
		const struct yc_layer *l = &net->layer[i];
		int reader = net->reader[net->owner[i]];

		for (int k = 0; k < 1 + l->ops->joins; k++) {
			int x = net->from[i][k];
			int o = x == YC_NET_INPUT ? x : net->owner[x];
			const struct yc_shape *in = k ? &l->in2 : &l->in;

			net->adds[i][k] = x != YC_NET_INPUT &&
					  (net->reader[o] != i || last_input[o] != k);
			if (net->adds[i][k] && in->step != in->c && !l->ops->adds)
				return yc_fail(YC_FAIL,
					"layer %d (%s) cannot add to the gradient of "
					"some channels of a wider buffer",
					i, l->ops->method.name);
		}
		if (i == net->nlayers - 1)
			continue;
		if (reader == net->nlayers ||
			net->first[net->from[reader][last_input[net->owner[i]]]] >
				net->first[i])
			return yc_fail(YC_FAIL,
				"layer %d (%s): the last reader of its buffer does not "
				"see its output",
				i, l->ops->method.name);
	}
	return YC_OK;
}

/* Tells every layer the actual buffers of its inputs, and which layers add to shared
 * gradients. */
static int connect(struct yc_net *net)
{
	int last_input[LAYERS_MAX] = {0};

	for (int i = 0; i < net->nlayers; i++) {
		struct yc_layer *l = &net->layer[i];

		net->reader[i] = net->nlayers;
		if (l->out.step != l->out.c && (!l->ops->views || l->out.ph != l->out.h ||
						       l->out.pw != l->out.w))
			return yc_fail(YC_FAIL,
				"layer %d (%s) cannot put its output into a wider buffer",
				i, l->ops->method.name);
		for (int k = 0; k < 1 + l->ops->joins; k++) {
			struct yc_shape *in = k ? &l->in2 : &l->in;
			int x = net->from[i][k];

			if (x == YC_NET_INPUT)
				continue;
			const struct yc_shape have = seen(net, x);

			if (have.step != have.c && !l->ops->views)
				return yc_fail(YC_FAIL,
					"layer %d (%s) cannot read some channels of a "
					"wider buffer",
					i, l->ops->method.name);
			if (l->ops->settle[YC_PASS_FORWARD] && !net->cfg.frozen)
				couple(net, x);

			if (!l->ops->borders &&
				(in->pad != have.pad || in->ph != have.ph ||
					in->pw != have.pw))
				return yc_fail(YC_FAIL,
					"layer %d (%s) cannot share its input's border",
					i, l->ops->method.name);
			*in = have;
			net->reader[net->owner[x]] = i;
			last_input[net->owner[x]] = k;
		}
	}
	return share_gradients(net, last_input);
}

void yc_net_name(struct yc_net *net, int i, const char *format, ...)
{
	const struct yc_layer *l = &net->layer[i];
	struct yc_param *p = &net->param[net->nparams];
	char prefix[48];
	va_list args;

	if (net->status < 0)
		return;
	if (net->nparams + YC_LAYER_PARAMS > PARAMS_MAX) {
		net->status = yc_fail(YC_FAIL, "more than %d weight tensors", PARAMS_MAX);
		return;
	}
	va_start(args, format);
	vsnprintf(prefix, sizeof prefix, format, args);
	va_end(args);
	/* State counts from the beginning of all state, see place_state. */
	net->at[i] = net->learned;
	net->state_at[i] = net->size;
	for (int n = l->ops->params(l, p); n > 0;
		n--, p++, net->named[i] = net->nparams) {
		snprintf(p->name, sizeof p->name, "%s.%s%s%s", prefix,
			p->part ? p->part : "", p->part ? "." : "", p->tensor);
		p->at += p->state ? net->state_at[i] : net->at[i];
		net->nparams++;
	}
	net->learned += l->nw;
	net->size += l->nstate;
}

void yc_net_block(struct yc_net *net, int i)
{
	if (net->status >= 0)
		net->block[net->nblocks++] = i;
}

/* ---- nets that end at an embedding ---- */

/* Whether layer i is called that: what stands before the last part of its tensors. */
static bool has_name(const struct yc_net *net, int i, const char *name)
{
	size_t n = strlen(name);
	const struct yc_param *p;

	if (!net->named[i])
		return false;
	p = &net->param[net->named[i] - 1];
	return strncmp(p->name, name, n) == 0 && p->name[n] == '.' &&
	       strcmp(p->name + n + 1, p->tensor) == 0;
}

/* The layer of a name or number of a block; -1: none. */
static int find_layer(const struct yc_net *net, const char *name)
{
	uint64_t block;

	if (yc_parse_u64(name, INT_MAX, &block) == YC_NUMBER)
		return block >= 1 && block <= (uint64_t)net->nblocks
			       ? net->block[block - 1]
			       : -1;
	for (int i = 0; i < net->nlayers - 1; i++)
		if (has_name(net, i, name))
			return i;
	return -1;
}

/* Whether all layers before layer e lead to it. */
static bool all_lead_to(const struct yc_net *net, int e)
{
	bool leads[LAYERS_MAX] = {[0] = false};

	leads[e] = true;
	for (int i = e; i >= 0; i--) {
		if (!leads[i])
			return false;
		for (int k = 0; k < 2; k++)
			if (net->from[i][k] != YC_NET_INPUT)
				leads[net->from[i][k]] = true;
	}
	return true;
}

/* Leaves out the layers behind the embedding, but not their weights. */
static int cut(struct yc_net *net, const char *name)
{
	int e = find_layer(net, name);
	struct yc_shape *out = &net->layer[e < 0 ? 0 : e].out;

	if (e < 0)
		return yc_fail(YC_USAGE,
			"%s has no layer '%s' before the last: its blocks are 1 to %d, "
			"layers have names such as %.*s",
			net->cfg.name, name, net->nblocks,
			(int)(strlen(net->param[0].name) - strlen(net->param[0].tensor) -
				1),
			net->param[0].name);
	if (!all_lead_to(net, e) || net->owner[e] != e || out->step != out->c)
		return yc_fail(YC_USAGE,
			"the output of layer '%s' of %s is a part of a larger one: name "
			"a block, 1 to %d",
			name, net->cfg.name, net->nblocks);
	net->headless = true;
	net->nlayers = e + 1;
	/* A border is for readers. */
	out->pad = 0;
	out->ph = out->h;
	out->pw = out->w;
	return YC_OK;
}

const char *yc_net_by_side(int side)
{
	return side > YC_SIDE_SMALL ? "resnet10ap" : "convnet";
}

int yc_net_build(
	struct yc_net **out, const struct yc_net_cfg *cfg, const struct yc_arch *arch)
{
	if (cfg->channels < 1 || cfg->side < 1 || cfg->classes < 1)
		return yc_fail(YC_FAIL, "a network for %d channels, side %d, %d classes",
			cfg->channels, cfg->side, cfg->classes);
	struct yc_net *net = yc_calloc(1, sizeof *net);

	if (!net)
		return YC_FAIL;
	net->cfg = *cfg;
	net->cfg.name = arch->method.name;
	if (!net->cfg.width)
		net->cfg.width = arch->width;
	if (!net->cfg.depth)
		net->cfg.depth = arch->depth;
	if (net->cfg.depth < 1 || net->cfg.depth > YC_DEPTH_MAX || net->cfg.width < 1 ||
		net->cfg.width > YC_WIDTH_MAX) {
		yc_net_free(net);
		return yc_fail(YC_USAGE,
			"a network needs --depth 1 to %d and --width 1 to %d",
			YC_DEPTH_MAX, YC_WIDTH_MAX);
	}
	arch->build(net);
	int status = net->status;

	if (status >= 0) {
		place_state(net);
		status = net->cfg.embed ? cut(net, net->cfg.embed) : YC_OK;
	}
	if (status >= 0)
		status = connect(net);
	if (status < 0) {
		yc_net_free(net);
		return status;
	}
	*out = net;
	return YC_OK;
}

int yc_net_new(struct yc_net **out, const struct yc_net_cfg *cfg)
{
	const char *name = cfg->name ? cfg->name : yc_net_by_side(cfg->side);
	const struct yc_arch *arch = (const struct yc_arch *)yc_method_find(
		yc_archs, "network", name, strlen(name));

	return arch ? yc_net_build(out, cfg, arch) : YC_USAGE;
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

size_t yc_net_learned(const struct yc_net *net)
{
	return net->learned;
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
	const struct yc_layer *last = &net->layer[net->nlayers - 1];

	return (int)yc_shape_map(net->headless ? &last->out : &last->in);
}

size_t yc_net_index(const struct yc_net *net, int i, size_t k)
{
	const struct yc_param *p = &net->param[i];
	size_t last = k % p->dim[2], rest = k / p->dim[2];

	return p->at + rest / p->dim[1] * p->stride[0] + rest % p->dim[1] * p->stride[1] +
	       last * p->stride[2];
}

void yc_net_init(const struct yc_net *net, yc_real *w, struct yc_rng rng)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		double bound = p->fan_in ? 1 / sqrt((double)p->fan_in) : 0;
		double deviation = p->fan_out ? sqrt(2.0 / p->fan_out) : 0;

		for (size_t k = 0; k < p->count; k++)
			w[yc_net_index(net, i, k)] =
				(yc_real)(p->fan_out ? deviation * yc_rng_normal(&rng)
					  : p->fan_in
						  ? (2 * yc_rng_uniform(&rng) - 1) * bound
						  : p->start);
	}
}

int yc_net_store(const struct yc_net *net, const yc_real *w, struct yc_record *r)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		uint64_t shape[4];

		for (int d = 0; d < p->rank; d++)
			shape[d] = (uint64_t)p->shape[d];
		struct yc_tensor *t = yc_record_add(
			r, p->name, p->counter ? YC_I64 : YC_F32, p->rank, shape, NULL);

		if (!t)
			return YC_FAIL;
		for (size_t k = 0; k < p->count; k++) {
			yc_real x = w[yc_net_index(net, i, k)];

			if (p->counter)
				((int64_t *)t->data)[k] = (int64_t)x;
			else
				((float *)t->data)[k] = (float)x;
		}
	}
	return YC_OK;
}

/* Weights that are not finite would silently give a network at chance level. */
static int check_finite(const struct yc_net *net, const yc_real *w, int i)
{
	const struct yc_param *p = &net->param[i];

	for (size_t k = p->at; k < p->at + p->count; k++)
		if (!isfinite(w[k]))
			return yc_fail(YC_FAIL,
				"tensor '%s' has a value that is not finite: not the "
				"weights of a sound network",
				p->name);
	return YC_OK;
}

static bool is_number(enum yc_dtype t)
{
	return t == YC_F32 || t == YC_F64 || t == YC_F16 || t == YC_BF16;
}

static yc_real element(const struct yc_tensor *t, size_t k)
{
	const uint16_t *half = t->data;
	uint32_t bits;
	float x;

	switch (t->dtype) {
	case YC_I64:
		return (yc_real)((const int64_t *)t->data)[k];
	case YC_F64:
		return (yc_real)((const double *)t->data)[k];
	case YC_F16:
		return (yc_real)yc_half_to_float(half[k]);
	case YC_BF16: /* the upper half of an F32 */
		bits = (uint32_t)half[k] << 16;
		memcpy(&x, &bits, sizeof x);
		return (yc_real)x;
	default:
		return (yc_real)((const float *)t->data)[k];
	}
}

int yc_net_fetch(const struct yc_net *net, yc_real *w, const struct yc_record *r)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		const struct yc_tensor *t = yc_record_find(r, p->name);
		bool fits = t && t->rank == p->rank &&
			    (p->counter ? t->dtype == YC_I64 : is_number(t->dtype));

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
			w[yc_net_index(net, i, k)] = element(t, k);
		if (check_finite(net, w, i) < 0)
			return YC_FAIL;
	}
	return YC_OK;
}
