/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_DRIVER_H
#define CONDENSE_DRIVER_H

/*
 * A run, as shared by the driver and the hooks of a method (see include/yc/condense.h);
 * private to lib/condense and its tests.
 */

#include "yc/condense.h"
#include "yc/rng.h"

/* An array that a checkpoint saves and restores; the method owns it. */
struct yc_kept {
	const char *name; /* of the tensor, a literal */
	enum yc_dtype dtype;
	void *p;
	uint64_t n;  /* elements */
	bool *lacks; /* of yc_run_may_lack, or NULL */
	bool fixed;  /* of yc_run_fixed */
	void *copy;  /* together.c: as it was when ranks last met */
};

/*
 * One kind of work of an iteration: `units` per iteration (on average), of `images`
 * images each; or of the preparation. The driver measures the time of a unit by trials with few images, so that
 * an estimate is available early however slow a unit is.
 */
struct yc_cost {
	int kind; /* the method's index of the trial that measures it */
	double units;
	int images;
	/* Long names of the numeric options that it is proportional to, NULL-terminated:
	 * they could be lowered to fit a time limit. */
	const char *options[4];
	/* Part of the preparation: `units` are those that are left of it. */
	bool once;
	int parts; /* that it may be divided into, among ranks; 0: all do all of it */
	double seconds; /* of one unit; filled by the driver */
};

enum { YC_KEPT_MAX = 32, YC_CHECKS_MAX = 8, YC_COSTS_MAX = 8, YC_LOGS_MAX = 4 };

/* What a step says of ranks: that they may share here what each has done, or must. */
enum yc_meet { YC_MEET_NOT, YC_MEET_MAY, YC_MEET_MUST };

struct yc_run {
	const struct yc_condense_job *job;
	const struct yc_condenser *method;
	void *cfg, *state; /* the method's options, resolved, and its own state */
	struct yc_rng root;

	/* The position: iteration `it`, of which `unit` units are done. Progress counts
	 * units, `units` per iteration, as set by begin. Steps advance `unit`; both
	 * numbers are saved, and the driver advances to the next iteration. */
	uint64_t it, unit, units;
	/* name of the units for progress: "class steps"; set by begin */
	const char *phase;

	/* Output of a step: */
	double loss;   /* of the step, or of the iteration that it completed */
	char text[64]; /* for progress; empty: iteration and loss */
	/* it was not a unit but `done` of `total` of this; NULL: a unit */
	const char *aside;
	uint64_t aside_done, aside_total;

	/* Ranks, or NULL, and who does each of the parts of yc_run_divide. */
	struct yc_ranks *ranks;
	int parts;
	int32_t *owner;	 /* [parts] */
	double *loss_of; /* [parts] */
	/* Seconds of work between two meetings where they may meet; with `tied` the
	 * steps themselves need all ranks, and none may leave them. */
	double apart;
	int points_most; /* where they may meet, between two meetings; 0: any number */
	bool tied;
	/* Output of a step: whether ranks may meet; the rank waited for has left, so they do. */
	enum yc_meet meet;
	bool left;
	/* Output of a meeting: they met; all were where they must meet; the run is to stop. */
	bool met, all, stop;

	/* What is prepared, for estimates: "10 experts"; with a cost of it. */
	char preparation[64];

	/* Length of a published run, in iterations of this one; 0: there is none. */
	double published;
	char published_text[64]; /* "2000 outer of 100 inner" */

	size_t bytes; /* of memory allocated by begin, except registered arrays */
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
	struct {
		const char *name;
		const double *value;
		float *log; /* [iterations], the driver's own */
	} series[YC_LOGS_MAX];
	int nseries;

	/* The driver's own. */
	uint32_t *goal; /* number of iterations: the method's option, or `once` */
	uint32_t once;
	float *log;	/* [iterations] losses of completed iterations */
	uint64_t input; /* fingerprint of the real images */
	bool resumed;
	double started, saved, save_time; /* by the watch's clock */
	double clock;			  /* of the first rank, when they last met */
	/* The window of steps since then: where it began, and how often they may still meet
	 * without doing so. */
	struct {
		bool open, prepares;
		uint64_t it, unit;
		int points, passed;
		double began;
	} window;
	/* seconds per iteration: estimated, then that of the last one; 0: unknown */
	double iteration_time;
};

/* ---- for methods ---- */

/* Registers an array. */
void yc_run_keep(
	struct yc_run *run, const char *name, enum yc_dtype t, void *p, uint64_t n);
/* The array registered last may be missing in a checkpoint: *lacks is then set, for the
 * function that validates it. */
void yc_run_may_lack(struct yc_run *run, bool *lacks);
/* Registers a function that validates registered arrays after loading a checkpoint. Files
 * are not trusted: indices must be in range, or it returns yc_checkpoint_damaged(). It
 * may also derive unregistered state from them. */
void yc_run_check(struct yc_run *run, int (*fn)(void *ctx), void *ctx);
int yc_checkpoint_damaged(void) YC_CHECKED;
/* The dtype of yc_real. */
enum yc_dtype yc_real_dtype(void);
void yc_run_cost(struct yc_run *run, const struct yc_cost *cost);
/* Adds an array to the log record of results, beside the loss of every iteration. */
void yc_run_log(struct yc_run *run, const char *name, const float *p, uint64_t n);

/* Adds what *value is after every iteration, under this name. */
void yc_run_log_each(struct yc_run *run, const char *name, const double *value);

/* The array registered last is changed by preparation alone. */
void yc_run_fixed(struct yc_run *run);
/* That the work can be cut into parts which depend on nothing of each other within an
 * iteration, such as classes. */
int yc_run_divide(struct yc_run *run, int parts) YC_CHECKED;
/* Whether this process does a part. */
static inline bool yc_run_mine(const struct yc_run *run, int part)
{
	return !run->ranks || run->owner[part] == run->ranks->rank;
}
/* The loss of a part: to be added to *sum, in the order of parts. */
void yc_run_add_loss(struct yc_run *run, double *sum, int part, double loss);
/* For `share`: adds those since ranks met. */
void yc_run_sum_losses(struct yc_run *run, double *sum);
/* For `share`: an array with so many bytes for each part. */
void yc_run_share(struct yc_run *run, void *p, size_t bytes_of_part);

/* ---- together.c: runs of several ranks; without ranks nothing is done ---- */

/* After begin. */
int yc_together_new(struct yc_run *run) YC_CHECKED;
void yc_together_release(struct yc_run *run);
/* After a checkpoint was looked for by the first rank, with what that returned: all go on
 * from what it found. Returns that for all. */
int yc_together_resume(struct yc_run *run, int found) YC_CHECKED;
/* Costs are those that the first rank measured. */
int yc_together_costs(struct yc_run *run, int status) YC_CHECKED;
/* At the end: tells what all sent in an iteration, of so many that were done. */
void yc_together_tell(struct yc_run *run, uint64_t iterations);
/* Before every step; prepares: of the preparation. */
void yc_together_begin(struct yc_run *run, bool prepares);
/* After every step, with what it returned; sets run->met and so on. A window of steps that
 * was not completed everywhere is undone, on the first rank. */
int yc_together_step(struct yc_run *run, int status) YC_CHECKED;

/* ---- driver.c ---- */

/* Name of the option with the number of iterations, "" if there is none. */
const char *yc_run_iterations_option(const struct yc_run *run);
double yc_run_now(const struct yc_run *run); /* seconds, 0 without a clock */
/* The same for decisions, which all ranks make alike. */
double yc_run_time(const struct yc_run *run);
void yc_run_note(const struct yc_run *run, const char *text);
/* Runs a complete job with resolved options, for yc_condense. */
int yc_run_all(const struct yc_condenser *m, struct yc_condense_job *job,
	struct yc_set *out) YC_CHECKED;

/* ---- estimate.c ---- */

/* Measures costs, fills job->estimate, and reports it for long runs. YC_FAIL if not one
 * iteration fits into the time limit, with settings that would. */
int yc_run_measure(struct yc_run *run, struct yc_condense_estimate *e) YC_CHECKED;

/* ---- checkpoint.c ---- */

int yc_checkpoint_save(const struct yc_run *run) YC_CHECKED;
/* Name of the kernels that the run uses. */
const char *yc_checkpoint_kernels(const struct yc_run *run);
/* 1: restored; 0: no such file; negative: it does not belong to this run. */
int yc_checkpoint_load(struct yc_run *run) YC_CHECKED;
/* YC_FAIL if the file holds an unfinished run that would be overwritten. */
int yc_checkpoint_guard(const struct yc_run *run) YC_CHECKED;

/* ---- checkpoint_old.c ---- */

/* Converts a checkpoint of an older version to this one. */
int yc_checkpoint_upgrade(struct yc_record *r) YC_CHECKED;

#endif
