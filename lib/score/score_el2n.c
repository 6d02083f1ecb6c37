/* SPDX-License-Identifier: MIT */
#include "yc/score.h"

/*
 * EL2N: err(e,i) = || softmax - one-hot ||_2 averaged over the first epochs. Paul,
 * Ganguli, Dziugaite, "Deep learning on a data diet" average it over networks; the
 * reference code of the pruning papers sums over the first ten epochs of one network,
 * which gives the same ranking as the mean that we store (D24).
 */

struct cfg {
	uint32_t early;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, early, .name = "early", .arg = "n", .def = "10", .min = 1,
		.max = 1e6, .help = "mean over the first n epochs, at most all"),
};

static int plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	struct cfg *c = cfg;

	if (c->early > (uint32_t)job->epochs)
		c->early = (uint32_t)job->epochs;
	p->epochs = (int)c->early;
	p->bytes = (size_t)job->data->n * sizeof(double);
	return YC_OK;
}

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	double *sum = state;

	(void)cfg;
	for (int i = 0; i < e->n; i++)
		sum[i] += (double)e->err[i];
}

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const struct cfg *c = cfg;
	const double *sum = state;

	for (int i = 0; i < job->data->n; i++)
		score[i] = (float)(sum[i] / c->early);
	return YC_OK;
}

const struct yc_score yc_score_el2n = {
	.method = {.name = "el2n",
		.summary = "mean prediction error in the first epochs",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_LABELS,
	.plan = plan,
	.observe = observe,
	.finish = finish,
};
