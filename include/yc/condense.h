/* SPDX-License-Identifier: MIT */
#ifndef YC_CONDENSE_H
#define YC_CONDENSE_H

#include "yc/data.h"
#include "yc/opt.h"
#include "yc/set.h"
#include "yc/watch.h"

/*
 * Dataset condensation: from a set of real images to a few synthetic ones per class.
 *
 * A method is steps, the driver is the run. A method is one file,
 * lib/condense/condense_NAME.c, and one line in yc_condensers; it says how a run begins,
 * what one step of it does and what the result is. The driver, lib/condense/driver.c,
 * calls the steps one after another and does what all runs have in common: stopping,
 * checkpoints, resuming, time limits, snapshots, the log, progress and estimates.
 */

/* What every method is asked for; yc_condense_opts are its rows, for the tool. Of these
 * only `ipc` says what comes out. */
struct yc_condense_cfg {
	uint32_t ipc;
	double time_limit;	 /* seconds, NAN: none */
	const char *checkpoint;	 /* NULL: none */
	double checkpoint_every; /* seconds */
	bool resume;
	uint32_t save_every; /* iterations, 0: never */
	bool dry_run;	     /* measure, fill job.estimate and end */
};
enum { YC_CONDENSE_OPTS = 7 };
extern const struct yc_opt yc_condense_opts[YC_CONDENSE_OPTS];

/* What a run takes on this machine, measured before its work begins. */
struct yc_condense_estimate {
	double bytes;	  /* memory */
	double iteration; /* seconds of one; 0: not measured, there is no clock */
	double run;	  /* seconds of what is left to do, within the time limit */
	char text[512];	  /* all of that, two lines for people, each with its newline */
};

struct yc_condense_job {
	const struct yc_condense_cfg *cfg;
	const struct yc_set *real; /* passed yc_set_check_images */
	uint64_t seed;
	int threads;
	struct yc_watch *watch; /* may be NULL */
	uint64_t memory;	/* most bytes of a checkpoint; 0: YC_RECORD_BYTES */
	/* Called every cfg->save_every iterations with the set that the run would return
	 * if it ended now; the method's options in force then say so too. NULL: not
	 * wanted. */
	int (*snapshot)(void *ctx, uint32_t iteration, const struct yc_set *set);
	void *ctx;
	struct yc_condense_estimate estimate; /* filled */
	/* Filled by yc_condense for the method: the real images as networks see them. */
	const struct yc_data *data;
	const struct yc_method *method;
	void *method_cfg;
};

struct yc_run; /* lib/condense/driver.h */

/* What `step` returns when it has completed an iteration. */
enum { YC_ITERATION = 1 };

/*
 * An entry of yc_condensers: `method` is what the registry points to.
 *
 * A run is a number of iterations, which an option of the method counts, and an iteration
 * is a number of steps. After any step the driver may save the run, or end the process;
 * a run that was resumed goes on with the step that would have come next. So all that a
 * step leaves for later ones must be in arrays that `begin` registered (yc_run_keep): a
 * step reads those, the seed and the position, and nothing else that has changed.
 *
 * All hooks but `trial` are needed; they return YC_OK or a negative status. Options are in run->cfg, the method's own state in run->state.
 */
struct yc_condenser {
	struct yc_method method;
	/* The uint32_t option that counts iterations, offsetof(its struct, it), and what one
	 * is called. The driver lowers it where a time limit cuts the run short, so that
	 * the history of the result repeats it. */
	size_t iterations;
	const char *iteration; /* "outer iteration" */
	size_t size;	       /* of run->state, which the driver makes, zeroed */
	/* Fills what the user left open, by dataset and IPC; checks what a row cannot. */
	int (*resolve)(void *cfg, const struct yc_condense_job *job);
	/* Allocates everything, registers what must survive (yc_run_keep), and what looks at
	 * it when a file has filled it (yc_run_check), names what costs time (yc_run_cost),
	 * sets run->units, run->phase and run->bytes. */
	int (*begin)(struct yc_run *run);
	/* Fills what was registered, for a run that is not resumed. */
	int (*fresh)(struct yc_run *run);
	/* One step from run->it and run->unit on. YC_OK: there are more in this iteration;
	 * YC_ITERATION: there are not, run->loss is what the log gets. */
	int (*step)(struct yc_run *run);
	/* Adds columns, and what else there is, to the set that has all but these, as if
	 * the run ended here. */
	int (*result)(struct yc_run *run, struct yc_set *set);
	/* Does the arithmetic of a kind of cost for so many of its images, without changing
	 * what is registered, for the clock. NULL: nothing is measured. */
	int (*trial)(struct yc_run *run, int kind, int images);
	/* Frees what begin allocated, also where that has failed half-way. */
	void (*end)(struct yc_run *run);
};
extern const struct yc_method *const yc_condensers[]; /* NULL-terminated */

/*
 * Runs `m` with its filled option struct. On success `out` is a set of C*ipc rows: image
 * F32 [n,c,H,H] unclamped, label, id = row number, the real set's head with the factor of
 * the result and its records of other kinds, and one of kind "log" (yc-condense(1)). When
 * the watch says stop: state saved (with a checkpoint), YC_FAIL "interrupted...", `out`
 * empty. With cfg->dry_run `out` is empty and job->estimate filled.
 */
int yc_condense(const struct yc_method *m, void *method_cfg, struct yc_condense_job *job,
	struct yc_set *out) YC_CHECKED;

#endif
