/* SPDX-License-Identifier: MIT */
/* Single images of a set as people want to see them. */
#include <math.h>
#include <string.h>

#include "lib/view/images.h"
#include "yc/data.h"
#include "yc/mem.h"
#include "yc/near.h"
#include "yc/normalisation.h"

bool yc_view_is_score(const struct yc_tensor *t)
{
	return yc_score_name(t->name) && (t->dtype == YC_F32 || t->dtype == YC_F64) &&
	       (t->rank == 1 || t->rank == 2);
}

/* Values of each row; 0 for anything but scores of this factor's tiles or images. */
static uint64_t score_values(const struct yc_tensor *t, int factor)
{
	const uint64_t n = !yc_view_is_score(t) ? 0 : t->rank == 2 ? t->shape[1] : 1;

	return n == 1 || n == (uint64_t)(factor * factor) ? n : 0;
}

bool yc_view_tiles_have_scores(const struct yc_set *set)
{
	bool any = false;

	for (size_t i = 0; i < set->ncols; i++)
		any |= score_values(&set->col[i], set->head.factor) > 1;
	return any;
}

static int no_score(const struct yc_set *set, const char *name, const char *column)
{
	char others[256] = "", meant[YC_NEAR_TEXT];
	struct yc_near near;

	yc_near_begin(&near, name, strlen(name));
	for (size_t i = 0; i < set->ncols; i++) {
		const char *score = yc_score_name(set->col[i].name);
		size_t at = strlen(others);

		if (!score)
			continue;
		(void)snprintf(
			others + at, sizeof(others) - at, "%s %s", at ? "," : "", score);
		yc_near_try(&near, score, strlen(score));
	}
	if (!*others)
		return yc_fail(YC_FAIL,
			"no column '%s' in the stream, which has no scores: yc-score "
			"makes them",
			column);
	return yc_fail(YC_FAIL, "no column '%s' in the stream, which has%s%s", column,
		others, yc_near_text(&near, "", meant));
}

/* Checks the column of scores called `name`, and whether each image has several. */
static int find_score(const struct yc_view_images *v, const char *name, bool *tiles)
{
	const int factor = v->set->head.factor;
	char column[YC_NAME_MAX + 1];
	const struct yc_tensor *t;
	uint64_t values;

	if (yc_score_column(column, name, 1) < 0)
		return YC_FAIL;
	t = yc_set_col(v->set, column);
	if (!t)
		return no_score(v->set, name, column);
	values = score_values(t, factor);
	*tiles = values > 1;
	if (!values)
		return yc_fail(YC_FAIL,
			"column '%s' should be F32 or F64 with one value for each image "
			"or for each of its %d tiles",
			column, factor * factor);
	return YC_OK;
}

int yc_view_images_open(struct yc_view_images *v, const struct yc_set *set, bool decode,
	const char *score)
{
	const struct yc_tensor *image = yc_set_col(set, "image");
	bool tiles = false;
	const size_t channels = (size_t)image->shape[1];
	size_t h;

	*v = (struct yc_view_images){.set = set,
		.head = set->head,
		.channels = (int)image->shape[1],
		.normalised = yc_head_normalised(&set->meta)};
	if (score && find_score(v, score, &tiles) < 0)
		return YC_FAIL;
	v->decoded = decode || v->normalised || tiles;
	v->side = v->decoded ? set->head.side : (int)image->shape[2];
	if (v->normalised && yc_head_complete(&v->head, v->channels) < 0)
		return YC_FAIL;
	h = (size_t)image->shape[2];
	v->shown = yc_calloc(yc_size_mul((size_t)v->side, (size_t)v->side),
		channels * sizeof(*v->shown));
	v->stored = yc_calloc(yc_size_mul(h, h), channels * sizeof(*v->stored));
	return v->shown && v->stored ? YC_OK : YC_FAIL;
}

void yc_view_images_close(struct yc_view_images *v)
{
	yc_free(v->stored);
	yc_free(v->shown);
	v->stored = v->shown = NULL;
}

int yc_view_images_each(const struct yc_view_images *v)
{
	return v->decoded ? v->head.factor * v->head.factor : 1;
}

int yc_view_images_list(const struct yc_view_images *v, struct yc_tile **tile, size_t *n)
{
	int tiles, status;

	if (v->decoded) {
		status = yc_set_tiles(v->set, YC_DECODE_SINGLE, 0, tile, &tiles);
		*n = (size_t)(status < 0 ? 0 : tiles);
		return status;
	}
	*n = v->set->rows;
	*tile = yc_calloc(*n, sizeof(**tile));
	for (size_t i = 0; *tile && i < *n; i++)
		(*tile)[i] = (struct yc_tile){.row = (int32_t)i, .factor = 1};
	return *tile ? YC_OK : YC_FAIL;
}

const yc_real *yc_view_images_get(struct yc_view_images *v, const struct yc_tile *tile)
{
	const struct yc_tensor *image = yc_set_col(v->set, "image");
	const int h = (int)image->shape[2];
	const size_t pixels = (size_t)v->side * (size_t)v->side,
		     channels = (size_t)v->channels;

	yc_image_load(image, (size_t)tile->row, v->stored);
	if (v->decoded && (tile->factor > 1 || h != v->side))
		yc_decode_tile(v->stored, v->channels, h, tile->factor, tile->position,
			v->side, v->shown);
	else
		for (size_t c = 0; c < channels; c++)
			for (size_t i = 0; i < pixels; i++)
				v->shown[i * channels + c] = v->stored[c * pixels + i];
	for (size_t i = 0; v->normalised && i < pixels * channels; i++)
		v->shown[i] = v->shown[i] * (yc_real)v->head.std[i % channels] +
			      (yc_real)v->head.mean[i % channels];
	return v->shown;
}

double yc_view_images_score(const struct yc_tensor *column, const struct yc_tile *tile)
{
	size_t width, at;

	if (!column)
		return NAN;
	width = column->rank == 2 ? (size_t)column->shape[1] : 1;
	at = (size_t)tile->row * width +
	     ((size_t)tile->position < width ? (size_t)tile->position : 0);
	return column->dtype == YC_F32 ? (double)((const float *)column->data)[at]
				       : ((const double *)column->data)[at];
}

int64_t yc_view_images_position(
	const struct yc_view_images *v, const struct yc_tile *tile)
{
	const int64_t *position = yc_set_positions(v->set);

	if (tile->factor > 1)
		return tile->position;
	return position ? position[tile->row] : -1;
}

int64_t yc_view_images_id(const struct yc_view_images *v, const struct yc_tile *tile)
{
	const struct yc_tensor *t = yc_set_col(v->set, "id");

	return t && t->dtype == YC_I64 && t->rank == 1
		       ? ((const int64_t *)t->data)[tile->row]
		       : -1;
}
