/* SPDX-License-Identifier: MIT */
/* Several scores as one: the mean, maximum or minimum of the ranks that they give a tile,
 * yc-methods(7), "Combined scores". */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/mem.h"

/* A way to combine ranks: the first, then fold(so far, next) for every other. */
struct combination {
	struct yc_method method;
	double (*fold)(double so_far, double rank);
	bool mean; /* divided by the number of scores */
};

static double add(double so_far, double rank)
{
	return so_far + rank;
}

static double larger(double so_far, double rank)
{
	return rank > so_far ? rank : so_far;
}

static double smaller(double so_far, double rank)
{
	return rank < so_far ? rank : so_far;
}

static const struct combination rank_mean = {
	.method = {.name = "rank-mean", .summary = "mean of the ranks (Borda count)"},
	.fold = add,
	.mean = true,
};
static const struct combination rank_max = {
	.method = {.name = "rank-max", .summary = "as hard as the hardest of its ranks"},
	.fold = larger,
};
static const struct combination rank_min = {
	.method = {.name = "rank-min", .summary = "as easy as the easiest of its ranks"},
	.fold = smaller,
};

const struct yc_method *const yc_combinations[] = {
	&rank_mean.method, &rank_max.method, &rank_min.method, NULL};

/* -- the list of scores -- */

bool yc_scores_several(const struct yc_select_cfg *cfg)
{
	return cfg->score && strchr(cfg->score, ',');
}

bool yc_scores_next(const char **list, char name[YC_NAME_MAX + 1])
{
	const char *from = *list, *bare;
	size_t n;

	if (!from)
		return false;
	n = strcspn(from, ",");
	*list = from[n] ? from + n + 1 : NULL;
	if (n > YC_NAME_MAX) /* no column has such a name */
		n = YC_NAME_MAX;
	memcpy(name, from, n);
	name[n] = '\0';
	bare = yc_score_name(name);
	if (bare)
		memmove(name, bare, strlen(bare) + 1);
	return true;
}

static int check_name(const struct yc_select_cfg *cfg, const char *name, const char *rest)
{
	char other[YC_NAME_MAX + 1];

	if (!*name)
		return yc_fail(YC_USAGE, "--score '%s': the name of a score is missing",
			cfg->score);
	while (yc_scores_next(&rest, other))
		if (!strcmp(name, other))
			return yc_fail(YC_USAGE, "--score '%s': '%s' is named twice",
				cfg->score, name);
	return YC_OK;
}

int yc_combine_resolve(struct yc_select_cfg *cfg)
{
	const char *list = cfg->score;
	char name[YC_NAME_MAX + 1];

	if (!yc_scores_several(cfg))
		return cfg->combine
			       ? yc_fail(YC_USAGE,
					 "--combine is for several scores: --score A,B")
			       : YC_OK;
	while (yc_scores_next(&list, name)) {
		int status = check_name(cfg, name, list);

		if (status < 0)
			return status;
	}
	if (!cfg->combine)
		cfg->combine = rank_mean.method.name;
	return YC_OK;
}

/* -- ranks -- */

struct ranking {
	const struct yc_candidates *cand;
	const double *score;
	bool low_is_hard, balanced;
};

static int32_t group_of(const struct ranking *r, size_t g)
{
	return r->balanced ? r->cand->label[g] : 0;
}

/* Group by group, easy first. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct ranking *r = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	double p = r->score[x], q = r->score[y];

	if (group_of(r, x) != group_of(r, y))
		return group_of(r, x) < group_of(r, y) ? -1 : 1;
	return r->low_is_hard ? (p < q) - (p > q) : (p > q) - (p < q);
}

/*
 * Twice the rank of every candidate in its group, from 1, easy first: equal scores share
 * the mean of their ranks, so that the order in which the tiles are stored plays no part.
 * Twice that is a whole number, sums of which are exact: equal means are equal.
 */
static void rank_twice(struct ranking *r, size_t *order, double *twice)
{
	const size_t n = r->cand->n;
	size_t begin = 0; /* of the group */

	for (size_t g = 0; g < n; g++)
		order[g] = g;
	qsort_r(order, n, sizeof(*order), compare, r);
	for (size_t i = 0, end; i < n; i = end) {
		if (i && group_of(r, order[i]) != group_of(r, order[i - 1]))
			begin = i;
		for (end = i + 1; end < n && !compare(&order[i], &order[end], r); end++)
			;
		for (size_t k = i; k < end; k++)
			twice[order[k]] = (double)(i + 1 - begin + end - begin);
	}
}

/* The method that the options were checked to have. */
static const struct combination *find(const char *name)
{
	size_t i = 0;

	while (strcmp(yc_combinations[i]->name, name) != 0)
		i++;
	return (const struct combination *)yc_combinations[i];
}

int yc_combine(struct yc_candidates *cand, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg)
{
	const struct combination *how = find(cfg->combine);
	double *score = yc_calloc(cand->n, sizeof(*score));
	double *twice = yc_calloc(cand->n, sizeof(*twice));
	size_t *order = yc_calloc(cand->n, sizeof(*order));
	const char *list = cfg->score;
	char name[YC_NAME_MAX + 1], column[YC_NAME_MAX + 1];
	int m = 0, status = YC_FAIL;

	cand->score = yc_calloc(cand->n, sizeof(*cand->score));
	if (score && twice && order && cand->score)
		status = YC_OK;
	for (; !status && yc_scores_next(&list, name); m++) {
		struct ranking r = {.cand = cand,
			.score = score,
			.balanced = cfg->balance,
			.low_is_hard = yc_low_is_hard(name, rule)};

		status = yc_score_column(column, name, cfg->run);
		if (!status)
			status = yc_candidates_score(
				cand, from, yc_score_name(column), score);
		if (status < 0)
			break;
		rank_twice(&r, order, twice);
		for (size_t g = 0; g < cand->n; g++)
			cand->score[g] =
				m ? how->fold(cand->score[g], twice[g]) : twice[g];
	}
	for (size_t g = 0; !status && g < cand->n; g++)
		cand->score[g] /= how->mean ? 2 * m : 2;
	yc_free(score);
	yc_free(twice);
	yc_free(order);
	return status;
}
