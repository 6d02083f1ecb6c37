/* SPDX-License-Identifier: MIT */
/* The kind npy: a file with the images, and another with their labels. */
#include <string.h>

#include "lib/dataset/arrays.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_arrays_cfg, labels, .name = "labels", .arg = "file",
		.unit = YC_READS, .help = "file with the labels; required"),
	YC_ARRAYS_ROWS};

/* A file with one array. */
static int only(const struct yc_array_file *f)
{
	return f->n == 1 ? YC_OK
			 : yc_fail(YC_FAIL, "%s: %zu arrays, not one: yc-load %s",
				   f->name, f->n, f->form);
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	const struct yc_arrays_cfg *cfg = config;
	struct yc_arrays *a;
	int status;

	if (!cfg->labels)
		return yc_fail(YC_USAGE, "npy: --labels FILE is missing");
	a = yc_arrays_new(photos);
	status = a ? yc_array_file_open(&a->file[0], what->path) : YC_FAIL;
	if (status == YC_OK)
		status = only(&a->file[0]);
	if (status == YC_OK)
		status = yc_array_file_open(&a->file[1], cfg->labels);
	if (status == YC_OK)
		status = only(&a->file[1]);
	return status == YC_OK ? yc_arrays_load(a, &a->file[0].array[0],
					 &a->file[1].array[0], cfg, what, "npy", out)
			       : status;
}

const struct yc_loader yc_load_npy = {
	.method = {.name = "npy",
		.summary = "a NumPy array with images, and one with --labels",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.whole = true,
	.load = load,
};
