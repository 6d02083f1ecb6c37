/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

/* EL2N (Paul et al., NeurIPS 2021): those with the largest error norm early in training,
 * whatever their class. */

const struct yc_selector yc_select_el2n = {
	.method = {.name = "el2n",
		.summary = "the hardest: largest errors early in training (Paul et al. "
			   "2021)"},
	.score = "el2n",
};
