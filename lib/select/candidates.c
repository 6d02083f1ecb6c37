/* SPDX-License-Identifier: MIT */
/* The candidates of a rule: the tiles of condensed images or the rows of a plain stream,
 * with their labels and scores; and the set of the chosen ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/decode.h"
#include "yc/mem.h"
#include "yc/real.h"

int yc_candidates_score(const struct yc_candidates *cand, const struct yc_set *s,
	const char *name, double *score)
{
	char full[YC_NAME_MAX + 1];
	const struct yc_tensor *t;
	uint64_t wide;

	if (yc_score_column(full, name, 1) < 0)
		return YC_FAIL;
	t = yc_set_col(s, full);
	if (!t)
		return yc_fail(YC_FAIL, "no column '%s' in the stream", full);
	wide = t->rank == 1 ? 1 : t->rank == 2 ? t->shape[1] : 0;
	if (wide != (uint64_t)cand->tiles_per_row)
		return yc_fail(YC_FAIL,
			"column '%s' does not have %d values per row, one for each tile: "
			"score the stream again",
			full, cand->tiles_per_row);
	if (t->dtype != YC_F32 && t->dtype != YC_F64)
		return yc_fail(
			YC_FAIL, "column '%s' is %s, not F32", full, t->dtype_name);
	for (size_t g = 0; g < cand->n; g++) {
		size_t at =
			(size_t)cand->tile[g].row * wide + (size_t)cand->tile[g].position;

		score[g] = t->dtype == YC_F32 ? (double)((const float *)t->data)[at]
					      : ((const double *)t->data)[at];
		if (isnan(score[g]))
			return yc_fail(YC_FAIL,
				"column '%s': the value of row %d, tile %d, is not a "
				"number",
				full, (int)cand->tile[g].row,
				yc_candidate_position(cand, g));
	}
	return YC_OK;
}

static int add_score(struct yc_candidates *cand, const struct yc_set *s, const char *name)
{
	cand->score = yc_calloc(cand->n, sizeof(*cand->score));
	return cand->score ? yc_candidates_score(cand, s, name, cand->score) : YC_FAIL;
}

/* 8-bit images give 8-bit tiles, unless the last ones extend beyond the image: their
 * padding of 0.5 has no 8-bit value, so such tiles are F32. */
static bool stays_8bit(const struct yc_tensor *image, int factor)
{
	return image->dtype == YC_U8 && image->shape[2] % (uint64_t)factor == 0;
}

static size_t tile_bytes(const struct yc_set *s)
{
	const struct yc_tensor *image = yc_set_col(s, "image");
	int factor = s->head.factor;
	size_t side = (size_t)yc_tile_side((int)image->shape[2], factor);

	return side * side * (size_t)image->shape[1] *
	       yc_dtype_size(stays_8bit(image, factor) ? YC_U8 : YC_F32);
}

static int count_classes(struct yc_candidates *cand)
{
	cand->count = yc_calloc((size_t)cand->classes, sizeof(*cand->count));
	if (!cand->count)
		return YC_FAIL;
	for (size_t g = 0; g < cand->n; g++)
		cand->count[cand->label[g]]++;
	for (int c = 0; c < cand->classes; c++)
		cand->present += cand->count[c] > 0;
	return YC_OK;
}

static int list(struct yc_candidates *cand, const struct yc_set *s)
{
	const int64_t *label = yc_set_col(s, "label")->data;
	const int factor = s->head.factor;
	int n, status;

	if (factor > s->head.side)
		return yc_fail(YC_FAIL, "factor %d is larger than the side %d", factor,
			s->head.side);
	status = yc_set_tiles(s, YC_DECODE_SINGLE, 0, &cand->tile, &n);
	if (status < 0)
		return status;
	cand->n = (size_t)n;
	cand->classes = s->head.classes;
	cand->side = s->head.side;
	cand->tiles_per_row = factor * factor;
	cand->tiles_per_image = yc_set_tiles_per_image(s);
	cand->bytes = tile_bytes(s);
	cand->position = yc_set_positions(s);
	cand->label = yc_calloc(cand->n, sizeof(*cand->label));
	if (!cand->label)
		return YC_FAIL;
	for (size_t g = 0; g < cand->n; g++)
		cand->label[g] = (int32_t)label[cand->tile[g].row];
	return count_classes(cand);
}

int yc_candidates_new(
	struct yc_candidates *cand, const struct yc_set *s, const char *score)
{
	int status;

	memset(cand, 0, sizeof(*cand));
	status = yc_set_check_images(s);
	if (!status)
		status = list(cand, s);
	if (!status && score)
		status = add_score(cand, s, score);
	if (status)
		yc_candidates_release(cand);
	return status;
}

void yc_candidates_release(struct yc_candidates *cand)
{
	yc_free(cand->label);
	yc_free(cand->tile);
	yc_free(cand->score);
	yc_free(cand->count);
	memset(cand, 0, sizeof(*cand));
}

/* Copies the tiles as they are stored. */
static int cut(struct yc_set *to, const struct yc_set *from,
	const struct yc_candidates *cand, const size_t *chosen, const size_t *row,
	size_t n)
{
	const struct yc_tensor *image = yc_set_col(from, "image");
	int factor = from->head.factor, h = (int)image->shape[2],
	    ch = (int)image->shape[1];
	int side = yc_tile_side(h, factor);
	bool u8 = image->dtype == YC_U8, whole = stays_8bit(image, factor);
	uint64_t shape[4] = {n, image->shape[1], (uint64_t)side, (uint64_t)side};
	size_t pixels = yc_size_mul((size_t)ch, yc_size_mul((size_t)h, (size_t)h));
	size_t size = yc_size_mul((size_t)ch, yc_size_mul((size_t)side, (size_t)side));
	yc_real *stored = yc_calloc(pixels, sizeof(*stored));
	yc_real *tile = yc_calloc(size, sizeof(*tile));
	struct yc_tensor *t =
		yc_set_put(to, "image", whole ? YC_U8 : YC_F32, 4, shape, NULL);
	int status = stored && tile && t ? YC_OK : YC_FAIL;

	for (size_t i = 0; !status && i < n; i++) {
		const unsigned char *src8 =
			(const unsigned char *)image->data + row[i] * pixels;
		const float *src = (const float *)image->data + row[i] * pixels;

		for (size_t p = 0; p < pixels; p++)
			stored[p] = !u8	    ? (yc_real)src[p]
				    : whole ? (yc_real)src8[p]
					    : (yc_real)(src8[p] / 255.0);
		yc_cut_tile(stored, ch, h, factor, cand->tile[chosen[i]].position, tile);
		for (size_t p = 0; p < size; p++) {
			if (t->dtype == YC_U8)
				((unsigned char *)t->data)[i * size + p] =
					(unsigned char)tile[p];
			else
				((float *)t->data)[i * size + p] = (float)tile[p];
		}
	}
	yc_free(stored);
	yc_free(tile);
	return status;
}

/* A column of one value per tile becomes a column of one value. */
static int cut_score(struct yc_set *to, const struct yc_tensor *t,
	const struct yc_candidates *cand, const size_t *chosen, const size_t *row,
	size_t n)
{
	uint64_t shape[2] = {n, 1};
	size_t size = yc_dtype_size(t->dtype), wide = (size_t)cand->tiles_per_row;
	struct yc_tensor *new = yc_set_put(to, t->name, t->dtype, 2, shape, NULL);

	if (!new)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++) {
		size_t at = row[i] * wide + (size_t)cand->tile[chosen[i]].position;

		memcpy((char *)new->data + i *size, (const char *)t->data + at * size,
			size);
	}
	return YC_OK;
}

/* Adds tile, and id if the stream has none: a tile must be traceable to its image. */
static int trace(struct yc_set *to, const struct yc_candidates *cand,
	const size_t *chosen, size_t n)
{
	bool has_id = yc_set_col(to, "id") != NULL;
	uint64_t shape[1] = {n};
	struct yc_tensor *t;

	t = yc_set_put(to, "tile", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = cand->tile[chosen[i]].position;
	if (has_id)
		return YC_OK;
	t = yc_set_put(to, "id", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = (int64_t)cand->tile[chosen[i]].row;
	return YC_OK;
}

static int take_tiles(struct yc_set *to, const struct yc_set *from,
	const struct yc_candidates *cand, const size_t *chosen, const size_t *row,
	size_t n)
{
	/* columns of whole images are picked row by row; images and scores are not copied
	 * factor^2 times before they are cut */
	struct yc_set rest = *from;
	int status = YC_OK;

	rest.ncols = 0;
	rest.col = yc_calloc(from->ncols, sizeof(*rest.col));
	if (!rest.col)
		return YC_FAIL;
	for (size_t i = 0; i < from->ncols; i++) {
		const struct yc_tensor *t = &from->col[i];
		bool wide = yc_score_name(t->name) && t->rank == 2 &&
			    t->shape[1] == (uint64_t)cand->tiles_per_row;

		if (wide || !strcmp(t->name, "image") || !strcmp(t->name, "tile"))
			continue;
		if (yc_score_name(t->name) && t->rank != 1 &&
			!(t->rank == 2 && t->shape[1] == 1))
			status = yc_fail(YC_FAIL,
				"column '%s' does not have one value for each of %d "
				"tiles",
				t->name, cand->tiles_per_row);
		rest.col[rest.ncols++] = *t;
	}
	if (!status)
		status = yc_set_pick(to, &rest, row, n);
	yc_free(rest.col);
	if (status)
		return status;
	status = cut(to, from, cand, chosen, row, n);
	for (size_t i = 0; !status && i < from->ncols; i++) {
		const struct yc_tensor *t = &from->col[i];

		if (yc_score_name(t->name) && t->rank == 2 &&
			t->shape[1] == (uint64_t)cand->tiles_per_row)
			status = cut_score(to, t, cand, chosen, row, n);
	}
	if (!status)
		status = trace(to, cand, chosen, n);
	to->head.factor = 1;
	if (!status)
		status = yc_head_store(&to->head, &to->meta);
	if (status)
		yc_set_release(to);
	return status;
}

int yc_candidates_take(struct yc_set *to, const struct yc_set *from,
	const struct yc_candidates *cand, const size_t *chosen, const size_t *row,
	size_t n)
{
	size_t *own = row ? NULL : yc_calloc(n, sizeof(*own));
	int status;

	if (!row && !own)
		return YC_FAIL;
	for (size_t i = 0; own && i < n; i++)
		own[i] = (size_t)cand->tile[chosen[i]].row;
	row = row ? row : own;
	status = cand->tiles_per_row > 1 ? take_tiles(to, from, cand, chosen, row, n)
					 : yc_set_pick(to, from, row, n);
	yc_free(own);
	return status;
}
