/* SPDX-License-Identifier: MIT */
/* A selection, from options to the set that is kept: completes and checks the options,
 * lets the rule choose, interleaves the classes round-robin for an order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/mem.h"
#include "yc/near.h"
#include "yc/real.h"

/* -- options -- */

/* Suffixes of the name are options too; of two, the first one takes precedence. */
static int add_suffixes(struct yc_select_cfg *cfg)
{
	const struct {
		const char *name;
		bool *first, *second;
		bool named_first, named_second;
	} pair[] = {{"--hard and --easy", &cfg->hard, &cfg->easy, cfg->named.hard,
			    cfg->named.easy},
		{"--balance and --imbalance", &cfg->balance, &cfg->imbalance,
			cfg->named.balance, cfg->named.imbalance}};

	for (size_t i = 0; i < YC_COUNT(pair); i++) {
		*pair[i].first |= pair[i].named_first;
		*pair[i].second |= pair[i].named_second && !pair[i].named_first;
		if (*pair[i].first && *pair[i].second)
			return yc_fail(YC_USAGE, "%s exclude each other%s", pair[i].name,
				pair[i].named_first || pair[i].named_second
					? ", as options and in the name of a rule"
					: "");
	}
	return YC_OK;
}

static int sizes(const struct yc_select_cfg *cfg)
{
	return !!cfg->ipc + !!cfg->tiles + (cfg->keep > 0) + !!cfg->bytes + !!cfg->budget;
}

static int refuse(const struct yc_select_cfg *cfg, const struct yc_selector *rule)
{
	const struct {
		unsigned bit;
		bool given;
		const char *options;
	} row[] = {
		{YC_NO_SCORE, cfg->score || cfg->combine || cfg->run > 1,
			"--score, --combine and --run"},
		{YC_ONE_SCORE, yc_scores_several(cfg) || cfg->combine,
			"several scores and --combine"},
		{YC_NO_DIRECTION, cfg->hard || cfg->easy, "--hard and --easy"},
		{YC_NO_DIRECTION, cfg->keep_first, "--keep-first"},
		{YC_NO_BALANCE, cfg->balance || cfg->imbalance || cfg->budget,
			"--balance, --imbalance and --budget"},
		{YC_NO_ORDER, cfg->order, "--order"},
		{YC_IPC_ONLY, sizes(cfg) > !!cfg->ipc, "any size but --ipc"},
	};

	for (size_t i = 0; i < YC_COUNT(row); i++)
		if (rule->refuses & row[i].bit && row[i].given)
			return yc_fail(YC_USAGE, "rule '%s' does not take %s",
				rule->method.name, row[i].options);
	return YC_OK;
}

static int check_size(const struct yc_select_cfg *cfg)
{
	if (sizes(cfg) > 1)
		return yc_fail(YC_USAGE, "--ipc, --tiles, --keep, --bytes and --budget "
					 "exclude each other");
	if (!sizes(cfg) && !cfg->order)
		return yc_fail(YC_USAGE, "the size is missing: --ipc n or another size");
	if (cfg->budget && cfg->imbalance)
		return yc_fail(YC_USAGE, "--budget and --imbalance exclude each other");
	if (cfg->budget && cfg->order)
		return yc_fail(YC_USAGE, "--budget and --order exclude each other: "
					 "order takes classes round-robin");
	return YC_OK;
}

static int check_ids(const struct yc_select_cfg *cfg)
{
	if (sizes(cfg) || cfg->score || cfg->combine || cfg->run > 1 || cfg->hard ||
		cfg->easy || cfg->balance || cfg->imbalance || cfg->keep_first ||
		cfg->order)
		return yc_fail(YC_USAGE,
			"--ids selects listed rows: options of rules have no effect");
	return YC_OK;
}

int yc_select_resolve(struct yc_select_cfg *cfg, const struct yc_selector *rule)
{
	int status;

	if (cfg->ids)
		return check_ids(cfg);
	status = add_suffixes(cfg);
	if (!status)
		status = refuse(cfg, rule);
	if (!status)
		status = check_size(cfg);
	if (!status)
		status = yc_combine_resolve(cfg);
	if (status < 0)
		return status;
	if (!cfg->balance && !cfg->imbalance && !(rule->refuses & YC_NO_BALANCE))
		*(rule->balanced || cfg->budget ? &cfg->balance : &cfg->imbalance) = true;
	if (!rule->score)
		return YC_OK;
	if (!cfg->score && rule->column) {
		rule->column(cfg, cfg->column);
		cfg->score = cfg->column;
	}
	if (!cfg->score)
		cfg->score = rule->score;
	if (!yc_scores_several(cfg) && yc_score_name(cfg->score))
		cfg->score = yc_score_name(cfg->score);
	if (!cfg->hard && !cfg->easy && !(rule->refuses & YC_NO_DIRECTION))
		*(rule->easy ? &cfg->easy : &cfg->hard) = true;
	return YC_OK;
}

bool yc_low_is_hard(const char *name, const struct yc_selector *rule)
{
	size_t n = strcspn(name, ".");

	for (size_t i = 0; yc_selectors[i]; i++) {
		const struct yc_selector *s = (const struct yc_selector *)yc_selectors[i];
		const char *own = s->score;

		if (own && strlen(own) == n && !memcmp(own, name, n))
			return s->low_is_hard;
	}
	return rule->low_is_hard;
}

/* -- choosing -- */

static int ascending(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Reorders from class by class, best first, to round-robin, so that in every prefix the
 * classes differ by at most one. */
static int round_robin(size_t *chosen, const struct yc_rule *r, int classes)
{
	size_t *from, n = 0;

	if (!r->balanced)
		return YC_OK;
	from = yc_calloc(r->total, sizeof(*from));
	if (!from)
		return YC_FAIL;
	memcpy(from, chosen, r->total * sizeof(*from));
	for (size_t round = 0; n < r->total; round++) {
		const size_t *p = from;

		for (int c = 0; c < classes; p += r->take[c++])
			if (round < r->take[c])
				chosen[n++] = p[round];
	}
	yc_free(from);
	return YC_OK;
}

static int choose(struct yc_selection *sel, void *rule_cfg)
{
	const struct yc_selector *rule = sel->selector;
	size_t capacity = sel->rule.total;
	int status;

	sel->chosen = yc_calloc(capacity, sizeof(*sel->chosen));
	if (!sel->chosen)
		return YC_FAIL;
	sel->n = capacity;
	status = (rule->pick ? rule->pick : yc_pick_ranked)(
		&sel->candidates, &sel->rule, rule_cfg, sel->chosen, &sel->n);
	if (status < 0)
		return status;
	if (sel->order)
		return round_robin(sel->chosen, &sel->rule, sel->candidates.classes);
	qsort(sel->chosen, sel->n, sizeof(*sel->chosen), ascending);
	for (size_t i = 1; i < sel->n; i++)
		sel->repeats += sel->chosen[i] == sel->chosen[i - 1];
	return YC_OK;
}

/* Reports which scores exist, truncated if the list is long, and which tool makes this
 * one. */
static int missing(const struct yc_set *from, const char *name, const char *column,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg)
{
	bool own = cfg->score == cfg->column || cfg->score == rule->score;
	char list[512] = "", how[64] = "", meant[YC_NEAR_TEXT];
	struct yc_near near;
	size_t n = 0;

	if (!from->ncols)
		return yc_set_check_images(from);
	yc_near_begin(&near, name, strlen(name));
	for (size_t i = 0; i < from->ncols; i++) {
		const char *have = yc_score_name(from->col[i].name);

		if (have && n + strlen(from->col[i].name) + 3 < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
				n ? ", " : "", from->col[i].name);
		if (have && !own && cfg->run <= 1)
			yc_near_try(&near, have, strlen(have));
	}
	if (near.n)
		return yc_fail(YC_FAIL, "no column '%s' in the stream, but %s%s", column,
			list, yc_near_text(&near, "", meant));
	n = own ? (size_t)snprintf(how, sizeof(how), " %s", rule->score) : 0;
	if (own && rule->column)
		n += (size_t)snprintf(how + n, sizeof(how) - n, " --ipc %u", cfg->ipc);
	if (own && cfg->run > 1)
		(void)snprintf(how + n, sizeof(how) - n, " --repeat %u", cfg->run);
	return yc_fail(YC_FAIL, "no column '%s' in the stream, %s%s: yc-score%s makes %s",
		column, *list ? "but " : "which has no scores", list, how,
		own ? "it" : "more");
}

bool yc_select_hold(void *cfg, const char *column)
{
	const struct yc_select_cfg *c = cfg;
	const char *list = c->score;
	char name[YC_NAME_MAX + 1], full[YC_NAME_MAX + 1];

	while (yc_scores_next(&list, name))
		if (yc_score_column(full, name, c->run) == YC_OK && !strcmp(column, full))
			return true;
	return !strcmp(column, "label") || !strcmp(column, "id") ||
	       !strcmp(column, "tile");
}

/* The scores of a run must exist; `last` is the name of the last one. */
static int check_scores(char last[YC_NAME_MAX + 1], const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg)
{
	const char *list = cfg->score;
	char name[YC_NAME_MAX + 1], full[YC_NAME_MAX + 1];

	while (yc_scores_next(&list, name)) {
		if (yc_score_column(full, name, cfg->run) < 0)
			return YC_FAIL;
		if (!yc_set_col(from, full))
			return missing(from, name, full, rule, cfg);
		strcpy(last, yc_score_name(full));
	}
	return YC_OK;
}

int yc_select(struct yc_selection *sel, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg, void *rule_cfg,
	struct yc_rng rng)
{
	const bool several = yc_scores_several(cfg);
	char name[YC_NAME_MAX + 1];
	int status = YC_OK;

	*sel = (struct yc_selection){.selector = rule, .order = cfg->order};
	sel->rule = (struct yc_rule){
		.balanced = cfg->balance, .first = cfg->keep_first, .rng = rng};
	if (rule->score) {
		sel->rule.low =
			cfg->easy != (!several && yc_low_is_hard(cfg->score, rule));
		status = check_scores(name, from, rule, cfg);
	}
	if (!status)
		status = yc_candidates_new(
			&sel->candidates, from, rule->score && !several ? name : NULL);
	if (!status && several)
		status = yc_combine(&sel->candidates, from, rule, cfg);
	if (status < 0) {
		yc_candidates_release(&sel->candidates);
		return status;
	}
	sel->classes = sel->candidates.present;
	sel->rule.take =
		yc_calloc((size_t)sel->candidates.classes, sizeof(*sel->rule.take));
	status = sel->rule.take ? yc_select_size(&sel->rule, &sel->candidates, from, cfg)
				: YC_FAIL;
	if (!status)
		status = choose(sel, rule_cfg);
	if (status < 0)
		yc_selection_release(sel);
	return status;
}

void yc_selection_release(struct yc_selection *sel)
{
	yc_candidates_release(&sel->candidates);
	yc_free(sel->rule.take);
	yc_free(sel->chosen);
	memset(sel, 0, sizeof(*sel));
}
