/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_INTERNAL_H
#define TRAIN_INTERNAL_H

/* What the files of lib/train share and nobody else sees. */

#include "yc/fail.h"
#include "yc/rng.h"
#include "yc/watch.h"

/*
 * several.c: several networks, each with random streams of its own. Small batches leave
 * threads idle, whole networks do not: as long as there is one for every thread they train
 * side by side, each on one thread, the rest one by one on all threads.
 */
struct yc_one { /* a network while it trains */
	int index;
	struct yc_rng rng; /* forked by "repeat" */
	int threads;
	struct yc_watch watch; /* for yc_train; tells that of all */
	double seconds;
	/* several.c's own */
	void *wave;
	uint64_t done;	   /* steps */
	int status, cause; /* cause: errno */
	char message[256]; /* errors are kept by thread: this one travels */
};

struct yc_several {
	int n;
	int threads;
	int side; /* most networks side by side; 0: as many as threads */
	uint64_t seed;
	struct yc_watch *watch; /* or NULL */
	void *ctx;
	/* On any thread. */
	int (*run)(void *ctx, struct yc_one *one);
	/* In order, on the caller's thread; or NULL. */
	void (*done)(void *ctx, const struct yc_one *one);
};
int yc_several_run(const struct yc_several *s) YC_CHECKED;

#endif
