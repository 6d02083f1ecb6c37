/* SPDX-License-Identifier: MIT */
/* The layout of a sheet: how many columns of classes, how many images in a line. */
#include <math.h>
#include <stdint.h>

#include "lib/view/layout.h"
#include "yc/mem.h"

static size_t ceil_div(size_t a, size_t b)
{
	return a / b + (a % b != 0);
}

static size_t lines(const struct yc_view_layout *l)
{
	return l->per_line ? ceil_div(l->images, l->per_line) : 0;
}

static void set(struct yc_view_layout *l, size_t across, size_t per_line)
{
	size_t inner;

	l->across = across;
	l->per_line = per_line;
	inner = yc_size_mul(lines(l), l->cell_height + YC_VIEW_GAP);
	inner = inner ? inner - YC_VIEW_GAP : 0;
	inner = inner > l->name_height ? inner : l->name_height;
	l->block_width = l->name_width +
			 yc_size_mul(per_line, l->cell_width + YC_VIEW_GAP) +
			 l->more_width;
	l->block_height = inner + l->space;
	l->width = yc_size_mul(across, l->block_width + l->gutter);
	if (l->width != SIZE_MAX)
		l->width = l->width - l->gutter + 2 * YC_VIEW_MARGIN;
	l->height = yc_size_mul(ceil_div(l->classes, across), l->block_height);
	if (l->height != SIZE_MAX)
		l->height += 2 * YC_VIEW_MARGIN;
}

static double ratio(const struct yc_view_layout *l)
{
	return (double)l->width / (double)l->height;
}

/* How far from the range of 4:3 to 16:9, as a logarithm. */
static double distance(const struct yc_view_layout *l)
{
	double r = log(ratio(l)), low = log(4.0 / 3), high = log(16.0 / 9);

	return r < low ? low - r : r > high ? r - high : 0;
}

static void widen(struct yc_view_layout *l)
{
	size_t best = 1;
	double least = distance(l);

	for (size_t across = 2; across <= l->classes && least > 0; across++) {
		set(l, across, l->images);
		if (distance(l) < least) {
			least = distance(l);
			best = across;
		}
	}
	/* no more columns than that many rows need */
	set(l, ceil_div(l->classes, ceil_div(l->classes, best)), l->images);
}

static void wrap(struct yc_view_layout *l)
{
	size_t best = l->images;
	double least = distance(l);

	for (size_t n = 2; n <= l->images && least > 0; n++) {
		set(l, 1, ceil_div(l->images, n));
		if (distance(l) < least) {
			least = distance(l);
			best = l->per_line;
		}
	}
	set(l, 1, best);
}

void yc_view_lay_out(struct yc_view_layout *l)
{
	const size_t given = l->across < l->classes ? l->across : l->classes;

	set(l, given ? given : 1, l->images);
	if (given)
		return;
	if (l->height > YC_VIEW_SCREEN && ratio(l) < 4.0 / 3)
		widen(l);
	else if (l->width > YC_VIEW_SCREEN && ratio(l) > 4)
		wrap(l);
}

void yc_view_block_at(const struct yc_view_layout *l, size_t class, size_t *x, size_t *y)
{
	const size_t down = ceil_div(l->classes, l->across);

	*x = YC_VIEW_MARGIN + class / down * (l->block_width + l->gutter);
	*y = YC_VIEW_MARGIN + class % down * l->block_height;
}

void yc_view_cell_at(
	const struct yc_view_layout *l, size_t class, size_t i, size_t *x, size_t *y)
{
	const size_t per_line = l->per_line ? l->per_line : 1;

	yc_view_block_at(l, class, x, y);
	*x += l->name_width + i % per_line * (l->cell_width + YC_VIEW_GAP);
	*y += i / per_line * (l->cell_height + YC_VIEW_GAP);
}
