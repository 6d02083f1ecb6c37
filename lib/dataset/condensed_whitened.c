/* SPDX-License-Identifier: MIT */
/* Published sets whose values are whitened by ZCA. Their files have no map, so it comes from
 * a stream of yc-whiten(1): its inverse gives pixels, and the set keeps it. */
#include <string.h>

#include "lib/dataset/condensed.h"
#include "yc/blas.h"
#include "yc/data.h"
#include "yc/mem.h"
#include "yc/zca.h"

/* Between a row of the set, planar, and an image of the map, interleaved. */
static void exchange(
	float *planar, yc_real *image, size_t pixels, size_t channels, bool back)
{
	for (size_t c = 0; c < channels; c++)
		for (size_t i = 0; i < pixels; i++) {
			float *p = planar + c * pixels + i;
			yc_real *x = image + i * channels + c;

			if (back)
				*p = (float)*x;
			else
				*x = (yc_real)*p;
		}
}

/* The column that says what the inverse took each image's mean and length to be. */
static const float *put_rows(const struct yc_zca *z, struct yc_set *set)
{
	struct yc_tensor *t = yc_set_put(
		set, YC_ZCA_COLUMN, YC_F32, 2, (uint64_t[]){set->rows, 2}, NULL);

	if (!t)
		return NULL;
	yc_zca_rows(z, (int)set->rows, t->data);
	return t->data;
}

static int undo(struct yc_zca *z, struct yc_set *set, int threads)
{
	const struct yc_tensor *t = yc_set_col(set, "image");
	const size_t channels = (size_t)t->shape[1],
		     pixels = (size_t)t->shape[2] * t->shape[3], size = channels * pixels;
	const float *row = NULL;
	float *image = t->data;
	yc_real *x;
	int status;

	if (yc_zca_size(z) != size)
		return yc_fail(YC_FAIL,
			"whitens images of %zu numbers, those of the set have %zu",
			yc_zca_size(z), size);
	if (yc_zca_by_row(z)) {
		row = put_rows(z, set);
		if (!row)
			return YC_FAIL;
	}
	x = yc_calloc(yc_size_mul(set->rows, size), sizeof(*x));
	if (!x)
		return YC_FAIL;
	for (size_t i = 0; i < set->rows; i++)
		exchange(image + i * size, x + i * size, pixels, channels, false);
	status = yc_zca_undo(z, (int)set->rows, x, row, x, threads);
	for (size_t i = 0; i < set->rows && !status; i++)
		exchange(image + i * size, x + i * size, pixels, channels, true);
	yc_free(x);
	return status;
}

static int read_map(struct yc_zca **z, const char *path, struct yc_meta *history)
{
	struct yc_set map;
	int status = yc_set_read_file(&map, path);

	*z = NULL;
	if (!status)
		status = yc_zca_load(z, &map);
	if (!status && !*z)
		status = yc_fail(YC_FAIL,
			"whitens nothing: yc-whiten of the images that the set was "
			"condensed from makes such a stream");
	if (status)
		status = yc_fail_in(status, "%s", path);
	else
		status = yc_meta_copy(history, &map.meta);
	yc_set_release(&map);
	return status;
}

int yc_condensed_unwhiten(struct yc_set *set, const char *path, int threads)
{
	struct yc_meta history = {0};
	const struct yc_meta *const heads[] = {&history, &set->meta};
	struct yc_zca *z;
	int status = read_map(&z, path, &history);

	if (!status)
		status = yc_blas_open(NULL);
	if (!status) {
		status = undo(z, set, threads);
		if (status)
			status = yc_fail_in(status, "%s", path);
	}
	if (!status)
		status = yc_zca_store(z, set);
	if (!status)
		status = yc_history_merge(&set->meta, heads, YC_COUNT(heads));
	yc_zca_free(z);
	yc_meta_release(&history);
	return status;
}
