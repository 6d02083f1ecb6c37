/* SPDX-License-Identifier: MIT */
/* The schedules of --budget, yc-methods(7), "Budgets": few outer iterations with large steps
 * that become smaller, where the published settings take days of small ones. */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/settings.h"

/* For CIFAR-10 and 10 images per class. Hours are those of two cores of today. The learning
 * rate is that of the first outer iteration, `end` the part of it that the last one has. */
struct budget {
	struct yc_method method;
	double outer, lr_img, end;
};

static const struct budget hour = {.method = {.name = "1h", .summary = "about an hour"},
				   .outer = 22,
				   .lr_img = 0.1,
				   .end = 0.2},
			   night = {.method = {.name = "8h", .summary = "about eight"},
				   .outer = 176,
				   .lr_img = 0.1,
				   .end = 0.1};

const struct yc_method *const yc_budgets[] = {&hour.method, &night.method, NULL};

/* W0: what an outer iteration of idc comes to there, see work(). */
static const double usual = 100 * (10 * (3 * 64 + 6 * 40) + 3 * 2000.0);

/* Images of side 32 that pass through the network in an outer iteration, forward or backward:
 * 3 times for a gradient, 6 times for that of the matching loss, once for an embedding. */
static double work(const struct yc_match_cfg *c, const struct yc_condense_job *job)
{
	const struct yc_data *d = job->data;
	const double tiles = fmin(
			     (double)job->cfg->ipc * c->factor * c->factor, c->syn_max),
		     side = d->side / 32.0;
	double step =
		d->classes * (3.0 * c->n_real + 6 * tiles) + 3.0 * c->networks.n_data;

	if (c->interval)
		step += (double)d->n / c->interval;
	return side * side *
	       (c->networks.inner * step +
		       3 * c->networks.early * d->n / c->networks.fix_iter);
}

int yc_match_budget(struct yc_match_cfg *c, const struct yc_condense_job *job)
{
	const struct yc_data *d = job->data;
	const double side = d->side / 32.0;
	const struct budget *b;
	double outer;

	if (!c->budget)
		return YC_OK;
	if (yc_images_condensed(job->real))
		return yc_fail(YC_USAGE, "--budget is for real images: of condensed ones "
					 "minutes are enough");
	if (d->side > YC_SIDE_SMALL)
		return yc_fail(YC_USAGE,
			"--budget has schedules for images of up to %d pixels, not of %d",
			YC_SIDE_SMALL, d->side);
	/* The registry points to first members. */
	b = (const struct budget *)(const void *)yc_method_find(
		yc_budgets, "budget", c->budget, strlen(c->budget));
	if (!b)
		return YC_USAGE;
	yc_trajectory_resolve(&c->networks, d);
	outer = round(b->outer * usual / work(c, job));
	outer = fmax(1, fmin(outer, c->full_outer));
	if (!c->outer)
		c->outer = (uint32_t)outer;
	if (isnan(c->lr_img))
		c->lr_img = b->lr_img * job->cfg->ipc / 10 * side * side;
	/* By the schedule, so that a run that --outer ends early can go on. */
	if (isnan(c->lr_img_decay))
		c->lr_img_decay = outer > 1 ? pow(b->end, 1 / (outer - 1)) : 1;
	return YC_OK;
}
