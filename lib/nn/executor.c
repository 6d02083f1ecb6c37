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
 * Consecutive layers that work well on few images at once (yc_layer.chunk) form a fused
 * span and run chunk by chunk inside a micro-batch; buffers used only between layers of a
 * span hold one chunk: the largest maps never leave the cache.
 *
 * A net with batch-coupled layers (batch norm) runs differently: all micro-batches up to
 * where something depends on the whole batch, then sums over the shards are added and the
 * layers settle (yc_layer_ops.settle), then all micro-batches on to the next such place.
 * Forward these are the batch-coupled layers, for which statistics of their inputs are
 * taken when those are written; backward the layers before them, whose gradients are
 * completed when they are read. Frozen, they settle by their state, and only sums for
 * their weights are left.
 */
#include <assert.h>
#include <string.h>

#include "lib/nn/executor.h"
#include "yc/kern.h"
#include "yc/pool.h"

enum { PARTS = 8 }; /* into which packing and reduction of a layer are divided */

/* ---- one micro-batch ---- */

struct micro {
	int first, n, index, shard, worker;
	/* images of the micro-batch before `first`: 0 unless this is a chunk of it */
	int inside;
	bool fresh; /* holds the first image of its shard */
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
	/* A tangent pass that repeats the first-order passes needs none of their results. */
	bool wanted = tangent == k->tangent;
	yc_real *grad = wanted && k->dw ? d->grad + (size_t)g->shard * l->ngrad : NULL;
	yc_real *dx =
		wanted && k->dx ? k->dx + (size_t)g->first * yc_shape_map(&l->in) : NULL;
	struct yc_pass p = {.n = g->n,
		.w = k->w + net->at[i],
		.pack = d->pack,
		.x = at(k, in ? &in->y : &k->x, g),
		.y = at(k, &d->y, g),
		.save = at(k, &d->save, g),
		.scratch = k->scratch + (size_t)g->worker * k->scratch_worker,
		.fresh = g->fresh && l->ops->overwrites,
		.alone = k->mode == YC_EXEC_FORWARD,
		.coef = d->coef};

	if (l->ops->joins)
		p.x2 = at(k, &in2->y, g);
	if (k->mode >= YC_EXEC_GRADIENT)
		p.dy = at(k, &d->dy, g);
	if (!tangent && k->mode >= YC_EXEC_GRADIENT) {
		p.add = net->adds[i][0] && l->ops->adds;
		p.dx = !in ? dx : net->adds[i][0] && !p.add ? extra : at(k, &in->dy, g);
		if (l->ops->joins)
			p.dx2 = net->adds[i][1] ? extra + k->extra_input
						: at(k, &in2->dy, g);
		p.grad = grad;
	}
	if (tangent) {
		p.tw = k->v ? k->v + net->at[i] : NULL;
		p.tpack = k->v ? d->tpack : NULL;
		p.ty = at(k, &d->ty, g);
		p.tdy = at(k, &d->tdy, g);
		p.tsave = at(k, &d->tsave, g);
		p.tx = in ? at(k, &in->ty, g) : k->vx ? at(k, &k->tx, g) : NULL;
		p.add = net->adds[i][0] && l->ops->adds;
		p.tdx = !in ? dx : net->adds[i][0] && !p.add ? extra : at(k, &in->tdy, g);
		if (l->ops->joins) {
			p.tx2 = at(k, &in2->ty, g);
			p.tdx2 = net->adds[i][1] ? extra + k->extra_input
						 : at(k, &in2->tdy, g);
		}
		p.tgrad = grad;
	}
	if (d->sum[tangent])
		p.shard = d->sum[tangent] + (size_t)g->shard * l->nsum;
	return p;
}

/* Moves the partial gradient that layer i left in k->extra. */
static void add_up(const struct yc_exec *k, int i, const struct micro *g, bool tangent)
{
	const struct yc_layer *l = &k->net->layer[i];

	for (int q = 0; q < 1 + l->ops->joins; q++) {
		size_t n = (size_t)g->n * yc_shape_map(q ? &l->in2 : &l->in);
		const struct node *in;

		if (!k->net->adds[i][q] ||
			l->ops->adds) /* nor is there a layer before the first */
			continue;
		in = &k->node[k->net->from[i][q]];
		yc_kern_get()->add(at(k, tangent ? &in->tdy : &in->dy, g),
			k->extra + (size_t)g->worker * k->extra_worker +
				(size_t)q * k->extra_input,
			n);
	}
}

/* Copies dense images into a bordered buffer of the first layer. */
static void copy_input(const struct yc_exec *k, const struct micro *g,
	const yc_real *images, const struct slots *input)
{
	const struct yc_shape *s = &k->net->layer[0].in;
	const yc_real *from = images + (size_t)g->first * yc_shape_map(s);
	size_t row = (size_t)s->w * (size_t)s->c;
	yc_real *to = at(k, input, g) + yc_shape_at(s);

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
				const struct node *d = &k->node[q];
				struct yc_pass p = pass_of(k, q, &some, tangent);
				bool coupled = k->coupled && net->coupled[q] && !k->test;

				if (coupled && backward)
					yc_coupled_complete(k, q, some.n, p.y,
						at(k, tangent ? &d->tdy : &d->dy, &some));
				hook(l->ops, tangent, backward)(l, &p);
				if (coupled && !backward)
					yc_coupled_observe(
						k, q, some.n, some.shard, p.y, p.ty);
				if (backward)
					add_up(k, q, &some, tangent);
			}
		}
	}
}

/* The layer whose output is the embedding. */
static const struct node *embedded(const struct yc_exec *k)
{
	int last = k->net->nlayers - 1;

	return &k->node[k->net->headless ? last : k->net->from[last][0]];
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
	if (k->embed && (last > 0 || net->headless)) {
		size_t e = (size_t)yc_net_embedding(net);

		memcpy(k->embed + first * e, at(k, &embedded(k)->y, g),
			rows * e * sizeof *k->embed);
	}
}

static void give_tangents(struct yc_exec *k, const struct micro *g)
{
	const size_t classes = (size_t)k->net->cfg.classes;

	if (k->tlogits)
		memcpy(k->tlogits + (size_t)g->first * classes,
			at(k, &k->node[k->net->nlayers - 1].ty, g),
			(size_t)g->n * classes * sizeof *k->tlogits);
}

/* The gradient that the backward pass of a micro-batch starts from, or its tangent, which
 * is zero if the gradient is given. */
static void take_seed(struct yc_exec *k, const struct micro *g, bool tangent)
{
	const struct yc_seed *s = &k->seed;
	const struct node *last = &k->node[k->net->nlayers - 1];
	int classes = k->net->cfg.classes;

	if (s->target) {
		const yc_real *z = at(k, &last->y, g);

		if (tangent)
			yc_loss_tangent(z, at(k, &last->ty, g), g->n, classes, s->target,
				g->first, 1.0 / k->n, at(k, &last->tdy, g));
		else
			k->loss[g->shard] += yc_loss(z, g->n, classes, s->target,
				g->first, 1.0 / k->n, at(k, &last->dy, g));
		return;
	}
	const struct node *seeded = s->dembed ? embedded(k) : last;
	const yc_real *from = s->dembed ? s->dembed : s->dlogits;
	size_t row = (size_t)(s->dembed ? yc_net_embedding(k->net) : classes),
	       n = row * (size_t)g->n;

	if (tangent)
		memset(at(k, &seeded->tdy, g), 0, n * sizeof *from);
	else
		memcpy(at(k, &seeded->dy, g), from + (size_t)g->first * row,
			n * sizeof *from);
}

/* Runs a micro-batch through positions from..to-1: the layers forward, and from `layers`
 * on the seed and the layers backward. */
static void run_span(
	struct yc_exec *k, const struct micro *g, bool tangent, int from, int to)
{
	int layers = k->layers;

	if (from < layers) {
		run_layers(k, g, tangent, false, from, to < layers ? to : layers);
		if (to >= layers && tangent)
			give_tangents(k, g);
		else if (to >= layers)
			give_results(k, g);
	}
	if (to > layers) {
		if (from <= layers)
			take_seed(k, g, tangent);
		run_layers(k, g, tangent, true, 2 * layers - to,
			from > layers ? 2 * layers - from : layers);
	}
}

/* ---- shards ---- */

/* Clears the sums of a shard. */
static void clear_shard(struct yc_exec *k, int shard)
{
	for (int i = 0; i < k->layers; i++) {
		const struct yc_layer *l = &k->net->layer[i];

		if (!l->ops->overwrites && k->dw)
			memset(k->node[i].grad + (size_t)shard * l->ngrad, 0,
				l->ngrad * sizeof(yc_real));
	}
	if (k->coupled || k->net->cfg.frozen)
		yc_coupled_clear(k, shard);
	k->loss[shard] = 0;
}

static int first_shard(const struct yc_exec *k)
{
	return k->ranks ? yc_divide_first(k, k->ranks->rank) : 0;
}

static void run_shard(void *ctx, int unit, int worker)
{
	struct yc_exec *k = ctx;
	int shard = first_shard(k) + unit;
	int lo = (int)((long long)k->n * shard / k->shards),
	    hi = (int)((long long)k->n * (shard + 1) / k->shards);

	if (k->from == k->begin && !k->test)
		clear_shard(k, shard);
	for (int j = 0; j < k->micros; j++) {
		int a = lo + (hi - lo) * j / k->micros,
		    b = lo + (hi - lo) * (j + 1) / k->micros;
		struct micro g = {
			a, b - a, shard * k->micros + j, shard, worker, 0, a == lo};

		if (g.n == 0)
			continue;
		if (k->from == 0 && !(k->tangent && k->keep))
			copy_input(k, &g, k->input, &k->x);
		if (k->from == 0 && k->tangent && k->vx)
			copy_input(k, &g, k->vx, &k->tx);
		if (k->tangent && !k->keep)
			run_span(k, &g, false, 0, k->end);
		run_span(k, &g, k->tangent, k->from, k->to);
	}
}

/* Runs all positions, with a barrier before each that depends on the whole batch. */
static void run_batch(struct yc_exec *k)
{
	bool coupled = k->coupled && !k->test, frozen = k->net->cfg.frozen && !k->test;
	int shards = k->ranks ? yc_divide_first(k, k->ranks->rank + 1) - first_shard(k)
			      : k->shards;

	if (k->test || frozen)
		yc_coupled_by_state(k);
	for (k->from = k->begin; k->from < k->end; k->from = k->to) {
		k->to = k->from + 1;
		while (k->to < k->end && !(coupled && yc_coupled_waits(k, k->to)))
			k->to++;
		yc_parallel(shards, k->threads, run_shard, k);
		if (coupled)
			yc_coupled_settle(k);
	}
	if (frozen && k->end > k->layers)
		yc_coupled_sum_up(k);
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
	if (k->tangent)
		l->ops->prepare(
			l, k->v + k->net->at[i], k->node[i].tpack, true, part, PARTS);
	else
		l->ops->prepare(l, k->w + k->net->at[i], k->node[i].pack,
			k->end > k->layers, part, PARTS);
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
	yc_real *dw = k->dw + k->net->at[i], *state = k->dw + k->net->state_at[i];

	(void)worker;
	memset(dw, 0, l->nw * sizeof *dw);
	if (l->nstate)
		memset(state, 0, l->nstate * sizeof *state);
	if (i >= k->layers)
		return;
	if (l->ops->fold)
		l->ops->fold(l, k->node[i].grad, dw);
	else
		yc_kern_get()->add(dw, k->node[i].grad, l->nw);
	if (l->ops->statistics && !k->tangent && !k->net->cfg.frozen)
		l->ops->statistics(l, k->node[k->net->from[i][0]].stat[0], k->n, state);
}

static void run(struct yc_exec *k)
{
	if (!k->tangent || k->v)
		yc_parallel(k->net->nlayers * PARTS, k->threads, run_prepare, k);
	run_batch(k);
	if (k->ranks)
		yc_divide_share(k);
	if (!k->dw)
		return;
	/* Of layers that are left out. */
	if (k->net->headless)
		memset(k->dw, 0, k->net->size * sizeof *k->dw);
	if (k->ranks)
		yc_divide_reduce(k);
	else
		yc_parallel(k->layers * PARTS, k->threads, run_reduce, k);
	yc_parallel(k->net->nlayers, k->threads, run_fold, k);
}

/* ---- passes ---- */

/* A first-order pass over a new batch. */
static void set_batch(
	struct yc_exec *k, const yc_real *w, const yc_real *x, int n, bool backward)
{
	assert(n >= 1 && n <= k->max_batch);
	k->w = w;
	k->input = x;
	k->n = n;
	k->shards = yc_exec_shards(k->net, n);
	k->micros = yc_exec_micros(k, n);
	k->layers = k->net->nlayers;
	k->begin = 0;
	k->end = backward ? 2 * k->layers : k->layers;
	k->v = k->vx = NULL;
	k->logits = k->embed = NULL;
	k->dw = k->dx = NULL;
	k->test = k->tangent = false;
	k->seeded = backward;
}

void yc_net_forward(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed)
{
	assert(!logits || !k->net->headless);
	set_batch(k, w, x, n, false);
	k->logits = logits;
	k->embed = embed;
	k->test = true;
	run(k);
}

void yc_net_forward_train(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed)
{
	assert(k->mode >= YC_EXEC_GRADIENT);
	set_batch(k, w, x, n, false);
	k->logits = logits;
	k->embed = embed;
	run(k);
}

static double backward(struct yc_exec *k, const struct yc_seed *seed)
{
	double loss = 0;

	assert(!!seed->target + !!seed->dlogits + !!seed->dembed == 1);
	k->seed = *seed;
	assert(seed->dembed || !k->net->headless);
	if (seed->dembed && !k->net->headless) {
		assert(k->net->nlayers > 1);
		k->layers--;
		k->end = 2 * k->layers;
	}
	if (seed->resume && k->keep)
		k->begin = k->layers;
	run(k);
	for (int shard = 0; shard < k->shards; shard++)
		loss += k->loss[shard];
	return loss / k->n;
}

double yc_net_backward(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	const struct yc_seed *seed, yc_real *dw, yc_real *dx)
{
	assert(k->mode >= YC_EXEC_GRADIENT);
	/* The state after a test forward pass does not serve for backward passes of batch
	 * norms. */
	assert(!seed->resume || (k->w == w && k->input == x && k->n == n && !k->test));
	set_batch(k, w, x, n, true);
	k->dw = dw;
	k->dx = dx;
	return backward(k, seed);
}

double yc_net_gradient(struct yc_exec *k, const yc_real *w, const yc_real *x, int n,
	const struct yc_target *target, yc_real *dw, yc_real *logits)
{
	assert(k->mode >= YC_EXEC_GRADIENT);
	set_batch(k, w, x, n, true);
	k->dw = dw;
	k->logits = logits;
	return backward(k, &(struct yc_seed){.target = target});
}

void yc_net_tangent(struct yc_exec *k, const yc_real *w, const yc_real *v,
	const yc_real *vx, yc_real *tdw, yc_real *tdx)
{
	yc_net_tangent_logits(k, w, v, vx, tdw, tdx, NULL);
}

void yc_net_tangent_logits(struct yc_exec *k, const yc_real *w, const yc_real *v,
	const yc_real *vx, yc_real *tdw, yc_real *tdx, yc_real *tlogits)
{
	assert(k->mode == YC_EXEC_TANGENT && k->seeded && k->w == w && (v || vx));
	assert(!tlogits || !k->seed.dembed);
	k->tangent = true;
	k->begin = 0;
	k->v = v;
	k->vx = vx;
	k->logits = k->embed = NULL;
	k->tlogits = tlogits;
	k->dw = tdw;
	k->dx = tdx;
	run(k);
}
