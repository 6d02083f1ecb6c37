/* SPDX-License-Identifier: MIT */
#ifndef YC_IMAGE_SUMS_H
#define YC_IMAGE_SUMS_H

#include "yc/stream.h"

/*
 * Mean and standard deviation of the channels of images, on the scale of 0 to 1, over any
 * number of calls. Sums of bytes are exact, those of floats are made image by image in
 * double and added in the order of the rows: how rows are divided into calls, and which
 * thread makes them, changes no digit.
 */
struct yc_image_sums {
	size_t pixels; /* of a channel */
	bool bytes;
	uint64_t sum[YC_CHANNELS_MAX], square[YC_CHANNELS_MAX]; /* of bytes */
	double fsum[YC_CHANNELS_MAX], fsquare[YC_CHANNELS_MAX]; /* of floats */
};

/* Adds images U8 or F32 [n,c,h,w], all of the same type, with 1..YC_CHANNELS_MAX
 * channels. */
void yc_image_sums_add(struct yc_image_sums *s, const struct yc_tensor *image);
/* The lists for yc.mean and yc.std, of six digits (the published constants have four).
 * The standard deviation is that of all pixels, not of a sample; where it is 0 it is 1,
 * and the number of the first such channel is returned, else -1. */
enum { YC_IMAGE_SUMS_TEXT = YC_CHANNELS_MAX * 24 };
int yc_image_sums_text(const struct yc_image_sums *s, int channels,
	char mean[YC_IMAGE_SUMS_TEXT], char std[YC_IMAGE_SUMS_TEXT]);

#endif
