/* SPDX-License-Identifier: MIT */
/*
 * PNG by libpng, in all its variants: palettes and grey become RGB, 16 bits are rounded
 * to 8, and transparency is ignored: colours are taken as stored.
 */
#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

struct decoder {
	png_structp png;
	png_infop info;
	const uint8_t *at, *end;
	uint8_t **row;
	int status; /* here, so that a longjmp does not clobber it */
};

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

static void more(png_structp png, png_bytep to, size_t n)
{
	struct decoder *d = png_get_io_ptr(png);

	if (n > (size_t)(d->end - d->at))
		png_error(png, "the file ends too early");
	memcpy(to, d->at, n);
	d->at += n;
}

static void choose(png_structp png, png_infop info)
{
	int colour = png_get_color_type(png, info);

	if (colour == PNG_COLOR_TYPE_PALETTE)
		png_set_palette_to_rgb(png);
	if (colour == PNG_COLOR_TYPE_GRAY)
		png_set_expand_gray_1_2_4_to_8(png);
	if (!(colour & PNG_COLOR_MASK_COLOR))
		png_set_gray_to_rgb(png);
	png_set_scale_16(png);
	png_set_strip_alpha(png);
	png_set_interlace_handling(png);
}

static int read_rows(struct decoder *d, struct yc_photo *out)
{
	uint32_t width, height;

	png_read_info(d->png, d->info);
	width = png_get_image_width(d->png, d->info);
	height = png_get_image_height(d->png, d->info);
	if (yc_photo_room(out, width, height) < 0)
		return YC_FAIL;
	choose(d->png, d->info);
	png_read_update_info(d->png, d->info);
	if (png_get_rowbytes(d->png, d->info) != 3 * (size_t)width)
		return yc_fail(YC_FAIL, "PNG: unknown pixel format");
	d->row = yc_calloc(height, sizeof *d->row);
	if (!d->row)
		return YC_FAIL;
	for (uint32_t i = 0; i < height; i++)
		d->row[i] = out->rgb + 3 * (size_t)i * width;
	png_read_image(d->png, d->row);
	png_read_end(d->png, NULL);
	return YC_OK;
}

int yc_photo_png(const uint8_t *data, size_t n, struct yc_photo *out)
{
	struct decoder d = {.at = data, .end = data + n, .status = YC_FAIL};

	d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	if (d.png)
		d.info = png_create_info_struct(d.png);
	if (!d.info) {
		png_destroy_read_struct(&d.png, NULL, NULL);
		return yc_fail(YC_FAIL, "PNG: out of memory");
	}
	/* libpng reports errors by a longjmp to here */
	if (setjmp(png_jmpbuf(d.png)) == 0) {
		png_set_read_fn(d.png, &d, more);
		d.status = read_rows(&d, out);
	}
	png_destroy_read_struct(&d.png, &d.info, NULL);
	yc_free(d.row);
	return d.status;
}
