/* SPDX-License-Identifier: MIT */
/* The kind npz: one file of NumPy arrays. */
#include "lib/dataset/saving.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_NORMALISED_ROW(struct yc_arrays_cfg, normalised)};

static const char *file(const void *cfg)
{
	(void)cfg;
	return "data.npz";
}

static int write(struct yc_saving *s, const struct yc_tensor_out *t, size_t n)
{
	const struct yc_sink sink = yc_pack_sink(s->pack);
	int status = yc_pack_file(s->pack, file(NULL), UINT64_MAX);

	return status == YC_OK ? yc_npz_write(t, n, &sink) : status;
}

static int end(struct yc_saving *s)
{
	return yc_arrays_end(s, write);
}

const struct yc_saver yc_save_npz = {
	.method = {.name = "npz",
		.summary =
			"one file of NumPy arrays: images, labels and every other column",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.state_size = sizeof(struct yc_columns),
	.file = file,
	.holds = yc_arrays_hold,
	.holds_norm = true,
	.begin = yc_arrays_begin,
	.rows = yc_arrays_rows,
	.end = end,
	.release = yc_arrays_release,
};
