/* SPDX-License-Identifier: MIT */
#ifndef YC_CONDENSE_H
#define YC_CONDENSE_H

#include "yc/data.h"
#include "yc/opt.h"
#include "yc/set.h"
#include "yc/watch.h"

/*
 * Dataset condensation: from a set of real images to a few synthetic ones per class. A
 * method is one file, lib/condense/condense_NAME.c, and one line in yc_condensers.
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
};
enum { YC_CONDENSE_OPTS = 6 };
extern const struct yc_opt yc_condense_opts[YC_CONDENSE_OPTS];

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
	/* Filled by yc_condense for the method: the real images as networks see them. */
	const struct yc_data *data;
	const struct yc_method *method;
	void *method_cfg;
};

/* An entry of yc_condensers: `method` is what the registry points to. */
struct yc_condenser {
	struct yc_method method;
	/* Fills what the user left open, by dataset and IPC; checks what a row cannot. */
	int (*resolve)(void *cfg, const struct yc_condense_job *job);
	/* Fills `out`, which has the real set's head but no columns. Iteration counts in
	 * cfg are lowered to what was done when the time limit cuts the run short, so
	 * that the history of the result repeats it. */
	int (*run)(void *cfg, const struct yc_condense_job *job, struct yc_set *out);
};
extern const struct yc_method *const yc_condensers[]; /* NULL-terminated */

/*
 * Runs `m` with its filled option struct. On success `out` is a set of C*ipc rows: image
 * F32 [n,c,H,H] unclamped, label, id = row number, the real set's head with the factor of
 * the result and its records of other kinds, and one of kind "log" (yc-condense(1)). When
 * the watch says stop: state saved (with a checkpoint), YC_FAIL "interrupted...", `out`
 * empty.
 */
int yc_condense(const struct yc_method *m, void *method_cfg, struct yc_condense_job *job,
	struct yc_set *out) YC_CHECKED;

#endif
