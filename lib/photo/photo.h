/* SPDX-License-Identifier: MIT */
#ifndef PHOTO_PHOTO_H
#define PHOTO_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "yc/fail.h"

/* A decoded picture: interleaved R, G, B. */
struct yc_photo {
	int width, height;
	uint8_t *
		rgb; /* [height][width][3], by yc_calloc; to be freed after failures too */
};

/* Decodes the bytes of a JPEG or PNG file, recognised by how they begin. Damage or
 * truncation is an error, never a picture with a grey part. *out is overwritten. */
int yc_photo_decode(const uint8_t *data, size_t n, struct yc_photo *out) YC_CHECKED;
int yc_photo_jpeg(const uint8_t *data, size_t n, struct yc_photo *out) YC_CHECKED;
int yc_photo_png(const uint8_t *data, size_t n, struct yc_photo *out) YC_CHECKED;
/* The JPEG file of pixels [height][width][channels], 1 or 3 channels, at a quality of 1 to
 * 100; *data by yc_calloc. */
int yc_photo_jpeg_encode(const uint8_t *pixels, int width, int height, int channels,
	int quality, uint8_t **data, size_t *n) YC_CHECKED;
/* Allocates width x height pixels, for the decoders. */
int yc_photo_room(struct yc_photo *p, uint32_t width, uint32_t height) YC_CHECKED;

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

/* R = G = B = (19595 R + 38470 G + 7471 B) / 65536, rounded: the luma of ITU-R 601 as
 * imaging libraries compute it. A grey picture does not change. */
void yc_photo_grey(struct yc_photo *p);

/* yc-methods(7), "Photographs": the shorter side becomes `side`, the longer one in
 * proportion (rounded down), and the centre square is kept; out [3][side][side]. */
int yc_photo_fit(const struct yc_photo *p, int side, uint8_t *out) YC_CHECKED;

/* Scales a picture to width x height by the triangle filter, but computes only the
 * rectangle that begins in column x and row y; out [3][rows][cols]. */
struct yc_window {
	int width, height, x, y, cols, rows;
};
int yc_photo_scale(
	const struct yc_photo *p, const struct yc_window *w, uint8_t *out) YC_CHECKED;

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
