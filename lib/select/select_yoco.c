/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

/*
 * You Only Condense Once (He et al., NeurIPS 2023): of every class the same
 * number of tiles, those with the lowest LBPE. S_T = union over c of argmin_{A in
 * S_c, |A| = IPC_T f^2} sum_{i in A} LBPE_i.
 */

const struct yc_selector yc_select_yoco = {
	.method = {.name = "yoco",
		.summary = "the easiest of every class by LBPE score (He et al. 2023)"},
	.score = "lbpe",
	.easy = true,
	.balanced = true,
};
