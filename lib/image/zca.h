/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_ZCA_H
#define IMAGE_ZCA_H

#include "yc/data.h"
#include "yc/zca.h"

enum { ZCA_TEXT = 96 };

struct yc_whitening {
	struct yc_method method; /* options: of struct yc_zca_cfg, or none */
	bool by_row; /* every image is centred and brought to length 1 by itself */
	/* What becomes of a set instead of a map that is fitted to it; NULL: one is. */
	void (*change)(struct yc_set *s);
};

/*
 * For an image x: v = (x - mean)/std, by_row v = (v - offset)/norm; whitened = v matrix.
 * Numbers are in the order of the images that networks see, [h][w][c]; a record has them
 * in that of the column image.
 */
struct yc_zca {
	const struct yc_whitening *how;
	char text[ZCA_TEXT];
	int side, channels;
	int d; /* side*side*channels */
	double std[YC_CHANNELS_MAX];
	yc_real *mean;	 /* [d], rounded to float, as the matrix */
	yc_real *matrix; /* [d][d], symmetric */
	double *factor;	 /* [d][d] of Cholesky, of the matrix; NULL: not needed so far */
};

/* All zero but for what is given; NULL without memory. */
struct yc_zca *yc_zca_new(const struct yc_whitening *how, int side, int channels);
/* The position in [h][w][c] of number k of [c][h][w]. */
static inline size_t yc_zca_position(const struct yc_zca *z, size_t k)
{
	const size_t pixels = (size_t)z->side * (size_t)z->side;

	return k % pixels * (size_t)z->channels + k / pixels;
}

/* Mean and deviation, unless they are `measured` already, and the matrix. After
 * yc_blas_open and yc_blas_reserve. */
int yc_zca_compute(struct yc_zca *z, double reg, bool measured, const struct yc_data *d,
	int threads, struct yc_watch *watch) YC_CHECKED;

/* (x - mean)/std of an image, and by_row centred and of length 1, by row, or by itself if
 * that is NULL; own, if it is not NULL, becomes what was used. */
void yc_zca_standardise(const struct yc_zca *z, const yc_real *x, const float *row,
	float *own, yc_real *v);

#endif
