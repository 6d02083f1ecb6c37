/* SPDX-License-Identifier: MIT */
#ifndef PHOTO_PNG_MESSAGES_H
#define PHOTO_PNG_MESSAGES_H

#include <png.h>
#include <setjmp.h>

#include "yc/fail.h"

/* What libpng calls: its errors are ours, its warnings are of colour profiles and texts, which nobody reads here. */

static inline void yc_png_error(png_structp png, png_const_charp text)
{
	(void)yc_fail(YC_FAIL, "PNG: %s", text);
	png_longjmp(png, 1);
}

static inline void yc_png_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

#endif
