/* SPDX-License-Identifier: MIT */
#ifndef YC_HALF_H
#define YC_HALF_H

#include <stdint.h>

/*
 * Half precision (IEEE 754 binary16, F16 of the stream) from and to float. Conversion to
 * half rounds to nearest, ties to even; values that are too large become the largest
 * finite half (65504), so that log-probabilities stay finite; NaN stays NaN. The
 * conversion back is exact.
 */
uint16_t yc_half_from_float(float x);
float yc_half_to_float(uint16_t h);

#endif
