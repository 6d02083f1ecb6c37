/* SPDX-License-Identifier: MIT */
#include "yc/score.h"

/*
 * Forgetting events: epochs in which an image is misclassified that was classified
 * correctly in the epoch before (D22). An image that was never classified correctly has
 * none and so looks easiest, as in the reference code of the pruning papers; Toneva et
 * al., "An empirical study of example forgetting during deep neural network learning",
 * count it as forgotten infinitely often (D21).
 */

struct cfg {
	bool never_learned;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, never_learned, .name = "never-learned",
		.help = "images that never were right score the number of epochs, not 0"),
};

struct image {
	uint32_t drops;
	bool was, ever;
};

static int plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	(void)cfg;
	p->bytes = (size_t)job->data->n * sizeof(struct image);
	return YC_OK;
}

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	struct image *im = state;

	(void)cfg;
	for (int i = 0; i < e->n; i++) {
		im[i].drops += im[i].was && !e->ok[i];
		im[i].was = e->ok[i];
		im[i].ever |= e->ok[i];
	}
}

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const struct cfg *c = cfg;
	const struct image *im = state;

	/* More than any other image can have: two epochs give at most one event. */
	for (int i = 0; i < job->data->n; i++)
		score[i] = c->never_learned && !im[i].ever ? (float)job->epochs
							   : (float)im[i].drops;
	return YC_OK;
}

const struct yc_score yc_score_forgetting = {
	.method = {.name = "forgetting",
		.summary = "number of times that an image turned from right to wrong",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_FULL | YC_NEED_LABELS,
	.plan = plan,
	.observe = observe,
	.finish = finish,
};
