/* SPDX-License-Identifier: MIT */
/*
 * Runs the passes of a network over a batch.
 *
 * Images are independent under instance norm, so a batch is cut into lanes, a lane into
 * groups of at most GROUP images, and a group runs forward and backward before the next
 * begins: its activations stay in cache. A lane is a contiguous range with a gradient sum
 * of its own; lanes are added in order. How a batch is cut depends on its size alone, so
 * any number of threads gives the same bytes.
 *
 * Neighbouring layers that treat images one by one run image by image inside a group, and
 * what only passes between two of them has room for one image: the largest maps never
 * leave the cache.
 *
 * Buffers belong to a worker and are reused by its groups, except in TANGENT mode, where
 * every image keeps its own until yc_net_tangent has used it.
 */
#include <assert.h>
#include <string.h>

#include "lib/nn/net.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/pool.h"

enum { LANES = 8, GROUP = 10, PARTS = 8 };

/* A buffer for the images of a batch or of the group a worker is at. */
struct slots {
	yc_real *base;
	size_t image, fixed; /* elements an image, and once a group */
	bool keep;	     /* for every image of the batch */
	bool one;	     /* the images of a group share one place */
};

struct node {
	struct slots y, dy,
		save; /* of the layer's output, its gradient, what backward needs */
	struct slots ty, tdy, tsave; /* TANGENT mode */
	yc_real *pack, *tpack;
	yc_real *grad; /* [lanes][ngrad] */
};

struct yc_work {
	const struct yc_net *net;
	int max_batch, threads;
	enum yc_work_mode mode;
	struct slots x; /* input with the border that the first layer wants */
	struct node node[LAYERS_MAX];
	yc_real *scratch;
	size_t scratch_worker; /* elements */
	double loss[LANES];
	struct yc_arena arena;
	/* the pass under way */
	int n, lanes, groups; /* groups a lane */
	const yc_real *w, *v, *input;
	const struct yc_target *target;
	yc_real *logits, *embed, *dx, *dw;
	bool backward;
};

static int lanes_of(int n)
{
	return n >= 64 ? LANES : n >= 16 ? 4 : n >= 2 ? 2 : 1;
}

static int groups_of(int n)
{
	int lanes = lanes_of(n), most = (n + lanes - 1) / lanes;

	return (most + GROUP - 1) / GROUP;
}

/* No batch of at most n images has more groups than this. */
static size_t groups_max(int n)
{
	return (size_t)(n / GROUP + 2 * LANES + 1);
}

/*
 * Two sweeps share one description of the memory: with a NULL arena base the sizes are
 * only added up.
 */
struct planner {
	struct yc_arena *arena;
	size_t bytes;
};

static yc_real *take(struct planner *p, size_t n)
{
	p->bytes += yc_arena_cost(n, sizeof(yc_real));
	return p->arena ? yc_arena_get(p->arena, n, sizeof(yc_real)) : NULL;
}

static struct slots take_slots(struct planner *p, const struct yc_work *k, size_t image,
	size_t fixed, bool keep, bool one)
{
	struct slots s = {NULL, image, fixed, keep, one && !keep};
	size_t n = keep ? image * (size_t)k->max_batch + fixed * groups_max(k->max_batch)
			: (image * (s.one ? 1 : GROUP) + fixed) * (size_t)k->threads;

	s.base = take(p, n);
	return s;
}

static void lay_out(struct yc_work *k, struct planner *p)
{
	const struct yc_net *net = k->net;
	bool grad = k->mode >= YC_WORK_GRADIENT, tangent = k->mode == YC_WORK_TANGENT;
	size_t scratch = 0;

	k->x = take_slots(p, k, yc_shape_size(&net->layer[0].in), 0, tangent, false);
	for (int i = 0; i < net->nlayers; i++) {
		const struct yc_layer *l = &net->layer[i];
		struct node *d = &k->node[i];
		size_t s = l->scratch_image * GROUP + l->scratch_fixed;
		bool inner =
			i + 1 < net->nlayers && l->ops->by_image && l[1].ops->by_image;

		scratch = s > scratch ? s : scratch;
		d->y = take_slots(
			p, k, yc_shape_size(&l->out), 0, tangent, inner && !grad);
		d->save = take_slots(p, k, l->save_image, l->save_fixed, tangent, false);
		d->pack = take(p, l->npack);
		if (grad) {
			d->dy = take_slots(
				p, k, yc_shape_map(&l->out), 0, tangent, inner);
			d->grad = take(p, l->ngrad * (size_t)lanes_of(k->max_batch));
		}
		if (tangent) {
			d->ty = take_slots(p, k, yc_shape_size(&l->out), 0, false, false);
			d->tdy = take_slots(p, k, yc_shape_map(&l->out), 0, false, inner);
			d->tsave = take_slots(
				p, k, l->tsave_image, l->tsave_fixed, false, false);
			d->tpack = take(p, l->npack);
		}
	}
	k->scratch_worker = scratch + 16;
	k->scratch = take(p, k->scratch_worker * (size_t)k->threads);
}

size_t yc_work_bytes(
	const struct yc_net *net, int max_batch, int threads, enum yc_work_mode mode)
{
	struct yc_work *k = yc_alloc(1, sizeof *k);
	struct planner p = {NULL, 0};

	if (!k)
		return 0;
	k->net = net;
	k->max_batch = max_batch;
	k->threads = threads;
	k->mode = mode;
	lay_out(k, &p);
	yc_free(k);
	return p.bytes;
}

int yc_work_new(struct yc_work **out, const struct yc_net *net, int max_batch,
	int threads, enum yc_work_mode mode)
{
	struct yc_work *k = yc_alloc(1, sizeof *k);
	size_t bytes;

	if (!k)
		return YC_FAIL;
	threads = threads < 1	    ? 1
		  : threads > LANES ? LANES
				    : threads; /* more would find no lane */
	bytes = yc_work_bytes(net, max_batch, threads, mode);
	k->net = net;
	k->max_batch = max_batch;
	k->threads = threads;
	k->mode = mode;
	if (!bytes || yc_arena_init(&k->arena, bytes) < 0) {
		yc_free(k);
		return yc_fail_in(YC_FAIL, "buffers for a batch of %d", max_batch);
	}
	struct planner p = {&k->arena, 0};

	lay_out(k, &p);
	*out = k;
	return YC_OK;
}

void yc_work_free(struct yc_work *k)
{
	if (!k)
		return;
	yc_arena_release(&k->arena);
	yc_free(k);
}

/* ---- one group ---- */

struct group {
	int first, n, index, lane, worker;
	int inside; /* images of the whole group before `first`: 0 unless this is one
		       image of it */
	bool fresh; /* the first group of its lane */
};

static yc_real *at(const struct slots *s, const struct group *g)
{
	if (!s->base)
		return NULL;
	if (s->keep)
		return s->base + (size_t)g->first * s->image +
		       (size_t)g->index * s->fixed;
	return s->base +
	       (size_t)g->worker * (s->image * (s->one ? 1 : GROUP) + s->fixed) +
	       (s->one ? 0 : (size_t)g->inside * s->image);
}

static struct yc_pass pass_of(
	struct yc_work *k, int i, const struct group *g, bool tangent)
{
	const struct yc_net *net = k->net;
	const struct node *d = &k->node[i];
	bool lowest = i == 0;
	struct yc_pass p = {.n = g->n,
		.w = k->w + net->at[i],
		.pack = d->pack,
		.x = at(lowest ? &k->x : &k->node[i - 1].y, g),
		.y = at(&d->y, g),
		.save = at(&d->save, g),
		.scratch = k->scratch + (size_t)g->worker * k->scratch_worker};

	if (k->mode >= YC_WORK_GRADIENT) {
		p.dy = at(&d->dy, g);
		p.dx = lowest ? NULL : at(&k->node[i - 1].dy, g);
		p.grad = d->grad + (size_t)g->lane * net->layer[i].ngrad;
		p.fresh = g->fresh && net->layer[i].ops->overwrites;
	}
	if (tangent) {
		p.tw = k->v + net->at[i];
		p.tpack = d->tpack;
		p.tx = lowest ? NULL : at(&k->node[i - 1].ty, g);
		p.ty = at(&d->ty, g);
		p.tdy = at(&d->tdy, g);
		p.tsave = at(&d->tsave, g);
		p.tdx = lowest ? k->dx + (size_t)g->first *
						 yc_shape_map(&net->layer[0].in)
			       : at(&k->node[i - 1].tdy, g);
		p.dx = NULL;
		p.grad = NULL;
		p.fresh = false;
	}
	return p;
}

/* Copies dense images into the bordered buffer of the first layer. */
static void copy_input(struct yc_work *k, const struct group *g)
{
	const struct yc_shape *s = &k->net->layer[0].in;
	const yc_real *from = k->input + (size_t)g->first * yc_shape_map(s);
	size_t row = (size_t)s->w * (size_t)s->c;
	yc_real *to = at(&k->x, g) + yc_shape_at(s);

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

/* Runs one of the passes through all layers, stretches of by_image layers image by image.
 */
static void run_layers(
	struct yc_work *k, const struct group *g, bool tangent, bool backward)
{
	const struct yc_layer *layer = k->net->layer;
	int count = k->net->nlayers, step = backward ? -1 : 1;

	for (int i = backward ? count - 1 : 0; i >= 0 && i < count;) {
		int end = i;

		while (end >= 0 && end < count && layer[end].ops->by_image)
			end += step;
		if (end == i) {
			struct yc_pass p = pass_of(k, i, g, tangent);

			hook(layer[i].ops, tangent, backward)(&layer[i], &p);
			i += step;
			continue;
		}
		for (int m = 0; m < g->n; m++) {
			struct group one = {g->first + m, 1, g->index, g->lane, g->worker,
				m, g->fresh};

			for (int q = i; q != end; q += step) {
				struct yc_pass p = pass_of(k, q, &one, tangent);

				hook(layer[q].ops, tangent, backward)(&layer[q], &p);
			}
		}
		i = end;
	}
}

static void run_group(struct yc_work *k, const struct group *g)
{
	const struct yc_net *net = k->net;
	int last = net->nlayers - 1, classes = net->cfg.classes;

	copy_input(k, g);
	run_layers(k, g, false, false);
	const yc_real *z = at(&k->node[last].y, g);
	size_t rows = (size_t)g->n, first = (size_t)g->first;

	if (k->logits)
		memcpy(k->logits + first * (size_t)classes, z,
			rows * (size_t)classes * sizeof *z);
	if (k->embed && last > 0) {
		size_t e = yc_shape_map(&net->layer[last].in);

		memcpy(k->embed + first * e, at(&k->node[last - 1].y, g),
			rows * e * sizeof *z);
	}
	if (!k->backward)
		return;
	const struct yc_target *t = k->target;

	k->loss[g->lane] += yc_loss(z, g->n, classes, t->label + first,
		t->mixed ? t->mixed + first : NULL, t->rho, 1.0 / k->n,
		at(&k->node[last].dy, g));
	run_layers(k, g, false, true);
}

static void run_group_tangent(struct yc_work *k, const struct group *g)
{
	int last = k->net->nlayers - 1;

	run_layers(k, g, true, false);
	yc_loss_tangent(at(&k->node[last].y, g), at(&k->node[last].ty, g), g->n,
		k->net->cfg.classes, 1.0 / k->n, at(&k->node[last].tdy, g));
	run_layers(k, g, true, true);
}

/* ---- lanes ---- */

static void run_lane(void *ctx, int lane, int worker)
{
	struct yc_work *k = ctx;
	int lo = (int)((long long)k->n * lane / k->lanes),
	    hi = (int)((long long)k->n * (lane + 1) / k->lanes);

	if (k->backward) {
		k->loss[lane] = 0;
		for (int i = 0; i < k->net->nlayers; i++) {
			size_t n = k->net->layer[i].ngrad;

			if (k->net->layer[i].ops->overwrites)
				continue;
			memset(k->node[i].grad + (size_t)lane * n, 0,
				n * sizeof(yc_real));
		}
	}
	for (int j = 0; j < k->groups; j++) {
		int a = lo + (hi - lo) * j / k->groups,
		    b = lo + (hi - lo) * (j + 1) / k->groups;
		struct group g = {
			a, b - a, lane * k->groups + j, lane, worker, 0, j == 0};

		if (g.n == 0)
			continue;
		if (k->v)
			run_group_tangent(k, &g);
		else
			run_group(k, &g);
	}
}

/* Unit = layer and part: packs the weights. */
static void run_prepare(void *ctx, int unit, int worker)
{
	struct yc_work *k = ctx;
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

/* Unit = layer and slice: adds up the lanes, in order, into the first one. */
static void run_reduce(void *ctx, int unit, int worker)
{
	struct yc_work *k = ctx;
	int i = unit / PARTS, part = unit % PARTS;
	size_t n = k->net->layer[i].ngrad, a = n * (size_t)part / PARTS,
	       b = n * (size_t)(part + 1) / PARTS;
	yc_real *sum = k->node[i].grad;

	(void)worker;
	for (int lane = 1; lane < k->lanes; lane++)
		yc_kern_get()->add(sum + a, sum + (size_t)lane * n + a, b - a);
}

static void run_fold(void *ctx, int i, int worker)
{
	struct yc_work *k = ctx;
	const struct yc_layer *l = &k->net->layer[i];
	yc_real *dw = k->dw + k->net->at[i];

	(void)worker;
	memset(dw, 0, l->nw * sizeof *dw);
	if (l->ops->fold)
		l->ops->fold(l, k->node[i].grad, dw);
	else
		yc_kern_get()->add(dw, k->node[i].grad, l->nw);
}

static void run(struct yc_work *k, const yc_real *w, int n)
{
	assert(n >= 1 && n <= k->max_batch);
	k->w = w;
	k->n = n;
	k->lanes = lanes_of(n);
	k->groups = groups_of(n);
	yc_parallel(k->net->nlayers * PARTS, k->threads, run_prepare, k);
	yc_parallel(k->lanes, k->threads, run_lane, k);
}

void yc_net_forward(struct yc_work *k, const yc_real *w, const yc_real *x, int n,
	yc_real *logits, yc_real *embed)
{
	k->input = x;
	k->logits = logits;
	k->embed = embed;
	k->backward = false;
	k->v = NULL;
	run(k, w, n);
}

double yc_net_gradient(struct yc_work *k, const yc_real *w, const yc_real *x, int n,
	const struct yc_target *target, yc_real *dw, yc_real *logits)
{
	double loss = 0;

	assert(k->mode >= YC_WORK_GRADIENT);
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
	for (int lane = 0; lane < k->lanes; lane++)
		loss += k->loss[lane];
	return loss / n;
}

void yc_net_tangent(struct yc_work *k, const yc_real *w, const yc_real *v, yc_real *dx)
{
	assert(k->mode == YC_WORK_TANGENT && k->backward);
	k->v = v;
	k->dx = dx;
	k->backward = false;
	run(k, w, k->n);
	k->v = NULL;
}
