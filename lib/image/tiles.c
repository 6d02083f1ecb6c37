/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Decoded order": which tiles a set of condensed images has, and their
 * order. This is the only implementation of it. */
#include <limits.h>
#include <string.h>

#include "lib/image/internal.h"
#include "yc/group.h"
#include "yc/mem.h"
#include "yc/tiles.h"

int yc_tile_side(int h, int factor)
{
	return (h + factor - 1) / factor;
}

static const struct yc_method types[] = {
	[YC_DECODE_SINGLE] = {.name = "single", .summary = "all tiles of the factor"},
	[YC_DECODE_MULTI] = {.name = "multi",
		.summary = "all tiles of all factors from 1 to the factor"},
	[YC_DECODE_BOUND] = {.name = "bound",
		.summary = "as many tiles per class as a bound allows"},
};
const struct yc_method *const yc_decode_types[] = {
	&types[YC_DECODE_SINGLE], &types[YC_DECODE_MULTI], &types[YC_DECODE_BOUND], NULL};

int yc_decode_type(const char *word, enum yc_decode_type *type)
{
	const struct yc_method *m =
		yc_method_find(yc_decode_types, "decode type", word, strlen(word));

	if (!m)
		return YC_USAGE;
	*type = (enum yc_decode_type)(m - types);
	return YC_OK;
}

/* Appends the tiles of n rows from `first` on, cut with `factor`, after the `have` in
 * out. */
static long long single(
	struct yc_tile *out, int capacity, long long have, int factor, int first, int n)
{
	for (int k = 0; k < factor * factor; k++) {
		if (have >= capacity) /* only counted */
			return have + (long long)(factor * factor - k) * n;
		for (int m = 0; m < n; m++, have++)
			if (have < capacity)
				out[have] = (struct yc_tile){first + m, factor, k};
	}
	return have;
}

int yc_tiles_of_class(enum yc_decode_type type, int factor, int ipc, int bound,
	struct yc_tile *out, int capacity)
{
	long long have = 0;

	if (factor < 1 || factor > YC_FACTOR_MAX)
		return yc_fail(
			YC_FAIL, "factor %d is not in 1..%d", factor, YC_FACTOR_MAX);
	switch (type) {
	case YC_DECODE_SINGLE:
		have = single(out, capacity, 0, factor, 0, ipc);
		break;
	case YC_DECODE_MULTI:
		for (int q = 1; q <= factor; q++)
			have = single(out, capacity, have, q, 0, ipc);
		break;
	case YC_DECODE_BOUND:
		if (ipc > bound)
			return yc_fail(YC_FAIL,
				"bound %d is less than the %d images of a class", bound,
				ipc);
		for (int q = factor, left = ipc; q > 0 && left > 0; q--) {
			int spare = (int)(bound - have - left),
			    n = q > 1 ? spare / (q * q) : left;

			n = n < left ? n : left;
			have = single(out, capacity, have, q, ipc - left, n);
			left -= n;
		}
		break;
	}
	if (have > INT_MAX)
		return yc_fail(YC_FAIL, "%d images per class make too many tiles", ipc);
	return (int)have;
}

/* Writes the tiles of class c to out, or only counts them if it is NULL. */
static int list_class(const struct yc_tiling *of, const struct yc_groups *g, int c,
	struct yc_tile *out, int capacity)
{
	int n = yc_tiles_of_class(
		of->type, of->factor, yc_groups_count(g, c), of->bound, out, capacity);

	for (int i = 0; out && i < n; i++)
		out[i].row = yc_groups_of(g, c)[out[i].row];
	return n < 0 ? yc_fail_in(n, "class %d", c) : n;
}

static int list_classes(struct yc_tile **tile, int *n, const struct yc_tiling *of,
	const struct yc_groups *g)
{
	long long total = 0;
	int at = 0;

	for (int c = 0; c < of->classes; c++) {
		int m = list_class(of, g, c, NULL, 0);

		if (m < 0)
			return m;
		total += m;
	}
	if (total > INT_MAX)
		return yc_fail(YC_FAIL, "the set has too many tiles");
	*tile = yc_calloc((size_t)total, sizeof(**tile));
	if (!*tile)
		return YC_FAIL;
	*n = (int)total;
	for (int c = 0; c < of->classes; c++) {
		int m = list_class(of, g, c, *tile + at, *n - at);

		if (m < 0)
			return m;
		at += m;
	}
	return YC_OK;
}

/* One tile per row, in the order of the stream. */
static int list_rows(struct yc_tile **tile, int *n, size_t rows)
{
	if (rows > INT_MAX)
		return yc_fail(YC_FAIL, "%zu images are too many", rows);
	*tile = yc_calloc(rows, sizeof(**tile));
	if (!*tile)
		return YC_FAIL;
	*n = (int)rows;
	for (int i = 0; i < *n; i++)
		(*tile)[i] = (struct yc_tile){i, 1, 0};
	return YC_OK;
}

int yc_tiles_list(struct yc_tile **tile, int *n, const struct yc_tiling *of)
{
	struct yc_groups g;
	int status;

	*tile = NULL;
	*n = 0;
	if (of->factor == 1)
		return list_rows(tile, n, of->rows);
	status = yc_groups_new64(&g, of->label, of->rows, of->classes);
	if (status < 0)
		return status;
	status = list_classes(tile, n, of, &g);
	yc_groups_release(&g);
	if (status < 0) {
		yc_free(*tile);
		*tile = NULL;
	}
	return status;
}

int yc_set_tiles(const struct yc_set *s, enum yc_decode_type type, int bound,
	struct yc_tile **tile, int *n)
{
	const struct yc_tiling of = {.type = type,
		.bound = bound,
		.factor = s->head.factor,
		.classes = s->head.classes,
		.rows = s->rows,
		.label = yc_set_col(s, "label")->data};

	return yc_tiles_list(tile, n, &of);
}

const int64_t *yc_set_positions(const struct yc_set *s)
{
	const struct yc_tensor *t = yc_set_col(s, "tile");

	return t && s->head.factor == 1 && t->dtype == YC_I64 && t->rank == 1 ? t->data
									      : NULL;
}
