/* SPDX-License-Identifier: MIT */
#ifndef YC_DATA_H
#define YC_DATA_H

#include <stdbool.h>

#include "yc/augment.h"
#include "yc/corrupt.h"
#include "yc/decode.h"
#include "yc/real.h"
#include "yc/set.h"
#include "yc/watch.h"

/* Stored row `row` of a column `image`, U8 or F32: [channels][h][h] in 0..1. */
void yc_image_load(const struct yc_tensor *image, size_t row, yc_real *planar);

struct yc_zca;

/*
 * Training or test images: decoded to side x side, kept in their original type (8-bit
 * images stay 8-bit: CIFAR's 50,000 take 150 MB), fetched one at a time as normalised
 * NHWC reals. What is whitened (yc/zca.h) is kept as reals in addition: 614 MB more.
 */
struct yc_data {
	int n, classes, side, channels;
	const uint8_t *u8; /* [n][c][h][w], or NULL */
	yc_real *real;	   /* [n][h][w][c] in 0..1, decoded, or NULL; owned */
	int32_t *label;	   /* [n], owned */
	int64_t *row;	   /* [n] row in the set that image i came from, owned */
	int32_t *tile;	   /* [n] tile position in that row's image, owned */
	/* [rows of the set][classes] soft labels, borrowed from it; NULL: the targets are
	 * `label`. */
	const float *soft;
	double mean[YC_CHANNELS_MAX], std[YC_CHANNELS_MAX];
	bool normalised; /* pixels are normalised already (published DSA/MTT/KIP sets) */
	bool computed;	 /* mean and std were computed over these images */
	struct yc_zca *zca; /* in place of mean and std, or NULL */
	bool shares_zca;    /* it belongs to other images */
	yc_real *whitened;  /* [n][h][w][c] with zca; owned */
	/* value that fetch returns for byte b in channel c, without zca */
	yc_real level[YC_CHANNELS_MAX][256];
};

/*
 * Decodes a set: image i is tile i of yc_set_tiles. Borrows the set's 8-bit pixels when no
 * decoding is needed: the set must then outlive `d`. mean and std come from the head, else
 * they are CIFAR's. If the set has a whitening, all images are whitened at once, on so
 * many threads; yc_data_new: on one.
 */
int yc_data_new_on(struct yc_data *d, const struct yc_set *s, int threads) YC_CHECKED;
int yc_data_new(struct yc_data *d, const struct yc_set *s) YC_CHECKED;
/* The same for n >= 1 tiles only, of a set that was checked, and without its whitening; if
 * it is not cut, the tiles must be all its rows in order. */
int yc_data_of_tiles(struct yc_data *d, const struct yc_set *s,
	const struct yc_tile *tile, int n) YC_CHECKED;
/* Elements of one decoded image, side*side*channels. */
static inline size_t yc_data_image_size(const struct yc_data *d)
{
	return (size_t)d->side * (size_t)d->side * (size_t)d->channels;
}
void yc_data_release(struct yc_data *d);
/* Mean and std of `from` instead of its own; both have as many channels, and pixels that
 * are not normalised. */
void yc_data_normalise_as(struct yc_data *d, const struct yc_data *from);
/* Whitened as `from`, which has to outlive `d`, if that is whitened. */
int yc_data_whiten_as(
	struct yc_data *d, const struct yc_data *from, int threads) YC_CHECKED;
/* Lets augmentations know what the pixels were normalised with; borrowed. YC_FAIL if one
 * works on pixels in 0..1, but the images are whitened. */
int yc_data_augment(const struct yc_data *d, struct yc_aug *a) YC_CHECKED;
/* Targets are the rows of the column `soft`, if the set that `d` was decoded from has
 * one: a weight per class, finite, not negative, with sum 1 up to rounding, else YC_FAIL;
 * or any finite values. */
int yc_data_use_soft(struct yc_data *d, const struct yc_set *s, bool values) YC_CHECKED;
/* The soft label of image i [classes]; only if there are soft labels. */
static inline const float *yc_data_soft(const struct yc_data *d, int i)
{
	return d->soft + (size_t)d->row[i] * (size_t)d->classes;
}
/* A fingerprint of the set: pixels, labels, soft labels in use, mean and standard
 * deviation, whitening. */
uint64_t yc_data_fingerprint(const struct yc_data *d);
/* Image i as [side][side][channels], normalised or whitened. */
void yc_data_fetch(const struct yc_data *d, int i, yc_real *x);
/* The same in [0,1], neither. */
void yc_data_fetch_raw(const struct yc_data *d, int i, yc_real *x);

/*
 * Writes streams at full size, with factor 1. All columns except the image are passed on,
 * with rows repeated; score.NAME [N,f*f] of condensed images becomes [rows,1], the score
 * of the row's own tile, and the column `tile` is its position. Rows that are not cut are
 * processed as by yc_set_map, one record at a time; the decoded order of condensed images
 * needs yc_rows.
 */
struct yc_passage {
	struct yc_reader *reader;
	struct yc_writer *writer;
	struct yc_watch *watch; /* or NULL */
	/* Extends head and metadata of a segment before they are written. */
	int (*head)(void *ctx, struct yc_set *segment);
	void *ctx;
};

/* yc-decode: bytes stay bytes if nothing is resized, everything else becomes F32. Scores
 * belong to the tiles of type single: the other types drop them. */
int yc_decode_stream(
	const struct yc_passage *p, enum yc_decode_type type, int bound) YC_CHECKED;

/*
 * yc-augment: decode, normalise, `repeat` augmented copies of every image one after the
 * other, un-normalise, F32, not clamped but by corruptions. Image i and each of its copies have random
 * streams of their own, so that the first copy is the same for every `repeat`; siamese:
 * one draw per copy, the same for all images.
 */
struct yc_augment {
	bool siamese;
	uint32_t repeat;
	struct yc_rng rng;
	/* Creates the operations once side and channels are known. */
	int (*build)(void *ctx, struct yc_chain *chain, int side, int channels);
	void *ctx;
};
int yc_augment_stream(const struct yc_passage *p, const struct yc_augment *a) YC_CHECKED;

#endif
