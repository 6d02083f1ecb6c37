/* SPDX-License-Identifier: MIT */
/*
 * A run of DC or DSA. An iteration is `outer` updates of every class, and between two
 * rounds of these the batches of the network; each update of a class and each batch is a
 * step.
 */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/dc/dc.h"

static uint64_t classes_of(const struct yc_dc *g)
{
	return (uint64_t)g->images.synth.cfg.classes;
}

/* ---- begin ---- */

static int make_images(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	struct yc_dc_cfg *c = run->cfg;
	const struct yc_images_cfg images = yc_images_whole_classes(
		c->factor, c->init, &c->init_from, "normal", c->aug, c->aug_all);

	return yc_images_new(&g->images, run, &images);
}

static int make_step(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	const struct yc_dc_cfg *c = run->cfg;
	const struct yc_dc_metric *m = (const struct yc_dc_metric *)yc_method_find(
		yc_dc_metrics, "metric", c->metric, strlen(c->metric));
	int status = YC_USAGE;

	if (m)
		status = yc_step_new(&g->step, g->network.matched, run->job->data,
			&g->images.synth, yc_metric_find(m->distance), &g->images.aug,
			(int)c->n_real, run->job->threads);
	if (status)
		return status;
	g->step.also = m->also;
	g->step.units = YC_PIXELS_NORMALISED;
	run->bytes += yc_step_bytes(&g->step);
	return YC_OK;
}

enum { REAL, SYNTHETIC, NETWORK, NORMS }; /* kinds of cost */

static void costs(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	const struct yc_dc_cfg *c = run->cfg;
	double updates = (double)c->outer * (double)classes_of(g),
	       batches = (double)(c->outer - 1) *
			 (double)yc_dc_network_steps(&g->network, c),
	       /* images, on average */
		batch = (double)g->network.data.n / yc_trainer_steps(&g->network.trainer);
	/* A trial uses the buffers of an update. */
	int most = g->step.batch.n_real + g->images.synth.batch,
	    few = batch < most ? (int)ceil(batch) : most;
	const struct yc_cost all[] = {
		{.kind = REAL,
			.parts = run->parts,
			.units = updates,
			.images = (int)c->n_real,
			.options = {"outer", "n-real"}},
		{.kind = SYNTHETIC,
			.parts = run->parts,
			.units = updates,
			.images = g->images.synth.batch,
			.options = {"outer"}},
		{.kind = NETWORK,
			.units = batches * batch / few,
			.images = few,
			.options = {"outer", "inner"}},
		{.kind = NORMS,
			.units = g->network.norms ? c->outer : 0,
			.images = (int)classes_of(g) * YC_DC_NORM,
			.options = {"outer"}},
	};

	for (size_t i = 0; i < YC_COUNT(all); i++)
		if (all[i].units > 0)
			yc_run_cost(run, &all[i]);
}

static int check(void *ctx)
{
	struct yc_run *run = ctx;
	struct yc_dc *g = run->state;

	return run->unit < run->units ? yc_kept_trainer_restore(&g->network.kept)
				      : yc_checkpoint_damaged();
}

int yc_dc_begin(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	const struct yc_dc_cfg *c = run->cfg;
	int status = make_images(run);

	g->cfg = c;
	if (!status)
		status = yc_dc_network_new(&g->network, run, &g->images.synth);
	if (!status)
		status = make_step(run);
	if (!status)
		status = yc_run_divide(run, (int)classes_of(g));
	if (status)
		return status;
	run->apart = 0.2;
	run->units = classes_of(g) +
		     (uint64_t)(c->outer - 1) *
			     (classes_of(g) + yc_dc_network_steps(&g->network, c));
	run->phase = "steps";
	run->published = c->published ? 1000 : 0;
	snprintf(run->published_text, sizeof(run->published_text), "1000 iterations");
	yc_kept_trainer_keep(&g->network.kept, &g->network.trainer, run, NULL);
	yc_run_keep(run, "loss", YC_F64, &g->loss, 1);
	yc_run_check(run, check, run);
	costs(run);
	return YC_OK;
}

int yc_dc_fresh(struct yc_run *run)
{
	struct yc_dc *g = run->state;

	return yc_images_fresh(&g->images, run, NULL, NULL);
}

void yc_dc_end(struct yc_run *run)
{
	struct yc_dc *g = run->state;

	yc_step_release(&g->step);
	yc_dc_network_release(&g->network);
	yc_images_release(&g->images);
}

/* ---- steps ---- */

static int diverged(const struct yc_run *run, const char *what, const char *rate)
{
	return yc_fail(YC_FAIL,
		"iteration %" PRIu64
		": the %s is not finite: %s is too large or the images are not sane",
		run->it + 1, what, rate);
}

/* Class c in update `outer` of the iteration. */
static int class_step(struct yc_run *run, uint64_t outer, int c)
{
	struct yc_dc *g = run->state;
	struct yc_class_batch *b = &g->step.batch;

	if (c == 0)
		yc_dc_network_settle(&g->network, &g->images.sampler, run->job->data);
	if (!yc_run_mine(run, c))
		return YC_OK;
	yc_class_batch_real(b, yc_sampler_next(&g->images.sampler, c, b->n_real, b->idx));
	yc_class_batch_draw(b, &run->root,
		(run->it * g->cfg->outer + outer) * classes_of(g) + (uint64_t)c);
	run->loss = yc_step_run(&g->step, g->network.trainer.w, c);
	if (!isfinite(run->loss))
		return diverged(run, "matching loss", "--lr-img");
	yc_synth_step(&g->images.synth, c, b->grad, g->cfg->lr_img, g->cfg->momentum_img,
		run->job->threads);
	g->network.decoded = false;
	yc_run_add_loss(run, &g->loss, c, run->loss);
	snprintf(run->text, sizeof(run->text),
		"iteration %" PRIu64 ", update %" PRIu64 ", loss %.4g", run->it + 1,
		outer + 1, run->loss);
	return YC_OK;
}

/* By all ranks: batches follow on one another, so their shards are divided. */
static int network_step(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	int status = YC_OK;

	if (!g->divided)
		status = yc_exec_divide(g->network.trainer.exec, run->ranks);
	g->divided = true;
	if (status)
		return status;
	if (yc_dc_network_step(&g->network, g->cfg->net_lr))
		return diverged(run, "network's loss", "--net-lr");
	snprintf(run->text, sizeof(run->text),
		"iteration %" PRIu64 ", network's loss %.4g", run->it + 1,
		g->network.trainer.loss);
	return YC_OK;
}

static void finish(struct yc_run *run)
{
	struct yc_dc *g = run->state;

	run->loss = g->loss / (double)(classes_of(g) * g->cfg->outer);
	g->loss = 0;
}

/* After the classes: the network is trained on the images of all. */
void yc_dc_share(struct yc_run *run)
{
	struct yc_dc *g = run->state;

	if (!run->all)
		return;
	yc_images_share(&g->images, run);
	yc_run_sum_losses(run, &g->loss);
	g->network.decoded = false;
	if (run->unit == run->units)
		finish(run);
}

int yc_dc_step(struct yc_run *run)
{
	struct yc_dc *g = run->state;
	const uint64_t classes = classes_of(g),
		       period = classes + yc_dc_network_steps(&g->network, g->cfg),
		       at = run->unit % period;
	int status;

	if (!run->unit)
		yc_dc_network_renew(&g->network, run);
	run->tied = at >= classes;
	status = at < classes ? class_step(run, run->unit / period, (int)at)
			      : network_step(run);
	run->meet = at == classes - 1 || at == period - 1 ? YC_MEET_MUST
		    : at >= classes			  ? YC_MEET_MAY
							  : YC_MEET_NOT;
	if (status || ++run->unit < run->units)
		return status;
	if (!run->ranks)
		finish(run);
	return YC_ITERATION;
}

int yc_dc_result(struct yc_run *run, struct yc_set *set)
{
	const struct yc_dc *g = run->state;

	return yc_images_store(&g->images, set);
}

int yc_dc_trial(struct yc_run *run, int kind, int images)
{
	struct yc_dc *g = run->state;
	const yc_real *w = g->network.trainer.w;

	if (kind == REAL)
		yc_step_try_real(&g->step, w, images);
	else if (kind == SYNTHETIC)
		yc_step_try_syn(&g->step, w, images);
	else if (kind == NETWORK)
		yc_step_try_network(&g->step, &g->network.trainer, images);
	else
		yc_dc_network_try(&g->network, images);
	return YC_OK;
}
