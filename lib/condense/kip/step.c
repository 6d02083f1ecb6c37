/* SPDX-License-Identifier: MIT */
/*
 * Steps of kip. An iteration takes a batch of targets; then some condensed images at a time
 * are paired with all of it: first forward, for the kernels that the loss needs, then, once
 * it is known, backward. So a run can stop between any two, also where one iteration is
 * an hour.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/kip/kip.h"
#include "yc/watch.h"

static void draw(struct yc_kip_run *g)
{
	int at = 0;

	for (int c = 0; c < g->sampler.classes; c++)
		at += yc_sampler_next(&g->sampler, c, (int)g->cfg->n_real, g->idx + at);
}

/* Loads the batch and computes variances, at the beginning of an iteration or where a run
 * is resumed inside of it. */
static void prepare(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	const struct yc_data *d = run->job->data;
	struct yc_kip *p = &g->problem;

	if (g->ready == run->it + 1)
		return;
	yc_kip_space_load(&g->space, g->idx, p->t, g->target.x);
	yc_ntk_self(g->work, &g->target);
	yc_ntk_self(g->work, &g->support);
	for (int j = 0; j < p->t; j++)
		for (int c = 0; c < p->classes; c++)
			p->yt[j * p->classes + c] =
				(d->label[g->idx[j]] == c) - 1.0 / p->classes;
	g->ready = run->it + 1;
}

static void forward(struct yc_kip_run *g, int group)
{
	struct yc_kip *p = &g->problem;
	int row = group * g->group, end = row + g->group;
	size_t n = (size_t)p->n, t = (size_t)p->t;

	/* Of the kernels of condensed images the lower triangle. */
	yc_ntk_forward(g->work, &g->support, row, g->group, &g->support, end,
		p->kss + (size_t)row * n, n);
	yc_ntk_forward(g->work, &g->support, row, g->group, &g->target, p->t,
		p->kst + (size_t)row * t, t);
}

static void backward(struct yc_kip_run *g, int group)
{
	struct yc_kip *p = &g->problem;
	const struct yc_ntk *k = g->kernel;
	int row = group * g->group;
	size_t n = (size_t)p->n, t = (size_t)p->t;
	double *gx = g->gx + (size_t)row * k->pixels;

	memset(gx, 0, (size_t)g->group * k->pixels * sizeof(*gx));
	memset(g->gv, 0, (size_t)g->group * k->nv * sizeof(*g->gv));
	for (int r = 0; r < g->group; r++) {
		size_t i = (size_t)(row + r);

		for (size_t j = 0; j < n; j++)
			g->g_pair[(size_t)r * n + j] =
				i == j ? 0 : p->gss[i * n + j] + p->gss[j * n + i];
		g->g_own[r] = p->gss[i * n + i];
	}
	yc_ntk_backward(g->work, &g->support, row, g->group, &g->target, p->t,
		p->gst + (size_t)row * t, t, gx, g->gv);
	yc_ntk_backward(g->work, &g->support, row, g->group, &g->support, p->n, g->g_pair,
		n, gx, g->gv);
	yc_ntk_backward_self(g->work, &g->support, row, g->group, g->g_own, gx, g->gv);
}

static int solve(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	int status;

	if (g->solved == run->it + 1)
		return YC_OK;
	status = g->cfg->label_solve ? yc_kip_labels(&g->problem) : YC_OK;
	if (!status)
		status = yc_kip_solve(&g->problem);
	if (!status && !isfinite(g->problem.loss))
		status = yc_fail(YC_FAIL, "the loss is not finite: --lr-img is too "
					  "large or the images are not sane");
	if (status)
		return yc_fail_in(
			status, "iteration %llu", (unsigned long long)run->it + 1);
	if (!g->cfg->label_solve)
		yc_kip_gradients(&g->problem);
	g->loss = g->problem.loss;
	g->accuracy = g->problem.accuracy;
	g->solved = run->it + 1;
	return YC_OK;
}

static void update(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	struct yc_kip *p = &g->problem;
	uint64_t step = run->it + 1;

	yc_kip_adam(g->support.x, g->gx, g->mx, g->vx, (size_t)p->n * g->kernel->pixels,
		g->cfg->lr_img, step);
	if (g->cfg->learn_labels)
		yc_kip_adam(p->y, p->gy, g->my, g->vy, (size_t)p->n * (size_t)p->classes,
			g->cfg->lr_label, step);
}

static void finish(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	const struct yc_measure found[] = {
		{.name = "iteration", .value = (double)run->it + 1, .whole = true},
		{.name = "loss", .value = g->loss},
		{.name = "accuracy", .value = g->accuracy},
	};

	if (!g->cfg->label_solve)
		update(run);
	yc_watch_measured(run->job->watch, "iteration", found, YC_COUNT(found));
}

/* After so many groups: kernels of all are needed to solve. */
static enum yc_meet meeting(const struct yc_run *run, int groups)
{
	return groups == run->parts			       ? YC_MEET_MUST
	       : run->ranks && groups % run->ranks->count == 0 ? YC_MEET_MAY
							       : YC_MEET_NOT;
}

void yc_kip_share(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	const size_t group = (size_t)g->group * sizeof(double);

	if (run->unit <= run->units - (uint64_t)g->groups || g->cfg->label_solve) {
		yc_run_share(run, g->problem.kss, group * (size_t)g->problem.n);
		yc_run_share(run, g->problem.kst, group * (size_t)g->problem.t);
	} else {
		yc_run_share(run, g->gx, group * g->kernel->pixels);
	}
	if (run->unit == run->units)
		finish(run);
}

int yc_kip_step(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	int unit = (int)run->unit, status = YC_OK;

	if (unit == 0)
		draw(g);
	prepare(run);
	if (unit >= g->groups)
		status = solve(run);
	if (status)
		return status;
	if (yc_run_mine(run, unit % g->groups) && unit < g->groups)
		forward(g, unit);
	else if (yc_run_mine(run, unit % g->groups) && !g->cfg->label_solve)
		backward(g, unit - g->groups);
	run->meet = meeting(run, unit % g->groups + 1);
	run->loss = g->loss;
	if (g->solved)
		snprintf(run->text, sizeof(run->text),
			"iteration %llu loss %.4g accuracy %.4f",
			(unsigned long long)g->solved, g->loss, g->accuracy);
	if (++run->unit < run->units)
		return YC_OK;
	if (!run->ranks)
		finish(run);
	return YC_ITERATION;
}
