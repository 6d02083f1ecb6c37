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
	if (g->at.inner % g->cfg->interval == 0) {
		const double begin = yc_run_now(run);

		status = yc_cluster_choose(&g->cluster, g->w, cls, n,
			yc_rng_fork(&run->root, "kmeans", serial), chosen);
		yc_gradmatch_spend(run, YC_SPENT_CLUSTER, begin);
	}
	if (!status)
		memcpy(b->idx, chosen, (size_t)n * sizeof(*chosen));
	yc_class_batch_real(b, n);
	return status;
}

static void next_class(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	g->at.cls++;
	run->unit = g->at.inner * (uint64_t)g->images.synth.cfg.classes + g->at.cls;
}

/* That of the pixels in this outer iteration. */
static double step_size(const struct yc_run *run)
{
	const struct yc_match_cfg *c = ((const struct yc_gradmatch *)run->state)->cfg;

	return isnan(c->lr_img_decay) ? c->lr_img
				      : c->lr_img * pow(c->lr_img_decay, (double)run->it);
}

/* Another rank does it. */
static void pass_class(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int first = 0, n = 0;

	for (int c = 0; c < run->parts; c++)
		if (yc_run_mine(run, c))
			first = n++ ? first : c;
	yc_synth_coast(&g->images.synth, first, n, step_size(run), g->cfg->momentum_img,
		run->job->threads);
	next_class(run);
}

/* Of several ranks, what is added is kept until they meet. */
static void add_loss(struct yc_run *run, int cls)
{
	struct yc_gradmatch *g = run->state;

	if (run->ranks)
		g->losses[(uint64_t)cls * g->cfg->networks.inner + g->at.inner] =
			run->loss;
	else
		g->loss += run->loss;
}

static int class_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes,
		 serial = (run->it * c->networks.inner + g->at.inner) * classes +
			  g->at.cls;
	int cls = (int)g->at.cls, status = real_batch(run, cls, serial);
	const double begin = yc_run_now(run);

	if (status)
		return status;
	yc_class_batch_draw(&g->step.batch, &run->root, serial);
	if (c->period)
		yc_gradmatch_prefixes(run, cls);
	run->loss = yc_step_run(&g->step, g->w, cls);
	if (!isfinite(run->loss))
		return yc_gradmatch_diverged(run, "matching loss");
	if (c->period)
		yc_gradmatch_measure(run, cls);
	yc_synth_step(&g->images.synth, cls, g->step.batch.grad, step_size(run),
		c->momentum_img, run->job->threads);
	add_loss(run, cls);
	next_class(run);
	yc_gradmatch_spend(run, YC_SPENT_CLASS, begin);
	snprintf(run->text, sizeof(run->text), "outer %llu inner %llu loss %.4g",
		(unsigned long long)run->it + 1, (unsigned long long)g->at.inner + 1,
		run->loss);
	return YC_OK;
}

void yc_gradmatch_finish_inner(struct yc_gradmatch *g, uint64_t inner)
{
	g->log_inner[inner] = (float)(g->loss / g->images.synth.cfg.classes);
	g->loss = 0;
}

void yc_gradmatch_finish_outer(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	uint32_t inner = g->cfg->networks.inner;
	double sum = 0;

	for (uint32_t i = 0; i < inner; i++)
		sum += (double)g->log_inner[i];
	run->loss = sum / inner;
	if (g->cfg->period && yc_subsets_due(&g->subsets, run->it))
		yc_subsets_choose(&g->subsets);
}

/* An inner iteration is done: YC_ITERATION if it was the last. */
static int next_inner(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const bool renewed = run->it % g->cfg->networks.fix_iter == 0;

	if (!run->ranks)
		yc_gradmatch_finish_inner(g, g->at.inner);
	g->at.cls = g->at.seen = 0;
	g->at.early = renewed ? g->networks.early_steps : 0;
	run->meet = YC_MEET_MAY;
	if (++g->at.inner < g->cfg->networks.inner)
		return YC_OK;
	if (!run->ranks)
		yc_gradmatch_finish_outer(run);
	g->at = (struct yc_match_position){0};
	return YC_ITERATION;
}

int yc_gradmatch_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	uint64_t classes = (uint64_t)g->images.synth.cfg.classes;
	uint64_t n_data;
	bool trained, renewed;
	int status = yc_gradmatch_ranks_step(run);

	if (status)
		return status < 0 ? status : YC_OK;
	/* Networks that are read, or come from other ranks, have made all their steps. */
	trained = !g->reader && !g->ahead;
	renewed = run->it % c->networks.fix_iter == 0 && trained;
	n_data = trained ? c->networks.n_data : 0;
	if (renewed && !g->at.early && at_first_class(g))
		yc_trajectory_renew(&g->networks, run->it);
	if (renewed && g->at.early < g->networks.early_steps)
		return early_step(run);
	/* Clamping is idempotent, so a run that stopped here may repeat it. */
	if (at_first_class(g))
		yc_synth_clamp(&g->images.synth, run->job->threads);
	if (g->at.cls < classes && !yc_run_mine(run, (int)g->at.cls)) {
		pass_class(run);
	} else if (g->at.cls < classes) {
		status = yc_gradmatch_read_network(run);
		if (!status)
			status = class_step(run);
	} else if (g->at.seen < n_data) {
		if (!g->at.seen)
			status = yc_gradmatch_ranks_agree(run);
		if (!status)
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

	return yc_images_store(&g->images, out);
}
