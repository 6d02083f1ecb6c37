/* SPDX-License-Identifier: MIT */
#ifndef YC_KMEANS_H
#define YC_KMEANS_H

#include <stdbool.h>
#include <stdint.h>

#include "yc/fail.h"
#include "yc/real.h"
#include "yc/rng.h"

/*
 * yc-methods(7), "k-means": Lloyd's iterations on squared Euclidean distances over all
 * rows, without restarts. A row belongs to the nearest centre, ties to the lowest; a
 * centre becomes the mean of its rows, summed in row order in double, and the zero vector
 * without any. Iteration stops when the squared change summed over all coordinates is at
 * most 1e-4, or after 100 iterations. Equal rows and draws give equal bytes for any
 * number of threads.
 */
struct yc_kmeans_cfg {
	int k;
	const int32_t *first; /* [k] rows to start from; NULL: drawn, distinct */
	/* Off in the published code until 2022, and here (D32). */
	bool replace; /* draw the initial rows with replacement: centres may coincide */
	bool reseed;  /* a centre without rows becomes the row farthest from its own */
	/* All nearest rows are distinct: of centres that share one, the first keeps it
	 * and the others, in order, take the nearest row that is still free (D30). */
	bool distinct;
};

struct yc_kmeans {
	int k, d;
	yc_real *centre;  /* [k][d] */
	int32_t *nearest; /* [k] the row nearest to each centre, ties to the lowest; but
			     see distinct */
	int iterations;
	double shift; /* in the last iteration */
};

/*
 * Clusters x [n][d], k <= n. Draws from `rng` in this order: one permutation of the rows,
 * or k rows with `replace`, or nothing with `first`. Takes, while it runs, n*k + 2*k*d
 * reals. The result is the caller's, to be released.
 */
int yc_kmeans(struct yc_kmeans *out, const struct yc_kmeans_cfg *cfg, const yc_real *x,
	int n, int d, struct yc_rng *rng, int threads) YC_CHECKED;
void yc_kmeans_release(struct yc_kmeans *m);

#endif
