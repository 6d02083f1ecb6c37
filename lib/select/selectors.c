/* SPDX-License-Identifier: MIT */
#include "yc/select.h"

extern const struct yc_selector yc_select_yoco, yc_select_el2n, yc_select_random;

const struct yc_selector *const yc_selectors[] = {
	&yc_select_yoco,
	&yc_select_el2n,
	&yc_select_random,
	NULL,
};
