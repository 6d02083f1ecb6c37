/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "yc/mem.h"
#include "yc/score.h"

/*
 * Entropy of the prediction, -sum_c p_c ln(p_c + 1e-10), of the network after its last
 * epoch for the unaugmented decoded images. For ImageNet the reference code crops and
 * jitters them at random even here; ours are only normalised, unless the job requests
 * such a view (D13).
 */

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const struct yc_data *d = job->data;
	const size_t n = (size_t)d->n, classes = (size_t)d->classes;
	yc_real *logits = yc_calloc(yc_size_mul(n, classes), sizeof *logits);
	double accuracy;
	int status = logits ? yc_test(job->net, job->w, d, &job->view, job->threads,
				      &accuracy, NULL, logits)
			    : YC_FAIL;

	(void)cfg;
	(void)state;
	if (status == YC_OK)
		yc_log_softmax(logits, d->n, d->classes, logits);
	for (size_t i = 0; i < n && status == YC_OK; i++) {
		double sum = 0;

		for (size_t k = 0; k < classes; k++) {
			const double p = exp((double)logits[i * classes + k]);

			sum -= p * log(p + 1e-10);
		}
		score[i] = (float)sum;
	}
	yc_free(logits);
	return status;
}

const struct yc_score yc_score_entropy = {
	.method = {.name = "entropy",
		.summary = "entropy of the trained network's prediction"},
	.needs = YC_NEED_MODEL | YC_NEED_FULL,
	.finish = finish,
};
