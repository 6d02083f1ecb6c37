/* SPDX-License-Identifier: MIT */
/* Trains several networks, in parallel where that is faster, and reports their common
 * progress and time. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/train/internal.h"
#include "yc/fail.h"
#include "yc/mem.h"
#include "yc/pool.h"

/* Networks that train in parallel. */
struct wave {
	const struct yc_several *s;
	struct yc_one *one;
	int n;
	pthread_mutex_t lock; /* serialises calls of the caller's watch */
	bool failed;
	/* for the estimate, of all waves */
	double start; /* -1: not yet */
	uint64_t start_done;
	bool noted;
};

static double now(const struct yc_several *s)
{
	return s->watch && s->watch->now ? s->watch->now(s->watch) : 0;
}

/* If it will take longer than a minute, reports the estimate after some seconds of
 * measuring. */
enum { MEASURE_SECONDS = 2, MEASURE_STEPS = 5, TELL_SECONDS = 60 };

static void tell(struct wave *wave, uint64_t done, uint64_t total)
{
	struct yc_watch *w = wave->s->watch;
	double spent, left;
	char text[96], time[32];

	if (wave->noted || !w || !w->note || !w->now)
		return;
	if (wave->start < 0) {
		wave->start = w->now(w);
		wave->start_done = done;
		return;
	}
	spent = w->now(w) - wave->start;
	if (spent < MEASURE_SECONDS || done < wave->start_done + MEASURE_STEPS)
		return;
	wave->noted = true;
	left = spent / (double)(done - wave->start_done) * (double)(total - done);
	if (left < TELL_SECONDS)
		return;
	yc_duration(left, time, sizeof time);
	snprintf(text, sizeof text, "%d network%s: about %s", wave->s->n,
		wave->s->n == 1 ? "" : "s", time);
	w->note(w, text);
}

/* Reports the progress of all networks together. */
static void one_tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct yc_one *one =
		(struct yc_one *)((char *)w - offsetof(struct yc_one, watch));
	struct wave *wave = (struct wave *)one->wave;
	const int first = wave->one->index + 1, all = wave->s->n;
	uint64_t sum = (uint64_t)wave->one->index * total;
	char name[48];

	(void)phase;
	if (wave->n > 1)
		snprintf(name, sizeof name, "networks %d-%d of %d", first,
			first + wave->n - 1, all);
	else
		snprintf(name, sizeof name, "network %d of %d", first, all);
	pthread_mutex_lock(&wave->lock);
	one->done = done;
	for (int i = 0; i < wave->n; i++)
		sum += wave->one[i].done;
	tell(wave, sum, total * (uint64_t)all);
	yc_watch_tick(wave->s->watch, name, sum, total * (uint64_t)all, text);
	w->stop = wave->failed || yc_watch_stopped(wave->s->watch);
	pthread_mutex_unlock(&wave->lock);
}

static void one_measured(
	struct yc_watch *w, const char *what, const struct yc_measure *m, size_t n)
{
	struct yc_one *one =
		(struct yc_one *)((char *)w - offsetof(struct yc_one, watch));
	struct wave *wave = (struct wave *)one->wave;

	pthread_mutex_lock(&wave->lock);
	yc_watch_measured(wave->s->watch, what, m, n);
	pthread_mutex_unlock(&wave->lock);
}

static double one_now(struct yc_watch *w)
{
	struct yc_one *one =
		(struct yc_one *)((char *)w - offsetof(struct yc_one, watch));

	return now(((struct wave *)one->wave)->s);
}

static void one_run(void *ctx, int unit, int worker)
{
	struct wave *wave = ctx;
	struct yc_one *one = &wave->one[unit];
	const double start = now(wave->s);

	(void)worker;
	one->status = wave->s->run(wave->s->ctx, one);
	one->cause = errno;
	one->seconds = now(wave->s) - start;
	if (one->status == YC_OK)
		return;
	pthread_mutex_lock(&wave->lock);
	/* Networks that stop because of the first failure do not replace its error. */
	if (!wave->failed)
		snprintf(one->message, sizeof one->message, "%s", yc_errmsg());
	wave->failed = true;
	pthread_mutex_unlock(&wave->lock);
}

/* Runs the networks; the error of the one that failed first is recorded here. */
static int wave_run(struct wave *wave)
{
	wave->failed = false;
	yc_parallel(wave->n, wave->n, one_run, wave);
	for (int i = 0; i < wave->n; i++) {
		const struct yc_one *one = &wave->one[i];
		int status;

		if (!one->message[0])
			continue;
		status = yc_fail(one->status, "%s", one->message);
		errno = one->cause; /* tools tell EPIPE from the rest */
		return status;
	}
	return YC_OK;
}

int yc_several_run(const struct yc_several *s)
{
	const struct yc_rng root = yc_rng_new(s->seed, "eval");
	const int threads = s->threads > 1 ? s->threads : 1,
		  most = s->side && s->side < threads ? s->side : threads;
	struct wave wave = {.s = s, .lock = PTHREAD_MUTEX_INITIALIZER, .start = -1};
	int status = YC_OK;

	wave.one = yc_calloc((size_t)most, sizeof *wave.one);
	if (!wave.one)
		return YC_FAIL;
	for (int r = 0; r < s->n && status == YC_OK; r += wave.n) {
		wave.n = s->n - r < most ? 1 : most;
		for (int i = 0; i < wave.n; i++)
			wave.one[i] = (struct yc_one){.index = r + i,
				.rng = yc_rng_fork(&root, "repeat", (uint64_t)(r + i)),
				.threads = wave.n > 1 ? 1 : threads,
				.watch = {.tick = one_tick,
					.measured = one_measured,
					.now = one_now},
				.wave = &wave};
		status = wave_run(&wave);
		for (int i = 0; i < wave.n && status == YC_OK && s->done; i++)
			s->done(s->ctx, &wave.one[i]);
	}
	yc_free(wave.one);
	return status;
}
