/* SPDX-License-Identifier: MIT */
#ifndef YC_DECODE_H
#define YC_DECODE_H

#include "yc/fail.h"
#include "yc/real.h"

/*
 * Multi-formation decode, yc-methods(7), "DECODING": a stored image holds f x f tiles,
 * each of which is resized to side x side (bilinear, half-pixel centres). A linear map;
 * its adjoint takes gradients back to the stored pixels. Images here are planar or
 * interleaved: stored [channels][H][H] as on the wire, decoded NHWC
 * [side][side][channels].
 */
enum yc_decode_type { YC_DECODE_SINGLE, YC_DECODE_MULTI, YC_DECODE_BOUND };
/* By the words "single", "multi", "bound"; YC_USAGE for any other. */
int yc_decode_type(const char *word, enum yc_decode_type *type) YC_CHECKED;

struct yc_tile {    /* one decoded tile */
	int image;  /* m, row of the stored image inside its class */
	int factor; /* it was cut with this factor */
	int k;	    /* tile position, i*factor + j */
};

/* Tile side ceil(h/f). */
int yc_tile_side(int h, int factor);
/* The decoded order of one class of ipc stored images (yc-methods(7), "Decoded order":
 * tile by tile): writes at most `room` tiles, returns how many there are, or YC_FAIL
 * (bound with ipc > limit, D16). */
int yc_decode_plan(enum yc_decode_type type, int factor, int ipc, int bound,
	struct yc_tile *out, int room);
/* Tile k of stored image s [channels][h][h] -> y [side][side][channels]; cells beyond the
 * image read 0.5. */
void yc_decode_tile(
	const yc_real *s, int channels, int h, int factor, int k, int side, yc_real *y);
/* Adjoint: adds to ds [channels][h][h]. */
void yc_decode_tile_adjoint(
	yc_real *ds, int channels, int h, int factor, int k, int side, const yc_real *dy);
/* The raw s x s cell [channels][s][s], cells beyond the image 0.5 (what yc-select emits).
 */
void yc_cut_tile(const yc_real *s, int channels, int h, int factor, int k, yc_real *tile);

#endif
