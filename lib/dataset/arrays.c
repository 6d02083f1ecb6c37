/* SPDX-License-Identifier: MIT */
/* The set that two arrays, images and labels, make. */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/class_names.h"
#include "lib/dataset/photos.h"
#include "yc/mem.h"

struct yc_arrays *yc_arrays_new(struct yc_photos **photos)
{
	*photos = yc_calloc(1, sizeof **photos);
	if (*photos)
		(*photos)->arrays = yc_calloc(1, sizeof *(*photos)->arrays);
	return *photos ? (*photos)->arrays : NULL;
}

void yc_arrays_free(struct yc_arrays *a)
{
	if (!a)
		return;
	for (int i = 0; i < YC_ARRAY_FILES; i++)
		yc_array_file_close(&a->file[i]);
	yc_free(a);
}

static int put_head(const struct yc_arrays *a, int classes, const struct yc_load *what,
	const char *source, const struct yc_names *names, struct yc_set *out)
{
	int status;

	out->head = (struct yc_head){.classes = classes, .side = a->side, .factor = 1};
	status = yc_arrays_put_norm(a, what, out);
	if (status == YC_OK)
		status = yc_head_store(&out->head, &out->meta);
	if (status == YC_OK)
		status = yc_meta_set(&out->meta, "yc.source", source);
	if (status == YC_OK && names->n)
		status = yc_names_store(names, &out->meta);
	return status;
}

static int fill(struct yc_arrays *a, const struct yc_array *labels,
	const struct yc_arrays_cfg *cfg, const struct yc_load *what, const char *source,
	struct yc_set *out)
{
	const uint64_t rows = a->image.shape[0];
	struct yc_names names = {0};
	struct yc_tensor *id;
	int classes, status = cfg->names ? yc_class_names(cfg->names, &names) : YC_OK;

	if (status == YC_OK) {
		classes = yc_arrays_labels(
			&labels->v, rows, &names, cfg->classes_total, out);
		if (classes < 0)
			status = yc_fail_in(
				classes, "%s", a->file[a->file[1].name != NULL].name);
		else if (!names.n)
			classes = status =
				yc_arrays_names(a, cfg, what, out, classes, &names);
		if (status >= 0)
			status = put_head(a, classes, what, source, &names, out);
	}
	id = status == YC_OK ? yc_set_put(out, "id", YC_I64, 1, &rows, NULL) : NULL;
	for (uint64_t i = 0; id && i < rows; i++)
		((int64_t *)id->data)[i] = (int64_t)i;
	if (id)
		status = yc_load_note_empty(what, out);
	else if (status == YC_OK)
		status = YC_FAIL;
	yc_names_release(&names);
	return status;
}

int yc_arrays_load(struct yc_arrays *a, const struct yc_array *images,
	const struct yc_array *labels, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, const char *source, struct yc_set *out)
{
	int status;

	a->image = images->v;
	status = yc_array_arrange(&a->image, cfg->layout);
	if (status < 0)
		return yc_fail_in(status, "%s", a->file[0].name);
	a->side = (int)a->image.shape[2];
	a->channels = cfg->channels ? cfg->channels[0] - '0' : (int)a->image.shape[1];
	if (a->image.shape[1] == 4 && !cfg->channels)
		yc_load_note(what,
			"%s: images of 4 channels are kept as they are: --channels 3 "
			"drops "
			"the fourth, transparency, as with pictures",
			a->file[0].name);
	yc_arrays_norm(a, what);
	status = yc_arrays_scale(a, cfg->values, what);
	return status < 0 ? yc_fail_in(status, "%s", a->file[0].name)
			  : fill(a, labels, cfg, what, source, out);
}
