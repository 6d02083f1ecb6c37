/* SPDX-License-Identifier: MIT */
#ifndef YC_TRAIN_H
#define YC_TRAIN_H

#include "yc/augment.h"
#include "yc/data.h"
#include "yc/net.h"
#include "yc/optimiser.h"
#include "yc/watch.h"

/*
 * The one training loop. yc-eval and yc-score run it to its end (yc_train); yc-condense
 * takes single steps of it for its network updates (yc_trainer_step).
 */
struct yc_hyper {
	int epochs, batch;
	const char *optimiser;	    /* NULL: sgd */
	double lr, momentum, decay; /* 0.01, 0.9, 5e-4 */
	const char *schedule;	    /* of yc_schedules; NULL: step */
	/* epochs and stop count steps; for observers a step is an epoch (D40) */
	bool by_step;
	bool per_iteration;    /* schedule breaks counted in iterations (D42) */
	const char *aug;       /* strategy, per image */
	bool aug_all, aug_one; /* of yc_aug */
	double mix_p;	       /* CutMix probability per batch */
	bool squares;	       /* loss: of yc_target */
	int stop; /* epochs actually trained under the schedule of `epochs`; 0: all */
};

/*
 * How the learning rate changes over a training, yc-methods(7), "Schedules".
 */
struct yc_schedule {
	struct yc_method method;
	/* Factor of the learning rate after `done` of `total` units (epochs or iterations). */
	double (*factor)(uint64_t done, uint64_t total);
	/* The unit, from 0, before which the state of the optimiser is zeroed. NULL: none. */
	uint64_t (*restart)(uint64_t total);
};
extern const struct yc_method *const yc_schedules[]; /* NULL-terminated */
/* The entry of that name; NULL: the first. Names were checked by an option table. */
const struct yc_schedule *yc_schedule_find(const char *name);

/*
 * State of one training: a permutation of the data per epoch (last partial batch kept),
 * state of the optimiser, random streams. Everything is allocated by yc_trainer_new;
 * steps allocate nothing. Fields are public for checkpoints.
 */
struct yc_trainer {
	const struct yc_net *net;
	const struct yc_data *data;
	struct yc_hyper hyper;
	struct yc_exec *exec;
	struct yc_aug aug;
	const struct yc_optimiser *optimiser;
	yc_real *w, *dw; /* [yc_net_size] weights, gradient */
	yc_real *m; /* [optimiser->states][yc_net_size] its state: for sgd the momentum */
	const struct yc_schedule *schedule;
	uint64_t steps; /* done */
	uint64_t
		restart; /* of these, before the state of the optimiser was last zeroed */
	int32_t *perm;	 /* [data->n] the permutation of this epoch */
	int perm_at;	 /* next position in it; data->n: draw a new one */
	struct yc_rng rng_batch, rng_aug, rng_mix; /* yc-methods(7), "RANDOM STREAMS" */
	struct yc_rng rng_rrc; /* never advances: batches fork it by epoch and position */
	int threads;
	/* the last batch */
	int n;
	const int32_t *idx; /* [n] into data */
	double loss;	    /* mean, before the update */
	yc_real *logits;    /* [n][classes] of that forward pass */
	struct yc_trainer_scratch *scratch;
};

/* Streams are forked from `rng` by "net-batch", "aug-image", "rrc", "cutmix". Weights
 * start as zero: the caller fills t->w (yc_net_init with fork "init-net", or
 * yc_net_fetch). */
int yc_trainer_new(struct yc_trainer *t, const struct yc_net *net,
	const struct yc_data *data, const struct yc_hyper *hyper, struct yc_rng rng,
	int threads) YC_CHECKED;
void yc_trainer_release(struct yc_trainer *t);
/* Begins another training with streams forked from `rng`; the weights are the caller's. */
void yc_trainer_renew(struct yc_trainer *t, struct yc_rng rng);
/* One batch, its gradient, a step of the optimiser with learning rate lr. */
void yc_trainer_step(struct yc_trainer *t, double lr);
/* The next step under the schedule of its hyperparameters. YC_FAIL when the loss is no
 * longer finite. */
int yc_trainer_next(struct yc_trainer *t) YC_CHECKED;
/* Instead of a step: only its random draws are made. */
void yc_trainer_skip(struct yc_trainer *t);
/* Steps in one pass over the data. */
int yc_trainer_steps(const struct yc_trainer *t);

/* Observes a training; hooks may be NULL. A hook that returns true ends the training. */
struct yc_observer {
	void *ctx;
	void (*batch)(
		void *ctx, int epoch, const struct yc_trainer *t); /* after a step */
	bool (*epoch)(
		void *ctx, int epoch, struct yc_trainer *t); /* after a pass, 0-based */
};
/* Trains t->hyper.epochs passes (at most .stop) with the schedule of its hyperparameters,
 * continuing from t->steps. YC_FAIL "interrupted" when the watch says stop; YC_FAIL when
 * the loss is no longer finite. */
int yc_train(struct yc_trainer *t, const struct yc_observer *o, struct yc_watch *watch,
	const char *phase) YC_CHECKED;

/* Augmentation of the images before a test: each by draws of its own, so that neither
 * order nor threads matter. */
struct yc_random_view {
	const struct yc_aug *aug; /* NULL: not at all */
	struct yc_rng rng;	  /* forked by "image" */
};
/* Fraction of `data` that the network classifies correctly (ties to the lowest class);
 * pred [data->n], the predicted class of every image, and logits [data->n][classes] may
 * be NULL. `view` NULL: no augmentation. */
int yc_test(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	const struct yc_random_view *view, int threads, double *accuracy, int32_t *pred,
	yc_real *logits) YC_CHECKED;
/* Input of the last layer for every image: embed [data->n][embedding]. */
int yc_embed(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	const struct yc_random_view *view, int threads, yc_real *embed) YC_CHECKED;

#endif
