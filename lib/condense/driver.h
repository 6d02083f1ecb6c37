/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_DRIVER_H
#define CONDENSE_DRIVER_H

/*
 * A run as the driver and the hooks of a method share it (include/yc/condense.h says who
 * does what); private to lib/condense and its tests.
 */

#include "yc/condense.h"
#include "yc/rng.h"

/* An array that a checkpoint saves and restores; the method owns it. */
struct yc_kept {
	const char *name; /* of the tensor, a literal */
	enum yc_dtype dtype;
	void *p;
	uint64_t n; /* elements */
};

/*
 * What an iteration spends its time on: `units` of something in an iteration (on average),
 * of `images` images each. The driver measures what one unit takes by trials with few of
 * the images, so that something can be said early however slow a unit is.
 */
struct yc_cost {
	int kind; /* the method's number for the trial that measures it */
	double units;
	int images;
	/* Long names of the options, numbers, that it is proportional to, NULL-terminated:
	 * what could be lowered to fit a time limit. */
	const char *options[4];
	double seconds; /* of one unit; filled by the driver */
};

enum { YC_KEPT_MAX = 32, YC_CHECKS_MAX = 8, YC_COSTS_MAX = 8, YC_LOGS_MAX = 4 };

struct yc_run {
	const struct yc_condense_job *job;
	const struct yc_condenser *method;
	void *cfg, *state; /* the method's options, resolved, and its own state */
	struct yc_rng root;

	/* The position: in iteration `it`, of which `unit` units are done. A unit is what
	 * progress counts, out of `units` in an iteration, which begin sets. Steps advance
	 * `unit`; both numbers are saved, and the driver moves on to the next iteration. */
	uint64_t it, unit, units;
	const char *phase; /* what a unit is, for progress: "class steps"; set by begin */

	/* What a step tells: */
	double loss;   /* of the step, or of the iteration that it completed */
	char text[64]; /* for progress; empty: iteration and loss */
	/* that it was not a unit but `done` of `total` of something else; NULL: no */
	const char *aside;
	uint64_t aside_done, aside_total;

	/* What a published run takes, in iterations of this one; 0: there is none. */
	double published;
	char published_text[64]; /* "2000 outer of 100 inner" */

	size_t bytes; /* of memory that begin took, but for what it registered */
	struct yc_kept kept[YC_KEPT_MAX];
	int nkept;
	struct {
		int (*fn)(void *ctx);
		void *ctx;
	} checks[YC_CHECKS_MAX];
	int nchecks;
	struct yc_cost cost[YC_COSTS_MAX];
	int ncosts;
	struct {
		const char *name;
		const float *p;
		uint64_t n;
	} logs[YC_LOGS_MAX];
	int nlogs;

	/* The driver's own. */
	float *log;	/* [iterations] loss of those that are done */
	uint64_t input; /* fingerprint of the real images */
	bool resumed;
	double started, saved, save_time; /* by the watch's clock */
	double iteration_time; /* seconds: measured, then that of the last one; 0: unknown */
};

/* ---- for methods ---- */

/* Registers an array. */
void yc_run_keep(
	struct yc_run *run, const char *name, enum yc_dtype t, void *p, uint64_t n);
/* Registers a function that looks at registered arrays when a checkpoint has filled them.
 * Files are not trusted: what serves as an index must be in range, or it returns
 * yc_checkpoint_damaged(). It may also derive from them what is not registered. */
void yc_run_check(struct yc_run *run, int (*fn)(void *ctx), void *ctx);
int yc_checkpoint_damaged(void) YC_CHECKED;
/* The dtype of yc_real. */
enum yc_dtype yc_real_dtype(void);
void yc_run_cost(struct yc_run *run, const struct yc_cost *cost);
/* Adds an array to the log record of results, beside the loss of every iteration. */
void yc_run_log(struct yc_run *run, const char *name, const float *p, uint64_t n);

/* ---- driver.c ---- */

/* The number of iterations to be done, an option of the method, and its row. */
uint32_t *yc_run_iterations(const struct yc_run *run);
const struct yc_opt *yc_run_iterations_row(const struct yc_run *run);
double yc_run_now(const struct yc_run *run); /* seconds, 0 without a clock */
void yc_run_note(const struct yc_run *run, const char *text);
/* The run itself, for yc_condense: the job is complete, the options are resolved. */
int yc_run_all(const struct yc_condenser *m, struct yc_condense_job *job,
	struct yc_set *out) YC_CHECKED;

/* ---- estimate.c ---- */

/* Measures costs, fills job->estimate, tells a run that takes a while what it takes. YC_FAIL
 * when not one iteration fits into the time limit, with settings that would. */
int yc_run_measure(struct yc_run *run, struct yc_condense_estimate *e) YC_CHECKED;

/* ---- checkpoint.c ---- */

int yc_checkpoint_save(const struct yc_run *run) YC_CHECKED;
/* 1: restored; 0: there is no such file; negative: it is not of this run. */
int yc_checkpoint_load(struct yc_run *run) YC_CHECKED;
/* YC_FAIL when the file holds a run that is not finished and would be overwritten. */
int yc_checkpoint_guard(const struct yc_run *run) YC_CHECKED;

/* ---- checkpoint_old.c ---- */

/* Gives a checkpoint of an older version the tensors of this one. */
int yc_checkpoint_upgrade(struct yc_record *r) YC_CHECKED;

#endif
