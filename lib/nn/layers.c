/* SPDX-License-Identifier: MIT */
/* The table of layers; tests of gradients walk it. */
#include "yc/layer.h"

const struct yc_layer_ops *const yc_layers[] = {
	&yc_layer_conv,
	&yc_layer_winograd,
	&yc_layer_strided,
	&yc_layer_norm,
	&yc_layer_batchnorm,
	&yc_layer_pool,
	&yc_layer_sum,
	&yc_layer_concat,
	&yc_layer_dense,
	NULL,
};
