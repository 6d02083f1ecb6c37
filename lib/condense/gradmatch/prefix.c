/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "MULTISIZE CONDENSATION": the prefixes of a synthetic batch in the steps of
 * a run. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/condense/gradmatch/gradmatch.h"

int yc_gradmatch_new_subsets(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_match_cfg *c = g->cfg;
	int status = yc_subsets_new(&g->subsets, g->images.synth.cfg.classes,
		g->images.synth.cfg.ipc, c->period, c->class_wise, !c->no_freeze);

	if (status)
		return status;
	yc_subsets_keep(&g->subsets, run);
	g->prefix = yc_calloc((size_t)g->subsets.most, sizeof(*g->prefix));
	g->distance = yc_calloc((size_t)g->subsets.most, sizeof(*g->distance));
	return g->prefix && g->distance ? yc_step_new_subsets(&g->step) : YC_FAIL;
}

void yc_gradmatch_end_subsets(struct yc_gradmatch *g)
{
	yc_free(g->prefix);
	yc_free(g->distance);
	yc_subsets_release(&g->subsets);
}

static int ascending(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* If the batch is drawn from more decoded images, a prefix has of it what it has of them. */
void yc_gradmatch_prefixes(struct yc_run *run, int cls)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_synth *y = &g->images.synth;
	const struct yc_class_batch *b = &g->step.batch;
	int now = yc_subsets_now(&g->subsets, cls),
	    frozen = yc_subsets_frozen(&g->subsets, cls),
	    per = y->cfg.factor * y->cfg.factor, have = 0;

	if (y->batch < y->ntiles)
		qsort(b->pick, (size_t)y->batch, sizeof(*b->pick), ascending);
	for (int n = 1; n <= g->subsets.most; n++) {
		while (have < y->batch && b->pick[have] < n * per)
			have++;
		g->prefix[n - 1] = have;
	}
	g->step.subset = now ? g->prefix[now - 1] : 0;
	g->step.frozen = frozen ? g->prefix[frozen - 1] : 0;
}

void yc_gradmatch_measure(struct yc_run *run, int cls)
{
	struct yc_gradmatch *g = run->state;

	if (!yc_subsets_due(&g->subsets, run->it))
		return;
	yc_step_distances(&g->step, g->w, g->prefix, g->subsets.most, g->distance);
	if (run->ranks)
		yc_gradmatch_note_prefixes(run, cls);
	else
		yc_subsets_add(&g->subsets, cls, g->distance, g->prefix);
}
