/* SPDX-License-Identifier: MIT */
/* Makes and registers the state of a run that matches trajectories, prepares its experts,
 * and frees it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"

static int make_images(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;
	const struct yc_images_cfg images = yc_images_whole_classes(
		c->factor, c->init, NULL, "normal", c->aug, c->aug_all);

	return yc_images_new(&g->images, run, &images);
}

/* Arrays of any size in a checkpoint are read again as one record. */
static int check_checkpoint(const struct yc_run *run)
{
	const struct yc_condense_job *job = run->job;
	const uint64_t most = job->memory ? job->memory : YC_RECORD_BYTES;
	double bytes = 0;

	for (int i = 0; i < run->nkept; i++)
		bytes += (double)run->kept[i].n *
			 (double)yc_dtype_size(run->kept[i].dtype);
	return job->cfg->checkpoint && bytes > (double)most
		       ? yc_fail(YC_USAGE,
				 "a checkpoint would have %.1f GB, more than --memory "
				 "allows to read again: fewer --n-experts, or --experts "
				 "FILE with those that yc-train --like mtt wrote",
				 bytes / 1e9)
		       : YC_OK;
}

static int train_experts(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;
	int status =
		yc_images_net(&g->net, run, c->net, c->width, c->depth, c->precision);

	g->trains = true;
	if (!status)
		status = yc_experts_new(&g->experts, g->net, (int)c->n_experts,
			(int)(c->max_start + c->expert_epochs) - 1);
	if (!status)
		status = yc_expert_training_new(&g->training, &g->experts, c, run->job);
	if (!status)
		yc_expert_training_keep(&g->training, run);
	return status;
}

static int read_experts(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	struct yc_mtt_cfg *c = run->cfg;
	struct yc_expert_file *f = NULL;
	int status = yc_expert_file_open(&f, c, run->job);

	if (!status)
		status = yc_images_net(
			&g->net, run, c->net, c->width, c->depth, c->precision);
	if (!status) {
		/* The last snapshot of the first expert waits there for `fresh`. */
		g->target = yc_calloc(yc_net_size(g->net), sizeof(*g->target));
		status = g->target
				 ? yc_expert_file_read(f, &g->experts, g->net, g->target)
				 : YC_FAIL;
	}
	yc_expert_file_close(f);
	return status;
}

static int expert_batch(const struct yc_run *run)
{
	const struct yc_mtt *g = run->state;
	const int n = run->job->data->n;

	return (int)g->cfg->expert_batch < n ? (int)g->cfg->expert_batch : n;
}

static int make_buffers(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;
	const struct yc_synth *y = &g->images.synth;
	const int threads = run->job->threads, all = yc_syn_batch_all(y),
		  batch = (int)c->batch_syn < all ? (int)c->batch_syn : all;
	const size_t steps = c->syn_steps;
	int status = yc_unroll_new(
		&g->descent, g->net, (int)steps, batch, threads, c->shortcut);

	if (!status)
		status = yc_syn_batch_new(
			&g->batch, run->job->data, y, &g->images.aug, batch, threads);
	if (!status && g->soft)
		status = yc_soft_labels_new(&g->labels, y, run->job->data->classes, batch,
			!strcmp(c->labels, "learned"));
	if (status)
		return status;
	if (!g->target)
		g->target = yc_calloc(yc_net_size(g->net), sizeof(*g->target));
	g->grad = yc_calloc(yc_size_mul(y->images, y->pixels), sizeof(*g->grad));
	g->order = yc_calloc((size_t)all, sizeof(*g->order));
	g->pick = yc_calloc(yc_size_mul(steps, (size_t)batch), sizeof(*g->pick));
	g->count = yc_calloc(steps, sizeof(*g->count));
	g->expert = yc_calloc((size_t)g->experts.n, sizeof(*g->expert));
	g->trial = yc_calloc(g->trains ? (size_t)expert_batch(run) : 0,
		yc_data_image_size(run->job->data) * sizeof(*g->trial));
	run->bytes = yc_unroll_bytes(g->net, (int)steps, batch, threads) +
		     yc_syn_batch_bytes(&g->batch) +
		     (yc_net_size(g->net) + y->images * y->pixels) * sizeof(yc_real) +
		     (g->trains ? yc_exec_bytes(g->net, expert_batch(run), threads,
					  YC_EXEC_GRADIENT)
				: 0);
	return g->target && g->grad && g->order && g->pick && g->count && g->expert &&
			       g->trial
		       ? YC_OK
		       : YC_FAIL;
}

/* An iteration that was interrupted is begun again; how much is left of the experts. */
static int check(void *ctx)
{
	struct yc_run *run = ctx;
	struct yc_mtt *g = run->state;

	run->unit = 0;
	if (!isfinite(g->lr[0]) || !(g->lr[0] > 0) || !isfinite(g->lr[1]))
		return yc_checkpoint_damaged();
	if (g->trains)
		run->cost[g->training_cost].units =
			(double)yc_expert_training_left(&g->training);
	return YC_OK;
}

static void tell_costs(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;

	yc_run_cost(run, &(struct yc_cost){.kind = YC_MTT_DESCEND,
				 .parts = 8,
				 .units = c->syn_steps,
				 .images = g->descent.batch,
				 .options = {"syn-steps", "batch-syn"}});
	yc_run_cost(run, &(struct yc_cost){.kind = YC_MTT_ASCEND,
				 .parts = 8,
				 .units = c->syn_steps,
				 .images = g->descent.batch,
				 .options = {"syn-steps", "batch-syn"}});
	if (!g->trains)
		return;
	g->training_cost = run->ncosts;
	snprintf(run->preparation, sizeof(run->preparation), "%u experts of %u epochs",
		c->n_experts, c->epochs);
	yc_run_cost(run, &(struct yc_cost){.kind = YC_MTT_EXPERT,
				 .once = true,
				 .parts = (int)c->n_experts,
				 .units = (double)yc_expert_training_steps(&g->training),
				 .images = expert_batch(run),
				 .options = {"n-experts"}});
}

int yc_mtt_begin(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = run->cfg;
	int status;

	g->cfg = c;
	g->soft = strcmp(c->labels, "hard") != 0;
	g->lr[0] = c->lr_syn;
	status = make_images(run);
	if (!status)
		status = c->experts ? read_experts(run) : train_experts(run);
	if (!status)
		status = make_buffers(run);
	if (status)
		return status;
	run->units = 2 * (uint64_t)c->syn_steps;
	run->phase = "steps of descents";
	run->published = 5000;
	snprintf(run->published_text, sizeof(run->published_text), "5000 iterations");
	yc_run_keep(run, "lr.syn", YC_F64, g->lr, YC_COUNT(g->lr));
	if (g->soft)
		yc_soft_labels_keep(&g->labels, run);
	yc_run_check(run, check, run);
	yc_run_log_each(run, "condense.lr", &g->lr[0]);
	tell_costs(run);
	return check_checkpoint(run);
}

static int ask_expert(struct yc_run *run, const yc_real *w)
{
	struct yc_mtt *g = run->state;

	return g->soft ? yc_soft_labels_ask(&g->labels, g->net, w, &g->images.synth,
				 run->job->data, run->job->threads)
		       : YC_OK;
}

int yc_mtt_fresh(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	int status = yc_images_fresh(&g->images, run, NULL, NULL);

	if (!status)
		status = yc_mtt_space_enter(&g->images.synth, run->job->data,
			!strcmp(g->cfg->init, "noise"), run->job->threads);
	return !status && !g->trains ? ask_expert(run, g->target) : status;
}

/* Of several ranks each trains an expert at a time. What the first one has is, with those
 * before, always what a process alone would have, and is saved. */
static void begin_round(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	struct yc_expert_training *t = &g->training;
	const uint64_t rank = run->ranks ? (uint64_t)run->ranks->rank : 0,
		       n = (uint64_t)g->experts.n;

	if (!run->ranks || g->round)
		return;
	run->apart = 2;
	g->round = true;
	g->base = t->at[0];
	g->trained = g->base + rank >= n;
	if (rank) {
		t->at[0] = g->trained ? n : g->base + rank;
		t->at[1] = 0;
	}
}

static void share_round(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	struct yc_experts *e = &g->experts;
	const uint64_t n = (uint64_t)e->n, ranks = (uint64_t)run->ranks->count;
	const size_t one = ((size_t)e->epochs + 1) * yc_net_size(e->net);

	for (uint64_t i = g->base; i < g->base + ranks && i < n; i++)
		yc_ranks_broadcast(run->ranks, (int)(i - g->base), e->all + i * one,
			one * sizeof(*e->all));
	if (g->soft && g->base == 0)
		yc_ranks_broadcast(run->ranks, 0, g->labels.logit,
			g->labels.images * (size_t)g->labels.classes *
				sizeof(*g->labels.logit));
	g->training.at[0] = g->base + ranks < n ? g->base + ranks : n;
	g->training.at[1] = 0;
	g->round = false;
}

/* Steps of an iteration are taken by all. */
void yc_mtt_share(struct yc_run *run)
{
	struct yc_mtt *g = run->state;

	if (g->round && run->all)
		share_round(run);
}

int yc_mtt_prepare(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	struct yc_expert_training *t = &g->training;
	bool finished = false, first;
	int status;

	if (!g->trains || (!g->round && !yc_expert_training_left(t)))
		return YC_ITERATION;
	begin_round(run);
	if (run->ranks && g->trained) {
		run->meet = YC_MEET_MUST;
		return YC_OK;
	}
	first = t->at[0] == 0;
	run->aside = "expert steps";
	run->aside_total = yc_expert_training_steps(t);
	snprintf(run->text, sizeof(run->text), "expert %llu",
		(unsigned long long)t->at[0] + 1);
	status = yc_expert_training_step(t, &finished);
	if (!status)
		snprintf(run->text + strlen(run->text),
			sizeof(run->text) - strlen(run->text), " loss %.4f",
			t->trainer.loss);
	run->aside_done = run->aside_total - yc_expert_training_left(t);
	run->meet = finished ? YC_MEET_MUST : YC_MEET_MAY;
	g->trained |= finished;
	return !status && finished && first ? ask_expert(run, t->trainer.w) : status;
}

/* ---- the rest ---- */

int yc_mtt_trial(struct yc_run *run, int kind, int images)
{
	struct yc_mtt *g = run->state;
	struct yc_unroll *u = &g->descent;
	struct yc_trainer *t = &g->training.trainer;
	/* Any labels will do. */
	const struct yc_target target = {
		.label = kind == YC_MTT_EXPERT ? run->job->data->label : g->batch.label,
		.rho = 1};
	yc_real *w = yc_unroll_at(u, 0),
		*x = kind == YC_MTT_EXPERT ? g->trial : g->batch.x;

	yc_net_init(g->net, w, yc_rng_fork(&run->root, "init-net", 0));
	memcpy(u->lambda, w, yc_net_size(g->net) * sizeof(*w));
	for (int i = 0; i < images; i++)
		yc_data_fetch(run->job->data, i % run->job->data->n,
			x + (size_t)i * yc_data_image_size(run->job->data));
	if (kind == YC_MTT_DESCEND)
		yc_unroll_step(u, 0, 0, x, images, &target);
	else if (kind == YC_MTT_ASCEND)
		yc_unroll_back(u, 0, 0, x, images, &target);
	else
		yc_net_gradient(t->exec, w, x, images, &target, t->dw, NULL);
	return YC_OK;
}

void yc_mtt_end(struct yc_run *run)
{
	struct yc_mtt *g = run->state;

	yc_soft_labels_release(&g->labels);
	yc_unroll_release(&g->descent);
	yc_syn_batch_release(&g->batch);
	yc_expert_training_release(&g->training);
	yc_experts_release(&g->experts);
	yc_free(g->target);
	yc_free(g->grad);
	yc_free(g->order);
	yc_free(g->pick);
	yc_free(g->count);
	yc_free(g->expert);
	yc_free(g->trial);
	yc_net_free(g->net);
	yc_images_release(&g->images);
}
