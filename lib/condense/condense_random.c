/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/condense/coreset/coreset.h"

/*
 * Real images drawn at random, without replacement, equally many of each class: the first
 * ones of a permutation, so that a smaller set is the beginning of a larger one.
 */

int yc_choose_random(const struct yc_coreset_class *c, int k, int32_t *chosen)
{
	struct yc_rng rng = yc_rng_fork(c->root, "init-real", (uint64_t)c->label);

	yc_rng_permutation(&rng, c->order, c->n);
	memcpy(chosen, c->order, (size_t)k * sizeof(*chosen));
	return YC_OK;
}

static int begin(struct yc_run *run)
{
	return yc_coreset_begin(run, yc_choose_random, false);
}

static const struct yc_opt opts[] = {YC_CORESET_ROWS};

const struct yc_condenser yc_condense_random = {
	.method = {.name = "random",
		.summary = "choose real images at random",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_coreset_cfg)},
	.resolve = yc_coreset_resolve,
	.begin = begin,
	YC_CORESET_HOOKS,
};
