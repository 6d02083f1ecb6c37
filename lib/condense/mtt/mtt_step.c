/* SPDX-License-Identifier: MIT */
/* An iteration of trajectory matching: a descent on the synthetic images from where an
 * expert was, forward and back, and a step of images, step size and labels. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"

/* A factor by which the step size may leave --lr-syn before that is told. */
static const double sane = 10;

/* The images of each step: pieces of a permutation, the last one, which may be smaller,
 * first, and then of the next permutation. */
static void draw_order(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	struct yc_rng rng = yc_rng_fork(&run->root, "syn-order", run->it);
	const int all = yc_syn_batch_all(&g->images.synth), batch = g->descent.batch;
	int piece = 0;

	for (int i = 0; i < g->descent.steps; i++) {
		int at;

		if (piece == 0) {
			yc_rng_permutation(&rng, g->order, all);
			piece = (all - 1) / batch + 1;
		}
		at = --piece * batch;
		g->count[i] = all - at < batch ? all - at : batch;
		memcpy(g->pick + (size_t)i * (size_t)batch, g->order + at,
			(size_t)g->count[i] * sizeof(*g->pick));
	}
}

/* Each expert is used once before one is used again. */
static int draw_expert(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const uint64_t n = (uint64_t)g->experts.n;
	struct yc_rng order = yc_rng_fork(&run->root, "expert-order", run->it / n),
		      start = yc_rng_fork(&run->root, "expert-start", run->it);
	const int epoch = (int)yc_rng_below(&start, g->cfg->max_start);
	int32_t *perm = g->expert;
	int status;

	yc_rng_permutation(&order, perm, g->experts.n);
	status = yc_experts_get(
		&g->experts, perm[run->it % n], epoch, yc_unroll_at(&g->descent, 0));
	return status ? status
		      : yc_experts_get(&g->experts, perm[run->it % n],
				epoch + (int)g->cfg->expert_epochs, g->target);
}

static int begin_iteration(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_synth *y = &g->images.synth;
	int status = draw_expert(run);

	if (status)
		return status;
	draw_order(run);
	if (g->soft)
		yc_soft_labels_begin(&g->labels);
	memset(g->grad, 0, y->images * y->pixels * sizeof(*g->grad));
	g->begun = run->it + 1;
	g->done = run->unit = 0;
	return YC_OK;
}

static struct yc_target make_batch(struct yc_run *run, int i)
{
	struct yc_mtt *g = run->state;
	struct yc_target target = {.label = g->batch.label, .rho = 1};

	yc_syn_batch_fill(&g->batch, g->pick + (size_t)i * (size_t)g->descent.batch,
		g->count[i], &run->root,
		run->it * (uint64_t)g->descent.steps + (uint64_t)i);
	if (g->soft)
		target.soft = yc_soft_labels_rows(&g->labels, &g->batch);
	return target;
}

static int not_finite(const struct yc_run *run, const char *what)
{
	return yc_fail(YC_FAIL,
		"iteration %llu: the %s is not finite: --lr-syn, --lr-lr or --lr-img is "
		"too large, or the images are not sane",
		(unsigned long long)run->it + 1, what);
}

static int step_forward(struct yc_run *run, int i)
{
	struct yc_mtt *g = run->state;
	const struct yc_target target = make_batch(run, i);

	yc_unroll_step(&g->descent, i, g->lr[0], g->batch.x, g->batch.n, &target);
	if (i + 1 < g->descent.steps)
		return YC_OK;
	g->loss = yc_unroll_match(&g->descent, g->target);
	return isfinite(g->loss) ? YC_OK : not_finite(run, "distance");
}

static void step_back(struct yc_run *run, int i)
{
	struct yc_mtt *g = run->state;
	const struct yc_target target = make_batch(run, i);

	yc_unroll_back(&g->descent, i, g->lr[0], g->batch.x, g->batch.n, &target);
	if (g->soft)
		yc_soft_labels_back(&g->labels, &g->batch, g->descent.dy);
	yc_syn_batch_back(&g->batch, g->descent.dx, YC_PIXELS_NORMALISED, g->grad);
}

/* A step size that runs away ends in nothing or in numbers that are none, so it is held,
 * and told of before. */
static void step_lr(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;
	const double low = c->lr_syn / c->lr_limit, high = c->lr_syn * c->lr_limit;
	char text[160];

	g->lr[1] = c->momentum_lr * g->lr[1] + g->descent.dlr;
	g->lr[0] -= c->lr_lr * g->lr[1];
	if (g->lr[0] < low || g->lr[0] > high) {
		g->lr[0] = g->lr[0] < low ? low : high;
		g->lr[1] = 0;
		snprintf(text, sizeof(text),
			"iteration %llu: the learned step size is held at %.3g, by "
			"--lr-limit",
			(unsigned long long)run->it + 1, g->lr[0]);
		if (!g->held)
			yc_run_note(run, text);
		g->held = true;
		return;
	}
	if (g->told || (g->lr[0] * sane > c->lr_syn && g->lr[0] < c->lr_syn * sane))
		return;
	g->told = true;
	snprintf(text, sizeof(text),
		"iteration %llu: the learned step size is %.3g, far from --lr-syn %.3g: "
		"if it runs away, lower --lr-lr",
		(unsigned long long)run->it + 1, g->lr[0], c->lr_syn);
	yc_run_note(run, text);
}

static int update(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const struct yc_mtt_cfg *c = g->cfg;
	struct yc_synth *y = &g->images.synth;
	const size_t of_class = (size_t)y->cfg.ipc * y->pixels;

	if (!isfinite(g->descent.dlr))
		return not_finite(run, "gradient of the step size");
	step_lr(run);
	for (int k = 0; k < y->cfg.classes; k++)
		yc_synth_step(y, k, g->grad + (size_t)k * of_class, c->lr_img,
			c->momentum_img, run->job->threads);
	if (g->soft)
		yc_soft_labels_step(&g->labels, c->lr_label, c->momentum_label);
	return YC_OK;
}

/* Steps of a descent follow on one another, so ranks divide the shards of each. */
static int divide(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	int status = YC_OK;

	if (!run->ranks || g->divided)
		return YC_OK;
	run->apart = 0.2;
	run->tied = g->divided = true;
	status = yc_exec_divide(g->descent.descend, run->ranks);
	return status ? status : yc_exec_divide(g->descent.adjoint, run->ranks);
}

int yc_mtt_step(struct yc_run *run)
{
	struct yc_mtt *g = run->state;
	const int steps = g->descent.steps;
	int i, status = divide(run);

	if (status)
		return status;
	run->meet = YC_MEET_MAY;
	if (g->begun != run->it + 1 || g->done != run->unit)
		status = begin_iteration(run);
	if (status)
		return status;
	i = (int)run->unit;
	if (i < steps)
		status = step_forward(run, i);
	else
		step_back(run, 2 * steps - 1 - i);
	if (status)
		return status;
	snprintf(run->text, sizeof(run->text), "iteration %llu loss %.4g lr %.3g",
		(unsigned long long)run->it + 1, g->loss, g->lr[0]);
	g->done = ++run->unit;
	if (run->unit < run->units)
		return YC_OK;
	run->loss = g->loss;
	g->begun = 0;
	status = update(run);
	return status ? status : YC_ITERATION;
}
