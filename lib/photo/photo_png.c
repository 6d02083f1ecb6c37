/* SPDX-License-Identifier: MIT */
/*
 * PNG by libpng, in all its variants: palettes and grey become RGB, 16 bits are rounded
 * to 8, and transparency is ignored: colours are taken as stored.
 */
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "lib/photo/png_messages.h"
#include "yc/mem.h"

struct decoder {
	png_structp png;
	png_infop info;
	const uint8_t *at, *end;
	uint8_t *rgb;  /* the picture, or YC_PHOTO_ROWS rows */
	uint8_t **row; /* [height] of the picture */
	int status;    /* here, so that a longjmp does not clobber it */
};

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

/* Its passes go over all rows. */
static int read_interlaced(struct decoder *d, const struct yc_photo_sink *to)
{
	const uint32_t width = png_get_image_width(d->png, d->info),
		       height = png_get_image_height(d->png, d->info);

	d->row = yc_calloc(height, sizeof *d->row);
	if (!d->row)
		return YC_FAIL;
	for (uint32_t i = 0; i < height; i++)
		d->row[i] = d->rgb + 3 * (size_t)i * width;
	png_read_image(d->png, d->row);
	to->rows(to->ctx, d->rgb, 0, (int)height);
	return YC_OK;
}

static int read_in_groups(struct decoder *d, const struct yc_photo_sink *to)
{
	const uint32_t width = png_get_image_width(d->png, d->info),
		       height = png_get_image_height(d->png, d->info);

	for (uint32_t y = 0; y < height; y += YC_PHOTO_ROWS) {
		const uint32_t n =
			height - y < YC_PHOTO_ROWS ? height - y : YC_PHOTO_ROWS;

		for (uint32_t i = 0; i < n; i++)
			png_read_row(d->png, d->rgb + 3 * (size_t)i * width, NULL);
		to->rows(to->ctx, d->rgb, (int)y, (int)n);
	}
	return YC_OK;
}

static int read_rows(struct decoder *d, const struct yc_photo_sink *to)
{
	uint32_t width, height;
	bool interlaced;
	int status, column[2];

	png_read_info(d->png, d->info);
	width = png_get_image_width(d->png, d->info);
	height = png_get_image_height(d->png, d->info);
	interlaced = png_get_interlace_type(d->png, d->info) != PNG_INTERLACE_NONE;
	status = yc_photo_begin(
		to, width, height, interlaced ? height : YC_PHOTO_ROWS, &d->rgb, column);
	if (status < 0)
		return status;
	choose(d->png, d->info);
	png_read_update_info(d->png, d->info);
	if (png_get_rowbytes(d->png, d->info) != 3 * (size_t)width)
		return yc_fail(YC_FAIL, "PNG: unknown pixel format");
	status = interlaced ? read_interlaced(d, to) : read_in_groups(d, to);
	if (status == YC_OK)
		png_read_end(d->png, NULL);
	return status;
}

int yc_photo_png(const uint8_t *data, size_t n, const struct yc_photo_sink *to)
{
	struct decoder d = {.at = data, .end = data + n, .status = YC_FAIL};

	d.png = png_create_read_struct(
		PNG_LIBPNG_VER_STRING, NULL, yc_png_error, yc_png_warning);
	if (d.png)
		d.info = png_create_info_struct(d.png);
	if (!d.info) {
		png_destroy_read_struct(&d.png, NULL, NULL);
		return yc_no_memory(0);
	}
	/* libpng reports errors by a longjmp to here */
	if (setjmp(png_jmpbuf(d.png)) == 0) {
		png_set_read_fn(d.png, &d, more);
		d.status = read_rows(&d, to);
	}
	png_destroy_read_struct(&d.png, &d.info, NULL);
	yc_free(d.rgb);
	yc_free(d.row);
	return d.status;
}
