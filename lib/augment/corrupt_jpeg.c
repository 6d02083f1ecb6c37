/* SPDX-License-Identifier: MIT */
/* JPEG at a low quality, and back: blocks of 8 pixels, blurred colours. */
#include <math.h>

#include "lib/augment/internal.h"
#include "lib/photo/photo.h"
#include "yc/mem.h"

static int apply(const struct yc_aug_shape *s, double quality, struct yc_rng *rng,
	yc_real *x, yc_real *tmp)
{
	const size_t n = (size_t)yc_aug_count(s);
	uint8_t *bytes, *file = NULL;
	struct yc_photo back = {0};
	size_t size = 0;
	int status;

	(void)rng;
	(void)tmp;
	if (s->channels != 1 && s->channels != 3)
		return yc_fail(
			YC_FAIL, "images of %d channels: 1 or 3 expected", s->channels);
	bytes = yc_calloc(n, 1);
	if (!bytes)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)lrint((double)x[i] * 255);
	status = yc_photo_jpeg_encode(
		bytes, s->side, s->side, s->channels, (int)quality, &file, &size);
	if (status == YC_OK)
		status = yc_photo_whole(file, size, &back);
	/* A grey picture comes back as three equal channels. */
	for (size_t i = 0; status == YC_OK && i < n; i++)
		x[i] = (yc_real)(back.rgb[s->channels == 3 ? i : 3 * i] / 255.0);
	yc_free(bytes);
	yc_free(file);
	yc_free(back.rgb);
	return status;
}

const struct yc_corruption yc_corrupt_jpeg = {
	.method = {.name = "jpeg",
		.summary = "corruption: compress as JPEG and decompress",
		.opts = yc_corruption_opts,
		.nopts = YC_COUNT(yc_corruption_opts),
		.cfg_size = sizeof(struct yc_corruption_cfg)},
	.small = {80, 65, 58, 50, 40},
	.large = {25, 18, 15, 10, 7},
	.apply = apply,
};
