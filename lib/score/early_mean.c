/* SPDX-License-Identifier: MIT */
/* Means over the first epochs. */
#include "early_mean.h"

int yc_early_plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	struct yc_early *c = cfg;

	if (c->epochs > (uint32_t)job->epochs)
		c->epochs = (uint32_t)job->epochs;
	p->epochs = (int)c->epochs;
	p->bytes = (size_t)job->data->n * sizeof(double);
	return YC_OK;
}

void yc_early_add(void *state, const float *value, int n)
{
	double *sum = state;

	for (int i = 0; i < n; i++)
		sum[i] += (double)value[i];
}

int yc_early_finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const struct yc_early *c = cfg;
	const double *sum = state;

	for (int i = 0; i < job->data->n; i++)
		score[i] = (float)(sum[i] / c->epochs);
	return YC_OK;
}
