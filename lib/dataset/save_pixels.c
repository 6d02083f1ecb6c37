/* SPDX-License-Identifier: MIT */
/* Pixels of a stream in the form that a file wants: yc-methods(7), "Mean and standard
 * deviation" and "Range of synthetic pixels". */
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"

int yc_pixels_of(struct yc_pixels *p, const struct yc_set *part, bool normalise)
{
	const struct yc_tensor *t = yc_set_col(part, "image");
	const struct yc_head *h = &part->head;

	*p = (struct yc_pixels){.image = t,
		.normalised = yc_head_normalised(&part->meta),
		.channels = (size_t)t->shape[1],
		.plane = (size_t)(t->shape[2] * t->shape[3])};
	if (p->normalised == normalise)
		return YC_OK;
	if (h->nmean != (int)p->channels)
		return yc_fail(YC_FAIL, "the head has no yc.mean and yc.std, which %s",
			normalise ? "--normalised needs"
				  : "turn the normalised images into pixels");
	memcpy(p->mean, h->mean, sizeof p->mean);
	memcpy(p->std, h->std, sizeof p->std);
	return YC_OK;
}

/* Element i of a row as a pixel in 0..1, if values do not overshoot. */
static double pixel(const struct yc_pixels *p, size_t row, size_t i)
{
	size_t n = p->channels * p->plane, c = i / p->plane;
	double x;

	if (p->image->dtype == YC_U8)
		return ((const uint8_t *)p->image->data)[row * n + i] / 255.0;
	x = (double)((const float *)p->image->data)[row * n + i];
	return p->normalised ? x * p->std[c] + p->mean[c] : x;
}

static size_t clip(double *x)
{
	double was = *x;

	*x = was < 0 ? 0 : was > 1 ? 1 : was;
	return was < 0 || was > 1;
}

size_t yc_pixels_u8(const struct yc_pixels *p, size_t row, uint8_t *to)
{
	size_t n = p->channels * p->plane, clipped = 0;

	if (p->image->dtype == YC_U8) {
		memcpy(to, (const uint8_t *)p->image->data + row * n, n);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		double x = pixel(p, row, i);

		clipped += clip(&x);
		to[i] = (uint8_t)(255 * x + 0.5);
	}
	return clipped;
}

size_t yc_pixels_u16(const struct yc_pixels *p, size_t row, uint8_t *to)
{
	size_t n = p->channels * p->plane, clipped = 0;

	for (size_t i = 0; i < n; i++) {
		double x = pixel(p, row, i);
		unsigned v;

		clipped += clip(&x);
		v = (unsigned)(65535 * x + 0.5);
		to[2 * i] = (uint8_t)(v >> 8);
		to[2 * i + 1] = (uint8_t)v;
	}
	return clipped;
}

void yc_pixels_f32(const struct yc_pixels *p, size_t row, bool normalise, float *to)
{
	size_t n = p->channels * p->plane;

	if (p->image->dtype == YC_F32 && p->normalised == normalise) {
		memcpy(to, (const float *)p->image->data + row * n, n * sizeof *to);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double x = pixel(p, row, i);
		size_t c = i / p->plane;

		to[i] = (float)(normalise ? (x - p->mean[c]) / p->std[c] : x);
	}
}
