/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_SHEET_H
#define YC_VIEW_SHEET_H

#include "lib/view/text.h"
#include "yc/real.h"
#include "yc/record.h"

/* A sheet of classes: names, layout, captions. What is in the cells comes from elsewhere. */
struct yc_sheet {
	const struct yc_view_cfg *cfg;
	struct yc_watch *watch;	    /* or NULL */
	const struct yc_meta *meta; /* of the head, for class names */
	int classes;
	const size_t *all;   /* [classes] images that there are */
	const size_t *shown; /* [classes] images that are drawn, the same or fewer */
	int side;	     /* of an image */
	/* Images above each other in a cell, and what they are: NULL-terminated words, or NULL
	 * for one image. */
	const char *const *stack;
	void *ctx;
	/* The text under image i of a class; NULL: none. */
	void (*caption)(void *ctx, int class, size_t i, char text[32]);
	/* Draws a cell, pixels `scale` wide; called class by class, in order. */
	int (*cell)(void *ctx, struct yc_canvas *c, int class, size_t i, int scale, int x,
		int y);
};

/* Makes the canvas. */
int yc_sheet_draw(const struct yc_sheet *s, struct yc_canvas *c) YC_CHECKED;

/* A pixel of 0..1, clamped, as bytes: grey, grey and alpha, colour, or colour and alpha, which is
 * ignored. */
void yc_view_rgb(const yc_real *x, int channels, uint8_t rgb[3]);
/* Draws an image [side][side][channels], its pixels scale x scale. */
void yc_canvas_image(struct yc_canvas *c, int x, int y, int scale, int side, int channels,
	const yc_real *image);

#endif
