/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "lib/condense/driver.h"
#include "yc/real.h"
#include "yc/train_opts.h"

/*
 * Checkpoints from before methods registered their arrays by name: ten counters of the
 * loop of IDC and DREAM in one tensor, and names that have changed since. Tensors with
 * old names are renamed, counters become tensors; the other tensors stay unchanged.
 */

static const struct {
	const char *was, *now;
} renamed[] = {
	{"net.walk", "net.perm"},
	{"real.walk", "real.perm"},
};

/* The counters: outer iteration, early, inner, class, seen, position in the permutation
 * of the network, three positions of its random streams, fingerprint. */
enum { COUNTERS = 10 };

static const struct {
	const char *now;
	size_t at; /* index among the counters */
	uint64_t n;
} counted[] = {
	{"inner", 1, 4},
	{"net.at", 5, 1},
	{"net.draws", 6, 3},
	{"input", 9, 1},
};

int yc_checkpoint_upgrade(struct yc_record *r)
{
	const struct yc_tensor *old = yc_record_find(r, "counter");
	const char *outer = yc_meta_get(&r->meta, "yc.option.outer");
	uint64_t counter[COUNTERS], position[2] = {0}, two = 2;
	int status = yc_train_opts_upgrade(&r->meta);

	if (status)
		return status;
	if (!old || yc_record_find(r, "position"))
		return YC_OK;
	if (old->dtype != YC_U64 || old->bytes != sizeof(counter))
		return yc_checkpoint_damaged();
	memcpy(counter, old->data, sizeof(counter));
	/* The method derives the unit from its own counters. */
	position[0] = counter[0];
	if (outer)
		status = yc_meta_set(&r->meta, "yc.iterations", outer);
	if (!status)
		status = yc_meta_set(&r->meta, "yc.program", "0.1.0");
	for (size_t i = 0; !status && i < YC_COUNT(counted); i++)
		if (!yc_record_add(r, counted[i].now, YC_U64, 1, &counted[i].n,
			    counter + counted[i].at))
			status = YC_FAIL;
	if (!status && !yc_record_add(r, "position", YC_U64, 1, &two, position))
		status = YC_FAIL;
	for (size_t i = 0; !status && i < YC_COUNT(renamed); i++) {
		const struct yc_tensor *x = yc_record_find(r, renamed[i].was);

		if (x && !yc_record_add(
				 r, renamed[i].now, x->dtype, x->rank, x->shape, x->data))
			status = YC_FAIL;
	}
	return status;
}
