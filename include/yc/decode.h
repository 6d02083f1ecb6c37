/* SPDX-License-Identifier: MIT */
#ifndef YC_DECODE_H
#define YC_DECODE_H

#include "yc/real.h"
#include "yc/tiles.h"

/*
 * Multi-formation decode, yc-methods(7), "DECODING": a stored image holds f x f tiles,
 * each of which is resized to side x side (bilinear, half-pixel centres). A linear map;
 * its adjoint takes gradients back to the stored pixels. Images here are planar or
 * interleaved: stored [channels][H][H] as on the wire, decoded NHWC
 * [side][side][channels].
 */
/* Tile k of stored image s [channels][h][h] -> y [side][side][channels]; pixels beyond
 * the image are 0.5. */
void yc_decode_tile(
	const yc_real *s, int channels, int h, int factor, int k, int side, yc_real *y);
/* Adjoint: adds to ds [channels][h][h]. */
void yc_decode_tile_adjoint(
	yc_real *ds, int channels, int h, int factor, int k, int side, const yc_real *dy);
/* The tile as it is stored, [channels][s][s], s = yc_tile_side: what yc-select writes. */
void yc_cut_tile(const yc_real *s, int channels, int h, int factor, int k, yc_real *tile);

#endif
