/* SPDX-License-Identifier: MIT */
/* The kind npy: a folder with a NumPy array for each column. */
#include <stdio.h>

#include "lib/dataset/saving.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_NORMALISED_ROW(struct yc_arrays_cfg, normalised)};

static int write(struct yc_saving *s, const struct yc_tensor_out *t, size_t n)
{
	const struct yc_sink sink = yc_pack_sink(s->pack);
	int status = YC_OK;

	for (size_t i = 0; status == YC_OK && i < n; i++) {
		unsigned char head[YC_NPY_HEADER_MAX];
		size_t bytes = yc_npy_head(&t[i], head);
		char name[YC_NAME_MAX + 8];

		snprintf(name, sizeof name, "%s.npy", t[i].name);
		status = yc_pack_file(s->pack, name, bytes + yc_tensor_out_bytes(&t[i]));
		if (status == YC_OK)
			status = yc_pack_write(s->pack, head, bytes);
		if (status == YC_OK)
			status = t[i].data(t[i].ctx, &sink);
	}
	return status;
}

static int end(struct yc_saving *s)
{
	return yc_arrays_end(s, write);
}

static const char *const names[] = {".npy", NULL};

const struct yc_saver yc_save_npy = {
	.method = {.name = "npy",
		.summary = "a folder of NumPy arrays: images.npy, labels.npy and one for "
			   "every other column",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.state_size = sizeof(struct yc_columns),
	.ours = {names, "images.npy", "\x93NUMPY"},
	.holds = yc_arrays_hold,
	.holds_norm = true,
	.begin = yc_arrays_begin,
	.rows = yc_arrays_rows,
	.end = end,
	.release = yc_arrays_release,
};
