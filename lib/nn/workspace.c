/* SPDX-License-Identifier: MIT */
/*
 * Lays out all buffers of executor.c in one arena.
 *
 * Buffers belong to a worker and are reused by its micro-batches, except in batch-coupled
 * nets and in TANGENT mode, where every image keeps its own until yc_net_tangent has used
 * it, if memory allows; otherwise yc_net_tangent runs each micro-batch forward and
 * backward again first.
 */
#include "lib/nn/executor.h"

/* A micro-batch is as large as MICRO_SIZE allows; there are as many shards as SHARDS_SIZE allows,
 * at least two; TANGENT mode keeps up to KEEP_SIZE. All in elements. At most MICRO images
 * stay in cache; where layers wait for the whole batch nothing does, and more images share
 * one reading of the weights and of their gradients. */
enum {
	MICRO = 10,
	MICRO_COUPLED = 32,
	MICRO_SIZE = 128 << 20,
	SHARDS_SIZE = 48 << 20,
	KEEP_SIZE = 256 << 20
};

int yc_exec_shards(const struct yc_net *net, int n)
{
	int shards = n >= 64 ? SHARDS : n >= 16 ? 4 : n >= 2 ? 2 : 1;
	size_t sums = 0;

	for (int i = 0; i < net->nlayers; i++)
		sums += net->layer[i].ngrad;
	while (shards > 2 && (size_t)shards * sums > SHARDS_SIZE)
		shards /= 2;
	return shards;
}

/* Elements per image between forward and backward. */
static size_t image_size(const struct yc_net *net)
{
	size_t sum = 0;

	for (int i = 0; i < net->nlayers; i++) {
		sum += net->layer[i].save_image;
		if (net->owner[i] == i)
			sum += yc_shape_size(&net->layer[i].out) +
			       yc_shape_map(&net->layer[i].out);
	}
	return sum;
}

static int micro_of(const struct yc_net *net, bool coupled)
{
	size_t most = MICRO_SIZE / image_size(net),
	       full = coupled ? MICRO_COUPLED : MICRO;

	return most < 1 ? 1 : most < full ? (int)most : (int)full;
}

int yc_exec_micros(const struct yc_exec *k, int n)
{
	int shards = yc_exec_shards(k->net, n), most = (n + shards - 1) / shards;

	return (most + k->micro - 1) / k->micro;
}

/* No batch of at most n images has more micro-batches than this. */
static size_t micros_max(const struct yc_exec *k, int n)
{
	return (size_t)(n / k->micro + 2 * SHARDS + 1);
}

size_t yc_exec_chunks(const struct yc_exec *k, int chunk)
{
	return (size_t)((k->micro - 1) / chunk + 1);
}

/*
 * Two sweeps share one description of the memory: with a NULL arena base sizes are only
 * added up.
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

size_t yc_exec_slots(const struct yc_exec *k, const struct slots *s)
{
	return s->local ? s->image * (size_t)s->chunk + s->fixed
			: s->image * (size_t)k->micro +
				  s->fixed * yc_exec_chunks(k, s->chunk);
}

static double *take_doubles(struct planner *p, size_t n)
{
	p->bytes += yc_arena_cost(n, sizeof(double));
	return p->arena ? yc_arena_get(p->arena, n, sizeof(double)) : NULL;
}

/* What is known of layer i's output in a batch-coupled net: `q` 0: in first order, 1: in
 * tangents. */
static void take_statistics(
	struct planner *p, struct yc_exec *k, int i, int q, size_t shards)
{
	const struct yc_net *net = k->net;
	const struct node *owner = &k->node[net->owner[i]];
	struct node *d = &k->node[i];
	size_t step = (size_t)net->layer[i].out.step;

	d->sum[q] = take_doubles(p, net->layer[i].nsum * shards);
	if (!net->coupled[i])
		return;
	d->part[q] = take_doubles(p, 2 * (size_t)net->layer[i].out.c * shards);
	/* The owner's begin at the first channel of the buffer while they are shared out,
	 * see lay_out. */
	d->stat[q] = net->owner[i] == i ? take_doubles(p, 2 * step) : owner->stat[q];
	d->rest[q] = net->owner[i] == i ? take(p, 2 * step) : owner->rest[q];
}

/* The part of a wider buffer that begins at channel `first`. */
static struct slots view(struct slots s, int first)
{
	if (s.base)
		s.base += first;
	return s;
}

/* Lets everything that belongs to the output of layer i begin at its first channel. */
static void narrow(struct yc_exec *k, int i)
{
	struct node *d = &k->node[i];
	int first = k->net->first[i];

	d->y = view(d->y, first);
	d->dy = view(d->dy, first);
	d->ty = view(d->ty, first);
	d->tdy = view(d->tdy, first);
	for (int q = 0; q < 2; q++) {
		if (d->stat[q])
			d->stat[q] += first;
		if (d->rest[q])
			d->rest[q] += first;
	}
}

static struct slots take_slots(struct planner *p, const struct yc_exec *k, int chunk,
	size_t image, size_t fixed, bool keep, bool local)
{
	struct slots s = {NULL, image, fixed, chunk, keep, local && !keep};
	size_t n = keep ? image * (size_t)k->max_batch +
				   fixed * micros_max(k, k->max_batch) *
					   yc_exec_chunks(k, chunk)
			: yc_exec_slots(k, &s) * (size_t)k->threads;

	s.base = take(p, n);
	return s;
}

/* Divides the layers into fused spans and finds the buffers between them.
 */
static void cut(struct yc_exec *k)
{
	const struct yc_net *net = k->net;

	k->coupled = false;
	for (int i = 0; i < net->nlayers; i++)
		k->coupled |= k->mode >= YC_EXEC_GRADIENT && net->coupled[i];
	k->micro = micro_of(net, k->coupled);
	k->keep = k->coupled ||
		  (k->mode == YC_EXEC_TANGENT &&
			  image_size(net) * (size_t)k->max_batch <= KEEP_SIZE);
	for (int i = 0; i < net->nlayers; i++) {
		const struct yc_layer *l = &net->layer[i];
		struct node *d = &k->node[i];

		int chunk = k->mode == YC_EXEC_FORWARD && l->chunk_forward
				    ? l->chunk_forward
				    : l->chunk;

		d->chunk = chunk && chunk < k->micro ? chunk : k->micro;
		d->fused = i == 0 ? 0 : d[-1].fused + (d->chunk != d[-1].chunk);
		for (int q = 0; q < 1 + l->ops->joins; q++) {
			const struct yc_shape *in = q ? &l->in2 : &l->in;
			size_t n = yc_shape_map(in) * (size_t)d->chunk;

			if (net->adds[i][q] && !l->ops->adds && n > k->extra_input)
				k->extra_input = n;
		}
	}
}

static void lay_out(struct yc_exec *k, struct planner *p)
{
	const struct yc_net *net = k->net;
	bool grad = k->mode >= YC_EXEC_GRADIENT, tangent = k->mode == YC_EXEC_TANGENT;
	size_t scratch = 0, shards = (size_t)yc_exec_shards(net, k->max_batch);

	cut(k);
	k->x = take_slots(
		p, k, k->micro, yc_shape_size(&net->layer[0].in), 0, k->keep, false);
	if (tangent)
		k->tx = take_slots(p, k, k->micro, yc_shape_size(&net->layer[0].in), 0,
			k->coupled, false);
	for (int i = 0; i < net->nlayers; i++) {
		const struct yc_layer *l = &net->layer[i];
		struct node *d = &k->node[i];
		size_t s = l->scratch_image * (size_t)d->chunk + l->scratch_fixed;
		int reader = net->reader[i], c = d->chunk, owner = net->owner[i];
		bool inner = reader < net->nlayers && k->node[reader].fused == d->fused;

		scratch = s > scratch ? s : scratch;
		d->coef = take(p, l->ncoef);
		if (owner == i)
			d->y = take_slots(p, k, c, yc_shape_size(&l->out), 0, k->keep,
				inner && !grad);
		else
			d->y = k->node[owner].y;
		d->save =
			take_slots(p, k, c, l->save_image, l->save_fixed, k->keep, !grad);
		d->pack = take(p, l->npack);
		if (grad) {
			if (owner == i)
				d->dy = take_slots(p, k, c, yc_shape_map(&l->out), 0,
					k->keep, inner && !tangent);
			else
				d->dy = k->node[owner].dy;
			d->grad = take(p, l->ngrad * shards);
			for (int q = 0; q < 1 + tangent; q++)
				take_statistics(p, k, i, q, shards);
		}
		if (tangent) {
			if (owner == i) {
				d->ty = take_slots(p, k, c, yc_shape_size(&l->out), 0,
					k->coupled, false);
				d->tdy = take_slots(p, k, c, yc_shape_map(&l->out), 0,
					k->coupled, inner);
			} else {
				d->ty = k->node[owner].ty;
				d->tdy = k->node[owner].tdy;
			}
			d->tsave = take_slots(p, k, c, l->tsave_image, l->tsave_fixed,
				k->coupled, false);
			d->tpack = take(p, l->npack);
		}
	}
	for (int i = 0; i < net->nlayers; i++)
		narrow(k, i);
	k->scratch_worker = scratch + 16;
	k->scratch = take(p, k->scratch_worker * (size_t)k->threads);
	k->extra_worker = 2 * k->extra_input;
	k->extra = take(p, grad ? k->extra_worker * (size_t)k->threads : 0);
}

size_t yc_exec_bytes(
	const struct yc_net *net, int max_batch, int threads, enum yc_exec_mode mode)
{
	struct yc_exec *k = yc_calloc(1, sizeof *k);
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

int yc_exec_new(struct yc_exec **out, const struct yc_net *net, int max_batch,
	int threads, enum yc_exec_mode mode)
{
	struct yc_exec *k = yc_calloc(1, sizeof *k);
	size_t bytes;

	if (!k)
		return YC_FAIL;
	threads = threads < 1 ? 1
		  : threads > SHARDS
			  ? SHARDS
			  : threads; /* more workers than shards would be idle */
	bytes = yc_exec_bytes(net, max_batch, threads, mode);
	k->net = net;
	k->max_batch = max_batch;
	k->threads = threads;
	k->mode = mode;
	if (!bytes || yc_arena_init(&k->arena, bytes) < 0) {
		yc_free(k);
		return yc_fail_in(YC_FAIL, "buffers for a batch of %d, threads (-j) %d",
			max_batch, threads);
	}
	struct planner p = {&k->arena, 0};

	lay_out(k, &p);
	*out = k;
	return YC_OK;
}

void yc_exec_free(struct yc_exec *k)
{
	if (!k)
		return;
	yc_arena_release(&k->arena);
	yc_free(k->sums);
	yc_free(k);
}
