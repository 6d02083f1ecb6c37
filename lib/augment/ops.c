/* SPDX-License-Identifier: MIT */
/* The table of augmentations, in their order of application. */
#include <stddef.h>

#include "lib/augment/internal.h"

/* A new operation is its file and one line here. */
#define AUGS(X) \
	X(rrc) \
	X(mirror) \
	X(jitter) \
	X(lighting) \
	X(flip) \
	X(brightness) \
	X(saturation) \
	X(contrast) \
	X(crop) \
	X(scale) \
	X(rotate) \
	X(cutout)

#define DECLARE(name) extern const struct yc_aug_op yc_aug_##name;
#define ENTRY(name) &yc_aug_##name.method,
#define DECLARE_CORRUPTION(name) extern const struct yc_corruption yc_corrupt_##name;
#define CORRUPTION(name) &yc_corrupt_##name.method,

AUGS(DECLARE)
YC_CORRUPTIONS(DECLARE_CORRUPTION)
/* clang-format off */
const struct yc_method *const yc_augs[] = {AUGS(ENTRY) NULL};
const struct yc_method *const yc_aug_words[] = {&yc_aug_color, &yc_aug_imagenet, AUGS(ENTRY) NULL};
const struct yc_method *const yc_chain_words[] = {&yc_aug_color, &yc_aug_imagenet,
	AUGS(ENTRY) YC_CORRUPTIONS(CORRUPTION) NULL};
/* clang-format on */
