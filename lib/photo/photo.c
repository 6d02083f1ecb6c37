/* SPDX-License-Identifier: MIT */
/* Decodes a photograph of either format, within a limit of size. */
#include <string.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

/* JPEG's own limit, and the maximum size of a picture in memory: three bytes per pixel. */
enum { SIDE_MAX = 65500, PIXELS_MAX = 100000000 };

int yc_photo_room(struct yc_photo *p, uint32_t width, uint32_t height)
{
	if (!width || !height || width > SIDE_MAX || height > SIDE_MAX ||
		(uint64_t)width * height > PIXELS_MAX)
		return yc_fail(YC_FAIL,
			"%u x %u pixels: sides must be 1 to %d, and at most %d pixels in "
			"all",
			width, height, SIDE_MAX, PIXELS_MAX);
	p->width = (int)width;
	p->height = (int)height;
	p->rgb = yc_calloc((size_t)width * height, 3);
	return p->rgb ? YC_OK : YC_FAIL;
}

int yc_photo_decode(const uint8_t *data, size_t n, struct yc_photo *out)
{
	*out = (struct yc_photo){0};
	if (n == 0)
		return yc_fail(YC_FAIL, "an empty file");
	if (n >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
		return yc_photo_jpeg(data, n, out);
	if (n >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
		return yc_photo_png(data, n, out);
	return yc_fail(YC_FAIL, "neither a JPEG nor a PNG picture");
}

void yc_photo_grey(struct yc_photo *p)
{
	const size_t n = (size_t)p->width * (size_t)p->height;

	for (uint8_t *x = p->rgb; x < p->rgb + 3 * n; x += 3)
		x[0] = x[1] = x[2] = (uint8_t)((19595u * x[0] + 38470u * x[1] +
						       7471u * x[2] + 32768u) >>
					       16);
}
