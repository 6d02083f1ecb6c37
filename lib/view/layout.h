/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_LAYOUT_H
#define YC_VIEW_LAYOUT_H

#include <stddef.h>

/*
 * Where everything is on a sheet, in pixels. Every class has a block of the same size: its name, then
 * its images in one line or several, then how many more there are. Blocks are stacked in order and
 * continue in a further column when the picture would be too high.
 */
enum {
	YC_VIEW_MARGIN = 8,
	YC_VIEW_GAP = 2,
	YC_VIEW_SCREEN = 800 /* sheets of this size need not be wrapped */
};

struct yc_view_layout {
	size_t classes, images;		/* images: of the largest class */
	size_t cell_width, cell_height; /* of one image and what is under it */
	size_t name_width, name_height, more_width;
	size_t space;  /* between blocks of a column */
	size_t gutter; /* between columns of blocks */
	size_t across; /* columns of blocks; 0: chosen */
	/* the result */
	size_t per_line; /* images */
	size_t block_width, block_height, width, height;
};

/* Keeps one column and one line for each class if that is of readable proportions, or fits on a
 * screen. Else, unless `across` is given, the picture becomes about 4:3 to 16:9 by more columns of
 * blocks, or by several lines of images in each. Sizes that overflow become SIZE_MAX. */
void yc_view_lay_out(struct yc_view_layout *l);
/* Upper left corner of the block of a class, and of image i of a class. */
void yc_view_block_at(const struct yc_view_layout *l, size_t class, size_t *x, size_t *y);
void yc_view_cell_at(
	const struct yc_view_layout *l, size_t class, size_t i, size_t *x, size_t *y);

#endif
