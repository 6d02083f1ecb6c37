/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_H
#define YC_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "yc/set.h"
#include "yc/watch.h"

/* A picture: 8-bit RGB, row by row. */
struct yc_canvas {
	int width, height;
	uint8_t *rgb; /* [height][width][3], owned */
};

/* A white canvas; refuses sizes that no viewer would open. */
int yc_canvas_new(struct yc_canvas *c, size_t width, size_t height) YC_CHECKED;
void yc_canvas_release(struct yc_canvas *c);
/* A filled square; clipped to the canvas. */
void yc_canvas_fill(struct yc_canvas *c, int x, int y, int size, const uint8_t rgb[3]);
/* Writes a PNG; the caller flushes and closes f. */
int yc_png_write(const struct yc_canvas *c, FILE *f) YC_CHECKED;

/* Small images are enlarged to about this many pixels per side. */
#define YC_VIEW_SIDE 64

struct yc_view_cfg {
	/* maximum images per class, the rest becomes "+N"; 0: 20 on a sheet, all on a page */
	uint32_t columns;
	uint32_t scale;	   /* pixels per side of one image pixel; 0: by YC_VIEW_SIDE */
	uint32_t across;   /* classes beside each other; 0: readable proportions */
	bool decode;	   /* decoded tiles instead of stored images */
	const char *score; /* name of scores shown under images, or NULL */
	double gain;	   /* by which differences are multiplied; NAN: by their size */
	const char *title; /* of a page; UTF-8 or not */
};

/* A contact sheet of a stream: each class a block, named by yc.names of the head if present. In
 * memory are the images that are shown, and one record. `watch`, which may be NULL, is told what
 * the sheet lacks: letters of names. */
int yc_view_sheet(struct yc_canvas *c, struct yc_reader *r, const struct yc_view_cfg *cfg,
	struct yc_watch *watch) YC_CHECKED;

/*
 * A sheet of two streams: the images of A, below them those of B with the same id and tile, below
 * them B - A around grey, multiplied by a gain. The k-th of several images with the same id and tile
 * belongs to the k-th of the other stream; in streams without ids the rows belong together as they
 * come. Decoded if sizes differ. Notes tell how large the differences are, and of images that only
 * one stream has. Files are read again for the images that are shown; pipes are kept in memory.
 */
int yc_view_diff(struct yc_canvas *c, struct yc_reader *a, struct yc_reader *b,
	const struct yc_view_cfg *cfg, struct yc_watch *watch) YC_CHECKED;

/*
 * One HTML file with all images, labels, ids, tiles and scores, which can be sorted and filtered in
 * a browser, and needs no other file. Written while the stream is read, one record in memory. When
 * YC_VIEW_PAGE_BYTES are written, further images are left out, and a note tells how many.
 */
int yc_view_page(FILE *f, struct yc_reader *r, const struct yc_view_cfg *cfg,
	struct yc_watch *watch) YC_CHECKED;
enum { YC_VIEW_PAGE_BYTES = 1 << 30 };

#endif
