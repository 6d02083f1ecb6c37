/* SPDX-License-Identifier: MIT */
/* The networks whose kernels there are, and their plans: which offsets every stage needs,
 * and where they lie. */
#include <stdlib.h>

#include "lib/condense/kip/kernel.h"
#include "yc/mem.h"

#define NET(word, text, ...) \
	static const struct yc_ntk_net net_##word = { \
		.method = {.name = #word, .summary = text}, __VA_ARGS__};
#define ENTRY(word, text, ...) &net_##word.method,

/* Convolutions before each pooling; a stage without pooling ends with a 0. */
#define P(n) \
	{ \
		.convs = n, .pool = true \
	}
#define S(n) \
	{ \
		.convs = n \
	}
#define FC(n) .dense = n

#define NETS(X) \
	X(fc1, "1 hidden dense layer", FC(1)) \
	X(fc2, "2 hidden dense layers", FC(2)) \
	X(fc3, "3 hidden dense layers", FC(3)) \
	X(fc4, "4 hidden dense layers", FC(4)) \
	X(fc5, "5 hidden dense layers", FC(5)) \
	X(fc6, "6 hidden dense layers", FC(6)) \
	X(fc7, "7 hidden dense layers", FC(7)) \
	X(fc8, "8 hidden dense layers", FC(8)) \
	X(conv3, "ConvNet: 3 convolutions, each with pooling", \
		.stage = {P(1), P(1), P(1)}, .stages = 3) \
	X(conv4, "ConvNet with one more convolution at full size", \
		.stage = {P(2), P(1), P(1)}, .stages = 3) \
	X(myrtle5, "Myrtle of 5 layers, global average pooling", \
		.stage = {P(2), P(1), S(1)}, .stages = 3, .average = true) \
	X(myrtle7, "Myrtle of 7 layers, global average pooling", \
		.stage = {P(2), P(2), S(2)}, .stages = 3, .average = true) \
	X(myrtle10, "Myrtle of 10 layers, global average pooling", \
		.stage = {P(3), P(3), S(3)}, .stages = 3, .average = true)

/* clang-format off */
NETS(NET)
const struct yc_method *const yc_ntk_nets[] = {NETS(ENTRY) NULL};
/* clang-format on */

/* Offsets that a stage needs: those that pooling brings to one that the next needs. */
static int range_of(const struct yc_ntk *k, int stage)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	int next;

	if (k->net.average)
		return s->side - 1;
	if (stage == k->net.stages)
		return 0;
	next = range_of(k, stage + 1);
	next = s->pool ? 2 * next + 1 : next;
	return next < s->side - 1 ? next : s->side - 1;
}

static int plan_band(struct yc_ntk_stage *s)
{
	int r = s->range;
	size_t n = 0;

	s->at = yc_calloc((size_t)(2 * r + 1) * (size_t)(2 * r + 1), sizeof(*s->at));
	if (!s->at)
		return YC_FAIL;
	for (int dy = -r; dy <= r; dy++)
		for (int dx = -r; dx <= r; dx++) {
			s->at[(dy + r) * (2 * r + 1) + dx + r] = s->band;
			s->band +=
				(size_t)(s->side - abs(dy)) * (size_t)(s->side - abs(dx));
			n++;
		}
	return YC_OK;
}

static int plan_stages(struct yc_ntk *k)
{
	int side = k->side, status = YC_OK;

	for (int i = 0; i < k->net.stages; i++) {
		struct yc_ntk_stage *s = &k->stage[i];

		*s = k->net.stage[i];
		s->side = side;
		s->relu = k->nv;
		k->nv += (size_t)s->convs * (size_t)side * (size_t)side;
		if (s->pool)
			side /= 2;
		if (side < 1)
			return yc_fail(YC_FAIL,
				"images of side %d are too small for the poolings of "
				"--kernel %s: fc3 has none",
				k->side, k->net.method.name);
	}
	k->stage[k->net.stages] = (struct yc_ntk_stage){.side = side};
	for (int i = 0; !status && i <= k->net.stages; i++) {
		k->stage[i].range = range_of(k, i);
		status = plan_band(&k->stage[i]);
	}
	k->count = (double)side * side * (k->net.average ? (double)side * side : 1);
	return status;
}

int yc_ntk_new(struct yc_ntk **out, const struct yc_ntk_net *net, bool nngp, int channels,
	int side)
{
	struct yc_ntk *k = yc_calloc(1, sizeof(*k));
	int status = YC_OK;

	*out = k;
	if (!k)
		return YC_FAIL;
	k->net = *net;
	k->channels = channels;
	k->side = side;
	k->pixels = (size_t)channels * (size_t)side * (size_t)side;
	k->nngp = nngp;
	if (net->dense)
		k->nv = (size_t)net->dense;
	else
		status = plan_stages(k);
	if (status) {
		yc_ntk_free(k);
		*out = NULL;
	}
	return status;
}

void yc_ntk_free(struct yc_ntk *k)
{
	for (int i = 0; k && i <= YC_NTK_STAGES; i++)
		yc_free(k->stage[i].at);
	yc_free(k);
}

int yc_ntk_set_new(struct yc_ntk_set *s, const struct yc_ntk *k, int n)
{
	*s = (struct yc_ntk_set){.n = n};
	s->x = yc_calloc(yc_size_mul((size_t)n, k->pixels), sizeof(*s->x));
	s->v = yc_calloc(yc_size_mul((size_t)n, k->nv), sizeof(*s->v));
	s->own = yc_calloc((size_t)n, sizeof(*s->own));
	return s->x && s->v && s->own ? YC_OK : YC_FAIL;
}

void yc_ntk_set_release(struct yc_ntk_set *s)
{
	yc_free(s->x);
	yc_free(s->v);
	yc_free(s->own);
	*s = (struct yc_ntk_set){0};
}

size_t yc_ntk_set_bytes(const struct yc_ntk *k, int n)
{
	return (size_t)n * (k->pixels + k->nv + 1) * sizeof(double);
}
