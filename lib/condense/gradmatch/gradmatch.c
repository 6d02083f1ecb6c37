/* SPDX-License-Identifier: MIT */
/*
 * yc-methods(7), "Outer and inner iterations": in every inner iteration one update of the
 * images per class, then some steps of the network on real images. Each of these, and each
 * early step of a new network, is a step of the run.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

int yc_gradmatch_diverged(const struct yc_run *run, const char *what)
{
	const struct yc_gradmatch *g = run->state;

	return yc_fail(YC_FAIL,
		"outer iteration %llu, inner %llu: the %s is not finite: a learning rate "
		"is too large or the images are not sane",
		(unsigned long long)run->it + 1, (unsigned long long)g->at.inner + 1,
		what);
}

/* ---- steps ---- */

static bool at_first_class(const struct yc_gradmatch *g)
{
	return !g->at.inner && !g->at.cls && !g->at.seen;
}

static int early_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int status = yc_gradmatch_network_step(run);

	g->at.early++;
	run->aside = "early steps";
	run->aside_done = g->at.early;
	run->aside_total = g->networks.early_steps;
	snprintf(run->text, sizeof(run->text), "loss %.4f", g->networks.trainer.loss);
	return status;
}

/* The real images of class step `serial`: drawn, or representative ones. */
static int real_batch(struct yc_run *run, int cls, uint64_t serial)
{
	struct yc_gradmatch *g = run->state;
	struct yc_class_batch *b = &g->step.batch;
	int n = b->n_real, count = yc_sampler_count(&g->images.sampler, cls),
	    status = YC_OK;
	int32_t *chosen;

	if (!g->chosen) {
		yc_class_batch_real(
			b, yc_sampler_next(&g->images.sampler, cls, n, b->idx));
		return YC_OK;
	}
	chosen = g->chosen + (size_t)cls * (size_t)n;
	n = n < count ? n : count;
	if (g->at.inner % g->cfg->interval == 0)
		status = yc_cluster_choose(&g->cluster, g->w, cls, n,
			yc_rng_fork(&run->root, "kmeans", serial), chosen);
	if (!status)
		memcpy(b->idx, chosen, (size_t)n * sizeof(*chosen));
	yc_class_batch_real(b, n);
	return status;
}

static int class_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes,
		 serial = (run->it * c->networks.inner + g->at.inner) * classes +
			  g->at.cls;
	int cls = (int)g->at.cls, status = real_batch(run, cls, serial);

	if (status)
		return status;
	/* Clamping is idempotent, so a run that stopped here may repeat it. */
	if (at_first_class(g))
		yc_synth_clamp(&g->images.synth, run->job->threads);
	yc_class_batch_draw(&g->step.batch, &run->root, serial);
	if (c->period)
		yc_gradmatch_prefixes(run, cls);
	run->loss = yc_step_run(&g->step, g->w, cls);
	if (!isfinite(run->loss))
		return yc_gradmatch_diverged(run, "matching loss");
	if (c->period)
		yc_gradmatch_measure(run, cls);
	yc_synth_step(&g->images.synth, cls, g->step.batch.grad, c->lr_img,
		c->momentum_img, run->job->threads);
	g->loss += run->loss;
	g->at.cls++;
	run->unit = g->at.inner * classes + g->at.cls;
	snprintf(run->text, sizeof(run->text), "outer %llu inner %llu loss %.4g",
		(unsigned long long)run->it + 1, (unsigned long long)g->at.inner + 1,
		run->loss);
	return YC_OK;
}

/* An inner iteration is done: YC_ITERATION if it was the last. */
static int next_inner(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	uint32_t inner = g->cfg->networks.inner;
	double sum = 0;

	g->log_inner[g->at.inner] = (float)(g->loss / g->images.synth.cfg.classes);
	g->loss = 0;
	g->at.cls = g->at.seen = 0;
	if (++g->at.inner < inner)
		return YC_OK;
	for (uint32_t i = 0; i < inner; i++)
		sum += (double)g->log_inner[i];
	run->loss = sum / inner;
	if (g->cfg->period && yc_subsets_due(&g->subsets, run->it))
		yc_subsets_choose(&g->subsets);
	g->at = (struct yc_match_position){0};
	return YC_ITERATION;
}

int yc_gradmatch_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes;
	/* Networks that are read have made all their steps. */
	bool renewed = run->it % c->networks.fix_iter == 0 && !g->reader;
	uint64_t n_data = g->reader ? 0 : c->networks.n_data;
	int status = YC_OK;

	if (renewed && !g->at.early && at_first_class(g))
		yc_trajectory_renew(&g->networks, run->it);
	if (renewed && g->at.early < g->networks.early_steps)
		return early_step(run);
	if (g->at.cls < classes) {
		status = yc_gradmatch_read_network(run);
		if (!status)
			status = class_step(run);
	} else if (g->at.seen < n_data) {
		status = yc_gradmatch_network_step(run);
		g->at.seen += (uint64_t)g->networks.trainer.n;
	}
	return !status && g->at.cls == classes && g->at.seen >= n_data ? next_inner(run)
								       : status;
}

/* ---- results ---- */

int yc_gradmatch_result(struct yc_run *run, struct yc_set *out)
{
	const struct yc_gradmatch *g = run->state;
	const struct yc_meta *const heads[] = {&out->meta, &g->init_head};
	int status = yc_synth_store(&g->images.synth, out);

	out->head.factor = (int)g->cfg->factor;
	/* The history of the initial images is part of that of the result. */
	if (!status && g->cfg->init_from)
		status = yc_history_merge(&out->meta, heads, YC_COUNT(heads));
	return status;
}
