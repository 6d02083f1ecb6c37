/* SPDX-License-Identifier: MIT */
/* The kind torch: tensors of torch.save or of a pickle, in dicts, lists and tuples. */
#include "lib/dataset/arrays.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_ARRAYS_NAME_ROWS, YC_ARRAYS_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	return yc_arrays_named("torch", cfg, what, out, photos);
}

const struct yc_loader yc_load_torch = {
	.method = {.name = "torch",
		.summary = "tensors saved by PyTorch or pickled, by name or place",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.val = true,
	.load = load,
};
