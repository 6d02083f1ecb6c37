/* SPDX-License-Identifier: MIT */
/* What is selected from: the tiles of condensed images in yc-methods(7), "Decoded
 * order", or the rows of a plain stream, and the set that chosen ones make. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "yc/decode.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/select.h"

static const char prefix[] = "score.";

static bool is_score(const struct yc_tensor *t)
{
	return !strncmp(t->name, prefix, sizeof(prefix) - 1);
}

/* Score of unit g: column k of its row, or the only one. */
static int scores(struct yc_units *u, const struct yc_set *s, const char *name)
{
	char full[YC_NAME_MAX + 1];
	const struct yc_tensor *t;
	uint64_t wide;
	int len = snprintf(full, sizeof(full), "%s%s", prefix, name);

	t = len < (int)sizeof(full) ? yc_set_col(s, full) : NULL;
	if (!t)
		return yc_fail(YC_FAIL, "no column '%s' in the stream", full);
	wide = t->rank == 1 ? 1 : t->rank == 2 ? t->shape[1] : 0;
	if (wide != (uint64_t)u->tiles)
		return yc_fail(YC_FAIL,
			"column '%s' does not have %d values a row, one for each "
			"tile: score the stream again",
			full, u->tiles);
	if (t->dtype != YC_F32 && t->dtype != YC_F64)
		return yc_fail(
			YC_FAIL, "column '%s' is %s, not F32", full, t->dtype_name);
	u->score = yc_calloc(u->n, sizeof(*u->score));
	if (!u->score)
		return YC_FAIL;
	for (size_t g = 0; g < u->n; g++) {
		size_t at = u->row[g] * wide + (u->tiles > 1 ? (size_t)u->tile[g] : 0);

		u->score[g] = t->dtype == YC_F32 ? (double)((const float *)t->data)[at]
						 : ((const double *)t->data)[at];
		if (isnan(u->score[g]))
			return yc_fail(YC_FAIL,
				"column '%s': the value of row %zu, tile %d, is not a "
				"number",
				full, u->row[g], (int)u->tile[g]);
	}
	return YC_OK;
}

/* 8-bit sheets give 8-bit tiles, unless the last cells reach beyond the image: their
 * filling of 0.5 has no 8-bit value, so such tiles are F32. */
static bool stays_8bit(const struct yc_tensor *image, int factor)
{
	return image->dtype == YC_U8 && image->shape[2] % (uint64_t)factor == 0;
}

static size_t unit_bytes(const struct yc_set *s)
{
	const struct yc_tensor *image = yc_set_col(s, "image");
	int factor = s->head.factor;
	size_t side = (size_t)yc_tile_side((int)image->shape[2], factor);

	return side * side * (size_t)image->shape[1] *
	       yc_dtype_size(stays_8bit(image, factor) ? YC_U8 : YC_F32);
}

static int list(struct yc_units *u, const struct yc_set *s)
{
	const int64_t *label = yc_set_col(s, "label")->data;
	const struct yc_tensor *tile = yc_set_col(s, "tile");
	const int factor = s->head.factor;
	size_t *base, *seen;

	if (factor > s->head.side)
		return yc_fail(YC_FAIL, "factor %d is larger than the side %d", factor,
			s->head.side);
	u->classes = s->head.classes;
	u->tiles = factor * factor;
	u->side = s->head.side;
	u->cost = yc_set_cost(s);
	u->bytes = unit_bytes(s);
	u->n = yc_size_mul(s->rows, (size_t)u->tiles);
	if (u->n > INT32_MAX)
		return yc_fail(YC_FAIL, "%zu images are too many to choose from", u->n);
	u->label = yc_calloc(u->n, sizeof(*u->label));
	u->tile = yc_calloc(u->n, sizeof(*u->tile));
	u->row = yc_calloc(u->n, sizeof(*u->row));
	u->count = yc_calloc((size_t)u->classes, sizeof(*u->count));
	base = yc_calloc((size_t)u->classes, sizeof(*base));
	seen = yc_calloc((size_t)u->classes, sizeof(*seen));
	if (!u->label || !u->tile || !u->row || !u->count || !base || !seen) {
		yc_free(base);
		yc_free(seen);
		return YC_FAIL;
	}
	for (size_t i = 0; i < s->rows; i++)
		u->count[label[i]] += (size_t)u->tiles;
	for (int c = 0; c < u->classes; c++)
		u->present += u->count[c] > 0;
	for (int c = 1; c < u->classes; c++)
		base[c] = base[c - 1] + u->count[c - 1];
	for (size_t i = 0; i < s->rows; i++) {
		size_t c = (size_t)label[i], rows = u->count[c] / (size_t)u->tiles;
		size_t m = seen[c]++;

		for (int k = 0; k < u->tiles; k++) {
			size_t g = factor > 1 ? base[c] + (size_t)k * rows + m : i;

			u->label[g] = (int32_t)c;
			u->row[g] = i;
			u->tile[g] = k;
		}
	}
	if (factor == 1 && tile && tile->dtype == YC_I64 && tile->rank == 1)
		for (size_t i = 0; i < s->rows; i++)
			u->tile[i] = (int32_t)((const int64_t *)tile->data)[i];
	yc_free(base);
	yc_free(seen);
	return YC_OK;
}

int yc_units_new(struct yc_units *u, const struct yc_set *s, const char *score)
{
	int status;

	memset(u, 0, sizeof(*u));
	status = yc_set_check_images(s);
	if (!status)
		status = list(u, s);
	if (!status && score)
		status = scores(u, s, score);
	if (status)
		yc_units_release(u);
	return status;
}

void yc_units_release(struct yc_units *u)
{
	yc_free(u->label);
	yc_free(u->tile);
	yc_free(u->row);
	yc_free(u->score);
	yc_free(u->count);
	memset(u, 0, sizeof(*u));
}

/* The cells as they are stored. */
static int cut(struct yc_set *to, const struct yc_set *from, const struct yc_units *u,
	const size_t *unit, size_t n)
{
	const struct yc_tensor *image = yc_set_col(from, "image");
	int factor = from->head.factor, h = (int)image->shape[2],
	    ch = (int)image->shape[1];
	int side = yc_tile_side(h, factor);
	bool u8 = image->dtype == YC_U8, whole = stays_8bit(image, factor);
	uint64_t shape[4] = {n, image->shape[1], (uint64_t)side, (uint64_t)side};
	size_t pixels = yc_size_mul((size_t)ch, yc_size_mul((size_t)h, (size_t)h));
	size_t room = yc_size_mul((size_t)ch, yc_size_mul((size_t)side, (size_t)side));
	yc_real *sheet = yc_calloc(pixels, sizeof(*sheet));
	yc_real *cell = yc_calloc(room, sizeof(*cell));
	struct yc_tensor *t =
		yc_set_put(to, "image", whole ? YC_U8 : YC_F32, 4, shape, NULL);
	int status = sheet && cell && t ? YC_OK : YC_FAIL;

	for (size_t i = 0; !status && i < n; i++) {
		const unsigned char *src8 =
			(const unsigned char *)image->data + u->row[unit[i]] * pixels;
		const float *src = (const float *)image->data + u->row[unit[i]] * pixels;

		for (size_t p = 0; p < pixels; p++)
			sheet[p] = !u8	   ? (yc_real)src[p]
				   : whole ? (yc_real)src8[p]
					   : (yc_real)(src8[p] / 255.0);
		yc_cut_tile(sheet, ch, h, factor, u->tile[unit[i]], cell);
		for (size_t p = 0; p < room; p++) {
			if (t->dtype == YC_U8)
				((unsigned char *)t->data)[i * room + p] =
					(unsigned char)cell[p];
			else
				((float *)t->data)[i * room + p] = (float)cell[p];
		}
	}
	yc_free(sheet);
	yc_free(cell);
	return status;
}

/* A column of one value a tile becomes a column of one value. */
static int cut_score(struct yc_set *to, const struct yc_tensor *t,
	const struct yc_units *u, const size_t *unit, size_t n)
{
	uint64_t shape[2] = {n, 1};
	size_t size = yc_dtype_size(t->dtype), wide = (size_t)u->tiles;
	struct yc_tensor *new = yc_set_put(to, t->name, t->dtype, 2, shape, NULL);

	if (!new)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++) {
		size_t at = u->row[unit[i]] * wide + (size_t)u->tile[unit[i]];

		memcpy((char *)new->data + i *size, (const char *)t->data + at * size,
			size);
	}
	return YC_OK;
}

/* tile, and id where the sheets had none: a tile must be traceable to its sheet. */
static int trace(
	struct yc_set *to, const struct yc_units *u, const size_t *unit, size_t n)
{
	bool has_id = yc_set_col(to, "id") != NULL;
	uint64_t shape[1] = {n};
	struct yc_tensor *t;

	t = yc_set_put(to, "tile", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = u->tile[unit[i]];
	if (has_id)
		return YC_OK;
	t = yc_set_put(to, "id", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = (int64_t)u->row[unit[i]];
	return YC_OK;
}

static int take_tiles(struct yc_set *to, const struct yc_set *from,
	const struct yc_units *u, const size_t *unit, const size_t *row, size_t n)
{
	/* what goes with the sheet is picked row by row; what is cut must not be copied
	 * factor^2 times before it is cut */
	struct yc_set rest = *from;
	int status = YC_OK;

	rest.ncols = 0;
	rest.col = yc_calloc(from->ncols, sizeof(*rest.col));
	if (!rest.col)
		return YC_FAIL;
	for (size_t i = 0; i < from->ncols; i++) {
		const struct yc_tensor *t = &from->col[i];
		bool wide =
			is_score(t) && t->rank == 2 && t->shape[1] == (uint64_t)u->tiles;

		if (wide || !strcmp(t->name, "image") || !strcmp(t->name, "tile"))
			continue;
		if (is_score(t) && t->rank != 1 && !(t->rank == 2 && t->shape[1] == 1))
			status = yc_fail(YC_FAIL,
				"column '%s' has not one value for each of %d tiles",
				t->name, u->tiles);
		rest.col[rest.ncols++] = *t;
	}
	if (!status)
		status = yc_set_pick(to, &rest, row, n);
	yc_free(rest.col);
	if (status)
		return status;
	status = cut(to, from, u, unit, n);
	for (size_t i = 0; !status && i < from->ncols; i++) {
		const struct yc_tensor *t = &from->col[i];

		if (is_score(t) && t->rank == 2 && t->shape[1] == (uint64_t)u->tiles)
			status = cut_score(to, t, u, unit, n);
	}
	if (!status)
		status = trace(to, u, unit, n);
	to->head.factor = 1;
	if (!status)
		status = yc_head_store(&to->head, &to->meta);
	if (status)
		yc_set_release(to);
	return status;
}

int yc_units_take(struct yc_set *to, const struct yc_set *from, const struct yc_units *u,
	const size_t *unit, size_t n)
{
	size_t *row = yc_calloc(n, sizeof(*row));
	int status;

	if (!row)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		row[i] = u->row[unit[i]];
	status = u->tiles > 1 ? take_tiles(to, from, u, unit, row, n)
			      : yc_set_pick(to, from, row, n);
	yc_free(row);
	return status;
}
