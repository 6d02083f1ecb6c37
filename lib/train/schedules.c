/* SPDX-License-Identifier: MIT */
/* The table of learning-rate schedules, yc-methods(7), "Schedules": a new one is an entry
 * here. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "yc/train.h"

static double step_factor(uint64_t done, uint64_t total)
{
	double factor = 1;

	if (done >= total * 2 / 3)
		factor *= 0.2;
	if (done >= total * 5 / 6)
		factor *= 0.2;
	return factor;
}

static double constant_factor(uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	return 1;
}

/* DC's evaluation trains for E+1 epochs and lowers the rate after epoch E div 2 + 1, from
 * 0. */
static uint64_t half_break(uint64_t total)
{
	return total ? (total - 1) / 2 + 2 : 0;
}

static double half_factor(uint64_t done, uint64_t total)
{
	return done >= half_break(total) ? 0.1 : 1;
}

static double cosine_factor(uint64_t done, uint64_t total)
{
	return total ? 0.5 + 0.5 * cos(3.14159265358979323846 * (double)done /
					   (double)total)
		     : 1;
}

static const struct yc_schedule step = {
	.method = {.name = "step",
		.summary = "times 0.2 after 2/3 and 5/6 of the training"},
	.factor = step_factor,
};
static const struct yc_schedule constant = {
	.method = {.name = "constant", .summary = "the same throughout"},
	.factor = constant_factor,
};
static const struct yc_schedule half = {
	.method = {.name = "half",
		.summary = "times 0.1 after half of the training, where the optimiser is "
			   "reset"},
	.factor = half_factor,
	.restart = half_break,
};

static const struct yc_schedule cosine = {
	.method = {.name = "cosine", .summary = "half a cosine wave, down to 0"},
	.factor = cosine_factor,
};

const struct yc_method *const yc_schedules[] = {
	&step.method, &constant.method, &half.method, &cosine.method, NULL};

const struct yc_schedule *yc_schedule_find(const char *name)
{
	const struct yc_method *m =
		name ? yc_method_find(yc_schedules, "schedule", name, strlen(name))
		     : yc_schedules[0];

	assert(m);
	return (const struct yc_schedule *)m;
}
