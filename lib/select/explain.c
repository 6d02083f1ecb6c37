/* SPDX-License-Identifier: MIT */
/* The table of yc-select --explain: what was kept of every class, and what would have
 * come next. */
#define _GNU_SOURCE /* open_memstream */
#include <stdio.h>
#include <stdlib.h>

#include "yc/mem.h"
#include "yc/select.h"

/* Of one class; units are indices, SIZE_MAX where there is none. */
struct kept {
	size_t n, best, worst, next;
};

/* Is a wanted more than b, if there are such units? */
static bool before(const struct yc_selection *sel, size_t a, size_t b)
{
	if (a == SIZE_MAX || b == SIZE_MAX)
		return a != SIZE_MAX;
	return yc_rank_before(&sel->rule, &sel->units, a, b);
}

static void count(const struct yc_selection *sel, struct kept *kept, bool *chosen)
{
	const struct yc_units *u = &sel->units;
	/* other rules have no unit that comes next */
	bool ranks = !sel->selector->pick;

	for (int c = 0; c < u->classes; c++)
		kept[c] = (struct kept){
			.best = SIZE_MAX, .worst = SIZE_MAX, .next = SIZE_MAX};
	for (size_t i = 0; i < sel->n; i++) {
		chosen[sel->unit[i]] = true;
		kept[u->label[sel->unit[i]]].n++;
	}
	for (size_t g = 0; u->score && g < u->n; g++) {
		struct kept *k = &kept[u->label[g]];

		if (chosen[g] && before(sel, g, k->best))
			k->best = g;
		if (chosen[g] && (k->worst == SIZE_MAX || before(sel, k->worst, g)))
			k->worst = g;
		if (!chosen[g] && ranks && before(sel, g, k->next))
			k->next = g;
	}
}

static void print_score(FILE *f, const struct yc_units *u, size_t g)
{
	if (g == SIZE_MAX)
		(void)fputs("\t-", f);
	else
		(void)fprintf(f, "\t%.9g", u->score[g]);
}

static void print(FILE *f, const struct yc_selection *sel, const struct kept *kept,
	const int64_t *id)
{
	const struct yc_units *u = &sel->units;

	(void)fputs("class\tkept\tof\tbest\tworst\tnext_score\tnext_id\tnext_tile\n", f);
	for (int c = 0; c < u->classes; c++) {
		const struct kept *k = &kept[c];

		(void)fprintf(f, "%d\t%zu\t%zu", c, k->n, u->count[c]);
		print_score(f, u, k->best);
		print_score(f, u, k->worst);
		print_score(f, u, k->next);
		if (k->next == SIZE_MAX)
			(void)fputs("\t-\t-\n", f);
		else
			(void)fprintf(f, "\t%lld\t%d\n",
				(long long)(id ? id[u->row[k->next]]
					       : (int64_t)u->row[k->next]),
				(int)u->tile[k->next]);
	}
}

char *yc_select_explain(const struct yc_selection *sel, const struct yc_set *from)
{
	const struct yc_tensor *id = yc_set_col(from, "id");
	struct kept *kept = yc_calloc((size_t)sel->units.classes, sizeof(*kept));
	bool *chosen = yc_calloc(sel->units.n, sizeof(*chosen)), bad = true;
	char *text = NULL;
	size_t size;
	FILE *f = kept && chosen ? open_memstream(&text, &size) : NULL;

	if (f) {
		count(sel, kept, chosen);
		print(f, sel, kept,
			id && id->dtype == YC_I64 && id->rank == 1 ? id->data : NULL);
		bad = ferror(f) != 0;
		bad = fclose(f) != 0 || bad;
	}
	yc_free(kept);
	yc_free(chosen);
	if (bad) {
		free(text);
		(void)yc_fail(YC_FAIL, "out of memory");
		return NULL;
	}
	return text;
}
