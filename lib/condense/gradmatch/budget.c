/* SPDX-License-Identifier: MIT */
/* The schedules of --budget, yc-methods(7), "Budgets": few outer iterations with large steps
 * that become smaller, where the published settings take days of small ones. */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/settings.h"

/* For CIFAR-10 and 10 images per class. Hours are those of two cores of today. The learning
 * rate is that of the first outer iteration, `end` the part of it that the last one has. */
static const struct budget {
	const char *name;
	uint32_t outer;
	double lr_img, end;
} budgets[] = {
	{"1h", 22, 0.1, 0.2},
	{"8h", 176, 0.1, 0.1},
};

/* Of an outer iteration of idc there: see work(). */
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
	const struct budget *b = budgets;
	double decay = 1;

	if (c->budget && yc_images_condensed(job->real))
		return yc_fail(YC_USAGE, "--budget is for real images: of condensed ones "
					 "minutes are enough");
	if (c->budget && d->side > YC_SIDE_SMALL)
		return yc_fail(YC_USAGE,
			"--budget has schedules for images of up to %d pixels, not of %d",
			YC_SIDE_SMALL, d->side);
	if (c->budget) {
		while (strcmp(b->name, c->budget) != 0)
			b++;
		yc_trajectory_resolve(&c->networks, d);
		if (!c->outer)
			c->outer =
				(uint32_t)fmax(1, round(b->outer * usual / work(c, job)));
		if (isnan(c->lr_img))
			c->lr_img = b->lr_img * job->cfg->ipc / 10 * side * side;
		decay = c->outer > 1 ? pow(b->end, 1.0 / (c->outer - 1)) : 1;
	}
	if (isnan(c->lr_img_decay))
		c->lr_img_decay = decay;
	return YC_OK;
}
