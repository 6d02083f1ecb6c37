/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

/* Forgetting (Toneva et al., ICLR 2019): what was learned and forgotten most often. Equal
 * counts are common; of these the paper prunes the lower index first, as all rules here
 * do (D26). */

const struct yc_selector yc_select_forgetting = {
	.method = {.name = "forgetting",
		.summary = "the hardest: most often forgotten (Toneva et al. 2019)"},
	.score = "forgetting",
};
