/* SPDX-License-Identifier: MIT */
/* Means over the first epochs: of the error, and of the loss. */
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
	YC_OPT(struct cfg, early, .name = "early", .arg = "n",
		.auto_help = "10 of el2n, 100 of loss", .min = 1, .max = 1e6,
		.help = "mean over the first n epochs, at most all"),
};

static int plan(struct cfg *c, uint32_t usual, const struct yc_score_job *job,
	struct yc_score_plan *p)
{
	if (!c->early)
		c->early = usual;
	if (c->early > (uint32_t)job->epochs)
		c->early = (uint32_t)job->epochs;
	p->epochs = (int)c->early;
	p->bytes = (size_t)job->data->n * sizeof(double);
	return YC_OK;
}

static int plan_error(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	return plan(cfg, 10, job, p);
}

static void add(double *sum, const float *value, int n)
{
	for (int i = 0; i < n; i++)
		sum[i] += (double)value[i];
}

static void observe_error(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	(void)cfg;
	add(state, e->err, e->n);
}

/*
 * As far as LBPE looks: condensed sets are small, an epoch is a few steps, and networks need
 * many before a loss says much, and more to memorise labels.
 */
static int plan_loss(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	return plan(cfg, 100, job, p);
}

/*
 * The small-loss criterion for wrong labels: networks learn what is common before they
 * memorise exceptions, so that in the first epochs the loss of a wrong label is large.
 * Arpit et al., ICML 2017, found the order; Han et al., "Co-teaching", NeurIPS 2018, keep the
 * samples of small loss, in each batch of two networks; here it is the mean of one network.
 */
static void observe_loss(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	(void)cfg;
	add(state, e->loss, e->n);
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
	.plan = plan_error,
	.observe = observe_error,
	.finish = finish,
};

const struct yc_score yc_score_loss = {
	.method = {.name = "loss",
		.summary =
			"mean loss in early epochs, small for clean labels (Han et al. "
			"2018)",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_LABELS,
	.plan = plan_loss,
	.observe = observe_loss,
	.finish = finish,
};
