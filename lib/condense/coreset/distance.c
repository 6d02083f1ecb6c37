/* SPDX-License-Identifier: MIT */
/* Distances of the features of a class, which its images are chosen by: sums in double, in
 * the order of the features, so that ties do not depend on threads. */
#include <string.h>

#include "lib/condense/coreset/coreset.h"
#include "yc/pool.h"

enum { ROWS = 32 }; /* images of a unit of work */

void yc_coreset_mean(const struct yc_coreset_class *c)
{
	memset(c->mean, 0, (size_t)c->d * sizeof(*c->mean));
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < c->d; k++)
			c->mean[k] += (double)c->x[(size_t)i * (size_t)c->d + (size_t)k];
	for (int k = 0; k < c->d; k++)
		c->mean[k] /= c->n;
}

struct pass {
	const struct yc_coreset_class *c;
	const double *to;
	bool least;
};

static void measure(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_coreset_class *c = p->c;
	int first = unit * ROWS, end = first + ROWS < c->n ? first + ROWS : c->n;

	(void)worker;
	for (int i = first; i < end; i++) {
		const yc_real *x = c->x + (size_t)i * (size_t)c->d;
		double sum = 0;

		for (int k = 0; k < c->d; k++) {
			double d = p->to[k] - (double)x[k];

			sum += d * d;
		}
		if (!p->least || sum < c->distance[i])
			c->distance[i] = sum;
	}
}

void yc_coreset_distances(const struct yc_coreset_class *c, const double *to, bool least)
{
	struct pass p = {.c = c, .to = to, .least = least};

	yc_parallel((c->n + ROWS - 1) / ROWS, c->threads, measure, &p);
}

static int extreme(const struct yc_coreset_class *c, double sign)
{
	int best = -1;

	for (int i = 0; i < c->n; i++)
		if (!c->taken[i] &&
			(best < 0 || sign * c->distance[i] < sign * c->distance[best]))
			best = i;
	return best;
}

int yc_coreset_nearest(const struct yc_coreset_class *c)
{
	return extreme(c, 1);
}

int yc_coreset_farthest(const struct yc_coreset_class *c)
{
	return extreme(c, -1);
}
