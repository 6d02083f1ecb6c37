/* SPDX-License-Identifier: MIT */
#include "lib/condense/gradmatch/settings.h"

/*
 * DREAM, "Efficient Dataset Distillation by Representative Matching" (ICCV 2023): IDC
 * with representative real images. Those of a class's batch are the images nearest to the
 * centres of clusters of the whole class, as embedded by the current network, and so are
 * those that initialise the synthetic images: yc-methods(7), "DREAM".
 *
 * The objective is that of the first release, gradients only (D46); `early` epochs are
 * IDC's (D48). As in the published code, pixels are embedded without normalisation (D47).
 */

static const struct yc_opt opts[] = {
	YC_DREAM_ROWS("10"),
	YC_MATCH_ROWS("kmean", "128", "128", YC_DECODE_ROWS),
};

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	return yc_match_resolve(cfg, job, "kmean");
}

const struct yc_condenser yc_condense_dream = {
	.method = {.name = "dream",
		.summary = "match gradients like idc, on real images nearest to cluster "
			   "centres",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_match_cfg)},
	.resolve = resolve,
	YC_GRADMATCH_HOOKS,
};
