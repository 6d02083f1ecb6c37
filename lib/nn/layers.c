/* SPDX-License-Identifier: MIT */
/* The table of layers, over which the gradient tests iterate. */
#include "lib/nn/internal.h"

#define ENTRY(name) &yc_layer_##name.method,

/* clang-format off */
const struct yc_method *const yc_layers[] = {YC_LAYERS(ENTRY) NULL};
/* clang-format on */
