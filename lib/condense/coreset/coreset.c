/* SPDX-License-Identifier: MIT */
/* A run that chooses real images: it trains a network, if there is one to train, and then
 * chooses class by class. Each training step and each class is a step of the run. */
#include <stdio.h>
#include <string.h>

#include "lib/condense/coreset/coreset.h"

int yc_coreset_resolve(void *cfg, const struct yc_condense_job *job)
{
	(void)cfg;
	(void)job;
	return YC_OK;
}

int yc_coreset_resolve_features(void *cfg, const struct yc_condense_job *job)
{
	return yc_features_resolve(cfg, job);
}

/* ---- begin ---- */

static int make_images(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	const struct yc_data *d = run->job->data;
	struct yc_synth_cfg synth = {.ipc = (int)run->job->cfg->ipc,
		.channels = d->channels,
		.side = d->side,
		.factor = (int)g->cfg->factor,
		.labels = d->classes,
		.syn_max = 1,
		.init_area = g->cfg->init_area};
	char why[64];
	int status = yc_sampler_new(&g->sampler, d, &run->root);

	if (status)
		return status;
	synth.classes = g->sampler.classes;
	synth.label = g->sampler.label;
	status = yc_synth_new(&g->synth, &synth);
	if (status)
		return status;
	g->k = g->synth.ntiles;
	snprintf(why, sizeof(why),
		g->cfg->factor > 1 ? "--ipc %u of %u tiles" : "--ipc %u",
		run->job->cfg->ipc, g->cfg->factor * g->cfg->factor);
	return yc_sampler_need(&g->sampler, (uint64_t)g->k, why);
}

static int make_scratch(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	struct yc_coreset_class *of = &g->of;
	int most = 0;
	size_t n, d = (size_t)g->features.d;

	for (int c = 0; c < g->sampler.classes; c++)
		if (yc_sampler_count(&g->sampler, c) > most)
			most = yc_sampler_count(&g->sampler, c);
	n = (size_t)most;
	*of = (struct yc_coreset_class){.cfg = g->cfg,
		.d = (int)d,
		.threads = run->job->threads,
		.root = &run->root,
		.distance = yc_calloc(n, sizeof(*of->distance)),
		.mean = yc_calloc(d, sizeof(*of->mean)),
		.sum = yc_calloc(d, sizeof(*of->sum)),
		.order = yc_calloc(n, sizeof(*of->order)),
		.taken = yc_calloc(n, sizeof(*of->taken))};
	return of->distance && of->mean && of->sum && of->order && of->taken ? YC_OK
									     : YC_FAIL;
}

static int check(void *ctx)
{
	struct yc_run *run = ctx;
	const struct yc_coreset *g = run->state;
	size_t n = (size_t)g->sampler.classes * (size_t)g->k;
	bool sane = true;

	for (size_t i = 0; sane && i < n; i++)
		sane = g->chosen[i] >= 0 && g->chosen[i] < run->job->data->n;
	return sane ? YC_OK : yc_checkpoint_damaged();
}

enum { TRAIN, CHOOSE }; /* kinds of cost */

static void costs(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	const struct yc_features *f = &g->features;
	int batch = f->trainer.hyper.batch < YC_FEATURES_TRIAL ? f->trainer.hyper.batch
							       : YC_FEATURES_TRIAL,
	    images = g->sampler.first[1];

	run->bytes = 2 * g->synth.images * g->synth.pixels * sizeof(yc_real);
	if (g->featured)
		run->bytes += yc_features_bytes(f);
	if (f->steps)
		yc_run_cost(run, &(struct yc_cost){.kind = TRAIN,
					 .units = (double)f->cfg->training.epochs *
						  f->data.n / batch,
					 .images = batch,
					 .options = {"epochs"}});
	yc_run_cost(run, &(struct yc_cost){.kind = CHOOSE,
				 .parts = run->parts,
				 .units = g->sampler.classes,
				 .images = images});
}

int yc_coreset_begin(struct yc_run *run, yc_coreset_rule *rule, bool features)
{
	struct yc_coreset *g = run->state;
	size_t n;
	int status;

	g->cfg = run->cfg;
	g->rule = rule;
	g->featured = features;
	status = make_images(run);
	if (!status && features)
		status = yc_features_new(&g->features, run, g->cfg, &g->sampler);
	if (!status)
		status = make_scratch(run);
	if (status)
		return status;
	n = yc_size_mul((size_t)g->sampler.classes, (size_t)g->k);
	g->chosen = yc_calloc(n, sizeof(*g->chosen));
	if (!g->chosen)
		return YC_FAIL;
	status = yc_run_divide(run, g->sampler.classes);
	if (status)
		return status;
	run->apart = 1;
	yc_run_keep(run, "chosen", YC_I32, g->chosen, n);
	yc_run_check(run, check, run);
	run->units = (uint64_t)g->sampler.classes;
	run->phase = "classes";
	costs(run);
	return YC_OK;
}

int yc_coreset_fresh(struct yc_run *run)
{
	(void)run;
	return YC_OK;
}

void yc_coreset_end(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	struct yc_coreset_cfg *cfg = run->cfg;

	yc_free(g->of.distance);
	yc_free(g->of.mean);
	yc_free(g->of.sum);
	yc_free(g->of.order);
	yc_free(g->of.taken);
	yc_free(g->chosen);
	yc_features_release(&g->features);
	yc_synth_release(&g->synth);
	yc_sampler_release(&g->sampler);
	yc_train_opts_release(&cfg->training);
}

/* ---- steps ---- */

/* The first n images of class c. */
static struct yc_coreset_class *class_of(struct yc_coreset *g, int c, int n)
{
	struct yc_coreset_class *of = &g->of;

	of->n = n;
	of->label = g->sampler.label[c];
	memset(of->taken, 0, (size_t)n * sizeof(*of->taken));
	return of;
}

static int choose(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	int c = (int)run->unit, n = yc_sampler_count(&g->sampler, c), status;
	const int32_t *member = g->sampler.member + g->sampler.first[c];
	struct yc_coreset_class *of = class_of(g, c, n);
	int32_t *chosen = g->chosen + (size_t)c * (size_t)g->k;

	if (g->featured)
		of->x = yc_features_of(&g->features, c, n);
	status = g->rule(of, g->k, chosen);
	for (int i = 0; !status && i < g->k; i++)
		chosen[i] = member[chosen[i]];
	return status;
}

int yc_coreset_step(struct yc_run *run)
{
	struct yc_coreset *g = run->state;
	struct yc_features *f = &g->features;
	int status;

	if (!yc_features_trained(f)) {
		status = yc_features_train(f);
		run->aside = "training steps";
		run->aside_done = f->trainer.steps;
		run->aside_total = f->steps;
		snprintf(run->text, sizeof(run->text), "loss %.4f", f->trainer.loss);
		run->meet = YC_MEET_MAY;
		return status;
	}
	status = yc_run_mine(run, (int)run->unit) ? choose(run) : YC_OK;
	if (status)
		return status;
	return ++run->unit < run->units ? YC_OK : YC_ITERATION;
}

void yc_coreset_share(struct yc_run *run)
{
	struct yc_coreset *g = run->state;

	yc_run_share(run, g->chosen, (size_t)g->k * sizeof(*g->chosen));
}

int yc_coreset_trial(struct yc_run *run, int kind, int images)
{
	struct yc_coreset *g = run->state;
	struct yc_coreset_class *of;
	int32_t *chosen;
	int status, k = g->k < images ? g->k : images;

	if (kind == TRAIN) {
		yc_features_try_step(&g->features, images);
		return YC_OK;
	}
	of = class_of(g, 0, images);
	if (g->featured)
		of->x = yc_features_of(&g->features, 0, images);
	chosen = yc_calloc((size_t)k, sizeof(*chosen));
	status = chosen ? g->rule(of, k, chosen) : YC_FAIL;
	yc_free(chosen);
	return status;
}

/* ---- results ---- */

/* Column `source`: for each tile the id of its real image, by default its row number. */
static int add_source(const struct yc_run *run, struct yc_set *out)
{
	const struct yc_coreset *g = run->state;
	const struct yc_tensor *id = yc_set_col(run->job->real, "id");
	int ipc = g->synth.cfg.ipc, tiles = g->k / ipc;
	uint64_t shape[2] = {g->synth.images, (uint64_t)tiles};
	struct yc_tensor *t = yc_set_put(out, "source", YC_I64, 2, shape, NULL);

	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < g->synth.images; i++)
		for (int k = 0; k < tiles; k++) {
			size_t c = i / (size_t)ipc, m = i % (size_t)ipc;
			int32_t image =
				g->chosen[c * (size_t)g->k + (size_t)(k * ipc) + m];
			int64_t row = run->job->data->row[image];

			((int64_t *)t->data)[i * (size_t)tiles + (size_t)k] =
				id && id->dtype == YC_I64 && id->rank == 1
					? ((const int64_t *)id->data)[row]
					: row;
		}
	return YC_OK;
}

int yc_coreset_result(struct yc_run *run, struct yc_set *out)
{
	struct yc_coreset *g = run->state;
	int status =
		yc_synth_init(&g->synth, "mix", run->job->data, g->chosen, &run->root);

	out->head.factor = (int)g->cfg->factor;
	if (!status)
		status = yc_synth_store(&g->synth, out);
	return status ? status : add_source(run, out);
}
