/* SPDX-License-Identifier: MIT */
/* Writes a canvas as PNG, by libpng. */
#include <png.h>
#include <setjmp.h>

#include "yc/view.h"

static void on_error(png_structp png, png_const_charp text)
{
	(void)yc_fail(YC_FAIL, "PNG: %s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

int yc_png_write(const struct yc_canvas *c, FILE *f)
{
	size_t stride = (size_t)c->width * 3;
	png_infop info;
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);

	if (!png)
		return yc_fail(YC_FAIL, "PNG: out of memory");
	info = png_create_info_struct(png);
	if (!info) {
		png_destroy_write_struct(&png, NULL);
		return yc_fail(YC_FAIL, "PNG: out of memory");
	}
	/* libpng reports errors by longjmp; nothing above changes after this line */
	if (setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return YC_FAIL;
	}
	png_init_io(png, f);
	png_set_IHDR(png, info, (png_uint_32)c->width, (png_uint_32)c->height, 8,
		PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = 0; y < c->height; y++)
		png_write_row(png, c->rgb + (size_t)y * stride);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return YC_OK;
}
