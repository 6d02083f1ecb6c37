/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Update of networks": the network whose gradients are matched, drawn
 * anew every fix_iter outer iterations and trained on real images. */
#include "lib/condense/gradmatch/gradmatch.h"

static void note_position(struct yc_gradmatch *g)
{
	const struct yc_trainer *t = &g->networks.trainer;

	g->net_at = (uint64_t)t->perm_at;
	g->net_draws[0] = t->rng_batch.pos;
	g->net_draws[1] = t->rng_aug.pos;
	g->net_draws[2] = t->rng_mix.pos;
}

int yc_gradmatch_network_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int status = yc_trajectory_step(&g->networks);

	note_position(g);
	return status ? yc_fail_in(status, "outer iteration %llu, inner %llu",
				(unsigned long long)run->it + 1,
				(unsigned long long)g->at.inner + 1)
		      : YC_OK;
}

/* Sets the restored state in the trainer. */
static int check(void *ctx)
{
	struct yc_gradmatch *g = ctx;
	struct yc_trainer *t = &g->networks.trainer;
	bool sane = g->net_at <= (uint64_t)t->data->n;

	for (int i = 0; sane && i < t->data->n; i++)
		sane = t->perm[i] >= 0 && t->perm[i] < t->data->n;
	if (!sane)
		return yc_checkpoint_damaged();
	t->perm_at = (int)g->net_at;
	t->rng_batch.pos = g->net_draws[0];
	t->rng_aug.pos = g->net_draws[1];
	t->rng_mix.pos = g->net_draws[2];
	return YC_OK;
}

void yc_gradmatch_keep_network(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	struct yc_trainer *t = &g->networks.trainer;
	uint64_t weights = yc_net_size(g->net);

	note_position(g);
	yc_run_keep(run, "net.weight", yc_real_dtype(), t->w, weights);
	yc_run_keep(run, "net.momentum", yc_real_dtype(), t->m, weights);
	yc_run_keep(run, "net.perm", YC_I32, t->perm, (uint64_t)t->data->n);
	yc_run_keep(run, "net.at", YC_U64, &g->net_at, 1);
	yc_run_keep(run, "net.draws", YC_U64, g->net_draws, YC_COUNT(g->net_draws));
	yc_run_check(run, check, g);
}
