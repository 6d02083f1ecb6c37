/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_GRADMATCH_SUBSETS_H
#define CONDENSE_GRADMATCH_SUBSETS_H

#include "lib/condense/internal.h"

/*
 * Which prefix of the images of a class is matched beside the whole: yc-methods(7),
 * "MULTISIZE CONDENSATION". Prefix n is the first n*factor^2 tiles in decoded order, for n
 * from 1 to `most`; its distance is measured in some outer iterations, at whose end the
 * prefix for those that follow is chosen.
 */
struct yc_subsets {
	uint32_t period;
	bool freeze;
	int most;
	/* Classes that choose for themselves, or 1: one choice for all. */
	int groups;
	/* Registered. Sum of the distances measured in this iteration, and their number. */
	double *sum;	 /* [groups][most] */
	uint64_t *count; /* [groups][most] */
	double *last;	 /* [groups][most] mean distances of the last choice, rounded */
	int32_t *now;	 /* [groups] the chosen one; 0: none yet */
	int32_t *done;	 /* [groups][most] 1: it has had its turn */
	/* For the log: now and last. */
	float *log_now, *log_last;
};

int yc_subsets_new(struct yc_subsets *s, int classes, int ipc, uint32_t period,
	bool class_wise, bool freeze) YC_CHECKED;
void yc_subsets_release(struct yc_subsets *s);
void yc_subsets_keep(struct yc_subsets *s, struct yc_run *run);
/* Whether outer iteration `it`, from 0, measures and chooses: the first one and the last of
 * every period. */
bool yc_subsets_due(const struct yc_subsets *s, uint64_t it);
/* Adds the distances of a step of class c; images[n-1] of prefix n took part, and without
 * any there is no distance. */
void yc_subsets_add(
	struct yc_subsets *s, int c, const double *distance, const int *images);
/* At the end of such an iteration. */
void yc_subsets_choose(struct yc_subsets *s);
/* The prefix that class c matches, and the one that is frozen meanwhile; 0: none. */
int yc_subsets_now(const struct yc_subsets *s, int c);
int yc_subsets_frozen(const struct yc_subsets *s, int c);

#endif
