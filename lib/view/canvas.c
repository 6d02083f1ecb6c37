/* SPDX-License-Identifier: MIT */
/* A canvas of RGB pixels. */
#include <string.h>

#include "yc/mem.h"
#include "yc/view.h"

/* libpng readers refuse longer sides by default */
enum { SIDE_MAX = 1000000 };
static const size_t bytes_max = (size_t)1 << 30;

int yc_canvas_new(struct yc_canvas *c, size_t width, size_t height)
{
	size_t bytes = yc_size_mul(yc_size_mul(width, height), 3);

	memset(c, 0, sizeof(*c));
	if (width > SIDE_MAX || height > SIDE_MAX || bytes > bytes_max)
		return yc_fail(YC_FAIL,
			"a picture of %zu x %zu pixels is too large: --scale 1, "
			"--columns and "
			"fewer classes make it smaller",
			width, height);
	c->rgb = yc_calloc(bytes, 1);
	if (!c->rgb)
		return YC_FAIL;
	memset(c->rgb, 255, bytes);
	c->width = (int)width;
	c->height = (int)height;
	return YC_OK;
}

void yc_canvas_release(struct yc_canvas *c)
{
	yc_free(c->rgb);
	memset(c, 0, sizeof(*c));
}

void yc_canvas_fill(struct yc_canvas *c, int x, int y, int size, const uint8_t rgb[3])
{
	for (int i = y > 0 ? y : 0; i < y + size && i < c->height; i++)
		for (int j = x > 0 ? x : 0; j < x + size && j < c->width; j++)
			memcpy(c->rgb + ((size_t)i * (size_t)c->width + (size_t)j) * 3,
				rgb, 3);
}
