/* SPDX-License-Identifier: MIT */
/* Pixels to the bytes of a JPEG file, with the settings of libjpeg and of Pillow: baseline,
 * the standard tables, colours at half the resolution. */
#include <stdio.h>

#include <jpeglib.h>

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

struct encoder {
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr err;
	jmp_buf leave;
	/* Ours, large enough for any picture; or libjpeg's by malloc, if it was not. */
	unsigned char *out;
	unsigned long n;
	int status; /* here, so that a longjmp does not clobber it */
};

static void on_error(j_common_ptr c)
{
	struct encoder *e = c->client_data;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	(void)yc_fail(YC_FAIL, "JPEG: %s", text);
	longjmp(e->leave, 1);
}

static void on_message(j_common_ptr c, int level)
{
	(void)c;
	(void)level;
}

static void encode(struct encoder *e, const uint8_t *pixels, int width, int height,
	int channels, int quality)
{
	j_compress_ptr j = &e->jpeg;

	jpeg_create_compress(j);
	jpeg_mem_dest(j, &e->out, &e->n);
	j->image_width = (JDIMENSION)width;
	j->image_height = (JDIMENSION)height;
	j->input_components = channels;
	j->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(j);
	jpeg_set_quality(j, quality, TRUE);
	jpeg_start_compress(j, TRUE);
	while (j->next_scanline < j->image_height) {
		/* libjpeg does not write to it */
		JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels +
						     (size_t)j->next_scanline *
							     (size_t)(width * channels));

		jpeg_write_scanlines(j, &row, 1);
	}
	jpeg_finish_compress(j);
	e->status = YC_OK;
}

int yc_photo_jpeg_encode(const uint8_t *pixels, int width, int height, int channels,
	int quality, uint8_t **data, size_t *n)
{
	struct encoder e = {.status = YC_FAIL};
	unsigned char *own;

	e.n = (unsigned long)yc_size_mul(
		      yc_size_mul((size_t)width, (size_t)height), 2 * (size_t)channels) +
	      (1 << 16);
	e.out = own = yc_grow(NULL, 0, e.n);
	if (!own)
		return YC_FAIL;
	e.jpeg.err = jpeg_std_error(&e.err);
	e.jpeg.client_data = &e;
	e.err.error_exit = on_error;
	e.err.emit_message = on_message;
	if (setjmp(e.leave) == 0)
		encode(&e, pixels, width, height, channels, quality);
	jpeg_destroy_compress(&e.jpeg);
	if (e.status == YC_OK && e.out != own) {
		own = yc_grow(own, 0, e.n);
		if (own)
			memcpy(own, e.out, e.n);
		else
			e.status = YC_FAIL;
		free(e.out);
	}
	if (e.status != YC_OK) {
		yc_free(own);
		own = NULL;
	}
	*data = own;
	*n = e.n;
	return e.status;
}
