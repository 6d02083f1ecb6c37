/* SPDX-License-Identifier: MIT */
/* The table of layers, over which the gradient tests iterate. */
#include "lib/nn/internal.h"

#define ENTRY(name) &yc_layer_##name.method,

/* clang-format off */
const struct yc_method *const yc_layers[] = {YC_LAYERS(ENTRY) NULL};
/* clang-format on */

/* With few channels a Winograd transform costs more than it saves. */
enum { WINOGRAD_CHANNELS = 16 };

const struct yc_layer_ops *yc_net_conv3x3(const struct yc_net *net, int ci, int co)
{
	return !net->cfg.exact && ci >= WINOGRAD_CHANNELS && co >= WINOGRAD_CHANNELS
		       ? &yc_layer_winograd
		       : &yc_layer_conv;
}
