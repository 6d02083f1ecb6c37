/* SPDX-License-Identifier: MIT */
/* The training loop: batches of a random permutation, augmented and mixed, steps of
 * gradient descent, and the schedule of the learning rate. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/internal.h"
#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/train.h"

/* Buffers of a step. CutMix reads images of the whole batch while it writes, so the mixed
 * batch is separate from the augmented one. */
struct yc_trainer_scratch {
	struct yc_aug_plan plan;
	struct yc_mix mix;
	struct yc_aug_draw *draw; /* [YC_AUG_OPS_MAX][batch] */
	yc_real *x, *mixed;	  /* [batch][side][side][channels] */
	yc_real *tmp;		  /* [threads] images */
	int32_t *label, *partner; /* [batch] own label, label of the pasted image */
	yc_real *soft, *pasted;	  /* [batch][classes] the same, soft; NULL without them */
};

static int room_new(struct yc_trainer *t, size_t batch)
{
	const size_t image = yc_data_image_size(t->data);
	struct yc_trainer_scratch *scratch = yc_calloc(1, sizeof *scratch);

	if (!scratch)
		return YC_FAIL;
	t->scratch = scratch;
	scratch->draw =
		yc_calloc(yc_size_mul(YC_AUG_OPS_MAX, batch), sizeof *scratch->draw);
	scratch->x = yc_calloc(yc_size_mul(batch, image), sizeof *scratch->x);
	scratch->mixed = yc_calloc(yc_size_mul(batch, image), sizeof *scratch->mixed);
	scratch->tmp =
		yc_calloc(yc_size_mul((size_t)t->threads, image), sizeof *scratch->tmp);
	scratch->mix.perm = yc_calloc(batch, sizeof *scratch->mix.perm);
	scratch->label = yc_calloc(batch, sizeof *scratch->label);
	scratch->partner = yc_calloc(batch, sizeof *scratch->partner);
	if (t->data->soft) {
		const size_t classes = (size_t)t->data->classes;

		scratch->soft =
			yc_calloc(yc_size_mul(batch, classes), sizeof *scratch->soft);
		scratch->pasted =
			yc_calloc(yc_size_mul(batch, classes), sizeof *scratch->pasted);
		if (!scratch->soft || !scratch->pasted)
			return YC_FAIL;
	}
	if (!scratch->draw || !scratch->x || !scratch->mixed || !scratch->tmp ||
		!scratch->mix.perm || !scratch->label || !scratch->partner)
		return YC_FAIL;
	return YC_OK;
}

static void room_free(struct yc_trainer_scratch *scratch)
{
	if (!scratch)
		return;
	yc_free(scratch->draw);
	yc_free(scratch->x);
	yc_free(scratch->mixed);
	yc_free(scratch->tmp);
	yc_free(scratch->mix.perm);
	yc_free(scratch->label);
	yc_free(scratch->partner);
	yc_free(scratch->soft);
	yc_free(scratch->pasted);
	yc_free(scratch);
}

static int trainer_fill(struct yc_trainer *t)
{
	const struct yc_data *d = t->data;
	const int most = t->hyper.batch < d->n ? t->hyper.batch : d->n;
	const size_t nw = yc_net_size(t->net);
	int status;

	if (most < 1)
		return yc_fail(YC_FAIL, "no images to train on");
	if (t->hyper.aug_all && t->hyper.aug_one)
		return yc_fail(YC_USAGE, "--aug-all and --aug-one are mutually "
					 "exclusive: all of a pool, or "
					 "one group");
	status = yc_aug_parse(&t->aug, t->hyper.aug, d->side, d->channels);
	if (status < 0)
		return status;
	t->aug.all = t->hyper.aug_all;
	t->aug.one = t->hyper.aug_one;
	status = yc_data_augment(d, &t->aug);
	if (status < 0)
		return status;
	status = yc_exec_new(&t->exec, t->net, most, t->threads, YC_EXEC_GRADIENT);
	if (status < 0)
		return status;
	t->w = yc_calloc(nw, sizeof *t->w);
	t->dw = yc_calloc(nw, sizeof *t->dw);
	t->m = yc_calloc(yc_size_mul(nw, (size_t)t->optimiser->states), sizeof *t->m);
	t->perm = yc_calloc((size_t)d->n, sizeof *t->perm);
	t->logits = yc_calloc(
		yc_size_mul((size_t)most, (size_t)d->classes), sizeof *t->logits);
	if (!t->w || !t->dw || !t->m || !t->perm || !t->logits)
		return YC_FAIL;
	return room_new(t, (size_t)most);
}

int yc_trainer_new(struct yc_trainer *t, const struct yc_net *net,
	const struct yc_data *data, const struct yc_hyper *hyper, struct yc_rng rng,
	int threads)
{
	int status;

	*t = (struct yc_trainer){
		.net = net,
		.data = data,
		.hyper = *hyper,
		.optimiser = yc_optimiser_find(hyper->optimiser),
		.schedule = yc_schedule_find(hyper->schedule),
		.threads = threads,
	};
	status = trainer_fill(t);
	if (status < 0)
		yc_trainer_release(t);
	else
		yc_trainer_renew(t, rng);
	return status;
}

void yc_trainer_renew(struct yc_trainer *t, struct yc_rng rng)
{
	t->perm_at = t->data->n;
	t->rng_batch = yc_rng_fork(&rng, "net-batch", 0);
	t->rng_aug = yc_rng_fork(&rng, "aug-image", 0);
	t->rng_rrc = yc_rng_fork(&rng, "rrc", 0);
	t->rng_mix = yc_rng_fork(&rng, "cutmix", 0);
	t->steps = t->restart = 0;
	memset(t->m, 0,
		yc_net_size(t->net) * (size_t)t->optimiser->states * sizeof *t->m);
}

void yc_trainer_release(struct yc_trainer *t)
{
	yc_exec_free(t->exec);
	yc_free(t->w);
	yc_free(t->dw);
	yc_free(t->m);
	yc_free(t->perm);
	yc_free(t->logits);
	room_free(t->scratch);
	*t = (struct yc_trainer){0};
}

int yc_trainer_steps(const struct yc_trainer *t)
{
	return (t->data->n - 1) / t->hyper.batch + 1;
}

static void prepare(void *ctx, int b, int worker)
{
	const struct yc_trainer *t = ctx;
	const struct yc_trainer_scratch *scratch = t->scratch;
	const size_t image = yc_data_image_size(t->data);
	yc_real *x = scratch->x + (size_t)b * image;

	yc_data_fetch(t->data, t->idx[b], x);
	yc_aug_forward(&scratch->plan, b, x, scratch->tmp + (size_t)worker * image);
}

static void mix(void *ctx, int b, int worker)
{
	const struct yc_trainer *t = ctx;
	const struct yc_trainer_scratch *scratch = t->scratch;

	(void)worker;
	yc_mix_apply(&scratch->mix, b, t->data->side, t->data->channels, scratch->x,
		scratch->mixed + (size_t)b * yc_data_image_size(t->data));
}

/* Gathers the soft labels of all images of the batch, or of those pasted into them. */
static void soft_rows(const struct yc_trainer *t, const int32_t *of, yc_real *y)
{
	const struct yc_data *d = t->data;
	const size_t classes = (size_t)d->classes;

	for (int b = 0; b < t->n; b++) {
		const float *row = yc_data_soft(d, t->idx[of ? of[b] : b]);

		for (size_t c = 0; c < classes; c++)
			y[(size_t)b * classes + c] = (yc_real)row[c];
	}
}

/* Which images the next batch has, and all its random numbers. */
static void draw(struct yc_trainer *t)
{
	const struct yc_data *d = t->data;
	struct yc_trainer_scratch *scratch = t->scratch;
	struct yc_rng rrc;

	if (t->perm_at >= d->n) {
		yc_rng_permutation(&t->rng_batch, t->perm, d->n);
		t->perm_at = 0;
	}
	t->idx = t->perm + t->perm_at;
	t->n = d->n - t->perm_at < t->hyper.batch ? d->n - t->perm_at : t->hyper.batch;
	t->perm_at += t->n;

	rrc = yc_rng_fork(&t->rng_rrc, "pass", t->rng_batch.pos);
	rrc = yc_rng_fork(&rrc, "batch", (uint64_t)t->perm_at);
	yc_aug_draw(
		&scratch->plan, &t->aug, &t->rng_aug, &rrc, t->n, false, scratch->draw);
	yc_mix_draw(&scratch->mix, &t->rng_mix, t->hyper.mix_p, t->n, d->side);
}

void yc_trainer_skip(struct yc_trainer *t)
{
	draw(t);
	t->steps++;
}

const yc_real *yc_trainer_batch(struct yc_trainer *t, struct yc_target *target)
{
	const struct yc_data *d = t->data;
	struct yc_trainer_scratch *scratch = t->scratch;

	draw(t);
	yc_parallel(t->n, t->threads, prepare, t);
	for (int b = 0; b < t->n; b++)
		scratch->label[b] = d->label[t->idx[b]];

	*target = (struct yc_target){
		.label = scratch->label, .rho = 1, .squares = t->hyper.squares};
	if (d->soft) {
		soft_rows(t, NULL, scratch->soft);
		target->soft = scratch->soft;
	}
	if (!scratch->mix.on)
		return scratch->x;
	yc_parallel(t->n, t->threads, mix, t);
	for (int b = 0; b < t->n; b++)
		scratch->partner[b] = scratch->label[scratch->mix.perm[b]];
	target->mixed = scratch->partner;
	if (d->soft) {
		soft_rows(t, scratch->mix.perm, scratch->pasted);
		target->soft_mixed = scratch->pasted;
	}
	target->rho = scratch->mix.rho;
	return scratch->mixed;
}

void yc_trainer_step(struct yc_trainer *t, double lr)
{
	struct yc_target target;
	const yc_real *x = yc_trainer_batch(t, &target);

	t->loss = yc_net_gradient(t->exec, t->w, x, t->n, &target, t->dw, t->logits);
	t->steps++;
	t->optimiser->step(&(struct yc_descent){.lr = lr,
				   .momentum = t->hyper.momentum,
				   .decay = t->hyper.decay,
				   .step = t->steps - t->restart},
		t->w, t->dw, t->m, yc_net_learned(t->net));
	yc_net_track(t->net, t->w, t->dw);
}

double yc_hyper_rate(const struct yc_hyper *r, uint64_t done, uint64_t total)
{
	return r->lr * yc_schedule_find(r->schedule)->factor(done, total);
}

/* Where the schedule says so, the optimiser forgets: before the first step of a unit of so
 * many. A training that was resumed behind it has forgotten, but counts from there. */
static void restart(struct yc_trainer *t, uint64_t done, uint64_t total, uint64_t steps)
{
	uint64_t from = t->schedule->restart ? t->schedule->restart(total) : 0;

	if (!from || done < from)
		return;
	t->restart = from * steps;
	if (t->steps == t->restart)
		memset(t->m, 0,
			yc_net_size(t->net) * (size_t)t->optimiser->states *
				sizeof *t->m);
}

int yc_trainer_next(struct yc_trainer *t)
{
	const struct yc_hyper *r = &t->hyper;
	const uint64_t steps = r->by_step ? 1 : (uint64_t)yc_trainer_steps(t),
		       unit = r->per_iteration ? 1 : steps, done = t->steps / unit,
		       total = steps * (uint64_t)r->epochs / unit;

	restart(t, done, total, unit);
	yc_trainer_step(t, r->lr * t->schedule->factor(done, total));
	if (isfinite(t->loss))
		return YC_OK;
	return yc_fail(YC_FAIL,
		"the loss is not finite after %llu steps: the learning "
		"rate %g is too large or the images are not sane",
		(unsigned long long)t->steps - 1, r->lr);
}

static int pass(struct yc_trainer *t, int epoch, const struct yc_observer *o,
	struct yc_watch *watch, const char *phase)
{
	const struct yc_hyper *r = &t->hyper;
	const uint64_t steps = r->by_step ? 1 : (uint64_t)yc_trainer_steps(t);
	const uint64_t last =
		r->stop && r->stop < r->epochs ? (uint64_t)r->stop : (uint64_t)r->epochs;
	const uint64_t before = (uint64_t)epoch * steps;
	char text[48];

	for (uint64_t s = t->steps - before; s < steps; s++) {
		int status;

		if (yc_watch_stopped(watch))
			return yc_fail(YC_FAIL, "interrupted");
		status = yc_trainer_next(t);
		if (status < 0)
			return status;
		if (o && o->batch)
			o->batch(o->ctx, epoch, t);
		snprintf(text, sizeof text, "loss %.4f", t->loss);
		yc_watch_tick(watch, phase, before + s + 1, last * steps, text);
	}
	return YC_OK;
}

int yc_train(struct yc_trainer *t, const struct yc_observer *o, struct yc_watch *watch,
	const char *phase)
{
	const struct yc_hyper *r = &t->hyper;
	const int last = r->stop && r->stop < r->epochs ? r->stop : r->epochs;

	const uint64_t per = r->by_step ? 1 : (uint64_t)yc_trainer_steps(t);

	for (int epoch = (int)(t->steps / per); epoch < last; epoch++) {
		const int status = pass(t, epoch, o, watch, phase);

		if (status < 0)
			return status;
		if (o && o->epoch && o->epoch(o->ctx, epoch, t))
			break;
	}
	return YC_OK;
}
