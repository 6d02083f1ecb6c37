/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_INTERNAL_H
#define TRAIN_INTERNAL_H

/* Declarations shared within lib/train and its tests. */

#include "yc/eval.h"
#include "yc/fail.h"
#include "yc/record.h"
#include "yc/rng.h"
#include "yc/set.h"
#include "yc/watch.h"

/*
 * several.c: several networks, each with random streams of its own. Small batches leave
 * threads idle, whole networks do not: as long as there is one for every thread they
 * train in parallel, each on one thread, and the rest one by one on all threads.
 */
struct yc_one { /* a network while it trains */
	int index;
	struct yc_rng rng; /* forked by "repeat" */
	int threads;
	struct yc_watch watch; /* for yc_train; forwards to the common one */
	double seconds;
	/* private to several.c */
	void *wave;
	uint64_t done;	   /* steps */
	int status, cause; /* cause: errno */
	char message[256]; /* error messages are per thread: this one is passed on */
};

struct yc_several {
	int n;
	int threads;
	int side; /* maximum networks in parallel; 0: number of threads */
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
/* Learning rate after `done` of `total` units (epochs or iterations). */
double yc_hyper_rate(const struct yc_hyper *r, uint64_t done, uint64_t total);
/* The next batch: fetched, augmented, mixed. Images [t->n][side][side][channels] and
 * targets stay the trainer's, until the next batch. */
const yc_real *yc_trainer_batch(struct yc_trainer *t, struct yc_target *target);

/* train_opts.c */
/* yc-methods(7), "Epoch rule", for so many decoded images per class. */
uint32_t yc_train_opts_epochs(uint64_t per_class, int classes);

/* eval.c */
/* Whether a test follows epoch `epoch` (0-based): `tests` of them, evenly spaced, the
 * last after the last epoch; after every epoch if there are fewer epochs than tests. */
bool yc_eval_due(int epoch, int epochs, int tests);
/* Accumulates runs: begin with a zeroed sum, n counts from 0; yc_eval_finish completes
 * it. */
struct yc_eval_tally {
	int n;
	double sum[3], squares[3], first[3];
};
void yc_eval_add(struct yc_eval_tally *t, const struct yc_eval_run *r);
/* Population standard deviation of the runs, or with `sample`, for two or more, the
 * sample standard deviation. */
struct yc_eval_sum yc_eval_finish(const struct yc_eval_tally *t, bool sample);

/* nets_torch.c */
/* Fills `r` with the weights in a file of torch.save of at most `most` bytes (0:
 * YC_RECORD_BYTES): integers as I64, floats of any precision as F32. YC_NO: a file of
 * another kind, whose reader says what is wrong with it. */
int yc_nets_torch(struct yc_record *r, const char *path, uint64_t most) YC_CHECKED;

/* snapshots.c */
/* The head of the images, so that the streams may be joined; but without yc.order, since
 * there are no rows. */
int yc_nets_make_head(struct yc_record *r, const struct yc_set *set) YC_CHECKED;
/* Parses the epochs in `text`, from 0..epochs: due[epoch] is set for each. Returns their
 * number, or YC_USAGE. */
int yc_snapshots_parse(const char *text, int epochs, bool *due) YC_CHECKED;

#endif
