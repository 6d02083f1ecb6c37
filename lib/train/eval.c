/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Evaluation recipe": trains several networks on a set, tests each a
 * few times, and gathers mean and standard deviation. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/internal.h"
#include "yc/eval.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/zca.h"

bool yc_eval_due(int epoch, int epochs, int tests)
{
	const int64_t e = epoch, t = tests;

	return (e + 1) * t / epochs > e * t / epochs;
}

void yc_eval_add(struct yc_eval_tally *t, const struct yc_eval_run *r)
{
	const double v[3] = {r->best, r->last, r->seconds};

	/* Relative to the first value, so that equal runs have a deviation of exactly 0.
	 */
	for (int i = 0; i < 3; i++) {
		if (t->n == 0)
			t->first[i] = v[i];
		t->sum[i] += v[i] - t->first[i];
		t->squares[i] += (v[i] - t->first[i]) * (v[i] - t->first[i]);
	}
	t->n++;
}

struct yc_eval_sum yc_eval_finish(const struct yc_eval_tally *t, bool sample)
{
	const double unbiased = (double)t->n / (t->n - sample);
	double mean[3] = {0}, dev[3] = {0};

	for (int i = 0; i < 3 && t->n > 0; i++) {
		const double m = t->sum[i] / t->n;

		mean[i] = t->first[i] + m;
		dev[i] = sqrt(fmax(0, t->squares[i] / t->n - m * m) * unbiased);
	}
	return (struct yc_eval_sum){mean[0], dev[0], mean[1], dev[1], mean[2], dev[2]};
}

int yc_eval_check(const struct yc_eval_cfg *cfg)
{
	if (cfg->training->steps && cfg->training->epochs != YC_EPOCHS_OPEN)
		return yc_fail(YC_USAGE, "--steps and --epochs exclude each other");
	if (cfg->sample && cfg->repeats < 2)
		return yc_fail(YC_USAGE,
			"--sample-deviation needs at least two networks: --repeat 2");
	return YC_OK;
}

int yc_eval_recipe(struct yc_eval_cfg *cfg, const struct yc_opts *group,
	const struct yc_meta *head, struct yc_watch *watch)
{
	const bool by_set = !cfg->recipe;
	const char *usual = yc_recipes[0]->name;
	char text[160];

	if (by_set)
		cfg->recipe = yc_recipe_of(head);
	if (by_set && watch && watch->note && strcmp(cfg->recipe, usual) != 0) {
		(void)snprintf(text, sizeof text,
			"the recipe is %s, by which such sets were evaluated: --recipe "
			"%s "
			"compares it with others",
			cfg->recipe, usual);
		watch->note(watch, text);
	}
	return yc_recipe_apply(cfg->recipe, group, head);
}

int yc_eval_match(const struct yc_data *train, struct yc_data *test, int threads)
{
	const struct {
		const char *what;
		int train, test;
	} row[] = {
		{"classes", train->classes, test->classes},
		{"pixels per side", train->side, test->side},
		{"channels", train->channels, test->channels},
	};

	for (size_t i = 0; i < YC_COUNT(row); i++)
		if (row[i].train != row[i].test && i == 1)
			return yc_fail(YC_FAIL,
				"has %d pixels per side, the training stream %d: load "
				"both with the same --side, or yc-decode what has tiles",
				row[i].test, row[i].train);
		else if (row[i].train != row[i].test)
			return yc_fail(YC_FAIL, "has %d %s, the training stream %d",
				row[i].test, row[i].what, row[i].train);
	if (train->normalised || test->normalised)
		return YC_OK;
	/* What networks learnt with is what they are tested with. */
	if (test->zca && (!train->zca || strcmp(yc_zca_text(test->zca),
						 yc_zca_text(train->zca)) != 0))
		return yc_fail(YC_FAIL,
			"is whitened by '%s', the training stream %s%s: yc-whiten none "
			"undoes it",
			yc_zca_text(test->zca), train->zca ? "by " : "is not",
			train->zca ? yc_zca_text(train->zca) : "");
	if (train->zca)
		return yc_data_whiten_as(test, train, threads);
	if (test->computed)
		yc_data_normalise_as(test, train);
	for (int c = 0; c < train->channels; c++)
		if (fabs(train->mean[c] - test->mean[c]) > 1e-6 ||
			fabs(train->std[c] - test->std[c]) > 1e-6)
			return yc_fail(YC_FAIL, "is normalised by other mean and std "
						"than the training stream: load both "
						"with the same --mean and --std");
	return YC_OK;
}

/* State shared by all networks. */
struct evaluation {
	const struct yc_eval_cfg *cfg;
	const struct yc_data *train, *test;
	const struct yc_net *net;
	struct yc_eval_run *run; /* [repeats] */
	void (*done)(void *ctx, const struct yc_eval_run *run);
	void *ctx;
	struct yc_eval_tally tally;
};

/* One network during training and its tests. */
struct trial {
	const struct evaluation *all;
	struct yc_one *one;
	struct yc_eval_run *run;
	int status;
};

static int trial_test(struct trial *trial, const yc_real *w, int epoch)
{
	const struct evaluation *all = trial->all;
	struct yc_eval_run *run = trial->run;
	int32_t *pred = all->cfg->pred;
	const int status = yc_test(all->net, w, all->test, NULL, trial->one->threads,
		&run->last,
		pred ? pred + (size_t)run->repeat * (size_t)all->test->n : NULL, NULL);

	if (status < 0)
		return status;
	if (run->last > run->best)
		run->best = run->last;
	yc_watch_measured(&trial->one->watch, "test",
		(struct yc_measure[]){{"network", run->repeat + 1, true},
			{"epoch", epoch, true}, {"accuracy", run->last, false}},
		3);
	return YC_OK;
}

static bool trial_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct trial *trial = ctx;

	if (yc_eval_due(epoch, t->hyper.epochs, (int)trial->all->cfg->tests))
		trial->status = trial_test(trial, t->w, epoch + 1);
	return trial->status < 0;
}

/* Weights of this network before training. */
static int start(const struct trial *trial, yc_real *w)
{
	return yc_train_opts_weights(trial->all->cfg->training, trial->all->net,
		trial->one->index, w, yc_rng_fork(&trial->one->rng, "init-net", 0));
}

static int save(const struct trial *trial, const yc_real *w)
{
	return trial->run->repeat + 1 == (int)trial->all->cfg->repeats
		       ? yc_train_opts_save(trial->all->cfg->training, trial->all->net, w)
		       : YC_OK;
}

static int trial_train(struct trial *trial, struct yc_watch *watch)
{
	const struct evaluation *all = trial->all;
	const struct yc_hyper hyper = yc_train_opts_hyper(all->cfg->training);
	const struct yc_observer o = {.ctx = trial, .epoch = trial_epoch};
	struct yc_trainer t;
	int status = yc_trainer_new(
		&t, all->net, all->train, &hyper, trial->one->rng, trial->one->threads);

	if (status < 0)
		return status;
	status = start(trial, t.w);
	if (status == YC_OK)
		status = yc_train(&t, &o, watch, "networks");
	if (status == YC_OK)
		status = trial->status;
	if (status == YC_OK)
		status = save(trial, t.w);
	yc_trainer_release(&t);
	return status;
}

static int trial_untrained(struct trial *trial)
{
	yc_real *w = yc_calloc(yc_net_size(trial->all->net), sizeof *w);
	int status = w ? start(trial, w) : YC_FAIL;

	if (status == YC_OK)
		status = trial_test(trial, w, 0);
	if (status == YC_OK)
		status = save(trial, w);
	yc_free(w);
	return status;
}

static int trial_run(void *ctx, struct yc_one *one)
{
	const struct evaluation *all = ctx;
	struct trial trial = {.all = all, .one = one, .run = &all->run[one->index]};

	*trial.run = (struct yc_eval_run){.repeat = one->index, .best = -1};
	return all->cfg->training->epochs ? trial_train(&trial, &one->watch)
					  : trial_untrained(&trial);
}

static void trial_done(void *ctx, const struct yc_one *one)
{
	struct evaluation *all = ctx;
	struct yc_eval_run *run = &all->run[one->index];

	run->seconds = one->seconds;
	yc_eval_add(&all->tally, run);
	if (all->done)
		all->done(all->ctx, run);
}

/* Without a training stream nobody knows what its images were normalised with. */
static void note_computed(
	const struct yc_data *train, const struct yc_data *test, struct yc_watch *watch)
{
	if (train->n || !test->computed || test->normalised)
		return;
	watch->note(watch, "mean and std of the test images were computed over them: if "
			   "the networks "
			   "learnt with others, give these to yc-load (--mean, --std)");
}

/* Test images of a class that networks never saw count as errors. */
static int note_unseen(
	const struct yc_data *train, const struct yc_data *test, struct yc_watch *watch)
{
	/* [classes] images to train with, and to test with where there are none of those */
	int *trained = yc_calloc((size_t)test->classes, 2 * sizeof *trained);
	int *lost = trained ? trained + test->classes : NULL;
	int classes = 0, first = -1, images = 0;
	char text[256];

	if (!trained)
		return YC_FAIL;
	for (int i = 0; i < train->n; i++)
		trained[train->label[i]]++;
	for (int i = 0; i < test->n; i++)
		lost[test->label[i]] += !trained[test->label[i]];
	for (int c = 0; c < test->classes; c++) {
		if (lost[c] && classes++ == 0)
			first = c;
		images += lost[c];
	}
	yc_free(trained);
	if (!classes)
		return YC_OK;
	(void)snprintf(text, sizeof text,
		"no training images of %d of the %d classes, the first is %d: their %d "
		"test images count as errors",
		classes, test->classes, first, images);
	watch->note(watch, text);
	return YC_OK;
}

/* What makes an accuracy mean something else than it seems to. */
static int note(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test, struct yc_watch *watch)
{
	if (!watch || !watch->note)
		return YC_OK;
	note_computed(train, test, watch);
	if (!cfg->training->epochs && !cfg->training->init_net)
		watch->note(watch, "--epochs 0 without --init-net: these are networks "
				   "that were not trained");
	/* A soft label has a part of every class. */
	return cfg->training->epochs && !train->soft ? note_unseen(train, test, watch)
						     : YC_OK;
}

int yc_eval(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_eval_sum *sum, struct yc_watch *watch)
{
	struct evaluation all = {
		.cfg = cfg, .train = train, .test = test, .done = done, .ctx = ctx};
	struct yc_several several = {.n = (int)cfg->repeats,
		.threads = cfg->threads,
		.seed = cfg->seed,
		.watch = watch,
		.ctx = &all,
		.run = trial_run,
		.done = trial_done};
	struct yc_net *net = NULL;
	int status = yc_train_opts_net(cfg->training, test, &net);

	if (status == YC_OK)
		status = note(cfg, train, test, watch);
	all.net = net;
	all.run = yc_calloc(cfg->repeats, sizeof *all.run);
	if (status == YC_OK)
		status = all.run ? yc_several_run(&several) : YC_FAIL;
	*sum = yc_eval_finish(&all.tally, cfg->sample);
	yc_free(all.run);
	yc_net_free(net);
	return status;
}
