/* SPDX-License-Identifier: MIT */
#ifndef YC_CONDENSE_H
#define YC_CONDENSE_H

#include "yc/data.h"
#include "yc/opt.h"
#include "yc/ranks.h"
#include "yc/set.h"
#include "yc/trajectory.h"
#include "yc/watch.h"

/*
 * Dataset condensation: from a set of real images to a few synthetic ones per class.
 *
 * A method supplies the steps, the driver runs them. A method is one file,
 * lib/condense/condense_NAME.c, and one line in yc_condensers; it defines how a run
 * begins, what one step does and what the result is. The driver, lib/condense/driver.c,
 * calls the steps one after another and does what all runs have in common: stopping,
 * checkpoints, resuming, time limits, snapshots, the log, progress and estimates.
 */

/* Options of every method; yc_condense_opts are their rows, for the tool. Only `ipc`
 * influences the result. */
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

/* Time and memory of a run on this machine, measured before it begins. */
struct yc_condense_estimate {
	double bytes;	  /* memory */
	double iteration; /* seconds per iteration; 0: not measured, there is no clock */
	double before;	  /* seconds of preparation that remain */
	double run;	  /* seconds that remain in all, within the time limit */
	char text[512];	  /* all of that as two lines of text, each with its newline */
};

struct yc_condense_job {
	const struct yc_condense_cfg *cfg;
	const struct yc_set *real; /* passed yc_set_check_images */
	uint64_t seed;
	int threads;
	struct yc_watch *watch; /* may be NULL */
	uint64_t memory;	/* most bytes of a checkpoint; 0: YC_RECORD_BYTES */
	const char *scratch;	/* folder for temporary files; NULL: /tmp */
	/* This process is one of these, or alone (NULL): the first one saves, measures and has
	 * the result. */
	struct yc_ranks *ranks;
	/* Called every cfg->save_every iterations with the set that the run would return
	 * if it ended now; the effective options then match it. NULL: none. */
	int (*snapshot)(void *ctx, uint32_t iteration, const struct yc_set *set);
	void *ctx;
	struct yc_condense_estimate estimate; /* filled */
	/* Filled by yc_condense for the method: the real images, decoded. */
	const struct yc_data *data;
	const struct yc_method *method;
	void *method_cfg;
};

struct yc_run; /* lib/condense/driver.h */

/* What `step` returns when it has completed an iteration. */
enum { YC_ITERATION = 1 };

/*
 * An entry of yc_condensers, which points to `method`.
 *
 * A run consists of iterations, whose number is an option of the method, and an iteration
 * of steps. After any step the driver may save the run, or end the process; a resumed run
 * continues with the step that would have come next. So all state that a step leaves for
 * later ones must be in arrays that `begin` registered (yc_run_keep): a step depends on
 * those, the seed and the position, and on no other state.
 *
 * All hooks are required except those that say what NULL means; they return YC_OK or a negative status. Options
 * are in run->cfg, the method's own state in run->state.
 */
struct yc_condenser {
	struct yc_method method;
	/* The uint32_t option with the number of iterations, offsetof(its struct, it),
	 * and the name of an iteration. The driver lowers it if a time limit ends the run
	 * early, so that the history of the result reproduces it. Without a name a run is
	 * one iteration, for which there is no option, and without a log of losses. */
	size_t iterations;
	const char *iteration; /* "outer iteration" */
	/* It takes images that are whitened (yc/zca.h), and writes pixels all the same. */
	bool whitens;
	/* What to try where no setting is low enough for a time limit, NULL: "a smaller
	 * network may (--width)". */
	const char *smaller;
	size_t size; /* of run->state, which the driver allocates, zeroed */
	/* Fills options that were not given, by dataset and IPC; checks what a row
	 * cannot. */
	int (*resolve)(void *cfg, const struct yc_condense_job *job);
	/* Allocates everything, registers the state to save (yc_run_keep), the function
	 * that validates it after loading (yc_run_check) and the costs to measure
	 * (yc_run_cost), and sets run->units, run->phase and run->bytes. */
	int (*begin)(struct yc_run *run);
	/* Initialises the registered state of a run that is not resumed. */
	int (*fresh)(struct yc_run *run);
	/* A step of what comes before the first iteration, such as the training of networks
	 * that all iterations use. YC_OK: more follow; YC_ITERATION: nothing is left to
	 * prepare, which a resumed run asks again. NULL: nothing is prepared. */
	int (*prepare)(struct yc_run *run);
	/* The step at run->it and run->unit. YC_OK: more follow in this iteration;
	 * YC_ITERATION: it is complete, and run->loss goes to the log. */
	int (*step)(struct yc_run *run);
	/* Makes registered state the same on all ranks: each has it of its parts
	 * (yc_run_mine), which `step` leaves out elsewhere. Nothing may fail. `step` says where this
	 * is to be done (run->meet). NULL: nothing is divided. */
	void (*share)(struct yc_run *run);
	/* While others are waited for: a small piece of work ahead; whether there was one. NULL:
	 * there is none. */
	bool (*spare)(struct yc_run *run, int *status);
	/* Says to those that wait for this rank that it will not go on. NULL: nobody does. */
	void (*leave)(struct yc_run *run);
	/* Adds columns and any records of the method to the set, as if the run ended
	 * here. */
	int (*result)(struct yc_run *run, struct yc_set *set);
	/* Performs the work of one kind of cost for so many images, to be timed, without
	 * changing registered state. NULL: nothing is measured. */
	int (*trial)(struct yc_run *run, int kind, int images);
	/* Frees what begin allocated, also after begin has failed. */
	void (*end)(struct yc_run *run);
};
extern const struct yc_method *const yc_condensers[]; /* of struct yc_condenser */

/*
 * Runs `m` with its filled option struct. On success `out` is a set of C*ipc rows: image
 * F32 [n,c,H,H] unclamped, label, id = row number, the real set's head with the factor of
 * the result and its records of other kinds, and one of kind "log" (yc-condense(1)). When
 * the watch says stop: state saved (with a checkpoint), YC_FAIL "interrupted...", `out`
 * empty. With cfg->dry_run `out` is empty and job->estimate filled; so it is on
 * ranks other than the first.
 */
int yc_condense(const struct yc_method *m, void *method_cfg, struct yc_condense_job *job,
	struct yc_set *out) YC_CHECKED;

/* For yc_trajectory_write: fills in what was not given (net_batch and outer: 0) as the
 * method of that name, idc or dream, does for these real images, which are checked. */
int yc_condense_networks(const char *method, struct yc_trajectory_cfg *cfg,
	uint32_t *outer, const struct yc_set *real,
	const struct yc_data *data) YC_CHECKED;

#endif
