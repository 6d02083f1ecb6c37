/* SPDX-License-Identifier: MIT */
/*
 * JPEG by libjpeg: grey, YCbCr, RGB, CMYK and YCCK. After damage the library continues
 * with a warning and grey pixels; here warnings that mean wrong pixels are errors.
 */
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>
#include <setjmp.h>
#include <stdbool.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr err;
	jmp_buf leave;
	uint8_t *rgb;  /* [YC_PHOTO_ROWS][width] */
	uint8_t *cmyk; /* a row */
	int status;    /* here, so that a longjmp does not clobber it */
};

static void on_error(j_common_ptr c)
{
	struct decoder *d = c->client_data;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	(void)yc_fail(YC_FAIL, "JPEG: %s", text);
	longjmp(d->leave, 1);
}

static void on_message(j_common_ptr c, int level)
{
	if (level >= 0) /* trace messages */
		return;
	switch (c->err->msg_code) {
	case JWRN_ARITH_BAD_CODE:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_JPEG_EOF:
	case JWRN_MUST_RESYNC:
		on_error(c);
	default: /* harmless oddities of encoders: all pixels are there */
		break;
	}
}

/* By Adobe's convention, which everyone follows, CMYK is stored inverted. */
static void to_rgb(const uint8_t *cmyk, int n, uint8_t *rgb)
{
	for (int i = 0; i < n; i++, cmyk += 4, rgb += 3)
		for (int c = 0; c < 3; c++)
			rgb[c] = (uint8_t)((cmyk[c] * cmyk[3] + 127) / 255);
}

/* Leaves out columns on either side that are not needed, and returns the first one that is
 * decoded. A margin keeps the needed ones as they are: at the border of what is decoded,
 * colours of half the resolution are scaled up from other neighbours. */
static uint32_t crop(j_decompress_ptr j, const int column[2])
{
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
	enum { MARGIN = 32 };
	const uint32_t left = (uint32_t)column[0], right = (uint32_t)column[1] + MARGIN;
	JDIMENSION x = left > MARGIN ? left - MARGIN : 0,
		   n = (right < j->image_width ? right : j->image_width) - x;

	if (n < j->image_width && !j->progressive_mode && j->out_color_space == JCS_RGB) {
		jpeg_crop_scanline(j, &x, &n);
		return x;
	}
#else
	(void)j;
	(void)column;
#endif
	return 0;
}

static void read_row(struct decoder *d, uint8_t *to)
{
	JSAMPROW row = d->cmyk ? d->cmyk : to;

	jpeg_read_scanlines(&d->jpeg, &row, 1);
	if (d->cmyk)
		to_rgb(d->cmyk, (int)d->jpeg.output_width, to);
}

/* libjpeg-turbo stores rows that begin on a multiple of 32 bytes past the caches, but they are
 * read at once: rows begin beside one. */
enum { OFF_LINE = 1 };
_Static_assert((int)OFF_LINE <= (int)YC_PHOTO_SPARE, "there is room for it");

static int read_rows(struct decoder *d, const struct yc_photo_sink *to)
{
	j_decompress_ptr j = &d->jpeg;
	bool cmyk = j->jpeg_color_space == JCS_CMYK || j->jpeg_color_space == JCS_YCCK;
	const size_t row = 3 * (size_t)j->image_width;
	int status, column[2];
	uint8_t *first, *rgb;

	if (!cmyk && j->jpeg_color_space == JCS_UNKNOWN)
		return yc_fail(YC_FAIL,
			"JPEG: %d components that are neither grey, RGB nor CMYK",
			j->num_components);
	j->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
	status = yc_photo_begin(
		to, j->image_width, j->image_height, YC_PHOTO_ROWS, &d->rgb, column);
	if (status < 0)
		return status;
	if (cmyk && !(d->cmyk = yc_calloc(j->image_width, 4)))
		return YC_FAIL;
	jpeg_start_decompress(j);
	first = d->rgb + OFF_LINE;
	rgb = first + 3 * (size_t)crop(j, column);
	while (j->output_scanline < j->output_height) {
		const int y = (int)j->output_scanline;
		int n = 0;

		for (; n < YC_PHOTO_ROWS && j->output_scanline < j->output_height; n++)
			read_row(d, rgb + (size_t)n * row);
		to->rows(to->ctx, first, y, n);
	}
	jpeg_finish_decompress(j);
	return YC_OK;
}

int yc_photo_jpeg(const uint8_t *data, size_t n, const struct yc_photo_sink *to)
{
	struct decoder d = {.status = YC_FAIL};

	d.jpeg.err = jpeg_std_error(&d.err);
	d.jpeg.client_data = &d;
	d.err.error_exit = on_error;
	d.err.emit_message = on_message;
	/* libjpeg reports errors by a longjmp to here */
	if (setjmp(d.leave) == 0) {
		jpeg_create_decompress(&d.jpeg);
		jpeg_mem_src(&d.jpeg, data, (unsigned long)n);
		jpeg_read_header(&d.jpeg, TRUE);
		d.status = read_rows(&d, to);
	}
	jpeg_destroy_decompress(&d.jpeg);
	yc_free(d.rgb);
	yc_free(d.cmyk);
	return d.status;
}
