/* SPDX-License-Identifier: MIT */
/* The table of optimisers. */
#include <assert.h>
#include <string.h>

#include "yc/optimiser.h"

/* A new optimiser is its file and one line here. */
#define OPTIMISERS(X) \
	X(sgd) \
	X(adam)

#define DECLARE(name) extern const struct yc_optimiser yc_optimiser_##name;
#define ENTRY(name) &yc_optimiser_##name.method,

OPTIMISERS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_optimisers[] = {OPTIMISERS(ENTRY) NULL};
/* clang-format on */

const struct yc_optimiser *yc_optimiser_find(const char *name)
{
	const struct yc_method *m =
		name ? yc_method_find(yc_optimisers, "optimiser", name, strlen(name))
		     : yc_optimisers[0];

	assert(m);
	return (const struct yc_optimiser *)m;
}
