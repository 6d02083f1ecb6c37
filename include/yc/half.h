/* SPDX-License-Identifier: MIT */
#ifndef YC_HALF_H
#define YC_HALF_H

#include <stdint.h>

/*
 * Half precision (IEEE 754 binary16, F16 of the stream) from and to float. To half it
 * rounds to nearest, ties to even; what is too large becomes the largest finite half
 * (65504), as a log of probabilities should stay one; NaN stays NaN. Back is exact.
 */
uint16_t yc_half_from_float(float x);
float yc_half_to_float(uint16_t h);

#endif
