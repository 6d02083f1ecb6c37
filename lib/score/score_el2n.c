/* SPDX-License-Identifier: MIT */
/*
 * EL2N: err(e,i) = || softmax - one-hot ||_2 averaged over the first epochs. Paul,
 * Ganguli, Dziugaite, "Deep learning on a data diet" average it over networks; the
 * reference code of the pruning papers sums over the first ten epochs of one network,
 * which gives the same ranking as the mean that we store (D24).
 */
#include "early_mean.h"

static const struct yc_opt opts[] = {YC_EARLY_ROW("10")};

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	(void)cfg;
	yc_early_add(state, e->err, e->n);
}

const struct yc_score yc_score_el2n = {
	.method = {.name = "el2n",
		.summary = "mean prediction error in the first epochs",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_early)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_LABELS,
	.plan = yc_early_plan,
	.observe = observe,
	.finish = yc_early_finish,
};
