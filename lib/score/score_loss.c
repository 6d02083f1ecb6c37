/* SPDX-License-Identifier: MIT */
/*
 * The small-loss criterion for wrong labels: networks learn what is common before they
 * memorise exceptions, so that in the first epochs the loss of a wrong label is large.
 * Arpit et al., ICML 2017, found the order; Han et al., "Co-teaching", NeurIPS 2018, keep the
 * samples of small loss, in each batch of two networks; here it is the mean of one network.
 */
#include "early_mean.h"

/* As far as LBPE looks: condensed sets are small, an epoch is a few steps, and networks need
 * many before a loss says much, and more to memorise labels. */
static const struct yc_opt opts[] = {YC_EARLY_ROW("100")};

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	(void)cfg;
	yc_early_add(state, e->loss, e->n);
}

const struct yc_score yc_score_loss = {
	.method = {.name = "loss",
		.summary =
			"mean loss in early epochs, small for clean labels (Han et al. "
			"2018)",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_early)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_LABELS,
	.plan = yc_early_plan,
	.observe = observe,
	.finish = yc_early_finish,
};
