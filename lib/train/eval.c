/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Evaluation recipe": trains several networks on a set, tests each a
 * few times, and gathers mean and standard deviation. */
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include "yc/eval.h"
#include "yc/mem.h"
#include "yc/pool.h"

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
			"--sample-deviation needs two networks at least: --repeat 2");
	return YC_OK;
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
	const struct yc_data *train, *test;
	const struct yc_net *net;
	struct yc_rng rng;
	int32_t *pred; /* [test->n] or NULL */
	int threads;
	struct yc_eval_run run;
	int status;
	char message[256];     /* errors are kept by thread: this one travels */
	struct yc_watch watch; /* of this network; tells the wave's */
	struct wave *wave;
	uint64_t done; /* steps */
};

/* Networks that train side by side, each on one thread. */
struct wave {
	int n;
	struct trial *trial;
	struct yc_watch *watch; /* of the caller, who expects one call at a time */
	pthread_mutex_t lock;
	bool failed;
};

static int trial_test(struct trial *trial, const struct yc_net *net, const yc_real *w)
{
	struct yc_eval_run *run = &trial->run;
	const int status = yc_test(
		net, w, trial->test, NULL, trial->threads, &run->last, trial->pred, NULL);

	if (status == YC_OK && run->last > run->best)
		run->best = run->last;
	return status;
}

static bool trial_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct trial *trial = ctx;

	if (yc_eval_due(epoch, t->hyper.epochs, (int)trial->cfg->tests))
		trial->status = trial_test(trial, t->net, t->w);
	return trial->status < 0;
}

static bool last_of_all(const struct trial *trial)
{
	return trial->run.repeat + 1 == (int)trial->cfg->repeats;
}

static int trial_train(struct trial *trial)
{
	const struct yc_train_opts *training = trial->cfg->training;
	const struct yc_hyper hyper = yc_train_opts_hyper(training);
	const struct yc_observer o = {.ctx = trial, .epoch = trial_epoch};
	struct yc_trainer t;
	int status = yc_trainer_new(
		&t, trial->net, trial->train, &hyper, trial->rng, trial->threads);

	if (status < 0)
		return status;
	status = yc_train_opts_weights(
		training, trial->net, t.w, yc_rng_fork(&trial->rng, "init-net", 0));
	if (status == YC_OK)
		status = yc_train(&t, &o, &trial->watch, "networks");
	if (status == YC_OK)
		status = trial->status;
	if (status == YC_OK && last_of_all(trial))
		status = yc_train_opts_save(training, trial->net, t.w);
	yc_trainer_release(&t);
	return status;
}

static int trial_untrained(struct trial *trial)
{
	const struct yc_train_opts *training = trial->cfg->training;
	yc_real *w = yc_calloc(yc_net_size(trial->net), sizeof *w);
	int status = YC_FAIL;

	if (w)
		status = yc_train_opts_weights(
			training, trial->net, w, yc_rng_fork(&trial->rng, "init-net", 0));
	if (w && status == YC_OK)
		status = trial_test(trial, trial->net, w);
	if (w && status == YC_OK && last_of_all(trial))
		status = yc_train_opts_save(training, trial->net, w);
	yc_free(w);
	return status;
}

static double now(struct yc_watch *watch)
{
	return watch && watch->now ? watch->now(watch) : 0;
}

/* The progress of a wave is that of its networks together. */
static void trial_tick(struct yc_watch *w, const char *phase, uint64_t done,
	uint64_t total, const char *text)
{
	struct trial *trial = (struct trial *)((char *)w - offsetof(struct trial, watch));
	struct wave *wave = trial->wave;
	const int first = wave->trial->run.repeat + 1, all = (int)trial->cfg->repeats;
	uint64_t sum = 0;
	char name[48];

	(void)phase;
	if (wave->n > 1)
		snprintf(name, sizeof name, "networks %d-%d of %d", first,
			first + wave->n - 1, all);
	else
		snprintf(name, sizeof name, "network %d of %d", first, all);
	pthread_mutex_lock(&wave->lock);
	trial->done = done;
	for (int i = 0; i < wave->n; i++)
		sum += wave->trial[i].done;
	yc_watch_tick(wave->watch, name, sum, total * (uint64_t)wave->n, text);
	w->stop = wave->failed || yc_watch_stopped(wave->watch);
	pthread_mutex_unlock(&wave->lock);
}

static void trial_run(void *ctx, int unit, int worker)
{
	struct wave *wave = ctx;
	struct trial *trial = &wave->trial[unit];
	const double start = now(wave->watch);

	(void)worker;
	trial->status = trial->cfg->training->epochs ? trial_train(trial)
						     : trial_untrained(trial);
	trial->run.seconds = now(wave->watch) - start;
	if (trial->status == YC_OK)
		return;
	pthread_mutex_lock(&wave->lock);
	/* Those that stop because of the first one do not speak for it. */
	if (!wave->failed)
		snprintf(trial->message, sizeof trial->message, "%s", yc_errmsg());
	wave->failed = true;
	pthread_mutex_unlock(&wave->lock);
}

/* Runs the networks; the error of the one that failed first is recorded here. */
static int wave_run(struct wave *wave)
{
	wave->failed = false;
	yc_parallel(wave->n, wave->n, trial_run, wave);
	for (int i = 0; i < wave->n; i++)
		if (wave->trial[i].message[0])
			return yc_fail(
				wave->trial[i].status, "%s", wave->trial[i].message);
	return YC_OK;
}

int yc_eval(const struct yc_eval_cfg *cfg, const struct yc_data *train,
	const struct yc_data *test,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_eval_sum *sum, struct yc_watch *watch)
{
	const struct yc_rng root = yc_rng_new(cfg->seed, "eval");
	const int most = cfg->threads > 1 ? cfg->threads : 1, repeats = (int)cfg->repeats;
	struct wave wave = {.watch = watch, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct yc_eval_tally tally = {0};
	struct yc_net *net = NULL;
	int status = yc_train_opts_net(cfg->training, test, &net);

	if (status == YC_OK &&
		!(wave.trial = yc_calloc((size_t)most, sizeof *wave.trial)))
		status = YC_FAIL;
	/* Small batches leave threads idle, whole networks do not: as long as there is
	 * one for every thread they train side by side, the rest one by one on all
	 * threads. */
	for (int r = 0; r < repeats && status == YC_OK; r += wave.n) {
		wave.n = repeats - r < most ? 1 : most;
		for (int i = 0; i < wave.n; i++) {
			const uint64_t repeat = (uint64_t)(r + i);

			wave.trial[i] = (struct trial){.cfg = cfg,
				.train = train,
				.test = test,
				.net = net,
				.rng = yc_rng_fork(&root, "repeat", repeat),
				.pred = cfg->pred ? cfg->pred + repeat * (size_t)test->n
						  : NULL,
				.threads = wave.n > 1 ? 1 : most,
				.run = {.repeat = r + i, .best = -1},
				.watch = {.tick = trial_tick},
				.wave = &wave};
		}
		status = wave_run(&wave);
		for (int i = 0; i < wave.n && status == YC_OK; i++) {
			yc_eval_add(&tally, &wave.trial[i].run);
			if (done)
				done(ctx, &wave.trial[i].run);
		}
	}
	*sum = yc_eval_finish(&tally, cfg->sample);
	yc_free(wave.trial);
	yc_net_free(net);
	return status;
}
