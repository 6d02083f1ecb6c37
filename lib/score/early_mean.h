/* SPDX-License-Identifier: MIT */
#ifndef SCORE_EARLY_MEAN_H
#define SCORE_EARLY_MEAN_H

#include "yc/score.h"

/* A score that is the mean over the first epochs of what dynamics have of a tile: its file says of
 * what, and over how many. The state is a sum per decoded image. */
struct yc_early {
	uint32_t epochs; /* at most all, once it is planned */
};

/* The option row, by default so many */
#define YC_EARLY_ROW(usual) \
	YC_OPT(struct yc_early, epochs, .name = "early", .arg = "n", .def = usual, \
		.min = 1, .max = 1e6, \
		.help = "mean over the first n epochs, at most all")

/* Hooks of a struct yc_score, whose cfg is a struct yc_early. */
int yc_early_plan(
	void *cfg, const struct yc_score_job *job, struct yc_score_plan *p) YC_CHECKED;
int yc_early_finish(const void *cfg, void *state, const struct yc_score_job *job,
	float *score) YC_CHECKED;
/* For `observe`: the value of each of n images is added to the state. */
void yc_early_add(void *state, const float *value, int n);

#endif
