/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Update of networks": the network whose gradients are matched, in training
 * or, because it depends on nothing else of the run, read from a stream of --networks. */
#include "lib/condense/gradmatch/gradmatch.h"

static int train_them(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int status = yc_trajectory_new(&g->networks, &g->cfg->networks, g->net,
		run->job->data, g->net_seed, run->job->threads);

	g->w = g->networks.trainer.w;
	return status;
}

static int read_them(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	const struct yc_trajectory_id id = {.cfg = &c->networks,
		.net = g->net,
		.data = run->job->data,
		.outer = c->outer,
		.seed = g->net_seed};
	const struct yc_limits limits = {
		.record_bytes = run->job->memory, .threads = run->job->threads};

	g->own_w = yc_calloc(yc_net_size(g->net), sizeof(*g->own_w));
	if (!g->own_w)
		return YC_FAIL;
	g->w = g->own_w;
	yc_trajectory_init(g->net, g->own_w, g->net_seed, 0);
	return yc_trajectory_open(
		&g->reader, c->networks_from, &id, &limits, run->job->watch);
}

int yc_gradmatch_make_networks(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	int status = yc_trajectory_net(&g->net, &c->networks, run->job->data);

	g->net_seed = c->net_seed == YC_NET_SEED_OPEN ? run->job->seed : c->net_seed;
	/* The same network as in the first step: trials and clustering need it. */
	return status ? status : c->networks_from ? read_them(run) : train_them(run);
}

void yc_gradmatch_end_networks(struct yc_gradmatch *g)
{
	yc_trajectory_close(g->reader);
	yc_free(g->own_w);
	yc_trajectory_release(&g->networks);
	yc_net_free(g->net);
}

static int in_iteration(const struct yc_run *run, int status)
{
	const struct yc_gradmatch *g = run->state;

	return status ? yc_fail_in(status, "outer iteration %llu, inner %llu",
				(unsigned long long)run->it + 1,
				(unsigned long long)g->at.inner + 1)
		      : YC_OK;
}

int yc_gradmatch_read_network(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	return g->reader ? in_iteration(run, yc_trajectory_read(g->reader, run->it,
						     g->at.inner, g->own_w))
			 : YC_OK;
}

int yc_gradmatch_network_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int status = yc_trajectory_step(&g->networks);

	yc_kept_trainer_note(&g->kept);
	return in_iteration(run, status);
}

/* ---- checkpoints ---- */

/* A step of outer iteration `it`, or the draws of one; it can take minutes in all. */
static bool step_or_skip(struct yc_run *run, uint64_t it, bool step, int *status)
{
	struct yc_gradmatch *g = run->state;

	yc_watch_tick(run->job->watch, "network again", it, run->it + 1, NULL);
	if (yc_watch_stopped(run->job->watch))
		*status = yc_fail(YC_FAIL, "interrupted, the checkpoint is as it was");
	else if (step)
		*status = yc_trajectory_step(&g->networks);
	else
		yc_trainer_skip(&g->networks.trainer);
	return *status == YC_OK;
}

/*
 * A run that read its networks left none in the checkpoint. The one at hand is trained
 * again; of those before it only the random draws are made.
 */
static int retrain(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	struct yc_trajectory *t = &g->networks;
	const struct yc_trajectory_cfg *c = t->cfg;
	const uint64_t first = run->it - run->it % c->fix_iter;
	const bool begun = g->at.inner || g->at.cls;
	int status = YC_OK;

	for (uint64_t it = 0; it < run->it + begun && !status; it++) {
		const bool step = it >= first;
		const uint64_t inner = it < run->it ? c->inner : g->at.inner,
			       early = it % c->fix_iter ? 0 : t->early_steps;

		if (it == first)
			yc_trajectory_renew(t, it);
		for (uint64_t i = 0; i < early && step_or_skip(run, it, step, &status);)
			i++;
		for (uint64_t i = 0; i < inner && !status; i++)
			for (uint64_t n = 0;
				n < c->n_data && step_or_skip(run, it, step, &status);)
				n += (uint64_t)t->trainer.n;
	}
	/* Otherwise the network of this outer iteration is still to be drawn. */
	g->at.early = begun && run->it == first ? t->early_steps : 0;
	yc_kept_trainer_note(&g->kept);
	return status;
}

/* Sets the restored state in the trainer. */
static int check(void *ctx)
{
	struct yc_run *run = ctx;
	struct yc_gradmatch *g = run->state;

	return g->retrain ? retrain(run) : yc_kept_trainer_restore(&g->kept);
}

void yc_gradmatch_keep_network(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	/* Those that are read can be read again. */
	if (g->reader)
		return;
	yc_kept_trainer_keep(&g->kept, &g->networks.trainer, run, &g->retrain);
	yc_run_check(run, check, run);
}
