/* SPDX-License-Identifier: MIT */
#ifndef YC_TILES_H
#define YC_TILES_H

#include "yc/set.h"

/*
 * Condensed images and their tiles: yc-methods(7), "DECODING". A stored image of side h
 * and factor f is a grid of f x f tiles of side ceil(h/f); position i*f + j is row i and
 * column j of the grid. Every tile is one decoded image. Which tiles a set has, and in
 * which order, follows from its labels and its factor; pixels are not needed.
 */
struct yc_tile {
	int32_t row;	  /* stored image that it is cut from: row of the set */
	int32_t factor;	  /* with which factor */
	int32_t position; /* i*factor + j; 0 for an image that is not cut */
};

/* All tiles of the factor; those of all factors up to it; or as many as a bound allows. */
enum yc_decode_type { YC_DECODE_SINGLE, YC_DECODE_MULTI, YC_DECODE_BOUND };
#define YC_DECODE_LIMIT 128 /* the bound of the published code */
/* Their names, in the order of the enum. */
extern const struct yc_method *const yc_decode_types[];
/* Finds a type by name; YC_USAGE for any other. */
int yc_decode_type(const char *word, enum yc_decode_type *type) YC_CHECKED;

/* Side of a tile: ceil(h/factor). */
int yc_tile_side(int h, int factor);

/*
 * Lists the tiles of a set that yc_set_check_images accepts; *tile by yc_calloc. This is
 * the decoded order, yc-methods(7), "Decoded order": class by class, within a class
 * position by position, and within a position the rows of the class in stream order. Rows
 * that are not cut, factor 1, keep the order of the stream.
 */
int yc_set_tiles(const struct yc_set *s, enum yc_decode_type type, int bound,
	struct yc_tile **tile, int *n) YC_CHECKED;
/* The same order for one class of ipc images, with rows counted from 0: writes at most
 * `capacity` tiles, returns how many there are, or YC_FAIL (a bound below ipc, D16). */
int yc_tiles_of_class(enum yc_decode_type type, int factor, int ipc, int bound,
	struct yc_tile *out, int capacity);

/* Column `tile` of a set whose rows are tiles already, factor 1: their positions in the
 * condensed images that they were cut from. NULL if there is none. */
const int64_t *yc_set_positions(const struct yc_set *s);

#endif
