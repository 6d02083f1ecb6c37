/* SPDX-License-Identifier: MIT */
/*
 * Runs any condensation method: step after step, and between them everything that does
 * not depend on the method: stopping, checkpoints, time limits, snapshots, the log and
 * progress. yc/condense.h describes the interface of methods.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/driver.h"
#include "yc/mem.h"

/* ---- services for methods and the files of the driver ---- */

void yc_run_keep(
	struct yc_run *run, const char *name, enum yc_dtype t, void *p, uint64_t n)
{
	assert(run->nkept < YC_KEPT_MAX);
	run->kept[run->nkept++] =
		(struct yc_kept){.name = name, .dtype = t, .p = p, .n = n};
}

void yc_run_may_lack(struct yc_run *run, bool *lacks)
{
	run->kept[run->nkept - 1].lacks = lacks;
}

void yc_run_fixed(struct yc_run *run)
{
	run->kept[run->nkept - 1].fixed = true;
}

void yc_run_check(struct yc_run *run, int (*fn)(void *ctx), void *ctx)
{
	assert(run->nchecks < YC_CHECKS_MAX);
	run->checks[run->nchecks].fn = fn;
	run->checks[run->nchecks++].ctx = ctx;
}

enum yc_dtype yc_real_dtype(void)
{
	return sizeof(yc_real) == sizeof(double) ? YC_F64 : YC_F32;
}

void yc_run_cost(struct yc_run *run, const struct yc_cost *cost)
{
	assert(run->ncosts < YC_COSTS_MAX);
	run->cost[run->ncosts++] = *cost;
}

void yc_run_log(struct yc_run *run, const char *name, const float *p, uint64_t n)
{
	assert(run->nlogs < YC_LOGS_MAX);
	run->logs[run->nlogs].name = name;
	run->logs[run->nlogs].p = p;
	run->logs[run->nlogs++].n = n;
}

void yc_run_log_each(struct yc_run *run, const char *name, const double *value)
{
	assert(run->nseries < YC_LOGS_MAX);
	run->series[run->nseries].name = name;
	run->series[run->nseries++].value = value;
}

const char *yc_run_iterations_option(const struct yc_run *run)
{
	const struct yc_method *m = &run->method->method;
	size_t i = 0;

	if (!run->method->iteration)
		return "";
	while (i < m->nopts && m->opts[i].at != run->method->iterations)
		i++;
	assert(i < m->nopts);
	return m->opts[i].name;
}

double yc_run_now(const struct yc_run *run)
{
	struct yc_watch *w = run->job->watch;

	return w && w->now ? w->now(w) : 0;
}

double yc_run_time(const struct yc_run *run)
{
	return run->ranks ? run->clock : yc_run_now(run);
}

void yc_run_note(const struct yc_run *run, const char *text)
{
	struct yc_watch *w = run->job->watch;

	if (w && w->note)
		w->note(w, text);
}

/* ---- saving, stopping, progress ---- */

/* Of several ranks the first one saves. */
static int save(struct yc_run *run)
{
	double start = yc_run_now(run);
	int status;

	if (!run->job->cfg->checkpoint || (run->ranks && run->ranks->rank))
		return YC_OK;
	status = yc_checkpoint_save(run);
	run->saved = yc_run_now(run);
	run->save_time = run->saved - start;
	return status;
}

/* Between two steps: stops if asked to, and saves from time to time. */
static int between(struct yc_run *run)
{
	const struct yc_condense_cfg *c = run->job->cfg;
	int status;

	if (run->ranks ? run->stop : yc_watch_stopped(run->job->watch)) {
		if (!c->checkpoint)
			return yc_fail(YC_FAIL,
				"interrupted, nothing saved: there is no --checkpoint");
		status = save(run);
		return status ? status
			      : yc_fail(YC_FAIL,
					"interrupted, checkpoint saved in %s; continue "
					"with --resume",
					c->checkpoint);
	}
	return c->checkpoint && yc_run_now(run) - run->saved > c->checkpoint_every
		       ? save(run)
		       : YC_OK;
}

/* Saves after an iteration, but not so often that short iterations spend their time on
 * it. */
static bool worth_saving(const struct yc_run *run)
{
	return run->it == *run->goal ||
	       yc_run_now(run) - run->saved >= 50 * run->save_time;
}

/* Estimate of the number of iterations that will be done. */
static uint64_t planned(const struct yc_run *run)
{
	double limit = run->job->cfg->time_limit, left;
	uint64_t goal = *run->goal, fit;

	if (!(limit > 0) || run->iteration_time <= 0)
		return goal;
	left = limit - (yc_run_time(run) - run->started);
	/* The current one is completed in any case. */
	fit = run->it + 1;
	left -= run->iteration_time *
		(1 - (run->units ? (double)run->unit / (double)run->units : 0));
	if (left > 0)
		fit += (uint64_t)fmin(left / run->iteration_time, 1e9);
	return fit < goal ? fit : goal;
}

static void tick(const struct yc_run *run)
{
	char text[96] = "";

	if (run->aside) {
		yc_watch_tick(run->job->watch, run->aside, run->aside_done,
			run->aside_total, run->text);
		return;
	}
	if (run->method->iteration)
		snprintf(text, sizeof(text), "%s %llu loss %.4g", run->method->iteration,
			(unsigned long long)run->it + 1, run->loss);
	yc_watch_tick(run->job->watch, run->phase, run->it * run->units + run->unit,
		planned(run) * run->units, *run->text ? run->text : text);
}

/* ---- results ---- */

/* A record of its own kind, since its rows are iterations and not images. */
static int add_log(const struct yc_run *run, struct yc_set *out)
{
	struct yc_record *r =
		yc_grow_list(out->passthrough, out->npassthrough, sizeof(*r));
	uint64_t done = run->it;
	int status;

	if (!r)
		return YC_FAIL;
	out->passthrough = r;
	r += out->npassthrough;
	*r = (struct yc_record){0};
	out->npassthrough++;
	status = yc_meta_set(&r->meta, "yc.kind", "log");
	if (!status && !yc_record_add(r, "condense.loss", YC_F32, 1, &done, run->log))
		status = YC_FAIL;
	for (int i = 0; !status && i < run->nseries; i++)
		if (!yc_record_add(
			    r, run->series[i].name, YC_F32, 1, &done, run->series[i].log))
			status = YC_FAIL;
	for (int i = 0; !status && i < run->nlogs; i++)
		if (!yc_record_add(r, run->logs[i].name, YC_F32, 1, &run->logs[i].n,
			    run->logs[i].p))
			status = YC_FAIL;
	return status;
}

/* A set without columns but with everything else of the real one: head, metadata,
 * passthrough records. Of condensed ones neither the log nor the order of the rows is. */
static int bare(const struct yc_condense_job *job, struct yc_set *out)
{
	struct yc_set real = *job->real;
	struct yc_record *kept =
		yc_calloc(real.npassthrough + 1, sizeof(*real.passthrough));
	size_t n = 0;
	int status;

	if (!kept)
		return YC_FAIL;
	for (size_t i = 0; i < real.npassthrough; i++) {
		const char *kind = yc_meta_get(&real.passthrough[i].meta, "yc.kind");

		if (!kind || strcmp(kind, "log") != 0)
			kept[n++] = real.passthrough[i];
	}
	real.passthrough = kept;
	real.npassthrough = n;
	real.col = NULL;
	real.ncols = 0;
	status = yc_set_pick(out, &real, NULL, 0);
	if (!status)
		yc_meta_drop(&out->meta, "yc.order");
	yc_free(kept);
	return status;
}

static int result(struct yc_run *run, struct yc_set *out)
{
	int status = bare(run->job, out);

	if (!status)
		status = run->method->result(run, out);
	return status || !run->method->iteration ? status : add_log(run, out);
}

static int snapshot(struct yc_run *run)
{
	const struct yc_condense_job *job = run->job;
	uint32_t every = job->cfg->save_every, done = (uint32_t)run->it,
		 goal = *run->goal;
	struct yc_set set = {0};
	int status;

	if (!job->snapshot || !every || done % every || (run->ranks && run->ranks->rank))
		return YC_OK;
	/* The history of the set must have the number of iterations done. */
	*run->goal = done;
	status = result(run, &set);
	if (!status)
		status = job->snapshot(job->ctx, done, &set);
	*run->goal = goal;
	yc_set_release(&set);
	return status;
}

/* ---- the run ---- */

/* Whether an iteration as long as the last would end after the limit. */
static bool out_of_time(const struct yc_run *run)
{
	double limit = run->job->cfg->time_limit;

	return limit > 0 && run->iteration_time > 0 &&
	       yc_run_time(run) - run->started + run->iteration_time > limit;
}

/* A step that found what it reads to end early has changed nothing, so the run can be
 * continued when there is more. */
static int starved(struct yc_run *run)
{
	char text[400];

	(void)snprintf(text, sizeof(text), "%s", yc_errmsg());
	if (!run->job->cfg->checkpoint)
		return yc_fail(YC_CUT, "%s", text);
	return save(run) ? YC_FAIL
			 : yc_fail(YC_CUT,
				   "%s; checkpoint saved in %s; continue with --resume",
				   text, run->job->cfg->checkpoint);
}

static int take_step(struct yc_run *run, int (*step)(struct yc_run *run), bool prepares)
{
	run->aside = NULL;
	run->meet = YC_MEET_NOT;
	*run->text = '\0';
	yc_together_begin(run, prepares);
	return yc_together_step(run, step(run));
}

/* Runs steps to the end of the iteration. */
static int iterate(struct yc_run *run)
{
	int status = YC_OK;

	while (!status) {
		uint64_t unit = run->unit;

		status = take_step(run, run->method->step, false);
		if (status < 0)
			return status == YC_CUT ? starved(run) : status;
		if (run->aside || run->unit != unit)
			tick(run);
		if (!status && (!run->ranks || run->met)) {
			int stopped = between(run);

			if (stopped)
				return stopped;
		}
	}
	for (int i = 0; i < run->nseries; i++)
		run->series[i].log[run->it] = (float)*run->series[i].value;
	run->log[run->it++] = (float)run->loss;
	run->unit = 0;
	return YC_OK;
}

/* What comes before the first iteration. */
static int prepare(struct yc_run *run)
{
	bool any = false;

	while (run->method->prepare) {
		int status = take_step(run, run->method->prepare, true);

		if (status < 0)
			return status;
		if (status == YC_ITERATION)
			break;
		any = true;
		tick(run);
		status = !run->ranks || run->met ? between(run) : YC_OK;
		if (status)
			return status;
	}
	return any ? save(run) : YC_OK;
}

/* A resumed run may do all its iterations, so the option is saved unchanged. */
static int end_early(struct yc_run *run)
{
	int status = save(run);
	char text[96];

	snprintf(text, sizeof(text), "time limit: %llu of %u %ss done",
		(unsigned long long)run->it, *run->goal, run->method->iteration);
	yc_run_note(run, text);
	*run->goal = (uint32_t)run->it;
	return status;
}

static int run_to_end(struct yc_run *run)
{
	uint64_t first = run->it;
	int status = first < *run->goal ? prepare(run) : YC_OK;

	while (!status && run->it < *run->goal) {
		double start = yc_run_time(run);

		/* The first iteration was checked by the estimate. */
		if (run->it > first && out_of_time(run))
			return end_early(run);
		status = iterate(run);
		if (!status && (run->it > first + 1 || !run->resumed))
			run->iteration_time = yc_run_time(run) - start;
		/* The snapshot first: a run that is killed in between writes it again. */
		if (!status)
			status = snapshot(run);
		if (!status && worth_saving(run))
			status = save(run);
		if (!status && run->it < *run->goal)
			status = between(run);
	}
	return status;
}

static int make_logs(struct yc_run *run)
{
	size_t n = *run->goal;
	bool made;

	run->log = yc_calloc(n, sizeof(*run->log));
	made = run->log;
	for (int i = 0; i < run->nseries && made; i++) {
		run->series[i].log = yc_calloc(n, sizeof(*run->log));
		made = run->series[i].log;
	}
	return made ? YC_OK : YC_FAIL;
}

/* Starts from a checkpoint or from the method's initialisation; before the run begins,
 * checks that it fits the time limit and that a checkpoint can be written. */
static int start(struct yc_run *run, struct yc_condense_estimate *estimate)
{
	const struct yc_condense_cfg *c = run->job->cfg;
	const bool first = !run->ranks || run->ranks->rank == 0;
	int status, found = 0;

	run->saved = yc_run_now(run);
	status = yc_together_new(run);
	run->started = yc_run_time(run);
	if (!status)
		status = make_logs(run);
	if (!status && c->checkpoint && first) {
		run->input = yc_data_fingerprint(run->job->data);
		if (c->resume)
			found = yc_checkpoint_load(run);
		else
			status = yc_checkpoint_guard(run);
	}
	found = yc_together_resume(run, status ? status : found);
	if (found < 0)
		return found;
	run->resumed = found;
	status = yc_run_measure(run, estimate);
	if (status || c->dry_run || found)
		return status;
	if (c->resume)
		yc_run_note(
			run, "no checkpoint to resume from: starting from the beginning");
	status = run->method->fresh(run);
	return status ? status : save(run);
}

int yc_run_all(
	const struct yc_condenser *m, struct yc_condense_job *job, struct yc_set *out)
{
	struct yc_run run = {.job = job,
		.method = m,
		.cfg = job->method_cfg,
		.once = 1,
		.ranks = job->ranks,
		.root = yc_rng_new(job->seed, "condense")};
	int status;

	run.goal = m->iteration ? (uint32_t *)(void *)((char *)run.cfg + m->iterations)
				: &run.once;
	run.state = yc_calloc(1, m->size);
	if (!run.state)
		return YC_FAIL;
	status = m->begin(&run);
	if (!status)
		status = start(&run, &job->estimate);
	if (!status && !job->cfg->dry_run) {
		const uint64_t first = run.it;

		tick(&run);
		status = run_to_end(&run);
		if (!status)
			yc_together_tell(&run, run.it - first);
		if (!status && (!run.ranks || run.ranks->rank == 0))
			status = result(&run, out);
	}
	m->end(&run);
	yc_together_release(&run);
	yc_free(run.log);
	for (int i = 0; i < run.nseries; i++)
		yc_free(run.series[i].log);
	yc_free(run.state);
	return status;
}
