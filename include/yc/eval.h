/* SPDX-License-Identifier: MIT */
#ifndef YC_EVAL_H
#define YC_EVAL_H

#include "yc/recipe.h"
#include "yc/set.h"
#include "yc/train_opts.h"

/*
 * Evaluates a training set: trains networks on it from scratch and tests them on another
 * set by the "Evaluation recipe" of yc-methods(7). Accuracies are fractions.
 */
struct yc_eval_cfg {
	const struct yc_train_opts *training;
	const char *recipe; /* of yc_recipes; NULL: by the head of the training images */
	/* networks, each with random streams of its own; in parallel on one thread each
	 * as long as there is one for every thread */
	uint32_t repeats;
	uint32_t tests; /* evenly spaced over a training, the last one at its end */
	bool sample;	/* sample instead of population standard deviation */
	uint64_t seed;
	int threads;
	int32_t *pred; /* [repeats][test->n] classes predicted at the end, filled; or NULL
			*/
};

/* Rows for a config struct S with a member f of type struct yc_eval_cfg, and the one of
 * its training that only yc-eval has, for a member g of type struct yc_train_opts. */
/* clang-format off */
#define YC_EVAL_ROWS(S, f, g) \
	YC_OPT(S, f.recipe, .name = "recipe", .table = yc_recipes, .unit = YC_CHOICE, \
		.auto_help = "as the set was made", \
		.help = "evaluation whose values stand for defaults"), \
	YC_OPT(S, f.repeats, .name = "repeat", .letter = 'r', .arg = "n", .def = "3", .min = 1, \
		.max = 10000, .help = "networks to train"), \
	YC_OPT(S, f.tests, .name = "tests", .arg = "n", .def = "4", .min = 1, .max = 1e6, \
		.help = "tests of each, evenly spaced, the last at its end"), \
	YC_OPT(S, f.sample, .name = "sample-deviation", \
		.help = "report the sample standard deviation (n - 1)"), \
	YC_OPT(S, g.loss, .name = "loss", .arg = "ce|mse", .unit = YC_CHOICE, .def = "ce", \
		.help = "cross-entropy, or mean square of errors towards centred labels"), \
	YC_OPT(S, g.steps, .name = "steps", .arg = "n", .min = 1, .max = 1e9, \
		.auto_help = "those of the epochs", \
		.help = "train for n batches, independent of the size of the set")
/* clang-format on */

/* Before anything is resolved: the recipe, by the head unless it was given, sets the
 * options in the tool's table that were not, and a note says what it was, unless it is the
 * first. */
int yc_eval_recipe(struct yc_eval_cfg *cfg, const struct yc_opts *group,
	const struct yc_meta *head, struct yc_watch *watch) YC_CHECKED;
/* YC_USAGE when options contradict each other; before anything is resolved. */
int yc_eval_check(const struct yc_eval_cfg *cfg) YC_CHECKED;

/* A finished network; borrowed, valid during the call. */
struct yc_eval_run {
	int repeat;	   /* 0-based */
	double best, last; /* over its tests; best is chosen on the test set (D39) */
	double seconds;	   /* by watch->now, else 0 */
};

/* Over all networks: mean and standard deviation (D44). */
struct yc_eval_sum {
	double best, best_dev, last, last_dev, seconds, seconds_dev;
};

/* YC_FAIL unless networks for `train` can be tested on `test`: classes, side, channels.
 * Where the training images are whitened, the others become so as well, on so many threads,
 * and `train` has to outlive `test`. */
int yc_eval_match(
	const struct yc_data *train, struct yc_data *test, int threads) YC_CHECKED;

/*
 * Trains and tests. With no epochs the initial weights are tested and `train` may be
 * NULL. `done` (may be NULL) is called after every network; the last network is saved
 * with --save-net.
 */
int yc_eval(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_eval_sum *sum, struct yc_watch *watch) YC_CHECKED;

/* Memory for cfg->pred. */
int yc_predictions_new(struct yc_eval_cfg *cfg, const struct yc_data *test) YC_CHECKED;
/* Writes a table "id label predicted repeat", a line for every test image and network,
 * atomically. `set` is what `test` was decoded from, pred as yc_eval filled it. */
int yc_predictions_save(const char *path, const struct yc_set *set,
	const struct yc_data *test, const int32_t *pred, int repeats) YC_CHECKED;

#endif
