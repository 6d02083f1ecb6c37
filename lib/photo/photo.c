/* SPDX-License-Identifier: MIT */
/* Decodes a photograph of either format, within a limit of size. */
#include <string.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

/* JPEG's own limit, and the maximum size of a picture. */
enum { SIDE_MAX = 65500, PIXELS_MAX = 100000000 };

/* Memory for rows, which may begin up to YC_PHOTO_SPARE bytes later, and for what is read
 * beyond them. */
static uint8_t *room(uint32_t width, uint32_t rows)
{
	rows = (rows + YC_PHOTO_ROWS - 1) / YC_PHOTO_ROWS * YC_PHOTO_ROWS;
	return yc_grow(NULL, 0, 3 * (size_t)width * rows + 2 * YC_PHOTO_SPARE);
}

int yc_photo_begin(const struct yc_photo_sink *to, uint32_t width, uint32_t height,
	uint32_t rows, uint8_t **rgb, int column[2])
{
	if (!width || !height || width > SIDE_MAX || height > SIDE_MAX ||
		(uint64_t)width * height > PIXELS_MAX)
		return yc_fail(YC_FAIL,
			"%u x %u pixels: sides must be 1 to %d, and at most %d pixels in "
			"all",
			width, height, SIDE_MAX, PIXELS_MAX);
	*rgb = room(width, rows);
	column[0] = 0;
	column[1] = (int)width;
	return *rgb ? to->begin(to->ctx, (int)width, (int)height, &column[0], &column[1])
		    : YC_FAIL;
}

int yc_photo_decode(const uint8_t *data, size_t n, const struct yc_photo_sink *to)
{
	if (n == 0)
		return yc_fail(YC_FAIL, "an empty file");
	if (n >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
		return yc_photo_jpeg(data, n, to);
	if (n >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
		return yc_photo_png(data, n, to);
	return yc_fail(YC_FAIL, "neither a JPEG nor a PNG picture");
}

static int begin(void *ctx, int width, int height, int *left, int *right)
{
	struct yc_photo *p = ctx;

	(void)left;
	(void)right;
	p->width = width;
	p->height = height;
	p->rgb = room((uint32_t)width, (uint32_t)height);
	return p->rgb ? YC_OK : YC_FAIL;
}

static void rows(void *ctx, const uint8_t *rgb, int y, int n)
{
	const struct yc_photo *p = ctx;
	const size_t row = 3 * (size_t)p->width;

	memcpy(p->rgb + row * (size_t)y, rgb, row * (size_t)n);
}

int yc_photo_whole(const uint8_t *data, size_t n, struct yc_photo *out)
{
	*out = (struct yc_photo){0};
	return yc_photo_decode(data, n, &(struct yc_photo_sink){out, begin, rows});
}
