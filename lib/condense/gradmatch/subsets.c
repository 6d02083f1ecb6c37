/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "MULTISIZE CONDENSATION": the most learnable prefix, and those that had
 * their turn. */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/subsets.h"

int yc_subsets_new(struct yc_subsets *s, int classes, int ipc, uint32_t period,
	bool class_wise, bool freeze)
{
	size_t n, groups = class_wise ? (size_t)classes : 1;

	*s = (struct yc_subsets){.period = period,
		.freeze = freeze,
		.most = ipc - 1,
		.groups = (int)groups};
	n = yc_size_mul(groups, (size_t)s->most);
	s->sum = yc_calloc(n, sizeof(*s->sum));
	s->count = yc_calloc(n, sizeof(*s->count));
	s->last = yc_calloc(n, sizeof(*s->last));
	s->now = yc_calloc(groups, sizeof(*s->now));
	s->done = yc_calloc(n, sizeof(*s->done));
	s->log_now = yc_calloc(groups, sizeof(*s->log_now));
	s->log_last = yc_calloc(n, sizeof(*s->log_last));
	if (s->sum && s->count && s->last && s->now && s->done && s->log_now &&
		s->log_last)
		return YC_OK;
	yc_subsets_release(s);
	return YC_FAIL;
}

void yc_subsets_release(struct yc_subsets *s)
{
	yc_free(s->sum);
	yc_free(s->count);
	yc_free(s->last);
	yc_free(s->now);
	yc_free(s->done);
	yc_free(s->log_now);
	yc_free(s->log_last);
	*s = (struct yc_subsets){0};
}

static size_t all(const struct yc_subsets *s)
{
	return (size_t)s->groups * (size_t)s->most;
}

static void fill_log(struct yc_subsets *s)
{
	for (int g = 0; g < s->groups; g++)
		s->log_now[g] = (float)s->now[g];
	for (size_t i = 0; i < all(s); i++)
		s->log_last[i] = (float)s->last[i];
}

static int check(void *ctx)
{
	struct yc_subsets *s = ctx;
	bool sane = true;

	for (int g = 0; sane && g < s->groups; g++)
		sane = s->now[g] >= 0 && s->now[g] <= s->most;
	for (size_t i = 0; sane && i < all(s); i++)
		sane = s->done[i] == 0 || s->done[i] == 1;
	fill_log(s);
	return sane ? YC_OK : yc_checkpoint_damaged();
}

void yc_subsets_keep(struct yc_subsets *s, struct yc_run *run)
{
	uint64_t n = all(s), groups = (uint64_t)s->groups;

	yc_run_keep(run, "subset.sum", YC_F64, s->sum, n);
	yc_run_keep(run, "subset.count", YC_U64, s->count, n);
	yc_run_keep(run, "subset.distance", YC_F64, s->last, n);
	yc_run_keep(run, "subset.now", YC_I32, s->now, groups);
	yc_run_keep(run, "subset.done", YC_I32, s->done, n);
	yc_run_check(run, check, s);
	yc_run_log(run, "condense.subset", s->log_now, groups);
	yc_run_log(run, "condense.subset.distance", s->log_last, n);
}

bool yc_subsets_due(const struct yc_subsets *s, uint64_t it)
{
	return it == 0 || (it + 1) % s->period == 0;
}

static int group(const struct yc_subsets *s, int c)
{
	return s->groups > 1 ? c : 0;
}

void yc_subsets_add(
	struct yc_subsets *s, int c, const double *distance, const int *images)
{
	size_t at = (size_t)group(s, c) * (size_t)s->most;

	for (int n = 0; n < s->most; n++)
		if (images[n]) {
			s->sum[at + (size_t)n] += distance[n];
			s->count[at + (size_t)n]++;
		}
}

/* Rounded to two decimals: smaller changes are none, and of equal ones the smallest prefix
 * is chosen. One that was not measured has not changed. */
static void choose(struct yc_subsets *s, int g)
{
	size_t at = (size_t)g * (size_t)s->most;
	int32_t was = s->now[g], now = 1;
	double most = 0;

	for (int n = 0; n < s->most; n++) {
		size_t i = at + (size_t)n;
		double d = s->count[i]
				   ? nearbyint(100 * s->sum[i] / (double)s->count[i]) /
					     100
				   : s->last[i],
		       change = fabs(d - s->last[i]);

		if (was && change > most) {
			most = change;
			now = n + 1;
		}
		s->last[i] = d;
		s->sum[i] = 0;
		s->count[i] = 0;
	}
	if (was && was != now)
		s->done[at + (size_t)was - 1] = 1;
	s->now[g] = now;
}

void yc_subsets_choose(struct yc_subsets *s)
{
	for (int g = 0; g < s->groups; g++)
		choose(s, g);
	fill_log(s);
}

int yc_subsets_now(const struct yc_subsets *s, int c)
{
	return s->now[group(s, c)];
}

int yc_subsets_frozen(const struct yc_subsets *s, int c)
{
	const int32_t *done = s->done + (size_t)group(s, c) * (size_t)s->most;
	int n = s->freeze ? yc_subsets_now(s, c) - 1 : 0;

	while (n > 0 && !done[n - 1])
		n--;
	return n > 0 ? n : 0;
}
