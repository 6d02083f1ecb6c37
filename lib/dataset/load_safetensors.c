/* SPDX-License-Identifier: MIT */
/* The kind safetensors: two tensors of a file without a head, of types or in an order that
 * streams do not have. */
#include "lib/dataset/arrays.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_ARRAYS_NAME_ROWS, YC_ARRAYS_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	return yc_arrays_named("safetensors", cfg, what, out, photos);
}

const struct yc_loader yc_load_safetensors = {
	.method = {.name = "safetensors",
		.summary = "tensors in a .safetensors file, of any type and order",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.val = true,
	.load = load,
};
