/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "yc/group.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/select.h"

/*
 * Coverage-centric selection (Zheng et al., ICLR 2023; yc-methods(7), "Coverage-centric
 * selection"): a fraction, the hardest, is dropped, the range of the remaining scores is
 * divided into strata of equal width, and equally many are taken from each, or all that
 * it has. Regardless of class, in double where the reference code computes in float.
 */

struct cfg {
	double cut_off;
	uint32_t strata;
	bool random_strata;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, cut_off, .name = "cut-off", .arg = "part", .min = 0, .max = 1,
		.auto_help = "by dataset and both sizes, if in the paper",
		.help = "drop this fraction first, the hardest"),
	YC_OPT(struct cfg, strata, .name = "strata", .arg = "n", .def = "50", .min = 1,
		.max = 1e6, .help = "number of score ranges of equal width"),
	YC_OPT(struct cfg, random_strata, .name = "random-strata",
		.help = "draw from each range at random, as the original does, in place "
			"of its hardest"),
};

/* Cut-offs of YOCO's reference code (argument.py) by dataset and by the sizes before and
 * after, in full-size images per class. */
static const struct {
	int classes, side;
	size_t from, to;
	double cut_off;
} table[] = {
	{10, 32, 10, 1, 0.3}, /* CIFAR-10 */
	{10, 32, 10, 2, 0.1},
	{10, 32, 10, 5, 0.0},
	{10, 32, 50, 1, 0.3},
	{10, 32, 50, 2, 0.3},
	{10, 32, 50, 5, 0.3},
	{10, 32, 50, 10, 0.1},
	{100, 32, 10, 1, 0.5}, /* CIFAR-100 */
	{100, 32, 10, 2, 0.4},
	{100, 32, 10, 5, 0.2},
	{100, 32, 20, 1, 0.5},
	{100, 32, 20, 2, 0.5},
	{100, 32, 20, 5, 0.3},
	{100, 32, 50, 1, 0.5},
	{100, 32, 50, 2, 0.5},
	{100, 32, 50, 5, 0.5},
	{100, 32, 50, 10, 0.3},
	{10, 224, 10, 1, 0.3}, /* ImageNet-10 */
	{10, 224, 10, 2, 0.2},
	{10, 224, 10, 5, 0.1},
	{10, 224, 20, 1, 0.3},
	{10, 224, 20, 2, 0.3},
	{10, 224, 20, 5, 0.2},
};

static int cut_off(
	const struct yc_candidates *cand, const struct yc_rule *r, double *part)
{
	size_t image = (size_t)cand->present * (size_t)cand->tiles_per_image;

	if (!isnan(*part))
		return YC_OK;
	for (size_t i = 0; i < YC_COUNT(table); i++) {
		/* ten classes of CIFAR-100 are not CIFAR-10 */
		if (table[i].classes == cand->classes && cand->present == cand->classes &&
			table[i].side == cand->side && table[i].from * image == cand->n &&
			table[i].to * image == r->total) {
			*part = table[i].cut_off;
			return YC_OK;
		}
	}
	return yc_fail(YC_FAIL,
		"no cut-off is known for %d classes of side %d, pruned from %g to %g "
		"images per class: give one with --cut-off",
		cand->present, cand->side, (double)cand->n / (double)image,
		(double)r->total / (double)image);
}

struct entry {
	double score; /* high is hard */
	size_t at;
};

/* Hardest first; ties to the lower index, which is therefore dropped first. */
static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->score > y->score || x->score < y->score)
		return x->score > y->score ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The stratum of each of n scores in descending order, and the size of each stratum. */
static int stratify(
	const struct entry *e, size_t n, size_t strata, int32_t *stratum, size_t *size)
{
	double max = n ? e[0].score : 0, lo = n ? e[n - 1].score : 0;
	/* 1.0001 max of the reference code, which has no negative scores */
	double wide = (max + 1e-4 * fabs(max) - lo) / (double)strata;

	if (!isfinite(wide))
		return yc_fail(YC_FAIL, "scores from %g to %g have no strata", lo, max);
	for (size_t i = 0; i < n; i++) {
		double x = e[i].score;
		size_t t = wide > 0 ? (size_t)((x - lo) / wide) : 0;

		/* the division rounds, so the limits decide */
		while (t > 0 && x < lo + (double)t * wide)
			t--;
		while (t + 1 < strata && wide > 0 && x >= lo + (double)(t + 1) * wide)
			t++;
		stratum[i] = (int32_t)(t < strata ? t : strata - 1);
		size[stratum[i]]++;
	}
	return YC_OK;
}

struct budget {
	size_t stratum, size;
};

static int ascending(const void *a, const void *b)
{
	const struct budget *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return (x->stratum > y->stratum) - (x->stratum < y->stratum);
}

/* Small strata give all they have, the others share the rest. */
static int budgets(const size_t *size, size_t strata, size_t rest, size_t *give)
{
	struct budget *b = yc_calloc(strata, sizeof(*b));

	if (!b)
		return YC_FAIL;
	for (size_t t = 0; t < strata; t++)
		b[t] = (struct budget){.stratum = t, .size = size[t]};
	qsort(b, strata, sizeof(*b), ascending);
	for (size_t i = 0; i < strata; i++) {
		size_t share = rest / (strata - i);
		size_t n = b[i].size < share ? b[i].size : share;

		give[b[i].stratum] = n;
		rest -= n;
	}
	yc_free(b);
	return YC_OK;
}

/* Takes from each stratum: its first ones, or drawn at random. */
static int give(const struct entry *e, size_t n, const int32_t *stratum,
	const size_t *want, int strata, struct yc_rng *rng, size_t *chosen)
{
	int32_t *perm = yc_calloc(n, sizeof(*perm));
	struct yc_groups g = {0};
	int status = perm ? yc_groups_new(&g, stratum, n, strata) : YC_FAIL;

	for (int t = 0; !status && t < strata; t++) {
		const int32_t *member = yc_groups_of(&g, t);

		if (rng)
			yc_rng_permutation(rng, perm, yc_groups_count(&g, t));
		for (size_t i = 0; i < want[t]; i++)
			*chosen++ = e[member[rng ? perm[i] : (int32_t)i]].at;
	}
	yc_groups_release(&g);
	yc_free(perm);
	return status;
}

static int pick(const struct yc_candidates *cand, const struct yc_rule *r, void *cfg,
	size_t *chosen, size_t *n)
{
	struct cfg *c = cfg;
	struct yc_rng rng = r->rng;
	size_t strata = c->strata, dropped, left;
	struct entry *e = NULL;
	int32_t *stratum = NULL;
	size_t *size = NULL, *want = NULL;
	int status = cut_off(cand, r, &c->cut_off);

	(void)n;
	if (status < 0)
		return status;
	dropped = (size_t)(c->cut_off * (double)cand->n);
	left = cand->n - dropped;
	if (left < r->total)
		return yc_fail(YC_FAIL,
			"the size is %zu, but a cut-off of %g leaves %zu of %zu",
			r->total, c->cut_off, left, cand->n);
	e = yc_calloc(cand->n, sizeof(*e));
	stratum = yc_calloc(left, sizeof(*stratum));
	size = yc_calloc(strata, sizeof(*size));
	want = yc_calloc(strata, sizeof(*want));
	status = e && stratum && size && want ? YC_OK : YC_FAIL;
	if (!status) {
		for (size_t g = 0; g < cand->n; g++)
			e[g] = (struct entry){
				.score = r->low ? -cand->score[g] : cand->score[g],
				.at = g};
		qsort(e, cand->n, sizeof(*e), compare);
		status = stratify(e + dropped, left, strata, stratum, size);
	}
	if (!status)
		status = budgets(size, strata, r->total, want);
	if (!status)
		status = give(e + dropped, left, stratum, want, (int)strata,
			c->random_strata ? &rng : NULL, chosen);
	yc_free(e);
	yc_free(stratum);
	yc_free(size);
	yc_free(want);
	return status;
}

const struct yc_selector yc_select_ccs = {
	.method = {.name = "ccs",
		.summary = "keep equally many of each range of EL2N scores, but none of "
			   "the hardest (Zheng et al. 2023)",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.score = "el2n",
	.refuses = YC_NO_DIRECTION | YC_NO_BALANCE | YC_NO_ORDER,
	.pick = pick,
};
