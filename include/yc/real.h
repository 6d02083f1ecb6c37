/* SPDX-License-Identifier: MIT */
#ifndef YC_REAL_H
#define YC_REAL_H

/*
 * The scalar of all numerics: float, or double in the `double` build variant, in
 * which gradients and reference values are checked.
 */
#ifdef YC_DOUBLE
typedef double yc_real;
#define YC_REAL_NAME "double"
#else
typedef float yc_real;
#define YC_REAL_NAME "float"
#endif

/* The expansion of a macro as a string, for help texts. */
#define YC_TEXT(macro) YC_TEXT_OF(macro)
#define YC_TEXT_OF(text) #text

/* Number of elements of a true array. */
#define YC_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
