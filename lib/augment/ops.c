/* SPDX-License-Identifier: MIT */
/* The table of augmentations, in their order of application. */
#include <stddef.h>

#include "lib/augment/internal.h"

#define OP(op) &yc_aug_##op,
#define WORD(op) &yc_aug_##op.method,

const struct yc_aug_op *const yc_augs[] = {YC_AUG_OPS(OP) NULL};
const struct yc_method *const yc_aug_words[] = {
	&yc_aug_color, &yc_aug_imagenet, YC_AUG_OPS(WORD) NULL};
