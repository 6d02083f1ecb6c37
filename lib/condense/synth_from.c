/* SPDX-License-Identifier: MIT */
/* The first synthetic images are those of a set, or put together from its tiles. */
#include <string.h>

#include "lib/condense/internal.h"

/* Rows of tiles, as yc-select writes them, that images of this factor and side can be put
 * together from without a remainder. */
static bool are_tiles(const struct yc_synth *y, const struct yc_set *set)
{
	const struct yc_synth_cfg *c = &y->cfg;
	const struct yc_tensor *image = yc_set_col(set, "image");

	return set->head.factor == 1 && c->factor > 1 &&
	       image->shape[2] * (uint64_t)c->factor == (uint64_t)c->side &&
	       set->rows == y->images * (size_t)(c->factor * c->factor);
}

/* Does the set have this factor, shape and number of images? */
static int same_shape(const struct yc_synth *y, const struct yc_set *set)
{
	const struct yc_synth_cfg *c = &y->cfg;
	const struct yc_tensor *image = yc_set_col(set, "image");
	const int classes = c->label ? c->labels : c->classes;
	const bool tiles = are_tiles(y, set);

	if (!tiles && set->head.factor == 1 && image->shape[2] < (uint64_t)c->side)
		return yc_fail(YC_FAIL,
			"%zu tiles of side %d: %d images per class of factor %d take %zu "
			"of side %d",
			set->rows, (int)image->shape[2], c->ipc, c->factor,
			y->images * (size_t)(c->factor * c->factor), c->side / c->factor);
	if (!tiles && set->head.factor != c->factor)
		return yc_fail(YC_FAIL, "a set of factor %d, not %d", set->head.factor,
			c->factor);
	if (set->head.classes != classes || (!tiles && set->rows != y->images))
		return yc_fail(YC_FAIL,
			"a set of %zu images in %d classes, not of %zu in %d", set->rows,
			set->head.classes, y->images, classes);
	if (image->shape[1] != (uint64_t)c->channels ||
		(!tiles && image->shape[2] != (uint64_t)c->side))
		return yc_fail(YC_FAIL,
			"images of %d channels and side %d, not %d and %d",
			(int)image->shape[1], (int)image->shape[2], c->channels, c->side);
	return YC_OK;
}

/* The class with this label, -1: none. */
static int class_of(const struct yc_synth *y, int64_t label)
{
	for (int c = 0; c < y->cfg.classes; c++)
		if (yc_synth_label(y, c) == label)
			return c;
	return -1;
}

/* Tile k of a class becomes the one that is decoded k-th. */
static void put_tile(struct yc_synth *y, int c, int k, const yc_real *tile)
{
	const int f = y->cfg.factor, h = y->cfg.side / f, position = k / y->cfg.ipc;
	yc_real *image = y->s + (size_t)(c * y->cfg.ipc + k % y->cfg.ipc) * y->pixels +
			 (size_t)(position / f * h * y->cfg.side + position % f * h);

	for (int ch = 0; ch < y->cfg.channels; ch++)
		for (int i = 0; i < h; i++, tile += h)
			memcpy(image + (size_t)(ch * y->cfg.side + i) *
						(size_t)y->cfg.side,
				tile, (size_t)h * sizeof(*tile));
}

/* Row i is number k of class c; tile: room for one. */
static void copy(struct yc_synth *y, const struct yc_tensor *image, size_t i, int c,
	int k, yc_real *tile)
{
	if (image->shape[2] == (uint64_t)y->cfg.side) {
		yc_image_load(image, i, y->s + (size_t)(c * y->cfg.ipc + k) * y->pixels);
	} else {
		yc_image_load(image, i, tile);
		put_tile(y, c, k, tile);
	}
}

int yc_synth_init_from(struct yc_synth *y, const struct yc_set *set)
{
	const struct yc_synth_cfg *cfg = &y->cfg;
	const int64_t *label;
	yc_real *tile;
	int status = yc_set_check_images(set), each, *taken;

	if (!status && yc_head_normalised(&set->meta))
		status = yc_fail(YC_FAIL, "the images are normalised already");
	if (!status)
		status = same_shape(y, set);
	if (status)
		return status;
	taken = yc_calloc((size_t)cfg->classes, sizeof(*taken));
	tile = yc_calloc(y->pixels, sizeof(*tile));
	status = taken && tile ? YC_OK : YC_FAIL;
	each = (int)(set->rows / (size_t)cfg->classes);
	label = yc_set_col(set, "label")->data;
	for (size_t i = 0; !status && i < set->rows; i++) {
		int c = class_of(y, label[i]);

		if (c < 0)
			status = yc_fail(YC_FAIL,
				"images of class %lld, of which there are no real ones",
				(long long)label[i]);
		else if (taken[c]++ == each)
			status = yc_fail(YC_FAIL, "class %lld has more than %d images",
				(long long)label[i], each);
		else
			copy(y, yc_set_col(set, "image"), i, c, taken[c] - 1, tile);
	}
	yc_free(tile);
	yc_free(taken);
	return status;
}
