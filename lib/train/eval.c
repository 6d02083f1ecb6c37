/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "yc/eval.h"
#include "yc/mem.h"

bool yc_eval_due(int epoch, int epochs, int tests)
{
	const int64_t e = epoch, t = tests;

	return (e + 1) * t / epochs > e * t / epochs;
}

void yc_eval_add(struct yc_eval_tally *t, const struct yc_eval_run *r)
{
	const double v[3] = {r->best, r->last, r->seconds};

	/* Shifted by the first value, so that equal runs have a deviation of exactly 0.
	 */
	for (int i = 0; i < 3; i++) {
		if (t->n == 0)
			t->first[i] = v[i];
		t->sum[i] += v[i] - t->first[i];
		t->squares[i] += (v[i] - t->first[i]) * (v[i] - t->first[i]);
	}
	t->n++;
}

struct yc_eval_sum yc_eval_finish(const struct yc_eval_tally *t)
{
	double mean[3] = {0}, dev[3] = {0};

	for (int i = 0; i < 3 && t->n > 0; i++) {
		const double m = t->sum[i] / t->n;

		mean[i] = t->first[i] + m;
		dev[i] = sqrt(fmax(0, t->squares[i] / t->n - m * m));
	}
	return (struct yc_eval_sum){mean[0], dev[0], mean[1], dev[1], mean[2], dev[2]};
}

int yc_eval_match(const struct yc_data *train, const struct yc_data *test)
{
	const struct {
		const char *what;
		int train, test;
	} row[] = {
		{"classes", train->classes, test->classes},
		{"pixels a side", train->side, test->side},
		{"channels", train->channels, test->channels},
	};

	for (size_t i = 0; i < YC_COUNT(row); i++)
		if (row[i].train != row[i].test)
			return yc_fail(YC_FAIL, "has %d %s, the training stream %d",
				row[i].test, row[i].what, row[i].train);
	for (int c = 0; c < train->channels && !train->normalised && !test->normalised;
		c++)
		if (fabs(train->mean[c] - test->mean[c]) > 1e-6 ||
			fabs(train->std[c] - test->std[c]) > 1e-6)
			return yc_fail(YC_FAIL, "is normalised by other mean and std "
						"than the training stream");
	return YC_OK;
}

/* One network in training, as its tests need it. */
struct trial {
	const struct yc_eval_cfg *cfg;
	const struct yc_data *test;
	int32_t *pred; /* [test->n] or NULL */
	struct yc_eval_run run;
	int err;
};

static int trial_test(struct trial *trial, const struct yc_net *net, const yc_real *w)
{
	struct yc_eval_run *run = &trial->run;
	const int err = yc_test(
		net, w, trial->test, trial->cfg->threads, &run->last, trial->pred, NULL);

	if (err == YC_OK && run->last > run->best)
		run->best = run->last;
	return err;
}

static bool trial_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct trial *trial = ctx;

	if (yc_eval_due(epoch, t->recipe.epochs, trial->cfg->tests))
		trial->err = trial_test(trial, t->net, t->w);
	return trial->err < 0;
}

static int trial_train(struct trial *trial, const struct yc_net *net,
	const struct yc_data *train, struct yc_rng rng, struct yc_watch *watch)
{
	const struct yc_setup *setup = trial->cfg->setup;
	const struct yc_recipe recipe = yc_setup_recipe(setup);
	const struct yc_observer o = {.ctx = trial, .epoch = trial_epoch};
	struct yc_trainer t;
	char phase[48];
	int err = yc_trainer_new(&t, net, train, &recipe, rng, trial->cfg->threads);

	if (err < 0)
		return err;
	snprintf(phase, sizeof phase, "network %d of %d", trial->run.repeat + 1,
		trial->cfg->repeats);
	err = yc_setup_weights(setup, net, t.w, yc_rng_fork(&rng, "init-net", 0));
	if (err == YC_OK)
		err = yc_train(&t, &o, watch, phase);
	if (err == YC_OK)
		err = trial->err;
	if (err == YC_OK && trial->run.repeat + 1 == trial->cfg->repeats)
		err = yc_setup_save(setup, net, t.w);
	yc_trainer_release(&t);
	return err;
}

static int trial_untrained(
	struct trial *trial, const struct yc_net *net, struct yc_rng rng)
{
	const struct yc_setup *setup = trial->cfg->setup;
	yc_real *w = yc_alloc(yc_net_size(net), sizeof *w);
	int err = YC_FAIL;

	if (w)
		err = yc_setup_weights(setup, net, w, yc_rng_fork(&rng, "init-net", 0));
	if (w && err == YC_OK)
		err = trial_test(trial, net, w);
	if (w && err == YC_OK && trial->run.repeat + 1 == trial->cfg->repeats)
		err = yc_setup_save(setup, net, w);
	yc_free(w);
	return err;
}

static double now(struct yc_watch *watch)
{
	return watch && watch->now ? watch->now(watch) : 0;
}

int yc_eval(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_eval_sum *sum, struct yc_watch *watch)
{
	const struct yc_rng root = yc_rng_new(cfg->seed, "eval");
	struct yc_eval_tally tally = {0};
	struct yc_net *net = NULL;
	int err = yc_setup_net(cfg->setup, test, &net);

	for (int r = 0; r < cfg->repeats && err == YC_OK; r++) {
		const struct yc_rng rng = yc_rng_fork(&root, "repeat", (uint64_t)r);
		const double start = now(watch);
		struct trial trial = {.cfg = cfg,
			.test = test,
			.pred = cfg->pred ? cfg->pred + (size_t)r * (size_t)test->n
					  : NULL,
			.run = {.repeat = r, .best = -1}};

		if (cfg->setup->epochs)
			err = trial_train(&trial, net, train, rng, watch);
		else
			err = trial_untrained(&trial, net, rng);
		if (err < 0)
			break;
		trial.run.seconds = now(watch) - start;
		yc_eval_add(&tally, &trial.run);
		if (done)
			done(ctx, &trial.run);
	}
	*sum = yc_eval_finish(&tally);
	yc_net_free(net);
	return err;
}
