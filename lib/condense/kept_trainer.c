/* SPDX-License-Identifier: MIT */
/* The state of a training in checkpoints: weights, optimiser, the permutation of the pass
 * at hand and the position in it, and those of the random streams. */
#include "lib/condense/internal.h"

void yc_kept_trainer_note(struct yc_kept_trainer *k)
{
	const struct yc_trainer *t = k->trainer;

	k->at = (uint64_t)t->perm_at;
	k->draws[0] = t->rng_batch.pos;
	k->draws[1] = t->rng_aug.pos;
	k->draws[2] = t->rng_mix.pos;
}

int yc_kept_trainer_restore(struct yc_kept_trainer *k)
{
	struct yc_trainer *t = k->trainer;
	bool sane = k->at <= (uint64_t)t->data->n;

	for (int i = 0; sane && i < t->data->n; i++)
		sane = t->perm[i] >= 0 && t->perm[i] < t->data->n;
	if (!sane)
		return yc_checkpoint_damaged();
	t->perm_at = (int)k->at;
	t->rng_batch.pos = k->draws[0];
	t->rng_aug.pos = k->draws[1];
	t->rng_mix.pos = k->draws[2];
	return YC_OK;
}

static void keep(struct yc_run *run, bool *lacks, const char *name, enum yc_dtype dtype,
	void *p, uint64_t n)
{
	yc_run_keep(run, name, dtype, p, n);
	if (lacks)
		yc_run_may_lack(run, lacks);
}

void yc_kept_trainer_keep(
	struct yc_kept_trainer *k, struct yc_trainer *t, struct yc_run *run, bool *lacks)
{
	uint64_t weights = yc_net_size(t->net);

	k->trainer = t;
	yc_kept_trainer_note(k);
	keep(run, lacks, "net.weight", yc_real_dtype(), t->w, weights);
	keep(run, lacks, "net.momentum", yc_real_dtype(), t->m,
		weights * (uint64_t)t->optimiser->states);
	keep(run, lacks, "net.perm", YC_I32, t->perm, (uint64_t)t->data->n);
	keep(run, lacks, "net.at", YC_U64, &k->at, 1);
	keep(run, lacks, "net.draws", YC_U64, k->draws, YC_COUNT(k->draws));
}
