/* SPDX-License-Identifier: MIT */
/*
 * Estimates time and memory of a run before it begins. A method lists the kinds of work
 * of an iteration (struct yc_cost) and can perform each for a few images (trial); times
 * are proportional to the number of images. So it is known within seconds whether an
 * iteration takes minutes or days, whether one fits into the time limit, and which
 * settings would fit.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/driver.h"

enum { TRIALS = 32 }; /* maximum options per cost */

/* Seconds: time to measure a cost; total of trials after which no more are made, or not
 * even a repeated one; minimum length of a run to report. */
static const double enough = 0.4, slow = 1, very_slow = 60, a_while = 15;
/* Fraction of a time limit that suggested settings may use: trials are not exact. */
static const double margin = 0.9;

/* ---- measuring ---- */

static double trial(struct yc_run *run, const struct yc_cost *c, int images, int *status)
{
	double start = yc_run_now(run);

	*status = run->method->trial(run, c->kind, images);
	return yc_run_now(run) - start;
}

/* Whether measuring a cost better would take longer than all there is of it in this run,
 * `each` seconds an image at most, and nobody asked. */
static bool negligible(const struct yc_run *run, const struct yc_cost *c, double each)
{
	const struct yc_condense_cfg *cfg = run->job->cfg;
	double left = (double)(*run->goal - run->it);

	return !(cfg->time_limit > 0) && !cfg->dry_run &&
	       each * c->images * c->units * (c->once ? 1 : left) < enough;
}

/* The first trial touches memory for the first time, so it only gives the order of
 * magnitude. As long as trials are fast, the number of images grows, and finally some
 * trials are repeated. The shortest is used: other load of the machine makes them longer. */
static int measure(struct yc_run *run, struct yc_cost *c)
{
	int few = run->job->threads > 4 ? run->job->threads : 4, status, n = 0,
	    images = c->images < few ? c->images : few;
	double spent = trial(run, c, images, &status), sum = 0, each = spent / images;

	while (!status && !negligible(run, c, each) &&
		(n == 0 ? spent < very_slow
			: n < TRIALS && sum < enough && spent < slow)) {
		double time = trial(run, c, images, &status);

		spent += time;
		sum += time;
		each = n++ == 0 ? time / images : fmin(each, time / images);
		if (time < enough / 4 && images < c->images) {
			images = images > c->images / 4 ? c->images : 4 * images;
			sum = n = 0;
		}
	}
	c->seconds = each * c->images;
	return status;
}

/* Costs of the same trial differ in number only. */
static int measure_all(struct yc_run *run)
{
	int status = YC_OK;

	for (int i = 0; !status && i < run->ncosts; i++) {
		struct yc_cost *c = &run->cost[i];
		int same = 0;

		while (same < i && run->cost[same].kind != c->kind)
			same++;
		if (same < i)
			c->seconds = run->cost[same].seconds / run->cost[same].images *
				     c->images;
		else
			status = measure(run, c);
	}
	return status;
}

/* How many times faster ranks are than one. */
static double gain(const struct yc_run *run, const struct yc_cost *c)
{
	const double ranks = run->ranks ? run->ranks->count : 1;

	return c->parts ? c->parts / ceil(c->parts / ranks) : 1;
}

/* Of an iteration, or of what is left of the preparation. */
static double seconds_of(const struct yc_run *run, bool once)
{
	double sum = 0;

	for (int i = 0; i < run->ncosts; i++)
		sum += run->cost[i].once == once
			       ? run->cost[i].units * run->cost[i].seconds /
					 gain(run, &run->cost[i])
			       : 0;
	return sum;
}

static double memory(const struct yc_run *run)
{
	const struct yc_data *d = run->job->data;
	double input = (double)d->n * (double)yc_data_image_size(d) *
		       (double)((d->u8 ? 1 : sizeof(yc_real)) +
				(d->whitened ? sizeof(yc_real) : 0)),
	       kept = 0;

	for (int i = 0; i < run->nkept; i++)
		kept += (double)run->kept[i].n *
			(double)yc_dtype_size(run->kept[i].dtype);
	/* While a checkpoint is written there is a copy as a record and one as a file. */
	return input + kept * (run->job->cfg->checkpoint ? 3 : 1) + (double)run->bytes;
}

/* ---- text ---- */

/* As a value of --time-limit. */
static void limit_text(double s, char *buf, size_t size)
{
	if (s >= 7200)
		snprintf(buf, size, "%.3gh", ceil(s / 360) / 10);
	else if (s >= 120)
		snprintf(buf, size, "%.0fm", ceil(s / 60));
	else
		snprintf(buf, size, "%.3gs", s < 1 ? s : ceil(s));
}

/* ---- settings that would fit ---- */

struct plan {
	const struct yc_run *run;
	double scale
		[YC_COSTS_MAX]; /* factor of each cost, by the options lowered so far */
	double budget;		/* seconds for one iteration */
	char *text;		/* "--inner 4 --n-real 1" */
	size_t size;
};

static bool depends(const struct yc_cost *c, const char *option)
{
	for (size_t i = 0; i < YC_COUNT(c->options) && c->options[i]; i++)
		if (!strcmp(c->options[i], option))
			return true;
	return false;
}

static const struct yc_opt *row_of(const struct yc_run *run, const char *option)
{
	const struct yc_method *m = &run->method->method;

	for (size_t i = 0; i < m->nopts; i++)
		if (!strcmp(m->opts[i].name, option))
			return &m->opts[i];
	return NULL;
}

/* Lowers one option until an iteration fits, or to its minimum: 1 for integers, 0 for
 * others. Returns whether it fits. */
static bool lower(struct plan *p, const char *option)
{
	const struct yc_run *run = p->run;
	const struct yc_opt *row = row_of(run, option);
	const void *field = row ? (const char *)run->cfg + row->at : NULL;
	bool whole = row && row->type == YC_OPT_U32;
	double value = !row    ? 0
		       : whole ? *(const uint32_t *)field
			       : *(const double *)field,
	       fixed = 0, slope = 0, fit;
	size_t used = strlen(p->text);

	for (int i = 0; i < run->ncosts; i++) {
		const struct yc_cost *c = &run->cost[i];
		double s = c->units * c->seconds * p->scale[i];

		*(depends(c, option) ? &slope : &fixed) += s;
	}
	if (fixed + slope <= p->budget || value <= whole || slope <= 0)
		return fixed + slope <= p->budget;
	fit = value * (p->budget - fixed) / slope;
	fit = whole ? fmax(floor(fit), 1) : fmax(floor(fit * 100 + 1e-6) / 100, 0);
	snprintf(p->text + used, p->size - used, "%s--%s %g", used ? " " : "", option,
		fit);
	for (int i = 0; i < run->ncosts; i++)
		if (depends(&run->cost[i], option))
			p->scale[i] *= fit / value;
	return fixed + slope * fit / value <= p->budget * (1 + 1e-9);
}

/* All options that costs depend on, in order, without duplicates. */
static int options_of(const struct yc_run *run, const char **list, int most)
{
	int n = 0;

	for (int i = 0; i < run->ncosts; i++)
		for (size_t k = 0; k < YC_COUNT(run->cost[i].options); k++) {
			const char *o = run->cost[i].options[k];
			bool known = !o;

			for (int q = 0; q < n && !known; q++)
				known = !strcmp(list[q], o);
			if (!known && n < most)
				list[n++] = o;
		}
	return n;
}

static struct plan plan_new(const struct yc_run *run, double budget, char *text, size_t n)
{
	struct plan p = {.run = run, .budget = budget, .text = text, .size = n};

	*text = '\0';
	for (int i = 0; i < YC_COSTS_MAX; i++)
		p.scale[i] = 1;
	return p;
}

/* Describes at most two single options that make it fit, or several together, or that
 * none do. */
static void suggest(const struct yc_run *run, double budget, char *text, size_t size)
{
	const char *list[YC_COSTS_MAX * YC_COUNT(run->cost[0].options)];
	int n = options_of(run, list, (int)YC_COUNT(list)), found = 0;
	char one[160];
	bool fits = false;

	*text = '\0';
	for (int i = 0; i < n && found < 2; i++) {
		struct plan p = plan_new(run, budget, one, sizeof(one));
		size_t used = strlen(text);

		if (!lower(&p, list[i]))
			continue;
		snprintf(text + used, size - used, "%s%s", found ? " or " : "", one);
		found++;
	}
	if (!found) {
		struct plan p = plan_new(run, budget, text, size);

		for (int i = 0; i < n && !fits; i++)
			fits = lower(&p, list[i]);
	}
	if (found || fits)
		snprintf(text + strlen(text), size - strlen(text), " would fit");
	else
		snprintf(text, size, "%s%s", n ? "lower settings do not help, " : "",
			run->method->smaller ? run->method->smaller
					     : "a smaller network may (--width)");
}

/* ---- report ---- */

static const char *word(const struct yc_run *run)
{
	return run->method->iteration ? run->method->iteration : "run";
}

static int refuse(const struct yc_run *run, double left, bool before)
{
	char limit[32], one[32], enough_time[32], instead[256];

	limit_text(run->job->cfg->time_limit, limit, sizeof(limit));
	yc_duration(left, one, sizeof(one));
	limit_text(left / margin, enough_time, sizeof(enough_time));
	suggest(run, run->job->cfg->time_limit * margin, instead, sizeof(instead));
	return yc_fail(YC_FAIL,
		"--time-limit %s: not one %s fits, which takes about %s%s%s: %s, or "
		"--time-limit %s",
		limit, word(run), one, before ? ", with " : "",
		before ? run->preparation : "", instead, enough_time);
}

/* The two lines of a dry run, and the one of any other. `done`: of those left, iterations
 * that fit into the time limit. */
static void tell(const struct yc_run *run, struct yc_condense_estimate *e, uint64_t left,
	uint64_t done)
{
	char one[32], whole[32], all[32], part[64] = "", full[128] = "",
					  line[sizeof(e->text)], first[32],
					  before[128] = "";

	yc_duration(e->iteration, one, sizeof(one));
	yc_duration(e->run, whole, sizeof(whole));
	if (done < left)
		snprintf(part, sizeof(part), " of %llu, by the time limit",
			(unsigned long long)left);
	if (e->before > 0) {
		yc_duration(e->before, first, sizeof(first));
		snprintf(before, sizeof(before), ", with %s before for %s", first,
			run->preparation);
	}
	if (run->published > 0) {
		yc_duration(e->iteration * run->published, all, sizeof(all));
		snprintf(full, sizeof(full), "; the published setting (%s) %s",
			run->published_text, all);
	}
	if (!run->method->iteration) {
		snprintf(e->text, sizeof(e->text), "memory  %.0f MB\ntime    %s\n",
			e->bytes / 1e6, whole);
		snprintf(line, sizeof(line), "takes %.0f MB and about %s", e->bytes / 1e6,
			whole);
	} else {
		snprintf(e->text, sizeof(e->text),
			"memory  %.0f MB\ntime    %s per %s, %s for %llu%s%s%s\n",
			e->bytes / 1e6, one, word(run), whole, (unsigned long long)done,
			part, before, full);
		snprintf(line, sizeof(line),
			"takes %.0f MB; one %s about %s, this run %s for %llu%s%s%s",
			e->bytes / 1e6, word(run), one, whole, (unsigned long long)done,
			part, before, full);
	}
	if (!run->job->cfg->dry_run && e->run >= a_while)
		yc_run_note(run, line);
}

int yc_run_measure(struct yc_run *run, struct yc_condense_estimate *e)
{
	const struct yc_watch *w = run->job->watch;
	double limit = run->job->cfg->time_limit, part, first;
	uint64_t left = *run->goal - run->it, done = left;
	int status = YC_OK;

	*e = (struct yc_condense_estimate){.bytes = memory(run)};
	if (run->method->trial && w && w->now)
		status = measure_all(run);
	status = yc_together_costs(run, status);
	if (status)
		return status;
	e->iteration = seconds_of(run, false);
	e->before = left ? seconds_of(run, true) : 0;
	run->iteration_time = e->iteration;
	if (!left || e->iteration <= 0) {
		snprintf(e->text, sizeof(e->text), "memory  %.0f MB\ntime    %s\n",
			e->bytes / 1e6, left ? "unknown" : "none: all is done");
		return YC_OK;
	}
	/* The rest of the iteration in which a run is resumed. */
	part = run->units ? (double)run->unit / (double)run->units : 0;
	first = e->before + e->iteration * (1 - part);
	if (limit > 0 && first > limit)
		return refuse(run, first, e->before > 0);
	e->run = first + e->iteration * (double)(left - 1);
	if (limit > 0 && e->run > limit) {
		done = 1 + (uint64_t)((limit - first) / e->iteration);
		e->run = first + e->iteration * (double)(done - 1);
	}
	tell(run, e, left, done);
	return YC_OK;
}
