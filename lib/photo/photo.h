/* SPDX-License-Identifier: MIT */
#ifndef PHOTO_PHOTO_H
#define PHOTO_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "yc/fail.h"

/*
 * Takes a picture while it is decoded: begin once its size is known, then its rows, from the
 * top; interleaved R, G, B. They come in groups of YC_PHOTO_ROWS, so that y is a multiple of
 * it, or all at once; memory for whole groups and for YC_PHOTO_SPARE bytes more can be
 * read. begin may fail, and decoding with it; it may ask for fewer columns than left ..
 * right - 1, which are all, and the others then have any value.
 */
struct yc_photo_sink {
	void *ctx;
	int (*begin)(void *ctx, int width, int height, int *left, int *right);
	void (*rows)(void *ctx, const uint8_t *rgb, int y, int n);
};
enum { YC_PHOTO_ROWS = 32, YC_PHOTO_SPARE = 16 };

/* Decodes the bytes of a JPEG or PNG file, recognised by how they begin. Damage or
 * truncation is an error, never a picture with a grey part, whatever rows came before. */
int yc_photo_decode(
	const uint8_t *data, size_t n, const struct yc_photo_sink *to) YC_CHECKED;

/* A whole picture, in memory as of a sink. */
struct yc_photo {
	int width, height;
	uint8_t *rgb; /* [height][width][3], to be freed after failures too */
};
/* *out is overwritten. */
int yc_photo_whole(const uint8_t *data, size_t n, struct yc_photo *out) YC_CHECKED;

/* The decoders of yc_photo_decode. */
int yc_photo_jpeg(
	const uint8_t *data, size_t n, const struct yc_photo_sink *to) YC_CHECKED;
int yc_photo_png(
	const uint8_t *data, size_t n, const struct yc_photo_sink *to) YC_CHECKED;
/* For them: checks the size, allocates `rows` rows of it with what follows them, and begins;
 * column [2]: left and right. */
int yc_photo_begin(const struct yc_photo_sink *to, uint32_t width, uint32_t height,
	uint32_t rows, uint8_t **rgb, int column[2]) YC_CHECKED;
/* The JPEG file of pixels [height][width][channels], 1 or 3 channels, at a quality of 1 to
 * 100; *data by yc_calloc. */
int yc_photo_jpeg_encode(const uint8_t *pixels, int width, int height, int channels,
	int quality, uint8_t **data, size_t *n) YC_CHECKED;
/* What the header of a picture says. */
struct yc_photo_header {
	int width, height;
	bool grey;    /* one channel, or that and transparency */
	bool rotated; /* by EXIF it is meant to be shown in another orientation */
};
/* Reads it from the beginning of a file, as far as needed, by more(ctx, buf, n), which
 * returns up to n bytes, 0 at the end, or a negative status. YC_NO: there is none, and
 * decoding will say why. */
int yc_photo_look(ssize_t (*more)(void *ctx, void *buf, size_t n), void *ctx,
	struct yc_photo_header *h) YC_CHECKED;

/* Scales pictures, one after the other, by the triangle filter; it keeps memory and weights
 * from one to the next. yc-methods(7), "Photographs". */
struct yc_scaler;
struct yc_scaler *yc_scaler_new(void); /* NULL with yc_fail */
void yc_scaler_free(struct yc_scaler *s);

/* Scales to width x height, but computes only the rectangle that begins in column x and row
 * y. */
struct yc_window {
	int width, height, x, y, cols, rows;
};
/* Begins a picture of this size; planes: 3, or 1 for its brightness, the luma of ITU-R 601
 * as imaging libraries compute it. Then its rows as those of a sink; then
 * out [planes][rows][cols]. */
int yc_scaler_begin(struct yc_scaler *s, int width, int height, const struct yc_window *w,
	int planes) YC_CHECKED;
void yc_scaler_rows(struct yc_scaler *s, const uint8_t *rgb, int y, int n);
void yc_scaler_end(struct yc_scaler *s, uint8_t *out);

/* Decodes a picture and scales it: the shorter side becomes `side`, the longer one in
 * proportion (rounded down), and the centre square is kept; out [planes][side][side]. */
int yc_photo_fit(struct yc_scaler *s, const uint8_t *data, size_t n, int side, int planes,
	uint8_t *out) YC_CHECKED;

/* A picture to encode. */
struct yc_png {
	const uint8_t *pixels;		/* 16 bits big-endian */
	size_t width, height, channels; /* channels: 1 or 3 */
	unsigned bits;			/* 8 or 16 */
	bool planar; /* pixels [channels][height][width], else [height][width][channels] */
};
/* As a PNG file in memory; *data by yc_calloc. */
int yc_png_encode(const struct yc_png *image, unsigned char **data, size_t *n) YC_CHECKED;
/* The same into f, which the caller flushes and closes. */
int yc_png_put(const struct yc_png *image, FILE *f) YC_CHECKED;

#endif
