/* SPDX-License-Identifier: MIT */
/* Costs in time and memory of a gradient matching run. */
#include <math.h>
#include <stdio.h>

#include "lib/condense/gradmatch/gradmatch.h"

enum { REAL, SYNTHETIC, NETWORK, CLUSTERS };

/* Maximum images of a trial of a network step, which uses the buffers of a class step. */
static int network_images(const struct yc_gradmatch *g)
{
	int batch = g->step.batch.n_real + g->images.synth.batch,
	    n = g->networks.trainer.hyper.batch;

	n = n < g->networks.trainer.data->n ? n : g->networks.trainer.data->n;
	return n < batch ? n : batch;
}

void yc_gradmatch_costs(struct yc_run *run)
{
	const struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	double classes = g->images.synth.cfg.classes, inner = c->networks.inner,
	       batch = g->networks.trainer.hyper.batch,
	       trials = batch / network_images(g);
	struct yc_cost all[] = {
		{.kind = REAL,
			.units = inner * classes,
			.images = (int)c->n_real,
			.options = {"inner", "n-real"}},
		{.kind = SYNTHETIC,
			.units = inner * classes,
			.images = g->images.synth.batch,
			.options = {"inner", "syn-max"}},
		{.kind = NETWORK,
			.units = inner * ceil(c->networks.n_data / batch) * trials,
			.images = network_images(g),
			.options = {"inner", "n-data"}},
		{.kind = NETWORK,
			.units = (double)g->networks.early_steps / c->networks.fix_iter *
				 trials,
			.images = network_images(g),
			.options = {"early"}},
		{.kind = CLUSTERS,
			.units = c->interval ? ceil(inner / c->interval) * classes : 0,
			.images = g->images.sampler.first[1],
			.options = {"inner"}},
	};

	for (size_t i = 0; i < YC_COUNT(all); i++)
		if (all[i].units > 0)
			yc_run_cost(run, &all[i]);
	run->bytes = yc_step_bytes(&g->step) +
		     yc_exec_bytes(g->net, g->networks.trainer.hyper.batch,
			     g->networks.trainer.threads, YC_EXEC_GRADIENT);
	if (g->cluster.exec)
		run->bytes += yc_cluster_bytes(&g->cluster, (int)c->n_real);
	run->units = (uint64_t)classes * c->networks.inner;
	run->phase = "class steps";
	run->published = (double)c->full_outer * c->full_inner / inner;
	snprintf(run->published_text, sizeof(run->published_text), "%u outer of %u inner",
		c->full_outer, c->full_inner);
}

int yc_gradmatch_trial(struct yc_run *run, int kind, int images)
{
	struct yc_gradmatch *g = run->state;
	struct yc_trainer *t = &g->networks.trainer;

	switch (kind) {
	case REAL:
		yc_step_try_real(&g->step, t->w, images);
		break;
	case SYNTHETIC:
		yc_step_try_syn(&g->step, t->w, images);
		break;
	case NETWORK:
		yc_step_try_network(&g->step, t, images);
		break;
	default:
		return yc_cluster_try(&g->cluster, t->w, images, (int)g->cfg->n_real);
	}
	return YC_OK;
}
