/* SPDX-License-Identifier: MIT */
/* The kind npz: arrays of numpy.savez. */
#include "lib/dataset/arrays.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_ARRAYS_NAME_ROWS, YC_ARRAYS_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	return yc_arrays_named("npz", cfg, what, out, photos);
}

const struct yc_loader yc_load_npz = {
	.method = {.name = "npz",
		.summary = "an archive of NumPy arrays, such as Keras' and MedMNIST's",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.val = true,
	.load = load,
};
