/* SPDX-License-Identifier: MIT */
#ifndef YC_RANKS_H
#define YC_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/*
 * Processes that compute one result together, as MPI starts them; NULL: there is one alone.
 * All run the same program on the same input, and divide what is slow among them: parts that
 * depend on nothing of each other, or shards of a batch. No sum depends on their number, so
 * neither do results.
 *
 * A failure concerns all. Whoever fails says so in the next yc_ranks_agree, which all take
 * part in; from then on they have failed together, and say nothing more to each other. So
 * nothing may fail for one alone between an agreement and the broadcasts behind it. The calls
 * below are hooks of what starts the ranks; a broken connection ends the process.
 */
enum yc_channel { YC_CHANNEL_WEIGHTS, YC_CHANNEL_STATE, YC_CHANNEL_SUMS };

/* Networks that all need and that depend on nothing else: trained ahead by some ranks, or by
 * all of them, shard by shard; or as is faster. The first rank decides. */
enum yc_rank_networks { YC_NETWORKS_FASTER, YC_NETWORKS_AHEAD, YC_NETWORKS_SHARDS };

struct yc_ranks {
	int rank, count;
	enum yc_rank_networks networks;
	bool failed;		  /* all of them, by an agreement */
	uint64_t messages, bytes; /* sent by this rank */

	/* All: the least of each of n numbers. */
	void (*least)(struct yc_ranks *r, int32_t *v, int n);
	/* All: p becomes what it is at `from`. */
	void (*broadcast)(struct yc_ranks *r, int from, void *p, size_t bytes);
	/* To one rank, in order on each channel. send returns at once; p stays as it is until
	 * `sent` of what it returned, which is called until it says true, or, with `wait`,
	 * once. receive waits for a message of at most so many bytes, and returns its
	 * length. */
	void *(*send)(struct yc_ranks *r, int to, enum yc_channel channel, const void *p,
		size_t bytes);
	bool (*sent)(void *sending, bool wait);
	size_t (*receive)(struct yc_ranks *r, int from, enum yc_channel channel, void *p,
		size_t bytes);
	/* All: says that this one has come so far; and whether all have. */
	void (*arrive)(struct yc_ranks *r);
	bool (*arrived)(struct yc_ranks *r);
	/* Before the process ends, by all. */
	void (*end)(struct yc_ranks *r);
};

/* Waits for all; returns its status, or with the message of the first rank that failed, that
 * of this one. Meanwhile `spare` is called as long as it returns true and there are ranks to
 * wait for: useful work in small pieces; NULL: none. */
int yc_ranks_agree(struct yc_ranks *r, int status, bool (*spare)(void *ctx, int *status),
	void *ctx) YC_CHECKED;
/* p is made the same everywhere: that of rank `from`. */
void yc_ranks_broadcast(struct yc_ranks *r, int from, void *p, size_t bytes);
/* Unit i of p, of so many bytes each, is made that of owner[i]. */
void yc_ranks_share(
	struct yc_ranks *r, void *p, size_t unit, int units, const int32_t *owner);
/* The parts that this rank begins with where n are cut into as many ranges as there are
 * ranks. */
static inline int yc_ranks_begin(const struct yc_ranks *r, int rank, int n)
{
	return (int)((int64_t)n * rank / r->count);
}

#endif
