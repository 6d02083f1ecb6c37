/* SPDX-License-Identifier: MIT */
/*
 * What the executor does for batch-coupled layers: statistics of the maps that they read,
 * the moments at which they settle, and the gradients that are completed afterwards.
 * Several such layers may read parts of one buffer (a block of layer_block.c): statistics
 * belong to the map and are taken once, and what its gradient lacks is added up over all
 * of its readers.
 */
#include <stddef.h>
#include <string.h>

#include "lib/nn/executor.h"
#include "yc/kern.h"

/* The runs of pixels without border in n maps: `pixels` each, from yc_shape_row of every
 * `step`-th row. */
struct runs {
	int n, step, pixels;
};

static struct runs runs_of(const struct yc_shape *s, int n)
{
	bool whole = s->ph == s->h && s->pw == s->w;

	return whole ? (struct runs){1, 0, n * s->h * s->w}
		     : (struct runs){n * s->h, 1, s->w};
}

static bool backward(const struct yc_exec *k, int position)
{
	return position >= k->layers;
}

static int layer_at(const struct yc_exec *k, int position)
{
	return backward(k, position) ? 2 * k->layers - 1 - position : position;
}

bool yc_coupled_waits(const struct yc_exec *k, int position)
{
	int i = layer_at(k, position);

	return backward(k, position) ? k->net->coupled[i]
				     : k->net->layer[i].ops->settle[0] != NULL;
}

void yc_coupled_clear(struct yc_exec *k, int shard)
{
	for (int i = 0; i < k->layers; i++) {
		const struct yc_layer *l = &k->net->layer[i];
		struct node *d = &k->node[i];
		size_t c = 2 * (size_t)l->out.c, at = (size_t)shard;
		int q = k->tangent;

		memset(d->sum[q] + at * l->nsum, 0, l->nsum * sizeof(double));
		if (!k->net->coupled[i])
			continue;
		/* Statistics of the forward pass that this one continues are kept. */
		if (k->begin == 0)
			memset(d->part[q] + at * c, 0, c * sizeof(double));
		for (int u = 0; u < l->out.c && shard == 0; u++)
			d->rest[q][u] = d->rest[q][l->out.step + u] = 0;
	}
}

/* Tangents are seldom, and not worth a kernel: sums of ty and of ty*(y - mean). */
static void observe_tangent(const struct yc_exec *k, int i, int pixels, const yc_real *y,
	const yc_real *ty, double *sum)
{
	const struct yc_shape *s = &k->net->layer[i].out;
	const double *stat = k->node[i].stat[0];
	double n = (double)k->n * s->h * s->w;

	for (int j = 0; j < pixels; j++, y += s->step, ty += s->step) {
		for (int q = 0; q < s->c; q++) {
			sum[q] += (double)ty[q];
			sum[s->c + q] += (double)ty[q] * ((double)y[q] - stat[q] / n);
		}
	}
}

void yc_coupled_observe(const struct yc_exec *k, int i, int n, int shard,
	const yc_real *y, const yc_real *ty)
{
	const struct yc_shape *s = &k->net->layer[i].out;
	const struct runs runs = runs_of(s, n);
	double *sum = k->node[i].part[ty != NULL] + 2 * (size_t)s->c * (size_t)shard;

	for (int r = 0; r < runs.n; r++) {
		size_t at = yc_shape_row(s, r * runs.step);

		if (ty)
			observe_tangent(k, i, runs.pixels, y + at, ty + at, sum);
		else
			yc_kern_get()->batch_sums(
				runs.pixels, s->c, y + at, (size_t)s->step, sum);
	}
}

void yc_coupled_complete(
	const struct yc_exec *k, int i, int n, const yc_real *y, yc_real *dy)
{
	const struct yc_shape *s = &k->net->layer[i].out;
	const struct runs runs = runs_of(s, n);
	const yc_real *rest = k->node[i].rest[k->tangent];
	size_t run = (size_t)runs.pixels * (size_t)s->step;

	for (int r = 0; r < runs.n; r++, dy += run)
		yc_kern_get()->batch_complete(runs.pixels, s->c,
			y + yc_shape_row(s, r * runs.step), rest, rest + s->step, dy,
			(size_t)s->step);
}

/* Adds up shards of n sums, in order, into the first. */
static void add_shards(const struct yc_exec *k, double *sum, size_t n)
{
	for (int shard = 1; shard < k->shards; shard++) {
		for (size_t q = 0; q < n; q++)
			sum[q] += sum[(size_t)shard * n + q];
	}
}

static void settle(struct yc_exec *k, int i, bool back)
{
	const struct yc_net *net = k->net;
	const struct yc_layer *l = &net->layer[i];
	const struct node *d = &k->node[i], *in = &k->node[net->from[i][0]];
	bool t = k->tangent;
	struct yc_settle s = {.batch = k->n,
		.w = k->w + net->at[i],
		.tw = k->v ? k->v + net->at[i] : NULL,
		.state = k->test || net->cfg.frozen ? k->w + net->state_at[i] : NULL,
		.stat = in->stat[0],
		.tstat = in->stat[1],
		.sum = {d->sum[0], d->sum[1]},
		.coef = d->coef,
		.rest = in->rest[t],
		.grad = k->dw ? d->grad : NULL};

	l->ops->settle[2 * t + back](l, &s);
}

void yc_coupled_settle(struct yc_exec *k)
{
	int q = k->tangent;

	for (int position = k->from; position < k->to; position++) {
		int i = layer_at(k, position);
		const struct yc_layer *l = &k->net->layer[i];
		struct node *d = &k->node[i];
		size_t c = (size_t)l->out.c;

		if (backward(k, position)) {
			if (!l->ops->settle[YC_PASS_BACKWARD])
				continue;
			add_shards(k, d->sum[q], l->nsum);
			settle(k, i, true);
		} else if (k->net->coupled[i]) {
			add_shards(k, d->part[q], 2 * c);
			memcpy(d->stat[q], d->part[q], c * sizeof(double));
			memcpy(d->stat[q] + l->out.step, d->part[q] + c,
				c * sizeof(double));
		}
	}
	if (k->to < k->layers && yc_coupled_waits(k, k->to))
		settle(k, k->to, false);
}

void yc_coupled_by_state(struct yc_exec *k)
{
	for (int i = 0; i < k->layers; i++)
		if (k->net->layer[i].ops->settle[YC_PASS_FORWARD])
			settle(k, i, false);
}

void yc_coupled_sum_up(struct yc_exec *k)
{
	for (int i = 0; i < k->layers; i++) {
		const struct yc_layer *l = &k->net->layer[i];

		if (!l->ops->settle[YC_PASS_BACKWARD])
			continue;
		add_shards(k, k->node[i].sum[k->tangent], l->nsum);
		settle(k, i, true);
	}
}
