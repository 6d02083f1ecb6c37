/* SPDX-License-Identifier: MIT */
/* Rules that only rank, yc-methods(7), "Ranking": each is a row with the score, the end
 * that is kept, and the balance. */
#include "yc/select.h"

/*
 * You Only Condense Once (He et al., NeurIPS 2023): equally many tiles per class, those
 * with the lowest LBPE. S_T = union over c of argmin_{A in S_c, |A| = IPC_T f^2} sum_{i
 * in A} LBPE_i.
 */
const struct yc_selector yc_select_yoco = {
	.method = {.name = "yoco",
		.summary =
			"keep the easiest of each class by LBPE score (He et al. 2023)"},
	.score = "lbpe",
	.easy = true,
	.balanced = true,
};

/* Entropy (Coleman et al., "Selection via proxy", ICLR 2020): the images that the trained
 * network is least certain about. */
const struct yc_selector yc_select_entropy = {
	.method = {.name = "entropy",
		.summary =
			"keep the hardest: least certain outputs (Coleman et al. 2020)"},
	.score = "entropy",
};

/* Area under the margin (Pleiss et al., NeurIPS 2020): small margins are hard, so hard
 * and easy are reversed compared with all other scores. */
const struct yc_selector yc_select_aum = {
	.method = {.name = "aum",
		.summary = "keep the hardest: smallest margins (Pleiss et al. 2020)"},
	.alias = "accumulated_margin",
	.score = "aum",
	.low_is_hard = true,
};

/* Forgetting (Toneva et al., ICLR 2019): the images that were learned and forgotten most
 * often. Ties are common; the paper prunes the lower index first, as all rules here do
 * (D26). */
const struct yc_selector yc_select_forgetting = {
	.method = {.name = "forgetting",
		.summary = "keep the hardest: most often forgotten (Toneva et al. 2019)"},
	.score = "forgetting",
};

/* EL2N (Paul et al., NeurIPS 2021): the largest error norms early in training, regardless
 * of class. */
const struct yc_selector yc_select_el2n = {
	.method = {.name = "el2n",
		.summary = "keep the hardest: largest errors early in training (Paul et "
			   "al. 2021)"},
	.score = "el2n",
};

/* Small loss (Han et al., "Co-teaching", NeurIPS 2018): what a network fits early is taken
 * as labelled right. */
const struct yc_selector yc_select_small_loss = {
	.method = {.name = "small-loss",
		.summary = "keep the smallest losses early in training, as clean labels "
			   "have (Han et al. 2018)"},
	.score = "loss",
	.easy = true,
};
