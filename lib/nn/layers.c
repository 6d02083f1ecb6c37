/* SPDX-License-Identifier: MIT */
/* The table of layers; tests of gradients walk it. */
#include "yc/layer.h"

/* A new layer is its file and one line here. */
#define LAYERS(X) \
	X(conv) \
	X(winograd) \
	X(strided) \
	X(norm) \
	X(batchnorm) \
	X(pool) \
	X(sum) \
	X(concat) \
	X(dense)

#define DECLARE(name) extern const struct yc_layer_ops yc_layer_##name;
#define ENTRY(name) &yc_layer_##name.method,

LAYERS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_layers[] = {LAYERS(ENTRY) NULL};
/* clang-format on */
