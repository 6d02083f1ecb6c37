/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Update of images": the gradient of the matching loss with respect to
 * the condensed images of one class. */
#include <string.h>

#include "yc/pool.h"
#include "lib/condense/internal.h"

/* Takes everything out of the arena, or, with an arena without memory, adds up what that
 * will cost: one list of buffers for both. */
static void *take(struct yc_arena *a, size_t n, size_t size)
{
	if (a->base)
		return yc_arena_get(a, n, size);
	a->used += yc_arena_cost(n, size);
	return NULL;
}

static void take_all(struct yc_step *s)
{
	struct yc_arena *a = &s->arena;
	size_t image = yc_data_image_size(s->data), weights = yc_net_size(s->net);
	size_t n = (size_t)s->n_real + (size_t)s->synth->batch;
	size_t labels =
		(size_t)(s->n_real > s->synth->batch ? s->n_real : s->synth->batch);

	s->gr = take(a, weights, sizeof(*s->gr));
	s->gs = take(a, weights, sizeof(*s->gs));
	s->v = take(a, weights, sizeof(*s->v));
	s->x = take(a, yc_size_mul(n, image), sizeof(*s->x));
	s->dx = take(a, yc_size_mul((size_t)s->synth->batch, image), sizeof(*s->dx));
	s->tmp = take(a, yc_size_mul((size_t)s->threads, image), sizeof(*s->tmp));
	s->grad = take(a, yc_size_mul((size_t)s->synth->cfg.ipc, s->synth->pixels),
		sizeof(*s->grad));
	s->scratch = take(a, yc_match_scratch(s->net), sizeof(*s->scratch));
	s->label = take(a, labels, sizeof(*s->label));
	s->idx = take(a, (size_t)s->n_real, sizeof(*s->idx));
	s->pick = take(a, (size_t)s->synth->batch, sizeof(*s->pick));
	s->perm = take(a, (size_t)s->synth->ntiles, sizeof(*s->perm));
	/* Batch-shared: one draw an op. */
	s->draw = take(a, YC_AUG_OPS_MAX, sizeof(*s->draw));
}

int yc_step_new(struct yc_step *s, const struct yc_net *net, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_metric *metric,
	const struct yc_aug *aug, int n_real, int threads)
{
	int status;

	*s = (struct yc_step){.net = net,
		.data = data,
		.synth = synth,
		.metric = metric,
		.aug = aug,
		.n_real = n_real,
		.threads = threads};
	take_all(s);
	status = yc_arena_init(&s->arena, s->arena.used);
	if (!status)
		status = yc_exec_new(
			&s->real_exec, net, n_real, threads, YC_EXEC_GRADIENT);
	if (!status)
		status = yc_exec_new(
			&s->syn_exec, net, synth->batch, threads, YC_EXEC_TANGENT);
	if (status) {
		yc_step_release(s);
		return status;
	}
	take_all(s);
	return YC_OK;
}

void yc_step_release(struct yc_step *s)
{
	yc_exec_free(s->real_exec);
	yc_exec_free(s->syn_exec);
	yc_arena_release(&s->arena);
	*s = (struct yc_step){0};
}

size_t yc_step_bytes(const struct yc_step *s)
{
	return s->arena.size +
	       yc_exec_bytes(s->net, s->n_real, s->threads, YC_EXEC_GRADIENT) +
	       yc_exec_bytes(s->net, s->synth->batch, s->threads, YC_EXEC_TANGENT);
}

void yc_step_draw(struct yc_step *s, const struct yc_rng *root, uint64_t serial)
{
	struct yc_rng subset = yc_rng_fork(root, "syn-subset", serial);
	struct yc_rng aug = yc_rng_fork(root, "aug-shared", serial);
	struct yc_rng rrc = yc_rng_fork(root, "rrc", serial);

	if (s->synth->batch < s->synth->ntiles) {
		yc_rng_permutation(&subset, s->perm, s->synth->ntiles);
		memcpy(s->pick, s->perm, (size_t)s->synth->batch * sizeof(*s->pick));
	} else {
		for (int i = 0; i < s->synth->batch; i++)
			s->pick[i] = i;
	}
	yc_aug_draw(
		&s->plan, s->aug, &aug, &rrc, s->n_real + s->synth->batch, true, s->draw);
}

struct pass {
	struct yc_step *step;
	const yc_real *s; /* stored images of the class */
};

/* As yc_data_fetch does it: equal pixels become equal inputs. */
static void normalise(const struct yc_data *d, yc_real *x)
{
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];
	const yc_real *end = x + yc_data_image_size(d);

	for (int c = 0; c < d->channels; c++) {
		mul[c] = (yc_real)(1 / d->std[c]);
		add[c] = (yc_real)(-d->mean[c] / d->std[c]);
	}
	for (; x < end; x += d->channels)
		for (int c = 0; c < d->channels; c++)
			x[c] = mul[c] * x[c] + add[c];
}

/* The adjoint of its linear part. */
static void scale(const struct yc_data *d, yc_real *dx)
{
	yc_real mul[YC_CHANNELS_MAX];
	const yc_real *end = dx + yc_data_image_size(d);

	for (int c = 0; c < d->channels; c++)
		mul[c] = (yc_real)(1 / d->std[c]);
	for (; dx < end; dx += d->channels)
		for (int c = 0; c < d->channels; c++)
			dx[c] *= mul[c];
}

/* Image i of the joint batch: fetched or decoded, normalised, augmented. */
static void prepare(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_step *st = p->step;
	const struct yc_data *d = st->data;
	size_t image = yc_data_image_size(d);
	yc_real *x = st->x + (size_t)unit * image;

	if (unit < st->n_real) {
		yc_data_fetch(d, st->idx[unit], x);
	} else {
		const struct yc_tile *t = &st->synth->tile[st->pick[unit - st->n_real]];

		yc_decode_tile(p->s + (size_t)t->row * st->synth->pixels, d->channels,
			d->side, t->factor, t->position, d->side, x);
		normalise(d, x);
	}
	yc_aug_forward(&st->plan, unit, x, st->tmp + (size_t)worker * image);
}

/* Back through augmentation and normalisation. */
static void undo(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_step *st = p->step;
	const struct yc_data *d = st->data;
	size_t image = yc_data_image_size(d);
	yc_real *dx = st->dx + (size_t)unit * image;

	yc_aug_adjoint(
		&st->plan, st->n_real + unit, dx, st->tmp + (size_t)worker * image);
	scale(d, dx);
}

/* Stored image `unit` gathers from its decoded images, in their order. */
static void gather(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_step *st = p->step;
	const struct yc_data *d = st->data;
	const struct yc_synth *y = st->synth;
	size_t image = yc_data_image_size(d);
	yc_real *ds = st->grad + (size_t)unit * y->pixels;

	(void)worker;
	memset(ds, 0, y->pixels * sizeof(*ds));
	for (int i = 0; i < y->batch; i++) {
		const struct yc_tile *t = &y->tile[st->pick[i]];

		if (t->row == unit)
			yc_decode_tile_adjoint(ds, d->channels, d->side, t->factor,
				t->position, d->side, st->dx + (size_t)i * image);
	}
}

double yc_step_run(struct yc_step *s, const yc_real *w, int c)
{
	const struct yc_synth *y = s->synth;
	struct yc_target target = {.label = s->label, .rho = 1};
	yc_real *xs = s->x + (size_t)s->n_real * yc_data_image_size(s->data);
	struct pass p = {
		.step = s, .s = y->s + (size_t)c * (size_t)y->cfg.ipc * y->pixels};
	double loss;

	for (int i = 0; i < s->n_real || i < y->batch; i++)
		s->label[i] = c;
	yc_parallel(s->n_real + y->batch, s->threads, prepare, &p);
	s->loss_real =
		yc_net_gradient(s->real_exec, w, s->x, s->n_real, &target, s->gr, NULL);
	s->loss_syn = yc_net_gradient(s->syn_exec, w, xs, y->batch, &target, s->gs, NULL);
	loss = yc_match(s->metric, s->net, s->also, s->gr, s->gs, s->v, s->scratch);
	yc_net_tangent(s->syn_exec, w, s->v, s->dx);
	yc_parallel(y->batch, s->threads, undo, &p);
	yc_parallel(y->cfg.ipc, s->threads, gather, &p);
	return loss;
}
