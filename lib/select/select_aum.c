/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

/* Area under the margin (Pleiss et al., NeurIPS 2020): hard is what has the smallest
 * margin, so hard and easy are the other way round than for all other scores. */

const struct yc_selector yc_select_aum = {
	.method = {.name = "aum",
		.summary = "the hardest: smallest margins (Pleiss et al. 2020)"},
	.alias = "accumulated_margin",
	.score = "aum",
	.low_is_hard = true,
};
