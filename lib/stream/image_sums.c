/* SPDX-License-Identifier: MIT */
/* Mean and standard deviation of the channels of images. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "yc/image_sums.h"

static void add_bytes(struct yc_image_sums *s, int channel, const uint8_t *x, size_t n)
{
	uint64_t sum = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		square += (uint64_t)x[i] * x[i];
	}
	s->sum[channel] += sum;
	s->square[channel] += square;
}

static void add_floats(struct yc_image_sums *s, int channel, const float *x, size_t n)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		sum += (double)x[i];
		square += (double)x[i] * (double)x[i];
	}
	s->fsum[channel] += sum;
	s->fsquare[channel] += square;
}

void yc_image_sums_add(struct yc_image_sums *s, const struct yc_tensor *image)
{
	const size_t channels = (size_t)image->shape[1],
		     plane = (size_t)(image->shape[2] * image->shape[3]);

	s->bytes = image->dtype == YC_U8;
	s->pixels += (size_t)image->shape[0] * plane;
	for (size_t i = 0; i < image->shape[0] * channels; i++) {
		if (s->bytes)
			add_bytes(s, (int)(i % channels),
				(const uint8_t *)image->data + i * plane, plane);
		else
			add_floats(s, (int)(i % channels),
				(const float *)image->data + i * plane, plane);
	}
}

static void result(const struct yc_image_sums *s, int channel, double *mean, double *std)
{
	double n = (double)s->pixels, sum = (double)s->sum[channel], variance;

	if (s->bytes) {
		/* n sum(x^2) - sum(x)^2, without a rounding */
		unsigned __int128 d =
			(unsigned __int128)s->pixels * s->square[channel] -
			(unsigned __int128)s->sum[channel] * s->sum[channel];

		*mean = sum / n / 255;
		variance = (double)d / n / n / (255 * 255);
	} else {
		*mean = s->fsum[channel] / n;
		variance = s->fsquare[channel] / n - *mean * *mean;
	}
	*std = variance > 0 ? sqrt(variance) : 0;
}

static void append(char *list, double v)
{
	size_t at = strlen(list);

	(void)snprintf(list + at, YC_IMAGE_SUMS_TEXT - at, "%s%.6g", at ? "," : "", v);
}

int yc_image_sums_text(const struct yc_image_sums *s, int channels,
	char mean[YC_IMAGE_SUMS_TEXT], char std[YC_IMAGE_SUMS_TEXT])
{
	int constant = -1;

	mean[0] = std[0] = '\0';
	for (int c = 0; c < channels; c++) {
		double m = 0, d = 0;

		if (s->pixels)
			result(s, c, &m, &d);
		if (d < 1e-6) {
			constant = constant < 0 ? c : constant;
			d = 1;
		}
		append(mean, m);
		append(std, d);
	}
	return constant;
}
