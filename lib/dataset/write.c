/* SPDX-License-Identifier: MIT */
/* Writes a loaded set: whole, or with the images made as they are written. */
#include <string.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/photos.h"
#include "yc/mem.h"

int yc_load_each(const struct yc_set *set, const struct yc_photos *photos, int threads,
	yc_images_fn *fn, void *ctx)
{
	if (!photos)
		return fn(ctx, 0, yc_set_col(set, "image"));
	return photos->arrays ? yc_arrays_each(set, photos->arrays, threads, fn, ctx)
			      : yc_photos_each(set, photos, threads, fn, ctx);
}

int yc_load_channels(const struct yc_set *set, const struct yc_photos *photos)
{
	if (photos)
		return photos->arrays ? photos->arrays->channels : photos->channels;
	return (int)yc_set_col(set, "image")->shape[1];
}

struct out {
	const struct yc_set *set;
	struct yc_writer *writer;
};

static int put(void *ctx, size_t at, const struct yc_tensor *image)
{
	const struct out *o = ctx;
	const size_t n = (size_t)image->shape[0];
	size_t *row = yc_calloc(n, sizeof *row);
	struct yc_set part = {0};
	struct yc_tensor *all = NULL;
	int status = row ? YC_OK : YC_FAIL;

	for (size_t i = 0; row && i < n; i++)
		row[i] = at + i;
	if (status == YC_OK)
		status = yc_set_pick(&part, o->set, row, n);
	if (status == YC_OK && !(all = yc_calloc(part.ncols + 1, sizeof *all)))
		status = YC_FAIL;
	if (status == YC_OK) {
		static char name[] = "image";

		memcpy(all, part.col, part.ncols * sizeof *all);
		all[part.ncols] = *image;
		all[part.ncols].name = name;
		(void)strcpy(all[part.ncols].dtype_name, yc_dtype_name(image->dtype));
		status = yc_writer_put(o->writer,
			&(struct yc_record){.ntensors = part.ncols + 1, .tensor = all});
	}
	yc_set_release(&part);
	yc_free(all);
	yc_free(row);
	return status;
}

int yc_load_write(const struct yc_set *set, const struct yc_photos *photos, int threads,
	struct yc_writer *w)
{
	struct out o = {set, w};
	struct yc_record head = {0};
	int status;

	if (!photos)
		return yc_set_write(set, w);
	status = yc_meta_copy(&head.meta, &set->meta);
	if (status == YC_OK)
		status = yc_writer_put(w, &head);
	yc_record_release(&head);
	if (status == YC_OK)
		status = yc_load_each(set, photos, threads, put, &o);
	return status == YC_OK ? yc_writer_end(w) : status;
}
