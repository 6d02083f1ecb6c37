/* SPDX-License-Identifier: MIT */
#include "lib/condense/gradmatch/settings.h"

/*
 * IDC, "Dataset Condensation via Efficient Synthetic-Data Parameterization" (ICML 2022):
 * each condensed image holds factor*factor tiles, which are optimised to give the same
 * gradients as real images in a network (yc-methods(7), "GRADIENT MATCHING"), along the
 * training of that network. The settings are those of the published code (yc-methods(7),
 * "Settings").
 *
 * Where we differ: augmentation draws are numbered by class step rather than drawn in
 * sequence, `early` epochs follow IDC and not its copy in YOCO (D14), and --lr-img is the
 * step itself, which by default is the published base times IPC/10.
 */

static const struct yc_opt opts[] = {
	YC_MATCH_ROWS("mix if factor > 1, else random", "64", "64", YC_DECODE_ROWS),
};

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	return yc_match_resolve(cfg, job, NULL);
}

const struct yc_condenser yc_condense_idc = {
	.method = {.name = "idc",
		.summary = "match gradients of a network on real and synthetic images, "
			   "several "
			   "small images in each",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_match_cfg)},
	.resolve = resolve,
	YC_GRADMATCH_HOOKS,
};
