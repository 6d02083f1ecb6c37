/* SPDX-License-Identifier: MIT */
/* The table of optimisers. */
#include <assert.h>
#include <string.h>

#include "yc/optimiser.h"

extern const struct yc_optimiser yc_optimiser_sgd, yc_optimiser_adam;

const struct yc_method *const yc_optimisers[] = {
	&yc_optimiser_sgd.method,
	&yc_optimiser_adam.method,
	NULL,
};

const struct yc_optimiser *yc_optimiser_find(const char *name)
{
	const struct yc_method *m =
		name ? yc_method_find(yc_optimisers, "optimiser", name, strlen(name))
		     : yc_optimisers[0];

	assert(m);
	return (const struct yc_optimiser *)m;
}
