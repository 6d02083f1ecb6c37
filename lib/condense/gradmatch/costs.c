/* SPDX-License-Identifier: MIT */
/* Costs in time and memory of a gradient matching run. */
#include <math.h>
#include <stdio.h>

#include "lib/condense/gradmatch/gradmatch.h"

enum { REAL, SYNTHETIC, NETWORK, CLUSTERS, EMBED };

bool yc_gradmatch_is_network(const struct yc_cost *c)
{
	return c->kind == NETWORK;
}

/* Maximum images of a trial of a network step, which uses the buffers of a class step. */
static int network_images(const struct yc_run *run)
{
	const struct yc_gradmatch *g = run->state;
	int batch = g->step.batch.n_real + g->images.synth.batch,
	    n = (int)g->cfg->networks.net_batch;

	n = n < run->job->data->n ? n : run->job->data->n;
	return n < batch ? n : batch;
}

/* Prefixes are of any length: half of the batch on average. */
static int subset_images(const struct yc_gradmatch *g)
{
	return g->images.synth.batch > 1 ? g->images.synth.batch / 2 : 1;
}

void yc_gradmatch_costs(struct yc_run *run)
{
	const struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	double classes = g->images.synth.cfg.classes, inner = c->networks.inner,
	       batch = c->networks.net_batch,
	       trials = g->reader ? 0 : batch / network_images(run);
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
			.images = network_images(run),
			.options = {"inner", "n-data"}},
		{.kind = NETWORK,
			.units = (double)g->networks.early_steps / c->networks.fix_iter *
				 trials,
			.images = network_images(run),
			.options = {"early"}},
		{.kind = CLUSTERS,
			.units = c->interval ? ceil(inner / c->interval) * classes : 0,
			.images = g->images.sampler.first[1],
			.options = {"inner"}},
		{.kind = SYNTHETIC,
			.units = c->period ? inner * classes : 0,
			.images = subset_images(g),
			.options = {"inner", "syn-max"}},
		{.kind = EMBED,
			.units = c->period ? inner * classes / c->period : 0,
			.images = (int)c->n_real,
			.options = {"inner", "n-real"}},
		{.kind = EMBED,
			.units = c->period ? inner * classes / c->period : 0,
			.images = g->images.synth.batch,
			.options = {"inner", "syn-max"}},
	};

	for (size_t i = 0; i < YC_COUNT(all); i++) {
		all[i].parts = (int)classes;
		if (all[i].units > 0)
			yc_run_cost(run, &all[i]);
	}
	run->bytes = yc_step_bytes(&g->step);
	if (!g->reader)
		run->bytes += yc_exec_bytes(g->net, (int)c->networks.net_batch,
			run->job->threads, YC_EXEC_GRADIENT);
	if (g->cluster.exec)
		run->bytes += yc_cluster_bytes(&g->cluster, (int)c->n_real);
	run->units = (uint64_t)classes * c->networks.inner;
	run->phase = "class steps";
	if (!c->full_outer)
		return;
	run->published = (double)c->full_outer * c->full_inner / inner;
	snprintf(run->published_text, sizeof(run->published_text), "%u outer of %u inner",
		c->full_outer, c->full_inner);
}

int yc_gradmatch_trial(struct yc_run *run, int kind, int images)
{
	struct yc_gradmatch *g = run->state;

	switch (kind) {
	case REAL:
		yc_step_try_real(&g->step, g->w, images);
		break;
	case SYNTHETIC:
		yc_step_try_syn(&g->step, g->w, images);
		break;
	case NETWORK:
		yc_step_try_network(&g->step, &g->networks.trainer, images);
		break;
	case EMBED:
		yc_step_try_embed(&g->step, g->w, images);
		break;
	default:
		return yc_cluster_try(&g->cluster, g->w, images, (int)g->cfg->n_real);
	}
	return YC_OK;
}
