/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_H
#define YC_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "yc/set.h"

/* A picture: 8-bit RGB, row by row. */
struct yc_canvas {
	int width, height;
	uint8_t *rgb; /* [height][width][3], owned */
};

enum { YC_GLYPH_WIDTH = 6, YC_GLYPH_HEIGHT = 8 }; /* one character, its gap included */

/* A white canvas; refuses sizes that no viewer would open. */
int yc_canvas_new(struct yc_canvas *c, size_t width, size_t height) YC_CHECKED;
void yc_canvas_release(struct yc_canvas *c);
/* A filled square; clipped to the canvas. */
void yc_canvas_fill(struct yc_canvas *c, int x, int y, int size, const uint8_t rgb[3]);
/* Black text of the built-in font, every dot scale x scale. Characters that are not
 * printable ASCII become a box. */
void yc_canvas_text(struct yc_canvas *c, int x, int y, int scale, const char *text);
/* Writes a PNG; the caller flushes and closes f. */
int yc_png_write(const struct yc_canvas *c, FILE *f) YC_CHECKED;

/* Small images are enlarged to about this many pixels per side. */
#define YC_VIEW_SIDE 64

struct yc_view_cfg {
	uint32_t columns; /* maximum images per class; the rest becomes "+N" */
	uint32_t scale;	  /* pixels per side of one image pixel; 0: by YC_VIEW_SIDE */
	bool decode;	  /* decoded tiles instead of stored images */
};

/* A contact sheet of a stream: one row for each class, named by yc.names of the head if
 * present. In memory are the images that are shown, and one record. */
int yc_view_sheet(struct yc_canvas *c, struct yc_reader *r,
	const struct yc_view_cfg *cfg) YC_CHECKED;

#endif
