/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "yc/data.h"

/* data.c: stored row `row` of an image column, planar, in 0..1. */
void yc_image_load(const struct yc_tensor *image, size_t row, yc_real *planar);

#endif
