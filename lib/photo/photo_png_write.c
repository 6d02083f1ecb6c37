/* SPDX-License-Identifier: MIT */
/* PNG by libpng, in memory or into a file: the bytes follow from the pixels only. */
#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "lib/photo/png_messages.h"
#include "yc/mem.h"

struct encoder {
	unsigned char *p;
	size_t n, capacity;
};

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

static void on_file(png_structp png, png_bytep data, size_t n)
{
	if (fwrite(data, 1, n, png_get_io_ptr(png)) != n)
		png_error(png, "it cannot be written");
}

/* Line y, channels last. */
static void interleave(const struct yc_png *image, size_t y, uint8_t *line)
{
	const size_t bytes = image->bits / 8, w = image->width, c = image->channels;

	for (size_t x = 0; x < w; x++)
		for (size_t k = 0; k < c; k++)
			memcpy(line + (x * c + k) * bytes,
				image->pixels + ((k * image->height + y) * w + x) * bytes,
				bytes);
}

static int encode(const struct yc_png *image, png_rw_ptr write, void *ctx, uint8_t *line)
{
	const size_t stride = image->width * image->channels * image->bits / 8;
	png_infop info;
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, NULL, yc_png_error, yc_png_warning);

	if (!png)
		return yc_no_memory(0);
	info = png_create_info_struct(png);
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return YC_FAIL;
	}
	png_set_write_fn(png, ctx, write, on_flush);
	png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height,
		(int)image->bits,
		image->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (size_t y = 0; y < image->height; y++) {
		if (line)
			interleave(image, y, line);
		png_write_row(png, line ? line : image->pixels + y * stride);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return YC_OK;
}

static int encode_any(const struct yc_png *image, png_rw_ptr write, void *ctx)
{
	uint8_t *line = NULL;
	int status;

	if (image->planar) {
		line = yc_calloc(image->width * image->channels, (size_t)image->bits / 8);
		if (!line)
			return YC_FAIL;
	}
	status = encode(image, write, ctx, line);
	yc_free(line);
	return status;
}

int yc_png_encode(const struct yc_png *image, unsigned char **data, size_t *n)
{
	struct encoder e = {0};
	int status = encode_any(image, on_write, &e);

	*data = NULL;
	if (status == YC_OK) {
		*data = e.p;
		*n = e.n;
	} else {
		yc_free(e.p);
	}
	return status;
}

int yc_png_put(const struct yc_png *image, FILE *f)
{
	return encode_any(image, on_file, f);
}
