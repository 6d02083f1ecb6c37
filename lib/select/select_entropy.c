/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

/* Entropy (Coleman et al., "Selection via proxy", ICLR 2020): what the trained network is
 * least sure of. */

const struct yc_selector yc_select_entropy = {
	.method = {.name = "entropy",
		.summary = "the hardest: least certain outputs (Coleman et al. 2020)"},
	.score = "entropy",
};
