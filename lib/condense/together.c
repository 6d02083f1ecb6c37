/* SPDX-License-Identifier: MIT */
/*
 * A run of several ranks. All have the whole state and take the same steps, but do only
 * their own parts of what a step does. From time to time they meet: then each part is
 * copied from who did it, and all have what a process alone would have. Between two meetings
 * ranks know nothing of each other, so a signal or a failure that one of them sees in between
 * ends the window of steps for all, and the run is saved as it was at its begin.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/condense/driver.h"
#include "yc/kern.h"
#include "yc/mem.h"

static size_t bytes_of(const struct yc_kept *k)
{
	return (size_t)k->n * yc_dtype_size(k->dtype);
}

static bool is_first(const struct yc_run *run)
{
	return !run->ranks || run->ranks->rank == 0;
}

int yc_run_divide(struct yc_run *run, int parts)
{
	const struct yc_ranks *r = run->ranks;

	run->parts = parts;
	if (!r)
		return YC_OK;
	run->owner = yc_calloc((size_t)parts, sizeof(*run->owner));
	for (int rank = 0; run->owner && rank < r->count; rank++)
		for (int i = yc_ranks_begin(r, rank, parts);
			i < yc_ranks_begin(r, rank + 1, parts); i++)
			run->owner[i] = rank;
	run->loss_of = yc_calloc((size_t)parts, sizeof(*run->loss_of));
	return run->owner && run->loss_of ? YC_OK : YC_FAIL;
}

void yc_run_add_loss(struct yc_run *run, double *sum, int part, double loss)
{
	if (run->ranks)
		run->loss_of[part] = loss;
	else
		*sum += loss;
}

void yc_run_sum_losses(struct yc_run *run, double *sum)
{
	yc_run_share(run, run->loss_of, sizeof(*run->loss_of));
	for (int i = 0; run->ranks && i < run->parts; i++) {
		*sum += run->loss_of[i];
		run->loss_of[i] = 0;
	}
}

void yc_run_share(struct yc_run *run, void *p, size_t bytes_of_part)
{
	yc_ranks_share(run->ranks, p, bytes_of_part, run->parts, run->owner);
}

/* ---- begin ---- */

/* They compute the same only from the same images, by the same kernels. */
static int compare(struct yc_run *run)
{
	struct yc_ranks *r = run->ranks;
	struct {
		uint64_t input;
		char kernel[64];
	} mine = {.input = yc_data_fingerprint(run->job->data)}, first;

	(void)strncpy(mine.kernel, yc_checkpoint_kernels(run), sizeof(mine.kernel) - 1);
	first = mine;
	yc_ranks_broadcast(r, 0, &first, sizeof(first));
	if (first.input != mine.input)
		return yc_fail(YC_FAIL,
			"rank %d of %d reads other images than the first: is it the same "
			"file?",
			r->rank, r->count);
	if (strcmp(first.kernel, mine.kernel) != 0)
		return yc_fail(YC_FAIL,
			"rank %d of %d has kernels %s, the first %s: set YC_KERNELS to "
			"what all have",
			r->rank, r->count, mine.kernel, first.kernel);
	return YC_OK;
}

int yc_together_new(struct yc_run *run)
{
	int status = YC_OK;

	if (!run->ranks)
		return YC_OK;
	for (int i = 0; i < run->nkept && run->job->cfg->checkpoint && is_first(run);
		i++) {
		struct yc_kept *k = &run->kept[i];

		if (k->fixed)
			continue;
		k->copy = yc_calloc(bytes_of(k), 1);
		if (!k->copy)
			status = YC_FAIL;
	}
	status = yc_ranks_agree(run->ranks, status, NULL, NULL);
	if (status)
		return status;
	run->window.points = 1;
	/* What is counted is the run. */
	run->ranks->messages = run->ranks->bytes = 0;
	run->clock = yc_run_now(run);
	yc_ranks_broadcast(run->ranks, 0, &run->clock, sizeof(run->clock));
	return compare(run);
}

void yc_together_release(struct yc_run *run)
{
	for (int i = 0; i < run->nkept; i++)
		yc_free(run->kept[i].copy);
	yc_free(run->owner);
	yc_free(run->loss_of);
}

int yc_together_resume(struct yc_run *run, int found)
{
	struct yc_ranks *r = run->ranks;
	uint64_t at[3] = {run->it, run->unit, (uint64_t)found};
	int status = yc_ranks_agree(r, found, NULL, NULL);

	if (status < 0 || !r)
		return status;
	yc_ranks_broadcast(r, 0, at, sizeof(at));
	found = (int)at[2];
	if (!found)
		return found;
	run->it = at[0];
	run->unit = at[1];
	for (int i = 0; i < run->nkept; i++)
		yc_ranks_broadcast(r, 0, run->kept[i].p, bytes_of(&run->kept[i]));
	yc_ranks_broadcast(r, 0, run->log, run->it * sizeof(*run->log));
	for (int i = 0; i < run->nseries; i++)
		yc_ranks_broadcast(r, 0, run->series[i].log, run->it * sizeof(*run->log));
	for (int i = 0; !is_first(run) && !status && i < run->nchecks; i++)
		status = run->checks[i].fn(run->checks[i].ctx);
	status = yc_ranks_agree(r, status, NULL, NULL);
	return status < 0 ? status : found;
}

int yc_together_costs(struct yc_run *run, int status)
{
	status = yc_ranks_agree(run->ranks, status, NULL, NULL);
	for (int i = 0; !status && i < run->ncosts; i++)
		yc_ranks_broadcast(run->ranks, 0, &run->cost[i].seconds,
			sizeof(run->cost[i].seconds));
	return status;
}

void yc_together_tell(struct yc_run *run, uint64_t iterations)
{
	struct yc_ranks *r = run->ranks;
	uint64_t mine[2], sum[2] = {0};
	double each = iterations ? (double)iterations : 1;

	if (!r)
		return;
	mine[0] = r->messages;
	mine[1] = r->bytes;
	for (int rank = 0; rank < r->count; rank++) {
		uint64_t of[2] = {mine[0], mine[1]};

		yc_ranks_broadcast(r, rank, of, sizeof(of));
		sum[0] += of[0];
		sum[1] += of[1];
	}
	yc_watch_measured(run->job->watch, "ranks",
		(const struct yc_measure[]){
			{.name = "ranks", .value = r->count, .whole = true},
			{.name = "messages", .value = (double)sum[0] / each},
			{.name = "bytes", .value = (double)sum[1] / each}},
		3);
}

/* ---- meetings ---- */

/* Before the first step of a window. */
static void open_window(struct yc_run *run)
{
	run->window.open = true;
	run->window.it = run->it;
	run->window.unit = run->unit;
	run->window.passed = 0;
	run->window.began = yc_run_now(run);
	for (int i = 0; i < run->nkept && !run->window.prepares && !run->tied; i++)
		if (run->kept[i].copy)
			memcpy(run->kept[i].copy, run->kept[i].p,
				bytes_of(&run->kept[i]));
}

void yc_together_begin(struct yc_run *run, bool prepares)
{
	run->window.prepares = prepares;
	if (run->ranks && !run->window.open)
		open_window(run);
}

/* Preparation is in order: what the first rank has of it is valid at any time. */
static void undo_window(struct yc_run *run)
{
	if (run->window.prepares || run->tied)
		return;
	run->it = run->window.it;
	run->unit = run->window.unit;
	for (int i = 0; i < run->nkept; i++)
		if (run->kept[i].copy)
			memcpy(run->kept[i].p, run->kept[i].copy,
				bytes_of(&run->kept[i]));
}

static bool spare(void *ctx, int *status)
{
	struct yc_run *run = ctx;

	return run->method->spare && run->method->spare(run, status);
}

/* The first rank's clock, and how long until they meet again. */
static void plan(struct yc_run *run)
{
	struct {
		double clock;
		int32_t points;
	} next = {.clock = yc_run_now(run)};
	double each = (next.clock - run->window.began) /
		      (run->window.passed ? run->window.passed : 1);

	next.points = (int32_t)fmax(1, fmin(run->apart / fmax(each, 1e-6), 1 << 20));
	if (run->points_most && next.points > run->points_most)
		next.points = run->points_most;
	yc_ranks_broadcast(run->ranks, 0, &next, sizeof(next));
	run->clock = next.clock;
	run->window.points = next.points;
}

/* complete: the steps of this window are done here. */
static int meet(struct yc_run *run, int status, bool complete)
{
	enum { COMPLETE, GO_ON, MUST, MAY, STATES };
	int32_t state[STATES] = {complete, !yc_watch_stopped(run->job->watch),
		run->meet == YC_MEET_MUST, run->meet == YC_MEET_MAY};
	int agreed;

	if (!complete && run->method->leave)
		run->method->leave(run);
	agreed = yc_ranks_agree(
		run->ranks, status < 0 ? status : YC_OK, complete ? spare : NULL, run);
	run->window.open = false;
	run->met = true;
	if (agreed < 0) {
		undo_window(run);
		return agreed;
	}
	run->ranks->least(run->ranks, state, STATES);
	run->stop = !state[GO_ON];
	run->all = state[MUST];
	if (!state[COMPLETE]) {
		undo_window(run);
		return YC_OK;
	}
	if (run->method->share && (state[MUST] || state[MAY]))
		run->method->share(run);
	plan(run);
	return status;
}

int yc_together_step(struct yc_run *run, int status)
{
	const bool must = status == YC_ITERATION || run->meet == YC_MEET_MUST,
		   stop = !run->tied && yc_watch_stopped(run->job->watch);
	bool due = must;

	run->met = false;
	if (!run->ranks)
		return status;
	if (must)
		run->meet = YC_MEET_MUST;
	if (run->meet == YC_MEET_MAY)
		due = ++run->window.passed >= run->window.points;
	if (must)
		run->window.passed++;
	if (status >= 0 && !due && !stop && !run->left)
		return status;
	return meet(run, status, status >= 0 && due);
}
