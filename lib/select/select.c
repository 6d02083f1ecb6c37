/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "yc/mem.h"
#include "yc/select.h"

int yc_select_resolve(struct yc_select_cfg *cfg, const struct yc_selector *rule)
{
	if (cfg->hard && cfg->easy)
		return yc_fail(YC_USAGE, "--hard and --easy exclude each other");
	if (cfg->balance && cfg->imbalance)
		return yc_fail(YC_USAGE, "--balance and --imbalance exclude each other");
	if (cfg->ipc && cfg->keep)
		return yc_fail(YC_USAGE, "--ipc and --keep exclude each other");
	if (!cfg->ipc && !cfg->keep && !cfg->order)
		return yc_fail(
			YC_USAGE, "how many to keep is missing: --ipc n or --keep n");
	if (!rule->score && (cfg->score || cfg->hard || cfg->easy))
		return yc_fail(YC_USAGE,
			"rule '%s' looks at no score: --score, --hard and "
			"--easy mean nothing to it",
			rule->method.name);
	if (rule->score) {
		if (!cfg->score)
			cfg->score = rule->score;
		if (!strncmp(cfg->score, "score.", 6))
			cfg->score += 6;
		if (!cfg->hard && !cfg->easy)
			*(rule->easy ? &cfg->easy : &cfg->hard) = true;
	}
	if (!cfg->balance && !cfg->imbalance)
		*(rule->balanced ? &cfg->balance : &cfg->imbalance) = true;
	return YC_OK;
}

/* Sets r->total and take[]; the budget of spec 8.4 must fit into what is there. */
static int budget(struct yc_rule *r, size_t *take, const struct yc_units *u,
	const struct yc_select_cfg *cfg)
{
	const char *what = u->cost > 1 ? "tiles" : "images";
	size_t each = cfg->ipc ? yc_mul(cfg->ipc, (size_t)u->cost) : cfg->keep;
	size_t all = yc_mul((size_t)u->classes, each);

	r->balanced = cfg->balance;
	r->take = take;
	if (!each) { /* --order alone */
		memcpy(take, u->count, (size_t)u->classes * sizeof(*take));
		r->total = u->n;
		return YC_OK;
	}
	if (!r->balanced) {
		if (all > u->n)
			return yc_fail(YC_FAIL,
				"%zu %s wanted, %zu of each of %d classes, but "
				"there are only %zu",
				all, what, each, u->classes, u->n);
		r->total = all;
		return YC_OK;
	}
	for (int c = 0; c < u->classes; c++) {
		if (each > u->count[c])
			return yc_fail(YC_FAIL,
				"%zu %s of every class wanted, but class %d has "
				"only %zu",
				each, what, c, u->count[c]);
		take[c] = each;
	}
	r->total = all;
	return YC_OK;
}

static int ascending(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Deals classes out in turn: from class by class, best first, to rounds, so that every
 * prefix takes equally many of all classes, up to one. */
static int deal(size_t *unit, const struct yc_rule *r, int classes)
{
	size_t *from, n = 0;

	if (!r->balanced)
		return YC_OK;
	from = yc_alloc(r->total, sizeof(*from));
	if (!from)
		return YC_FAIL;
	memcpy(from, unit, r->total * sizeof(*from));
	for (size_t round = 0; n < r->total; round++) {
		const size_t *p = from;

		for (int c = 0; c < classes; p += r->take[c++])
			if (round < r->take[c])
				unit[n++] = p[round];
	}
	yc_free(from);
	return YC_OK;
}

int yc_select(struct yc_set *to, const struct yc_set *from,
	const struct yc_selector *rule, const struct yc_select_cfg *cfg,
	const void *rule_cfg, struct yc_rng rng)
{
	struct yc_units u;
	struct yc_rule r = {.easy = cfg->easy, .rng = rng};
	size_t *take, *unit = NULL;
	int err = yc_units_new(&u, from, rule->score ? cfg->score : NULL);

	if (err)
		return err;
	take = yc_alloc((size_t)u.classes, sizeof(*take));
	err = take ? budget(&r, take, &u, cfg) : YC_FAIL;
	if (!err) {
		unit = yc_alloc(r.total, sizeof(*unit));
		err = unit ? YC_OK : YC_FAIL;
	}
	if (!err)
		err = (rule->pick ? rule->pick : yc_pick_ranked)(&u, &r, rule_cfg, unit);
	if (!err && cfg->order)
		err = deal(unit, &r, u.classes);
	else if (!err)
		qsort(unit, r.total, sizeof(*unit), ascending);
	if (!err)
		err = yc_units_take(to, from, &u, unit, r.total);
	yc_free(unit);
	yc_free(take);
	yc_units_release(&u);
	return err;
}
