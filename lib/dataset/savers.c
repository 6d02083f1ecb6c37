/* SPDX-License-Identifier: MIT */
/* The table of kinds of files that yc-save writes: a new one is its file and one line here. */
#include <stddef.h>

#include "lib/dataset/saving.h"

#define SAVERS(X) \
	X(png) \
	X(npz) \
	X(npy) \
	X(safetensors) \
	X(torch) \
	X(cifar10) \
	X(cifar100)

#define DECLARE(name) extern const struct yc_saver yc_save_##name;
#define ENTRY(name) &yc_save_##name.method,

SAVERS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_savers[] = {SAVERS(ENTRY) NULL};
/* clang-format on */
