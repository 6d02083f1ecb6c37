/* SPDX-License-Identifier: MIT */
/* Kinds that are a file with several arrays: .npz, PyTorch, safetensors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/dataset/arrays.h"

/* --labels names an array of the file, or else another file. */
static int find_labels(struct yc_arrays *a, const struct yc_arrays_cfg *cfg,
	const char *split, const struct yc_array *images, const struct yc_array **labels)
{
	struct yc_arrays_cfg apart = *cfg;
	int status;

	if (!cfg->labels || yc_array_find(&a->file[0], cfg->labels) ||
		access(cfg->labels, F_OK) != 0)
		return yc_array_pick_labels(&a->file[0], cfg, split, images, labels);
	status = yc_array_file_open(&a->file[1], cfg->labels);
	apart.labels = NULL;
	return status == YC_OK
		       ? yc_array_pick_labels(&a->file[1], &apart, split, images, labels)
		       : status;
}

int yc_arrays_named(const char *form, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, struct yc_set *out, struct yc_photos **photos)
{
	const struct yc_array *images = NULL, *labels = NULL;
	struct yc_arrays *a = yc_arrays_new(photos);
	char source[64];
	int status = a ? yc_array_file_open(&a->file[0], what->path) : YC_FAIL;

	if (status == YC_OK && strcmp(a->file[0].form, form) != 0)
		status = yc_fail(YC_FAIL, "%s: is read by yc-load %s", a->file[0].name,
			a->file[0].form);
	if (status == YC_OK)
		status = yc_array_pick_images(&a->file[0], cfg, what->split, &images);
	if (status == YC_OK)
		status = find_labels(a, cfg, what->split, images, &labels);
	(void)snprintf(source, sizeof source, "%s %s", form, what->split);
	return status == YC_OK ? yc_arrays_load(a, images, labels, cfg, what, source, out)
			       : status;
}
