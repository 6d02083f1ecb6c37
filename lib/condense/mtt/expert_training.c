/* SPDX-License-Identifier: MIT */
/* Trains experts, as yc-train --like mtt does: network i is that of yc-eval's repeat i, by
 * plain gradient descent. */
#include <math.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"

enum { EXPERT, STEPS };

static struct yc_rng stream_of(const struct yc_expert_training *t, uint64_t expert)
{
	return yc_rng_fork(&t->root, "repeat", expert);
}

int yc_expert_training_new(struct yc_expert_training *t, struct yc_experts *experts,
	const struct yc_mtt_cfg *c, const struct yc_condense_job *job)
{
	const struct yc_hyper hyper = {.epochs = (int)c->epochs,
		.batch = (int)c->expert_batch,
		.lr = c->expert_lr,
		.schedule = "constant",
		.aug = c->aug,
		.aug_all = c->aug_all,
		.aug_one = !c->aug_all};

	*t = (struct yc_expert_training){.experts = experts,
		.root = yc_rng_new(job->seed, "eval"),
		.epochs = (int)c->epochs,
		.lr = c->expert_lr};
	return yc_trainer_new(&t->trainer, experts->net, job->data, &hyper,
		stream_of(t, 0), job->threads);
}

void yc_expert_training_release(struct yc_expert_training *t)
{
	if (t->experts)
		yc_trainer_release(&t->trainer);
	*t = (struct yc_expert_training){0};
}

static uint64_t steps_of_one(const struct yc_expert_training *t)
{
	return (uint64_t)t->epochs * (uint64_t)yc_trainer_steps(&t->trainer);
}

uint64_t yc_expert_training_steps(const struct yc_expert_training *t)
{
	return steps_of_one(t) * (uint64_t)t->experts->n;
}

uint64_t yc_expert_training_left(const struct yc_expert_training *t)
{
	return yc_expert_training_steps(t) - t->at[EXPERT] * steps_of_one(t) -
	       t->at[STEPS];
}

/* ---- steps ---- */

static void keep_snapshot(struct yc_expert_training *t, int epoch)
{
	struct yc_experts *e = t->experts;
	const size_t size = yc_net_size(e->net);

	if (epoch <= e->epochs)
		memcpy(e->all + ((size_t)t->at[EXPERT] * ((size_t)e->epochs + 1) +
					(size_t)epoch) *
					size,
			t->trainer.w, size * sizeof(*e->all));
}

static void begin_expert(struct yc_expert_training *t)
{
	const struct yc_rng rng = stream_of(t, t->at[EXPERT]);

	yc_trainer_renew(&t->trainer, rng);
	yc_net_init(t->experts->net, t->trainer.w, yc_rng_fork(&rng, "init-net", 0));
	keep_snapshot(t, 0);
}

int yc_expert_training_step(struct yc_expert_training *t, bool *finished)
{
	struct yc_trainer *r = &t->trainer;
	const uint64_t pass = (uint64_t)yc_trainer_steps(r);

	if (t->at[STEPS] == 0)
		begin_expert(t);
	yc_trainer_step(r, t->lr);
	if (!isfinite(r->loss))
		return yc_fail(YC_FAIL,
			"expert %llu, epoch %llu: the loss is not finite: --expert-lr is "
			"too large or the images are not sane",
			(unsigned long long)t->at[EXPERT] + 1,
			(unsigned long long)(t->at[STEPS] / pass) + 1);
	t->at[STEPS]++;
	if (t->at[STEPS] % pass == 0)
		keep_snapshot(t, (int)(t->at[STEPS] / pass));
	*finished = t->at[STEPS] == steps_of_one(t);
	if (*finished) {
		t->at[EXPERT]++;
		t->at[STEPS] = 0;
	}
	yc_kept_trainer_note(&t->kept);
	return YC_OK;
}

/* ---- checkpoints ---- */

/* Sets the restored state in the trainer. */
static int check(void *ctx)
{
	struct yc_expert_training *t = ctx;
	const uint64_t n = (uint64_t)t->experts->n;

	if (t->at[EXPERT] > n || t->at[STEPS] >= steps_of_one(t) ||
		(t->at[EXPERT] == n && t->at[STEPS]))
		return yc_checkpoint_damaged();
	yc_trainer_renew(&t->trainer, stream_of(t, t->at[EXPERT]));
	t->trainer.steps = t->at[STEPS];
	return yc_kept_trainer_restore(&t->kept);
}

void yc_expert_training_keep(struct yc_expert_training *t, struct yc_run *run)
{
	const struct yc_experts *e = t->experts;
	const uint64_t size = yc_net_size(e->net);

	yc_run_keep(run, "expert.weight", yc_real_dtype(), e->all,
		(uint64_t)e->n * ((uint64_t)e->epochs + 1) * size);
	yc_run_fixed(run);
	yc_run_keep(run, "expert.at", YC_U64, t->at, YC_COUNT(t->at));
	yc_kept_trainer_keep(&t->kept, &t->trainer, run, NULL);
	yc_run_check(run, check, t);
}
