/* SPDX-License-Identifier: MIT */
#ifndef YC_WATCH_H
#define YC_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How long-running work reports progress and learns that it should stop. The library only
 * calls back; printing, clocks and signals belong to the tool. A NULL watch is silent and
 * never stops.
 */
struct yc_measure {
	const char *name;
	double value; /* NAN: unknown */
	bool whole;   /* it counts something */
};

struct yc_watch {
	/* `done` of `total` units of `phase` are finished; text (may be NULL) is a short
	 * state, of names with their numbers: "loss 12.3". Cheap enough to call every
	 * step. */
	void (*tick)(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
		const char *text);
	/* What was found out after a part of the work: "test" with the accuracy. */
	void (*measured)(struct yc_watch *w, const char *what, const struct yc_measure *m,
		size_t n);
	/* One line of information (memory and time estimates), shown unless -q. */
	void (*note)(struct yc_watch *w, const char *text);
	/* Seconds of a steady clock, for time limits and rates. */
	double (*now)(struct yc_watch *w);
	volatile sig_atomic_t stop; /* set by the tool on SIGINT and SIGTERM */
};

static inline int yc_watch_stopped(const struct yc_watch *w)
{
	return w && w->stop;
}

static inline void yc_watch_tick(struct yc_watch *w, const char *phase, uint64_t done,
	uint64_t total, const char *text)
{
	if (w && w->tick)
		w->tick(w, phase, done, total, text);
}

static inline void yc_watch_measured(
	struct yc_watch *w, const char *what, const struct yc_measure *m, size_t n)
{
	if (w && w->measured)
		w->measured(w, what, m, n);
}

/* "2.5 hours": for estimates. */
void yc_duration(double seconds, char *buf, size_t size);

#endif
