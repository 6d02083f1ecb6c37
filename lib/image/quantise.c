/* SPDX-License-Identifier: MIT */
/* Converts images to bytes: yc-methods(7), "Range of synthetic pixels". */
#include "yc/mem.h"
#include "yc/set.h"

int yc_set_quantise(struct yc_set *s)
{
	int status = yc_set_check_images(s);
	const struct yc_tensor *from = yc_set_col(s, "image");
	uint8_t *bytes;

	if (status)
		return status;
	if (from->dtype == YC_U8)
		return YC_OK;
	if (yc_head_normalised(&s->meta))
		return yc_fail(YC_FAIL,
			"the images are normalised: their values are not pixels");
	bytes = yc_calloc(from->bytes / sizeof(float), 1);
	if (!bytes)
		return YC_FAIL;
	for (size_t i = 0; i < from->bytes / sizeof(float); i++) {
		double v = (double)((const float *)from->data)[i];

		bytes[i] = (uint8_t)(255 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5);
	}
	if (!yc_set_put(s, "image", YC_U8, from->rank, from->shape, bytes))
		status = YC_FAIL;
	yc_free(bytes);
	return status;
}
