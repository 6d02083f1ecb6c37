/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "yc/score.h"

/*
 * Accumulated margin: sum over all epochs of p[y] - max_{c != y} p[c]. Pleiss et al.,
 * "Identifying mislabeled data using the area under the margin ranking", take the mean
 * margin of the logits; the reference code of the pruning papers sums that of the
 * probabilities (D23). A log-softmax equals the logits up to a constant, so the margins
 * are the same.
 */

struct cfg {
	bool logits;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, logits, .name = "logits",
		.help = "margins of logits, not of probabilities"),
};

static int plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	(void)cfg;
	if (job->data->classes < 2)
		return yc_fail(YC_FAIL, "a margin needs at least two classes");
	p->bytes = (size_t)job->data->n * sizeof(double);
	return YC_OK;
}

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	const struct cfg *c = cfg;
	double *sum = state;

	for (int i = 0; i < e->n; i++) {
		const float *row = e->logp + (size_t)i * (size_t)e->classes;
		const int y = e->label[i];
		int rival = y == 0;

		for (int k = 0; k < e->classes; k++)
			if (k != y && row[k] > row[rival])
				rival = k;
		sum[i] += c->logits ? (double)row[y] - (double)row[rival]
				    : exp((double)row[y]) - exp((double)row[rival]);
	}
}

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const double *sum = state;

	(void)cfg;
	for (int i = 0; i < job->data->n; i++)
		score[i] = (float)sum[i];
	return YC_OK;
}

const struct yc_score yc_score_aum = {
	.method = {.name = "aum",
		.summary = "margin of the label, accumulated over all epochs",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_FULL | YC_NEED_LABELS,
	.plan = plan,
	.observe = observe,
	.finish = finish,
};
