/* SPDX-License-Identifier: MIT */
#ifndef YC_EVAL_H
#define YC_EVAL_H

#include "yc/set.h"
#include "yc/train_opts.h"

/*
 * How good is a set to train on: trains fresh networks on it and tests them on another
 * set by the "Evaluation recipe" of yc-methods(7). Accuracies are fractions.
 */
struct yc_eval_cfg {
	const struct yc_train_opts *training;
	/* networks, each with random streams of its own; side by side on one thread each
	 * while there is one for every thread */
	uint32_t repeats;
	uint32_t tests; /* spread evenly over a training, the last one after its end */
	bool sample;	/* deviations are those of a sample */
	uint64_t seed;
	int threads;
	int32_t *pred; /* [repeats][test->n] classes predicted at the end, filled; or NULL
			*/
};

/* Rows for a config struct S with a member f of type struct yc_eval_cfg, and the one of
 * its training that only yc-eval has, for a member g of type struct yc_train_opts. */
/* clang-format off */
#define YC_EVAL_ROWS(S, f, g) \
	YC_OPT(S, f.repeats, .name = "repeat", .letter = 'r', .arg = "n", .def = "3", .min = 1, \
		.max = 10000, .help = "networks to train"), \
	YC_OPT(S, f.tests, .name = "tests", .arg = "n", .def = "4", .min = 1, .max = 1e6, \
		.help = "tests of each, evenly spread, the last after its end"), \
	YC_OPT(S, f.sample, .name = "sample-deviation", \
		.help = "divide by the number of networks less one in deviations"), \
	YC_OPT(S, g.steps, .name = "steps", .arg = "n", .min = 1, .max = 1e9, \
		.auto_help = "as many as the epochs have", \
		.help = "train for n batches, whatever the size of the set")
/* clang-format on */

/* YC_USAGE when options contradict each other; before anything is resolved. */
int yc_eval_check(const struct yc_eval_cfg *cfg) YC_CHECKED;

/* One network that is finished; borrowed, valid during the call. */
struct yc_eval_run {
	int repeat;	   /* 0-based */
	double best, last; /* of its tests; best is chosen on the test set (D39) */
	double seconds;	   /* by watch->now, else 0 */
};

/* Over all networks: mean and standard deviation (D44). */
struct yc_eval_sum {
	double best, best_dev, last, last_dev, seconds, seconds_dev;
};

/* YC_FAIL unless networks for `train` can be tested on `test`: classes, side, channels.
 */
int yc_eval_match(const struct yc_data *train, const struct yc_data *test) YC_CHECKED;

/*
 * Trains and tests. With no epochs the starting weights are tested and `train` may be
 * NULL. `done` (may be NULL) is called after every network; the last network is kept if
 * the options say so.
 */
int yc_eval(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_eval_sum *sum, struct yc_watch *watch) YC_CHECKED;

/* Writes a table "id label predicted repeat", a line for every test image and network,
 * atomically. `set` is what `test` was decoded from, pred as yc_eval filled it. */
int yc_predictions_save(const char *path, const struct yc_set *set,
	const struct yc_data *test, const int32_t *pred, int repeats) YC_CHECKED;

#endif
