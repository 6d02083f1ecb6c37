/* SPDX-License-Identifier: MIT */
/* A canvas as PNG. */
#include "lib/photo/photo.h"
#include "yc/view.h"

int yc_png_write(const struct yc_canvas *c, FILE *f)
{
	const struct yc_png image = {
		c->rgb, (size_t)c->width, (size_t)c->height, .channels = 3, .bits = 8};

	return yc_png_put(&image, f);
}
