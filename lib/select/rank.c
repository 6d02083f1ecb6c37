/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "yc/mem.h"
#include "yc/select.h"

struct entry {
	int32_t group; /* class if balanced, else 0 */
	double keep;   /* the lower, the earlier it is pruned */
	size_t at;
};

/* Group by group the pruning order backwards: most wanted first. */
static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->keep > y->keep || x->keep < y->keep)
		return x->keep > y->keep ? -1 : 1;
	return x->at > y->at ? -1 : x->at < y->at;
}

int yc_pick_ranked(const struct yc_units *u, const struct yc_rule *r, void *cfg,
	size_t *unit, size_t *n)
{
	struct entry *e = yc_alloc(u->n, sizeof(*e));
	size_t from = 0;

	(void)cfg;
	(void)n;
	if (!e)
		return YC_FAIL;
	for (size_t g = 0; g < u->n; g++) {
		e[g] = (struct entry){.group = r->balanced ? u->label[g] : 0,
			.keep = r->low ? -u->score[g] : u->score[g],
			.at = g};
	}
	qsort(e, u->n, sizeof(*e), compare);
	for (int c = 0; c < (r->balanced ? u->classes : 1); c++) {
		size_t take = r->balanced ? r->take[c] : r->total;

		for (size_t i = 0; i < take; i++)
			*unit++ = e[from + i].at;
		from += u->count[c];
	}
	yc_free(e);
	return YC_OK;
}
