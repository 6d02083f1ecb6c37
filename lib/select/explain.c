/* SPDX-License-Identifier: MIT */
/* The table of yc-select --explain: what was kept per class, and what would have come
 * next. */
#define _GNU_SOURCE /* open_memstream */
#include <stdio.h>
#include <stdlib.h>

#include "yc/mem.h"
#include "yc/select.h"

/* One class; indices of candidates, SIZE_MAX for none. */
struct kept {
	size_t n, best, worst, next;
};

/* Does a rank before b, if both exist? */
static bool before(const struct yc_selection *sel, size_t a, size_t b)
{
	if (a == SIZE_MAX || b == SIZE_MAX)
		return a != SIZE_MAX;
	return yc_rank_before(&sel->rule, &sel->candidates, a, b);
}

static void count(const struct yc_selection *sel, struct kept *kept, bool *is_chosen)
{
	const struct yc_candidates *cand = &sel->candidates;
	/* other rules have no next tile */
	bool ranks = !sel->selector->pick;

	for (int c = 0; c < cand->classes; c++)
		kept[c] = (struct kept){
			.best = SIZE_MAX, .worst = SIZE_MAX, .next = SIZE_MAX};
	for (size_t i = 0; i < sel->n; i++) {
		is_chosen[sel->chosen[i]] = true;
		kept[cand->label[sel->chosen[i]]].n++;
	}
	for (size_t g = 0; cand->score && g < cand->n; g++) {
		struct kept *k = &kept[cand->label[g]];

		if (is_chosen[g] && before(sel, g, k->best))
			k->best = g;
		if (is_chosen[g] && (k->worst == SIZE_MAX || before(sel, k->worst, g)))
			k->worst = g;
		if (!is_chosen[g] && ranks && before(sel, g, k->next))
			k->next = g;
	}
}

static void print_score(FILE *f, const struct yc_candidates *cand, size_t g)
{
	if (g == SIZE_MAX)
		(void)fputs("\t-", f);
	else
		(void)fprintf(f, "\t%.9g", cand->score[g]);
}

static void print(FILE *f, const struct yc_selection *sel, const struct kept *kept,
	const int64_t *id)
{
	const struct yc_candidates *cand = &sel->candidates;

	(void)fputs("class\tkept\tof\tbest\tworst\tnext_score\tnext_id\tnext_tile\n", f);
	for (int c = 0; c < cand->classes; c++) {
		const struct kept *k = &kept[c];

		(void)fprintf(f, "%d\t%zu\t%zu", c, k->n, cand->count[c]);
		print_score(f, cand, k->best);
		print_score(f, cand, k->worst);
		print_score(f, cand, k->next);
		if (k->next == SIZE_MAX)
			(void)fputs("\t-\t-\n", f);
		else
			(void)fprintf(f, "\t%lld\t%d\n",
				(long long)(id ? id[cand->tile[k->next].row]
					       : (int64_t)cand->tile[k->next].row),
				yc_candidate_position(cand, k->next));
	}
}

char *yc_select_explain(const struct yc_selection *sel, const struct yc_set *from)
{
	const struct yc_tensor *id = yc_set_col(from, "id");
	struct kept *kept = yc_calloc((size_t)sel->candidates.classes, sizeof(*kept));
	bool *is_chosen = yc_calloc(sel->candidates.n, sizeof(*is_chosen)), bad = true;
	char *text = NULL;
	size_t size;
	FILE *f = kept && is_chosen ? open_memstream(&text, &size) : NULL;

	if (f) {
		count(sel, kept, is_chosen);
		print(f, sel, kept,
			id && id->dtype == YC_I64 && id->rank == 1 ? id->data : NULL);
		bad = ferror(f) != 0;
		bad = fclose(f) != 0 || bad;
	}
	yc_free(kept);
	yc_free(is_chosen);
	if (bad) {
		free(text);
		(void)yc_no_memory(0);
		return NULL;
	}
	return text;
}
