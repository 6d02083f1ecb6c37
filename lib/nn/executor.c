/* SPDX-License-Identifier: MIT */
/*
 * Runs the passes of a network over a batch.
 *
 * Images are independent under instance norm, so a batch is cut into shards, a shard into
 * micro-batches, and a micro-batch runs forward and backward before the next begins: its activations
 * stay in cache. A shard is a contiguous range with a gradient sum of its own; shards are
 * added in order. How a batch is cut depends on the net and on its size alone, so any
 * number of threads gives the same bytes.
 *
 * Neighbouring layers that work well on few images at once (yc_layer.chunk) run chunk by
 * chunk inside a micro-batch, a fused span, and what only passes between layers of a span has
 * room for one chunk: the largest maps never leave the cache.
 *
 * A net with layers that mix the images of a batch (batch norm) runs differently: all
 * micro-batches up to such a layer, then the sums that it asked for are added over the shards, then
 * all micro-batches on to the next.
 */
#include <assert.h>
#include <string.h>

#include "lib/nn/executor.h"
#include "yc/kern.h"
#include "yc/pool.h"

enum { PARTS = 8 }; /* that the packing and the reduction of a layer are shared out in */

/* ---- one micro-batch ---- */

struct micro {
	int first, n, index, shard, worker;
	int inside; /* images of the whole micro-batch before `first`: 0 unless this is a chunk
		       of it */
	bool fresh; /* holds the first image of its shard */
	bool sums;  /* weight gradients are wanted */
};

static yc_real *at(const struct yc_exec *k, const struct slots *s, const struct micro *g)
{
	size_t part = (size_t)(g->inside / s->chunk);

	if (!s->base)
		return NULL;
	if (s->keep)
		return s->base + (size_t)g->first * s->image +
		       ((size_t)g->index * yc_exec_chunks(k, s->chunk) + part) * s->fixed;
	return s->base + (size_t)g->worker * yc_exec_slots(k, s) +
	       (s->local ? 0 : (size_t)g->inside * s->image + part * s->fixed);
}

static struct yc_pass pass_of(
	const struct yc_exec *k, int i, const struct micro *g, bool tangent)
{
	const struct yc_net *net = k->net;
	const struct yc_layer *l = &net->layer[i];
	const struct node *d = &k->node[i];
	const struct node *in = i ? &k->node[net->from[i][0]] : NULL,
			  *in2 = i ? &k->node[net->from[i][1]] : NULL;
	yc_real *extra = k->extra + (size_t)g->worker * k->extra_worker;
	struct yc_pass p = {.n = g->n,
		.w = k->w + net->at[i],
		.pack = d->pack,
		.x = at(k, in ? &in->y : &k->x, g),
		.y = at(k, &d->y, g),
		.save = at(k, &d->save, g),
		.scratch = k->scratch + (size_t)g->worker * k->scratch_worker,
		.batch = k->n,
		.lead = g->first == 0,
		.test = !k->backward && !k->v,
		.state = k->w + net->state_at[i],
		.sum = {d->sum[0], d->sum[1], d->sum[2], d->sum[3]}};

	if (l->ops->joins)
		p.x2 = at(k, &in2->y, g);
	if (k->mode >= YC_EXEC_GRADIENT)
		p.dy = at(k, &d->dy, g);
	if (!tangent && k->mode >= YC_EXEC_GRADIENT) {
		if (in)
			p.dx = net->adds[i][0] ? extra : at(k, &in->dy, g);
		if (l->ops->joins)
			p.dx2 = net->adds[i][1] ? extra + k->extra_input
						: at(k, &in2->dy, g);
		if (g->sums) {
			p.grad = d->grad + (size_t)g->shard * l->ngrad;
			p.fresh = g->fresh && l->ops->overwrites;
		}
	}
	if (tangent) {
		p.tw = k->v + net->at[i];
		p.tpack = d->tpack;
		p.ty = at(k, &d->ty, g);
		p.tdy = at(k, &d->tdy, g);
		p.tsave = at(k, &d->tsave, g);
		p.tx = in ? at(k, &in->ty, g) : NULL;
		p.tdx = !in ? k->dx + (size_t)g->first * yc_shape_map(&l->in)
			: net->adds[i][0] ? extra
					  : at(k, &in->tdy, g);
		if (l->ops->joins) {
			p.tx2 = at(k, &in2->ty, g);
			p.tdx2 = net->adds[i][1] ? extra + k->extra_input
						 : at(k, &in2->tdy, g);
		}
	}
	return p;
}

/* What layer i left in k->extra goes where it belongs. */
static void add_up(const struct yc_exec *k, int i, const struct micro *g, bool tangent)
{
	const struct yc_layer *l = &k->net->layer[i];

	for (int q = 0; q < 1 + l->ops->joins; q++) {
		size_t n = (size_t)g->n * yc_shape_map(q ? &l->in2 : &l->in);
		const struct node *in;

		if (!k->net->adds[i][q]) /* nor is there a node before the first */
			continue;
		in = &k->node[k->net->from[i][q]];
		yc_kern_get()->add(at(k, tangent ? &in->tdy : &in->dy, g),
			k->extra + (size_t)g->worker * k->extra_worker +
				(size_t)q * k->extra_input,
			n);
	}
}

/* Copies dense images into the bordered buffer of the first layer. */
static void copy_input(struct yc_exec *k, const struct micro *g)
{
	const struct yc_shape *s = &k->net->layer[0].in;
	const yc_real *from = k->input + (size_t)g->first * yc_shape_map(s);
	size_t row = (size_t)s->w * (size_t)s->c;
	yc_real *to = at(k, &k->x, g) + yc_shape_at(s);

	for (int i = 0; i < g->n; i++, to += yc_shape_size(s)) {
		for (int r = 0; r < s->h; r++, from += row)
			memcpy(to + (size_t)r * (size_t)s->pw * (size_t)s->c, from,
				row * sizeof *from);
	}
}

typedef void layer_pass(const struct yc_layer *l, const struct yc_pass *p);

static layer_pass *hook(const struct yc_layer_ops *ops, bool tangent, bool backward)
{
	return tangent	  ? backward ? ops->tangent_backward : ops->tangent_forward
	       : backward ? ops->backward
			  : ops->forward;
}

static enum yc_pass_kind kind_of(bool tangent, bool backward)
{
	return tangent	  ? backward ? YC_PASS_TANGENT_BACKWARD : YC_PASS_TANGENT_FORWARD
	       : backward ? YC_PASS_BACKWARD
			  : YC_PASS_FORWARD;
}

/* Runs one of the passes through layers lo..hi-1, chunk by chunk in each fused span. */
static void run_layers(struct yc_exec *k, const struct micro *g, bool tangent,
	bool backward, int lo, int hi)
{
	const struct yc_net *net = k->net;
	int step = backward ? -1 : 1;

	for (int i = backward ? hi - 1 : lo, end = i; i >= lo && i < hi; i = end) {
		int chunk = k->node[i].chunk;

		while (end >= lo && end < hi && k->node[end].fused == k->node[i].fused)
			end += step;
		for (int m = 0; m < g->n; m += chunk) {
			struct micro some = *g;

			some.first += m;
			some.inside = m;
			some.n = g->n - m < chunk ? g->n - m : chunk;
			some.fresh = g->fresh && m == 0;
			for (int q = i; q != end; q += step) {
				const struct yc_layer *l = &net->layer[q];
				struct yc_pass p = pass_of(k, q, &some, tangent);

				hook(l->ops, tangent, backward)(l, &p);
				if (backward)
					add_up(k, q, &some, tangent);
			}
		}
	}
}

static void give_results(struct yc_exec *k, const struct micro *g)
{
	const struct yc_net *net = k->net;
	int last = net->nlayers - 1;
	size_t rows = (size_t)g->n, first = (size_t)g->first,
	       classes = (size_t)net->cfg.classes;

	if (k->logits)
		memcpy(k->logits + first * classes, at(k, &k->node[last].y, g),
			rows * classes * sizeof *k->logits);
	if (k->embed && last > 0) {
		size_t e = yc_shape_map(&net->layer[last].in);

		memcpy(k->embed + first * e, at(k, &k->node[net->from[last][0]].y, g),
			rows * e * sizeof *k->embed);
	}
}

static void take_loss(struct yc_exec *k, const struct micro *g, bool tangent)
{
	const struct yc_target *t = k->target;
	const struct node *last = &k->node[k->net->nlayers - 1];
	const yc_real *z = at(k, &last->y, g);
	int classes = k->net->cfg.classes;

	if (tangent) {
		yc_loss_tangent(z, at(k, &last->ty, g), g->n, classes, t, g->first,
			1.0 / k->n, at(k, &last->tdy, g));
		return;
	}
	double loss =
		yc_loss(z, g->n, classes, t, g->first, 1.0 / k->n, at(k, &last->dy, g));

	if (g->sums)
		k->loss[g->shard] += loss;
}

/* Takes a micro-batch through positions from..to-1: the layers forward, and from `layers` on the
 * loss and the layers backward. */
static void run_span(
	struct yc_exec *k, const struct micro *g, bool tangent, int from, int to)
{
	int layers = k->net->nlayers;

	if (from < layers) {
		run_layers(k, g, tangent, false, from, to < layers ? to : layers);
		if (to >= layers && !tangent)
			give_results(k, g);
	}
	if (to > layers) {
		if (from <= layers)
			take_loss(k, g, tangent);
		run_layers(k, g, tangent, true, 2 * layers - to,
			from > layers ? 2 * layers - from : layers);
	}
}

/* The layer at a position, and whether there is something to add up before it runs. */
static const struct yc_layer_ops *coupled(const struct yc_exec *k, int position, int *i)
{
	int layers = k->net->nlayers;

	*i = position < layers ? position : 2 * layers - 1 - position;
	const struct yc_layer_ops *ops = k->net->layer[*i].ops;

	return ops->sums[kind_of(k->v != NULL, position >= layers)] ? ops : NULL;
}

static void run_sums(struct yc_exec *k, const struct micro *g, int position)
{
	int i;
	const struct yc_layer_ops *ops = coupled(k, position, &i);
	enum yc_pass_kind kind = kind_of(k->v != NULL, position >= k->net->nlayers);
	const struct yc_layer *l = &k->net->layer[i];
	struct yc_pass p = pass_of(k, i, g, k->v != NULL);

	p.shard = k->node[i].sum[kind] + (size_t)g->shard * l->nsum;
	ops->sums[kind](l, &p);
}

/* ---- shards ---- */

/* Sums of a shard start from nothing. */
static void clear_shard(struct yc_exec *k, int shard)
{
	for (int i = 0; i < k->net->nlayers; i++) {
		const struct yc_layer *l = &k->net->layer[i];

		if (!l->ops->overwrites && k->backward)
			memset(k->node[i].grad + (size_t)shard * l->ngrad, 0,
				l->ngrad * sizeof(yc_real));
		for (int b = 0; b < 2 && l->nsum; b++)
			memset(k->node[i].sum[kind_of(k->v != NULL, b)] +
					(size_t)shard * l->nsum,
				0, l->nsum * sizeof(double));
	}
	if (k->backward)
		k->loss[shard] = 0;
}

static void run_shard(void *ctx, int shard, int worker)
{
	struct yc_exec *k = ctx;
	int lo = (int)((long long)k->n * shard / k->shards),
	    hi = (int)((long long)k->n * (shard + 1) / k->shards);
	int layers = k->net->nlayers, end = k->backward || k->v ? 2 * layers : layers;

	if (k->from == 0 && end > layers)
		clear_shard(k, shard);
	for (int j = 0; j < k->micros; j++) {
		int a = lo + (hi - lo) * j / k->micros,
		    b = lo + (hi - lo) * (j + 1) / k->micros;
		struct micro g = {a, b - a, shard * k->micros + j, shard, worker, 0,
			j == 0, k->backward};

		if (g.n == 0)
			continue;
		if (k->from == 0 && (!k->v || !k->keep))
			copy_input(k, &g);
		if (k->v && !k->keep)
			run_span(k, &g, false, 0, end);
		run_span(k, &g, k->v != NULL, k->from, k->to);
		if (k->to < end)
			run_sums(k, &g, k->to);
	}
}

/* All positions, with a stop before each layer that needs sums over the batch first. */
static void run_batch(struct yc_exec *k)
{
	int end = (k->backward || k->v ? 2 : 1) * k->net->nlayers, i = 0;

	for (k->from = 0; k->from < end; k->from = k->to) {
		k->to = k->from + 1;
		while (k->to < end && !(end > k->net->nlayers && coupled(k, k->to, &i)))
			k->to++;
		yc_parallel(k->shards, k->threads, run_shard, k);
		if (k->to == end)
			continue;
		size_t n = k->net->layer[i].nsum;
		double *sum =
			k->node[i].sum[kind_of(k->v != NULL, k->to >= k->net->nlayers)];

		for (int shard = 1; shard < k->shards; shard++) {
			for (size_t q = 0; q < n; q++)
				sum[q] += sum[(size_t)shard * n + q];
		}
	}
}

/* Unit = layer and part: packs the weights. */
static void run_prepare(void *ctx, int unit, int worker)
{
	struct yc_exec *k = ctx;
	int i = unit / PARTS, part = unit % PARTS;
	const struct yc_layer *l = &k->net->layer[i];

	(void)worker;
	if (!l->ops->prepare)
		return;
	if (k->v)
		l->ops->prepare(
			l, k->v + k->net->at[i], k->node[i].tpack, true, part, PARTS);
	else
		l->ops->prepare(l, k->w + k->net->at[i], k->node[i].pack, k->backward,
			part, PARTS);
}

/* Unit = layer and slice: adds up the shards, in order, into the first one. */
static void run_reduce(void *ctx, int unit, int worker)
{
	struct yc_exec *k = ctx;
	int i = unit / PARTS, part = unit % PARTS;
	size_t n = k->net->layer[i].ngrad, a = n * (size_t)part / PARTS,
	       b = n * (size_t)(part + 1) / PARTS;
	yc_real *sum = k->node[i].grad;

	(void)worker;
	for (int shard = 1; shard < k->shards; shard++)
		yc_kern_get()->add(sum + a, sum + (size_t)shard * n + a, b - a);
}

static void run_fold(void *ctx, int i, int worker)
{
	struct yc_exec *k = ctx;
	const struct yc_layer *l = &k->net->layer[i];
	yc_real *dw = k->dw + k->net->at[i];

	(void)worker;
	memset(dw, 0, l->nw * sizeof *dw);
	if (l->ops->fold)
		l->ops->fold(l, k->node[i].grad, dw);
	else
		yc_kern_get()->add(dw, k->node[i].grad, l->nw);
	if (l->ops->statistics) {
		struct yc_pass p = {.batch = k->n, .sum = {k->node[i].sum[0]}};

		l->ops->statistics(l, &p, k->dw + k->net->state_at[i]);
	}
}

static void run(struct yc_exec *k, const yc_real *w, int n)
{
	assert(n >= 1 && n <= k->max_batch);
	k->w = w;
	k->n = n;
	k->shards = yc_exec_shards(k->net, n);
	k->micros = yc_exec_micros(k, n);
	yc_parallel(k->net->nlayers * PARTS, k->threads, run_prepare, k);
	run_batch(k);
}

void yc_net_forward(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed)
{
	k->input = x;
	k->logits = logits;
	k->embed = embed;
	k->backward = false;
	k->v = NULL;
	run(k, w, n);
}

double yc_net_gradient(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	const struct yc_target *target, yc_real *dw, yc_real *logits)
{
	double loss = 0;

	assert(k->mode >= YC_EXEC_GRADIENT);
	k->input = x;
	k->logits = logits;
	k->embed = NULL;
	k->backward = true;
	k->v = NULL;
	k->target = target;
	k->dw = dw;
	run(k, w, n);
	yc_parallel(k->net->nlayers * PARTS, k->threads, run_reduce, k);
	yc_parallel(k->net->nlayers, k->threads, run_fold, k);
	for (int shard = 0; shard < k->shards; shard++)
		loss += k->loss[shard];
	return loss / n;
}

void yc_net_tangent(struct yc_exec *k, const yc_real *w, const yc_real *v, yc_real *dx)
{
	assert(k->mode == YC_EXEC_TANGENT && k->backward);
	k->v = v;
	k->dx = dx;
	k->logits = k->embed = NULL;
	k->backward = false;
	run(k, w, k->n);
	k->v = NULL;
}
