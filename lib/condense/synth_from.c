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
	       image->shape[2] * (uint64_t)c->factor == (uint64_t)c->side;
}

/* Rows that the images are made of, at least. */
static size_t rows_needed(const struct yc_synth *y, const struct yc_set *set)
{
	const int f = are_tiles(y, set) ? y->cfg.factor : 1;

	return y->images * (size_t)(f * f);
}

/* Does the set have this factor, shape and number of images? */
static int same_shape(
	const struct yc_synth *y, const struct yc_set *set, enum yc_synth_take take)
{
	const struct yc_synth_cfg *c = &y->cfg;
	const struct yc_tensor *image = yc_set_col(set, "image");
	const int classes = c->label ? c->labels : c->classes;
	const bool tiles = are_tiles(y, set), small = image->shape[2] < (uint64_t)c->side;
	const bool all = take == YC_SYNTH_FIRST || set->rows == rows_needed(y, set);

	if (set->head.factor == 1 && small && !(tiles && all))
		return yc_fail(YC_FAIL,
			"%zu tiles of side %d: %d images per class of factor %d take %zu "
			"of side %d",
			set->rows, (int)image->shape[2], c->ipc, c->factor,
			y->images * (size_t)(c->factor * c->factor), c->side / c->factor);
	if (!tiles && set->head.factor != c->factor)
		return yc_fail(YC_FAIL, "a set of factor %d, not %d", set->head.factor,
			c->factor);
	if (set->head.classes != classes || !all)
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

/* Tile k of a class becomes the one that is decoded k-th; `step` is from row to row of it, and
 * `plane` from channel to channel. */
static void put_tile(
	struct yc_synth *y, int c, int k, const yc_real *tile, size_t step, size_t plane)
{
	const int f = y->cfg.factor, h = y->cfg.side / f, position = k / y->cfg.ipc;
	yc_real *image = y->s + (size_t)(c * y->cfg.ipc + k % y->cfg.ipc) * y->pixels +
			 (size_t)(position / f * h * y->cfg.side + position % f * h);

	for (int ch = 0; ch < y->cfg.channels; ch++)
		for (int i = 0; i < h; i++)
			memcpy(image + (size_t)(ch * y->cfg.side + i) *
						(size_t)y->cfg.side,
				tile + (size_t)ch * plane + (size_t)i * step,
				(size_t)h * sizeof(*tile));
}

/* Of image m of n the tiles that are among the first that are decoded. */
static void put_tiles_of(struct yc_synth *y, int c, int m, int n, const yc_real *image)
{
	const size_t side = (size_t)y->cfg.side;
	const int f = y->cfg.factor, h = y->cfg.side / f;

	for (int p = 0; p < f * f && p * n + m < f * f * y->cfg.ipc; p++)
		put_tile(y, c, p * n + m,
			image + (size_t)(p / f * h) * side + (size_t)(p % f * h), side,
			side * side);
}

struct source {
	const struct yc_tensor *image;
	const int *count; /* [classes] rows of each */
	yc_real *room;	  /* for an image */
};

/* Row i is number k of class c. */
static void copy(struct yc_synth *y, const struct source *from, size_t i, int c, int k)
{
	const size_t h = from->image->shape[2];
	const bool whole = h == (uint64_t)y->cfg.side;

	if (whole && (y->cfg.factor == 1 || from->count[c] == y->cfg.ipc)) {
		yc_image_load(
			from->image, i, y->s + (size_t)(c * y->cfg.ipc + k) * y->pixels);
		return;
	}
	yc_image_load(from->image, i, from->room);
	if (whole)
		put_tiles_of(y, c, k, from->count[c], from->room);
	else
		put_tile(y, c, k, from->room, h, h * h);
}

/* Counts the rows of each class: do they have what `each` of them begin with? */
static int count_rows(const struct yc_synth *y, const struct yc_set *set,
	enum yc_synth_take take, int each, int *count)
{
	const int64_t *label = yc_set_col(set, "label")->data;
	bool first = take == YC_SYNTH_FIRST;

	for (size_t i = 0; i < set->rows; i++) {
		int c = class_of(y, label[i]);

		if (c < 0)
			return yc_fail(YC_FAIL,
				"images of class %lld, of which there are no real ones",
				(long long)label[i]);
		if (count[c]++ == each && !first)
			return yc_fail(YC_FAIL, "class %lld has more than %d images",
				(long long)label[i], each);
	}
	for (int c = 0; c < y->cfg.classes; c++)
		if (count[c] < each)
			return yc_fail(YC_FAIL,
				"class %d has %d of the %d %s that %d images begin "
				"with; --init noise begins without",
				yc_synth_label(y, c), count[c], each,
				each > y->cfg.ipc ? "tiles" : "images", y->cfg.ipc);
	return YC_OK;
}

static void copy_all(struct yc_synth *y, const struct yc_set *set,
	const struct source *from, int *taken)
{
	const int64_t *label = yc_set_col(set, "label")->data;
	const bool tiles = are_tiles(y, set);
	const int f = tiles ? y->cfg.factor : 1, each = y->cfg.ipc * f * f;

	for (size_t i = 0; i < set->rows; i++) {
		int c = class_of(y, label[i]), k = taken[c]++;

		/* Of images with tiles all have some that come first. */
		if (k < each || set->head.factor > 1)
			copy(y, from, i, c, k);
	}
}

/* count: [classes], zeroed */
static int check(const struct yc_synth *y, const struct yc_set *set,
	enum yc_synth_take take, int *count)
{
	int status = yc_set_check_images(set);

	if (!status && yc_head_normalised(&set->meta))
		status = yc_fail(YC_FAIL, "the images are normalised already");
	if (!status)
		status = same_shape(y, set, take);
	if (!status)
		status = count_rows(y, set, take,
			(int)(rows_needed(y, set) / (size_t)y->cfg.classes), count);
	return status;
}

int yc_synth_init_check(
	const struct yc_synth *y, const struct yc_set *set, enum yc_synth_take take)
{
	int *count = yc_calloc((size_t)y->cfg.classes, sizeof(*count));
	const int status = count ? check(y, set, take, count) : YC_FAIL;

	yc_free(count);
	return status;
}

int yc_synth_init_from(
	struct yc_synth *y, const struct yc_set *set, enum yc_synth_take take)
{
	const size_t classes = (size_t)y->cfg.classes;
	int *count = yc_calloc(2 * classes, sizeof(*count));
	struct source from = {
		.count = count, .room = yc_calloc(y->pixels, sizeof(*from.room))};
	int status = count && from.room ? check(y, set, take, count) : YC_FAIL;

	if (!status) {
		from.image = yc_set_col(set, "image");
		copy_all(y, set, &from, count + classes);
	}
	yc_free(from.room);
	yc_free(count);
	return status;
}
