/* SPDX-License-Identifier: MIT */
/* How far a condensation is, how long it takes and how much memory. */
#include <math.h>
#include <stdio.h>

#include "lib/condense/gradmatch/loop.h"

double yc_loop_now(const struct yc_loop *l)
{
	struct yc_watch *w = l->job->watch;

	return w && w->now ? w->now(w) : 0;
}

void yc_loop_note(const struct yc_loop *l, const char *text)
{
	struct yc_watch *w = l->job->watch;

	if (w && w->note)
		w->note(w, text);
}

void yc_loop_tick(const struct yc_loop *l, double loss)
{
	const struct yc_place *at = &l->state.at;
	uint64_t classes = (uint64_t)l->synth.cfg.classes;
	char text[64];

	snprintf(text, sizeof(text), "outer %llu inner %llu loss %.4g",
		(unsigned long long)at->it + 1, (unsigned long long)at->inner + 1, loss);
	yc_watch_tick(l->job->watch, "class steps",
		(at->it * l->cfg->inner + at->inner) * classes + at->cls,
		(uint64_t)l->cfg->outer * l->cfg->inner * classes, text);
}

static void duration(double s, char *buf, size_t size)
{
	static const struct {
		double least, unit;
		const char *name;
	} units[] = {{2 * 86400, 86400, "days"}, {2 * 3600, 3600, "hours"},
		{120, 60, "minutes"}, {0, 1, "seconds"}};
	size_t i = 0;

	while (s < units[i].least)
		i++;
	snprintf(buf, size, "%.*f %s", s / units[i].unit < 10 ? 1 : 0, s / units[i].unit,
		units[i].name);
}

static double memory(const struct yc_loop *l)
{
	const struct yc_data *d = l->job->data;
	double image = (double)yc_data_image_size(d);
	double bytes = (double)yc_step_bytes(&l->step) +
		       (double)yc_exec_bytes(l->net, l->trainer.hyper.batch,
			       l->job->threads, YC_EXEC_GRADIENT);

	/* Pixels and momentum; a copy of both while a checkpoint is written. */
	bytes += (double)(l->synth.images * l->synth.pixels * sizeof(yc_real)) *
		 (l->job->cfg->checkpoint ? 6 : 2);
	if (l->cluster.exec)
		bytes += (double)yc_cluster_bytes(&l->cluster, l->step.n_real);
	return bytes + image * d->n * (d->u8 ? 1 : sizeof(yc_real));
}

static double run_time(const struct yc_loop *l, double outer, double inner)
{
	double interval = l->cfg->interval;

	return outer * (inner * (l->class_time + l->net_time) +
			       (interval ? ceil(inner / interval) * l->cluster_time : 0) +
			       (double)l->early_steps / l->cfg->fix_iter * l->net_time *
				       l->trainer.hyper.batch / l->cfg->n_data);
}

void yc_loop_estimate(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	double left = c->outer - (double)l->state.at.it,
	       all = run_time(l, left, c->inner);
	char text[256], one[32], whole[32], full[32];

	if (l->estimated || l->net_time <= 0 || l->class_time <= 0 ||
		(l->state.chosen && l->cluster_time <= 0))
		return;
	l->estimated = true;
	if (all < 15)
		return;
	duration(run_time(l, 1, c->inner), one, sizeof(one));
	duration(all, whole, sizeof(whole));
	duration(run_time(l, c->full_outer, c->full_inner), full, sizeof(full));
	snprintf(text, sizeof(text),
		"takes %.0f MB; an outer iteration about %s, this run %s, the published "
		"setting "
		"(%u outer of %u inner) %s",
		memory(l) / 1e6, one, whole, c->full_outer, c->full_inner, full);
	yc_loop_note(l, text);
}

bool yc_loop_out_of_time(const struct yc_loop *l)
{
	double limit = l->job->cfg->time_limit;

	return limit > 0 && l->outer_time > 0 &&
	       yc_loop_now(l) - l->started + l->outer_time > limit;
}
