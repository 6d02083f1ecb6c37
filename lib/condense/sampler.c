/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Class sampler": the images of each class, and batches of them without
 * replacement. */
#include <string.h>

#include "lib/condense/internal.h"
#include "yc/group.h"

/* Leaves out classes without images. */
static void drop_empty(struct yc_sampler *w)
{
	int n = 0;

	for (int c = 0; c < w->classes; c++) {
		if (w->first[c] == w->first[c + 1])
			continue;
		w->label[n] = c;
		w->first[n++] = w->first[c];
	}
	w->first[n] = w->first[w->classes];
	w->classes = n;
}

int yc_sampler_new(
	struct yc_sampler *w, const struct yc_data *data, const struct yc_rng *root)
{
	size_t n = (size_t)data->n, classes = (size_t)data->classes;

	*w = (struct yc_sampler){.classes = data->classes, .n = n, .root = *root};
	w->label = yc_calloc(classes, sizeof(*w->label));
	w->member = yc_calloc(n, sizeof(*w->member));
	w->perm = yc_calloc(n, sizeof(*w->perm));
	w->first = yc_calloc(classes + 1, sizeof(*w->first));
	w->at = yc_calloc(classes, sizeof(*w->at));
	w->pos = yc_calloc(classes, sizeof(*w->pos));
	if (!w->label || !w->member || !w->perm || !w->first || !w->at || !w->pos) {
		yc_sampler_release(w);
		return YC_FAIL;
	}
	yc_group_by_class(data->label, data->n, data->classes, w->first, w->member);
	drop_empty(w);
	/* Initially at its end: the first batch draws a permutation. */
	for (int c = 0; c < w->classes; c++)
		w->at[c] = yc_sampler_count(w, c);
	return YC_OK;
}

void yc_sampler_release(struct yc_sampler *w)
{
	yc_free(w->label);
	yc_free(w->member);
	yc_free(w->perm);
	yc_free(w->first);
	yc_free(w->at);
	yc_free(w->pos);
	*w = (struct yc_sampler){0};
}

int yc_sampler_need(const struct yc_sampler *w, uint64_t n, const char *why)
{
	for (int c = 0; c < w->classes; c++)
		if ((uint64_t)yc_sampler_count(w, c) < n)
			return yc_fail(YC_FAIL, "class %d has %d images, %s needs %llu",
				w->label[c], yc_sampler_count(w, c), why,
				(unsigned long long)n);
	return YC_OK;
}

int yc_sampler_next(struct yc_sampler *w, int c, int n, int32_t *idx)
{
	int32_t *perm = w->perm + w->first[c];
	const int32_t *member = w->member + w->first[c];
	int count = yc_sampler_count(w, c);

	n = n < count ? n : count;
	/* Fewer than n left: they are dropped, as in the published code. */
	if (count - w->at[c] < n) {
		struct yc_rng rng =
			yc_rng_fork(&w->root, "real-batch", (uint64_t)w->label[c]);

		rng.pos = w->pos[c];
		yc_rng_permutation(&rng, perm, count);
		w->pos[c] = rng.pos;
		w->at[c] = 0;
	}
	for (int i = 0; i < n; i++)
		idx[i] = member[perm[w->at[c] + i]];
	w->at[c] += n;
	return n;
}

static int check(void *ctx)
{
	const struct yc_sampler *w = ctx;
	bool sane = true;

	for (int c = 0; sane && c < w->classes; c++)
		sane = w->at[c] >= 0 && w->at[c] <= yc_sampler_count(w, c);
	for (int c = 0; sane && c < w->classes; c++)
		for (int32_t i = w->first[c]; sane && i < w->first[c + 1]; i++)
			sane = w->perm[i] >= 0 && w->perm[i] < yc_sampler_count(w, c);
	return sane ? YC_OK : yc_checkpoint_damaged();
}

void yc_sampler_keep(struct yc_sampler *w, struct yc_run *run)
{
	yc_run_keep(run, "real.perm", YC_I32, w->perm, w->n);
	yc_run_keep(run, "real.at", YC_I32, w->at, (uint64_t)w->classes);
	yc_run_keep(run, "real.pos", YC_U64, w->pos, (uint64_t)w->classes);
	yc_run_check(run, check, w);
}

void yc_sampler_share(struct yc_sampler *w, struct yc_run *run)
{
	yc_run_share(run, w->at, sizeof(*w->at));
	yc_run_share(run, w->pos, sizeof(*w->pos));
	for (int c = 0, end; run->ranks && c < w->classes; c = end) {
		end = c + 1;
		while (end < w->classes && run->owner[end] == run->owner[c])
			end++;
		yc_ranks_broadcast(run->ranks, run->owner[c], w->perm + w->first[c],
			(size_t)(w->first[end] - w->first[c]) * sizeof(*w->perm));
	}
}
