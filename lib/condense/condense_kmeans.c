/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/condense/coreset/coreset.h"
#include "yc/kmeans.h"

/*
 * The real images nearest to the centres of clusters of their class, as many clusters as
 * images are wanted; of two centres that share an image, the second takes the nearest one
 * that is free.
 */

int yc_choose_kmeans(const struct yc_coreset_class *c, int k, int32_t *chosen)
{
	const struct yc_kmeans_cfg cfg = {.k = k, .distinct = true};
	struct yc_rng rng = yc_rng_fork(c->root, "kmeans-init", (uint64_t)c->label);
	struct yc_kmeans m;
	int status = yc_kmeans(&m, &cfg, c->x, c->n, c->d, &rng, c->threads);

	if (status)
		return status;
	memcpy(chosen, m.nearest, (size_t)k * sizeof(*chosen));
	yc_kmeans_release(&m);
	return YC_OK;
}

static int begin(struct yc_run *run)
{
	return yc_coreset_begin(run, yc_choose_kmeans, true);
}

static const struct yc_opt opts[] = {YC_CORESET_ROWS, YC_FEATURES_ROWS};

const struct yc_condenser yc_condense_kmeans = {
	.method = {.name = "kmeans",
		.summary = "choose the real images nearest to the centres of clusters",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_coreset_cfg)},
	.resolve = yc_coreset_resolve_features,
	.begin = begin,
	YC_CORESET_HOOKS,
};
