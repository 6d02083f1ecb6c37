/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_INTERNAL_H
#define TRAIN_INTERNAL_H

/* What the files of lib/train share and nobody else sees but their tests. */

#include "yc/eval.h"
#include "yc/fail.h"
#include "yc/rng.h"
#include "yc/watch.h"

/*
 * several.c: several networks, each with random streams of its own. Small batches leave
 * threads idle, whole networks do not: as long as there is one for every thread they train
 * side by side, each on one thread, the rest one by one on all threads.
 */
struct yc_one { /* a network while it trains */
	int index;
	struct yc_rng rng; /* forked by "repeat" */
	int threads;
	struct yc_watch watch; /* for yc_train; tells that of all */
	double seconds;
	/* several.c's own */
	void *wave;
	uint64_t done;	   /* steps */
	int status, cause; /* cause: errno */
	char message[256]; /* errors are kept by thread: this one travels */
};

struct yc_several {
	int n;
	int threads;
	int side; /* most networks side by side; 0: as many as threads */
	uint64_t seed;
	struct yc_watch *watch; /* or NULL */
	void *ctx;
	/* On any thread. */
	int (*run)(void *ctx, struct yc_one *one);
	/* In order, on the caller's thread; or NULL. */
	void (*done)(void *ctx, const struct yc_one *one);
};
int yc_several_run(const struct yc_several *s) YC_CHECKED;

/* train.c */
/* Learning rate when `done` of `total` units (epochs or iterations) lie behind. */
double yc_hyper_rate(const struct yc_hyper *r, uint64_t done, uint64_t total);
/* The next batch: fetched, augmented, mixed. Images [t->n][side][side][channels] and
 * targets stay the trainer's, until the next batch. */
const yc_real *yc_trainer_batch(struct yc_trainer *t, struct yc_target *target);

/* train_opts.c */
/* yc-methods(7), "Epoch rule", for so many decoded images per class. */
uint32_t yc_train_opts_epochs(uint64_t per_class, int classes);

/* eval.c */
/* Whether a test follows epoch `epoch` (0-based): `tests` of them, evenly spread, one
 * after the last epoch; after every epoch where there are fewer epochs than tests. */
bool yc_eval_due(int epoch, int epochs, int tests);
/* Adds up runs: start with a zeroed sum, n counts from 0; yc_eval_finish ends it. */
struct yc_eval_tally {
	int n;
	double sum[3], squares[3], first[3];
};
void yc_eval_add(struct yc_eval_tally *t, const struct yc_eval_run *r);
/* Deviations are those of the population, which these runs are, or if they are a sample
 * of one, of two or more, its estimate. */
struct yc_eval_sum yc_eval_finish(const struct yc_eval_tally *t, bool sample);

/* snapshots.c */
/* The epochs that `text` names, of 0..epochs: due[epoch] is set for each. How many, or
 * YC_USAGE. */
int yc_snapshots_parse(const char *text, int epochs, bool *due) YC_CHECKED;

#endif
