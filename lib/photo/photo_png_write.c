/* SPDX-License-Identifier: MIT */
/* PNG in memory, by libpng: the bytes follow from the pixels only. */
#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

struct encoder {
	unsigned char *p;
	size_t n, capacity;
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

static void on_write(png_structp png, png_bytep data, size_t n)
{
	struct encoder *e = png_get_io_ptr(png);

	if (e->n + n > e->capacity) {
		e->capacity = 2 * (e->n + n) + 1024;
		e->p = yc_grow(e->p, e->n, e->capacity);
		if (!e->p)
			png_error(png, "out of memory");
	}
	memcpy(e->p + e->n, data, n);
	e->n += n;
}

static void on_flush(png_structp png)
{
	(void)png;
}

static int encode(struct encoder *e, const struct yc_png *image, uint8_t *line)
{
	const size_t bytes = image->bits / 8, side = image->side, c = image->channels;
	const size_t plane = side * side * bytes;
	png_infop info;
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);

	if (!png)
		return yc_fail(YC_FAIL, "PNG: out of memory");
	info = png_create_info_struct(png);
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return YC_FAIL;
	}
	png_set_write_fn(png, e, on_write, on_flush);
	png_set_IHDR(png, info, (png_uint_32)side, (png_uint_32)side, (int)image->bits,
		c == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (size_t y = 0; y < side; y++) {
		for (size_t x = 0; x < side; x++)
			for (size_t k = 0; k < c; k++)
				memcpy(line + (x * c + k) * bytes,
					image->planes + k * plane +
						(y * side + x) * bytes,
					bytes);
		png_write_row(png, line);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return YC_OK;
}

int yc_png_encode(const struct yc_png *image, unsigned char **data, size_t *n)
{
	struct encoder *e = yc_calloc(1, sizeof *e);
	uint8_t *line = yc_calloc(image->side * image->channels, (size_t)image->bits / 8);
	int status = e && line ? encode(e, image, line) : YC_FAIL;

	*data = NULL;
	if (status == YC_OK) {
		*data = e->p;
		*n = e->n;
	} else if (e) {
		yc_free(e->p);
	}
	yc_free(line);
	yc_free(e);
	return status;
}
