/* SPDX-License-Identifier: MIT */
#include "lib/condense/gradmatch/settings.h"

/*
 * DREAM, "Efficient Dataset Distillation by Representative Matching" (ICCV 2023): IDC,
 * but for the real images that it looks at. Those of a class's batch are the images
 * nearest to the centres of clusters of the whole class, as embedded by the current
 * network, and so are those that the synthetic images start from: yc-methods(7),
 * "DREAM".
 *
 * The objective is that of the first release, gradients only (D46); `early` passes are
 * IDC's (D48). The published code embeds pixels without normalisation (D47) and so do we.
 */

static const struct yc_opt opts[] = {
	YC_MATCH_ROW(interval, .name = "interval", .arg = "n", .def = "10", .max = 1e6,
		.help = "inner iterations that share the clustered batches; 0: random "
			"batches"),
	YC_MATCH_ROW(embed_normalised, .name = "embed-normalised",
		.help = "cluster normalised images, such as the network is trained on"),
	YC_MATCH_ROW(kmeans_replace, .name = "kmeans-replace",
		.help = "draw the first centres with replacement"),
	YC_MATCH_ROW(kmeans_reseed, .name = "kmeans-reseed",
		.help = "a cluster without images begins anew at the farthest one"),
	YC_MATCH_ROWS("kmean", "128", "128"),
};

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	return yc_match_resolve(cfg, job, "kmean");
}

const struct yc_condenser yc_condense_dream = {
	.method = {.name = "dream",
		.summary = "match gradients as idc does, on real images nearest to "
			   "cluster centres",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_match_cfg)},
	.resolve = resolve,
	YC_GRADMATCH_HOOKS,
};
