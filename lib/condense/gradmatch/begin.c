/* SPDX-License-Identifier: MIT */
/* Allocates and registers the state of a gradient matching run, initialises it, and
 * validates its checkpoints. */
#include "lib/condense/gradmatch/gradmatch.h"

static int make_images(struct yc_run *run, struct yc_match_cfg *c)
{
	struct yc_gradmatch *g = run->state;
	struct yc_images_cfg cfg = {.synth = {.factor = (int)c->factor,
					    .bound = (int)c->bound,
					    .syn_max = (int)c->syn_max,
					    .init_area = c->init_area,
					    .class_momentum = c->class_momentum,
					    .clamp = c->clamp},
		.init = c->init,
		.from = &c->init_from,
		.init_random = c->init_random,
		.aug = c->aug,
		.aug_all = c->networks.aug_all};
	int status = yc_decode_type(c->decode, &cfg.synth.decode);

	return status ? status : yc_images_new(&g->images, run, &cfg);
}

static int make_clusters(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	const struct yc_cluster_cfg cfg = {.normalise = c->embed_normalised,
		.replace = c->kmeans_replace,
		.reseed = c->kmeans_reseed};

	if (!c->interval && !yc_init_clusters(c->init))
		return YC_OK;
	return yc_cluster_new(&g->cluster, &cfg, g->net, run->job->data,
		&g->images.sampler, run->job->threads);
}

static int make_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	const struct yc_metric *metric = yc_metric_find(c->metric);
	int status = YC_USAGE;

	if (metric)
		status = yc_step_new(&g->step, g->net, run->job->data, &g->images.synth,
			metric, &g->images.aug, (int)c->n_real, run->job->threads);
	g->step.also = (c->bias ? YC_MATCH_BIAS : 0) | (c->fc ? YC_MATCH_FC : 0);
	return status;
}

static int check(void *ctx)
{
	struct yc_run *run = ctx;
	const struct yc_gradmatch *g = run->state;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes;
	bool sane = g->at.inner < g->cfg->networks.inner && g->at.cls <= classes;

	for (uint64_t i = 0; sane && g->chosen && i < classes * g->cfg->n_real; i++)
		sane = g->chosen[i] >= 0 && g->chosen[i] < run->job->data->n;
	run->unit = g->at.inner * classes + g->at.cls;
	return sane ? YC_OK : yc_checkpoint_damaged();
}

static int keep_all(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes;

	g->log_inner = yc_calloc(c->networks.inner, sizeof(*g->log_inner));
	if (c->interval)
		g->chosen =
			yc_calloc(yc_size_mul(classes, c->n_real), sizeof(*g->chosen));
	if (!g->log_inner || (c->interval && !g->chosen))
		return YC_FAIL;
	yc_run_keep(run, "inner", YC_U64, &g->at, sizeof(g->at) / sizeof(uint64_t));
	yc_run_keep(run, "loss", YC_F64, &g->loss, 1);
	yc_run_keep(run, "log.inner", YC_F32, g->log_inner, c->networks.inner);
	if (g->chosen)
		yc_run_keep(run, "real.chosen", YC_I32, g->chosen, classes * c->n_real);
	yc_run_check(run, check, run);
	yc_gradmatch_keep_network(run);
	yc_run_log(run, "condense.loss.last", g->log_inner, c->networks.inner);
	return YC_OK;
}

int yc_gradmatch_begin(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	struct yc_match_cfg *c = run->cfg;
	int status;

	g->cfg = c;
	status = make_images(run, c);
	if (!status)
		status = yc_gradmatch_make_networks(run);
	if (!status)
		status = make_clusters(run);
	if (!status)
		status = make_step(run);
	if (!status && c->period)
		status = yc_gradmatch_new_subsets(run);
	if (!status)
		status = yc_gradmatch_new_ranks(run);
	if (!status)
		status = keep_all(run);
	if (!status)
		yc_gradmatch_costs(run);
	return status;
}

int yc_gradmatch_fresh(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	return yc_images_fresh(&g->images, run, &g->cluster, g->w);
}

void yc_gradmatch_end(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	yc_free(g->log_inner);
	yc_free(g->chosen);
	yc_gradmatch_end_ranks(g);
	yc_gradmatch_end_subsets(g);
	yc_step_release(&g->step);
	yc_cluster_release(&g->cluster);
	yc_gradmatch_end_networks(g);
	yc_images_release(&g->images);
}
