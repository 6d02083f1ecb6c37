/* SPDX-License-Identifier: MIT */
#ifndef YC_SELECT_H
#define YC_SELECT_H

#include <stdbool.h>

#include "yc/opt.h"
#include "yc/rng.h"
#include "yc/rows.h"
#include "yc/tiles.h"

/*
 * Pruning a set to a size: yc-methods(7), "SELECTION". The unit of selection is a decoded
 * image: a tile of a condensed image (factor > 1), a whole row of any other set.
 */
struct yc_candidates {
	size_t n;
	int classes;
	int present;	   /* classes that have candidates; sizes refer to these */
	int side;	   /* of a decoded image */
	int tiles_per_row; /* factor^2 */
	/* number of tiles with as many pixels as a full-size image */
	int tiles_per_image;
	size_t bytes;		 /* size of one tile's pixels, as they are written */
	struct yc_tile *tile;	 /* [n] in decoded order */
	int32_t *label;		 /* [n] */
	const int64_t *position; /* [rows] of yc_set_positions; borrowed, or NULL */
	double *score;		 /* [n], no NaN; NULL where the rule needs none */
	size_t *count;		 /* [classes] tiles of each class */
};

/* Lists the tiles of `s`, which must outlive them. `score` names a column score.NAME whose
 * values are looked up, or is NULL. */
int yc_candidates_new(
	struct yc_candidates *cand, const struct yc_set *s, const char *score) YC_CHECKED;
void yc_candidates_release(struct yc_candidates *cand);
/* Position of candidate g in its condensed image. */
static inline int yc_candidate_position(const struct yc_candidates *cand, size_t g)
{
	const struct yc_tile *t = &cand->tile[g];

	return cand->position ? (int)cand->position[t->row] : t->position;
}
/*
 * The set of candidates chosen[0..n-1], in that order, repeats allowed. A tile becomes a
 * row: its image is the tile before resizing, so that decoding it gives the same bits; its
 * scores are its own, `tile` is its position, all else is its condensed image's. row[i] is
 * where that is in `from`; NULL: `from` is what they were listed from.
 */
int yc_candidates_take(struct yc_set *to, const struct yc_set *from,
	const struct yc_candidates *cand, const size_t *chosen, const size_t *row,
	size_t n) YC_CHECKED;

/* The request to a rule, resolved and checked against the candidates. */
struct yc_rule {
	bool low; /* keep low scores; otherwise keep high ones */
	/* among equal scores keep the lower index; otherwise the higher (D26) */
	bool first;
	bool balanced; /* take[c] tiles of class c; otherwise `total` of all */
	size_t total;
	size_t *take;	   /* [classes], adds up to total if balanced, else zeros */
	struct yc_rng rng; /* stream "select" */
};

/* How several scores become one: yc-methods(7), "Combined scores". */
extern const struct yc_method *const yc_combinations[];

/* Options of a selection. */
struct yc_select_cfg {
	/* the size, one of these; none: everything, only valid with order */
	uint32_t ipc;	    /* full-size images per class */
	uint32_t tiles;	    /* tiles per class */
	double keep;	    /* fraction of all tiles, 0..1; NAN or 0: not given */
	uint64_t bytes;	    /* maximum size of the pixels, as they are written */
	const char *budget; /* file with the number of tiles of every class */
	/* NULL: the rule's own; several, a,b: one ranking of their ranks */
	const char *score;
	const char *combine; /* of yc_combinations; NULL: one score */
	uint32_t run;	     /* of yc-score --repeat; 0 or 1: the first */
	bool hard, easy, balance, imbalance;
	bool keep_first; /* of equal scores */
	/* suffixes of the rule's name */
	struct yc_suffixes {
		bool hard, easy, balance, imbalance;
	} named;
	bool order;		      /* write best ranked first, classes round-robin */
	const char *ids;	      /* no rule and no size: yc_select_ids */
	char column[YC_NAME_MAX + 1]; /* holds a name that yc_select_resolve makes */
};

/* Rows for a config struct S with a member f of type struct yc_select_cfg. */
/* clang-format off */
#define YC_SELECT_ROWS(S, f) \
	YC_OPT(S, f.ipc, .name = "ipc", .letter = 'n', .arg = "n", .min = 1, .max = 1e6, \
		.auto_help = "none: a size is needed", .help = "size to prune to, in " \
		"full-size images per class: as many tiles as fill them"), \
	YC_OPT(S, f.tiles, .name = "tiles", .arg = "n", .min = 1, .max = 1e9, \
		.auto_help = "none", .help = "size in tiles per class"), \
	YC_OPT(S, f.keep, .name = "keep", .arg = "part", .min = 1e-9, .max = 1, \
		.auto_help = "none", .help = "size as a fraction of all tiles, up to 1"), \
	YC_OPT(S, f.bytes, .name = "bytes", .arg = "n", .min = 1, .max = 9e15, \
		.unit = YC_BYTES, .auto_help = "none", \
		.help = "size as maximum bytes of pixels, before compression"), \
	YC_OPT(S, f.budget, .name = "budget", .arg = "file", .unit = YC_READS, \
		.auto_help = "none", .help = "size in tiles of each class: lines \"class count\""), \
	YC_OPT(S, f.score, .name = "score", .arg = "name", .auto_help = "by rule", \
		.help = "rank by column score.name; name,name: by several of them"), \
	YC_OPT(S, f.combine, .name = "combine", .table = yc_combinations, .unit = YC_CHOICE, \
		.auto_help = "rank-mean of several scores", .help = "how several scores " \
		"become one: mean, maximum or minimum of their ranks, easy first"), \
	YC_OPT(S, f.run, .name = "run", .arg = "r", .def = "1", .min = 1, .max = 1e6, \
		.help = "use the scores of run r of yc-score --repeat"), \
	YC_OPT(S, f.hard, .name = "hard", \
		.help = "keep the hardest: the highest scores, for aum the lowest"), \
	YC_OPT(S, f.easy, .name = "easy", .help = "keep the easiest: the opposite"), \
	YC_OPT(S, f.balance, .name = "balance", .help = "keep equally many per class"), \
	YC_OPT(S, f.imbalance, .name = "imbalance", \
		.help = "keep what ranks first, regardless of class"), \
	YC_OPT(S, f.keep_first, .name = "keep-first", \
		.help = "among equal scores keep the first one instead of dropping it first"), \
	YC_OPT(S, f.order, .name = "order", .help = "write the best ranked first, classes " \
		"round-robin: every prefix is the best set of its size; without a size, all"), \
	YC_OPT(S, f.ids, .name = "ids", .arg = "file", .unit = YC_READS, .auto_help = "none", \
		.help = "no rule: take the rows listed in lines \"id\" or \"id tile\", " \
		"in that order")
/* clang-format on */

/* What a rule does not support. */
enum yc_select_refusal {
	YC_NO_SCORE = 1,
	YC_NO_DIRECTION = 2, /* does not rank */
	YC_NO_BALANCE = 4,
	YC_NO_ORDER = 8, /* smaller selections are not subsets of larger ones */
	YC_IPC_ONLY = 16,
	YC_ONE_SCORE = 32 /* whose values mean more than their order */
};

struct yc_selection;

struct yc_selector {
	struct yc_method method;
	const char *alias;   /* name in the published code, or NULL */
	const char *score;   /* default column score.NAME; NULL: needs no score */
	bool low_is_hard;    /* of that column */
	bool easy, balanced; /* defaults */
	unsigned refuses;    /* of enum yc_select_refusal */
	const char *repeats; /* why it may choose a tile more than once; NULL: never */
	/* Writes the name of the default column if it depends on the options. */
	void (*column)(const struct yc_select_cfg *cfg, char name[YC_NAME_MAX + 1]);
	/*
	 * Writes r->total candidates, best first (balanced: within each class, classes in
	 * order), and fills unset options in cfg. Users choose r->balanced (--balance,
	 * --imbalance): a rule handles both, or refuses YC_NO_BALANCE and is given the
	 * total. *n is preset to r->total; a rule that writes fewer sets it. NULL:
	 * yc_pick_ranked.
	 */
	int (*pick)(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
		size_t *chosen, size_t *n);
	/* Does the whole selection, reading no further than it must; NULL: all rows are
	 * read and `pick` chooses. Completes cfg. */
	int (*read)(struct yc_selection *sel, struct yc_rows *from, struct yc_reader *r,
		struct yc_select_cfg *cfg, struct yc_watch *watch);
};
extern const struct yc_method *const yc_selectors[]; /* of struct yc_selector */

/* The rule called name[0..len-1]: a name of the table or an alias, and suffixes _hard,
 * _easy, _balance, _imbalance in any order, which are stored. NULL with
 * yc_fail(YC_USAGE). */
const struct yc_selector *yc_selector_find(
	const char *name, size_t len, struct yc_suffixes *suffixes);

/* Does candidate a rank before b, regardless of class? The pruning order of
 * yc-methods(7), "Ranking", backwards: by score, then by index. Needs low and first of r.
 */
bool yc_rank_before(
	const struct yc_rule *r, const struct yc_candidates *cand, size_t a, size_t b);
/* The last ones of that order: the first are dropped. */
int yc_pick_ranked(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n) YC_CHECKED;

/* Fills unset options with the rule's defaults, so that the history is complete; YC_USAGE
 * when the options contradict each other or the rule. With ids, `rule` is NULL.
 */
int yc_select_resolve(
	struct yc_select_cfg *cfg, const struct yc_selector *rule) YC_CHECKED;

/* Sets r->total and r->take [classes] from cfg: the budget must not exceed what is
 * available. Total sizes (keep, bytes) are distributed over balanced classes round-robin. */
int yc_select_size(struct yc_rule *r, const struct yc_candidates *cand,
	const struct yc_set *s, const struct yc_select_cfg *cfg) YC_CHECKED;

/* The choice of a rule or a list. */
struct yc_selection {
	bool whole_rows; /* chosen are rows of the stream, not candidates */
	struct yc_candidates candidates;
	struct yc_rule rule;
	const struct yc_selector *selector;
	bool order;
	int classes;	   /* of these the order is */
	size_t n, *chosen; /* in the order that they are written in */
	size_t repeats;	   /* repeats among them */
};

/* For the hook `hold` of yc_rows_read, with the cfg as resolved: the columns that a
 * choice depends on. Other columns of `from` need no data. */
bool yc_select_hold(void *cfg, const char *column);
/* `cfg` as resolved; rule_cfg is the rule's own, `rng` stream "select". For rules without
 * a `read` of their own. */
int yc_select(struct yc_selection *sel, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg, void *rule_cfg,
	struct yc_rng rng) YC_CHECKED;
/* The set of chosen[at..at+n-1], which has data in `from`; with order its head says so
 * (yc.order). For `row` see yc_candidates_take. Of no rows it is what yc_select_write begins
 * with. */
int yc_select_take(struct yc_set *to, const struct yc_set *from,
	const struct yc_selection *sel, size_t at, size_t n,
	const size_t *row) YC_CHECKED;
/* Writes the selection; `watch` is notified if that takes many passes over the input. */
int yc_select_write(const struct yc_set *head, struct yc_rows *from,
	const struct yc_selection *sel, struct yc_writer *w,
	struct yc_watch *watch) YC_CHECKED;
/* A line of tab-separated values for each class: tiles kept and available, the range of
 * their scores, and the tile that would have come next. malloc'd, NULL with yc_fail. */
char *yc_select_explain(const struct yc_selection *sel, const struct yc_set *from);
void yc_selection_release(struct yc_selection *sel);

/*
 * Takes rows from a list: each line of the file is "id" or "id tile", or after a heading
 * of column names, has a column `id` and optionally a column `tile`; blank lines and
 * anything after '#' are skipped. The result has the order of the lines. An id alone
 * selects every row that has it; with a tile, condensed images are cut. Without a column
 * `id`, ids are row numbers from 0.
 */
int yc_select_ids(
	struct yc_selection *sel, const struct yc_set *from, const char *path) YC_CHECKED;

#endif
