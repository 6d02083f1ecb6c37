/* SPDX-License-Identifier: MIT */
#include "lib/condense/gradmatch/settings.h"

/*
 * MDC, "Multisize Dataset Condensation" (ICLR 2024): IDC, or with --interval DREAM, such
 * that the first n images of a class are a good set of n, for every n. Beside the gradient
 * of all images that of one prefix is matched, the one that has changed most since the last
 * look; yc-methods(7), "MULTISIZE CONDENSATION".
 *
 * Prefixes are those that `yc-select first` takes, of tiles of a single factor: there is no
 * --decode here.
 */

static const struct yc_opt opts[] = {
	YC_MATCH_ROW(period, .name = "period", .arg = "n", .def = "100", .min = 1,
		.max = 1e6, .help = "outer iterations between two choices of a prefix"),
	YC_MATCH_ROW(class_wise, .name = "class-wise",
		.help = "choose a prefix for each class, not one for all"),
	YC_MATCH_ROW(no_freeze, .name = "no-freeze",
		.help = "go on changing images of a shorter prefix that had its turn"),
	YC_DREAM_ROWS("0"),
	YC_MATCH_ROWS("mix if factor > 1, else random", "64", "64", ),
};

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct yc_match_cfg *c = cfg;

	if (job->cfg->ipc < 2)
		return yc_fail(YC_USAGE, "mdc makes sets of every size up to --ipc n, "
					 "which must be 2 or more");
	c->decode = "single";
	return yc_match_resolve(c, job, NULL);
}

const struct yc_condenser yc_condense_mdc = {
	.method = {.name = "mdc",
		.summary = "match gradients like idc, also those of the first images: "
			   "every prefix is a set",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_match_cfg)},
	.resolve = resolve,
	YC_GRADMATCH_HOOKS,
};
