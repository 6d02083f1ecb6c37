/* SPDX-License-Identifier: MIT */
#ifndef YC_SELECT_H
#define YC_SELECT_H

#include <stdbool.h>

#include "yc/opt.h"
#include "yc/rng.h"
#include "yc/set.h"

/*
 * Pruning a set to a size (spec sections 8.4 to 8.7). The unit is the decoded sub-image:
 * of a set of sheets (factor > 1) a tile, of any other set a whole row.
 */
struct yc_units {
	size_t n;
	int classes;
	int tiles;	/* units in one stored row: factor^2 */
	int cost;	/* units that take the room of one full-size image */
	int32_t *label; /* [n] */
	int32_t *tile;	/* [n] position in the row's image */
	size_t *row;	/* [n] */
	double *score;	/* [n], no NaN; NULL where the rule needs none */
	size_t *count;	/* [classes] units of each class */
};

/* Lists the units of `s`: tiles in decoded order g (spec section 0), rows in the order of
 * the stream. `score` names a column score.NAME whose values are looked up, or is NULL.
 */
int yc_units_new(
	struct yc_units *u, const struct yc_set *s, const char *score) YC_CHECKED;
void yc_units_release(struct yc_units *u);
/*
 * The set of units unit[0..n-1] of `from`, in that order, repeats allowed. A tile becomes
 * a row: image is the cell before resizing, so that decoding it gives the sub-image bit
 * for bit; its scores are its own, `tile` is its position, all else is its sheet's.
 */
int yc_units_take(struct yc_set *to, const struct yc_set *from, const struct yc_units *u,
	const size_t *unit, size_t n) YC_CHECKED;

/* What a rule is asked for, resolved and checked against the units. */
struct yc_rule {
	bool easy;     /* keep low scores; otherwise keep high ones */
	bool balanced; /* take[c] units of class c; otherwise `total` of all */
	size_t total;
	const size_t *take; /* [classes], adds up to total if balanced */
	struct yc_rng rng;  /* spec appendix C, stream "select" */
};

struct yc_selector {
	struct yc_method method;
	const char *score;   /* default column score.NAME; NULL: looks at no score */
	bool easy, balanced; /* defaults */
	/* Writes r->total units, most wanted first (balanced: within each class, classes
	 * in order). NULL: yc_pick_ranked. */
	int (*pick)(const struct yc_units *u, const struct yc_rule *r, const void *cfg,
		size_t *unit);
};
extern const struct yc_selector *const yc_selectors[]; /* NULL-terminated */

/* The end of the pruning order of spec 8.4: sorted by prune-first score, then by
 * ascending index, the front is dropped. */
int yc_pick_ranked(const struct yc_units *u, const struct yc_rule *r, const void *cfg,
	size_t *unit) YC_CHECKED;

struct yc_select_cfg {
	uint32_t ipc;  /* full-size images a class, or */
	uint32_t keep; /* units a class; both 0: all, which only makes sense with order */
	const char *score; /* NULL: the rule's own */
	bool hard, easy, balance, imbalance;
	bool order; /* write most wanted first, classes in turn */
};

/* Fills what was left open with the rule's defaults, so that the history tells all;
 * YC_USAGE when the options contradict each other or the rule. */
int yc_select_resolve(
	struct yc_select_cfg *cfg, const struct yc_selector *rule) YC_CHECKED;
/* `cfg` as resolved; rule_cfg is the rule's own, `rng` stream "select". */
int yc_select(struct yc_set *to, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg,
	const void *rule_cfg, struct yc_rng rng) YC_CHECKED;

/*
 * Takes rows by name: each line of the file is "id" or "id tile", blank lines, lines from
 * '#' on and a heading that starts with "id" are skipped. The result has the order of the
 * lines. An id alone names every row that has it; with a tile, sheets are cut. Path "-"
 * is standard input. Without a column `id`, ids are row numbers from 0.
 */
int yc_select_ids(
	struct yc_set *to, const struct yc_set *from, const char *path) YC_CHECKED;

#endif
