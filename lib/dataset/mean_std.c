/* SPDX-License-Identifier: MIT */
/*
 * Mean and standard deviation of a set: as its dataset says, as the user gives them, or
 * computed over its images. Sums of bytes are exact, those of floats are made image by
 * image in double and added in the order of the rows: no number of threads changes them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/dataset/photos.h"
#include "yc/mem.h"

struct sums {
	size_t pixels; /* of a channel */
	bool bytes;
	uint64_t sum[YC_CHANNELS_MAX], square[YC_CHANNELS_MAX]; /* of bytes */
	double fsum[YC_CHANNELS_MAX], fsquare[YC_CHANNELS_MAX]; /* of floats */
};

static void add_bytes(struct sums *s, int channel, const uint8_t *x, size_t n)
{
	uint64_t sum = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		square += (uint64_t)x[i] * x[i];
	}
	s->sum[channel] += sum;
	s->square[channel] += square;
}

static void add_floats(struct sums *s, int channel, const float *x, size_t n)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		sum += (double)x[i];
		square += (double)x[i] * (double)x[i];
	}
	s->fsum[channel] += sum;
	s->fsquare[channel] += square;
}

static int add(void *ctx, size_t row, const struct yc_tensor *image)
{
	struct sums *s = ctx;
	const size_t channels = (size_t)image->shape[1],
		     plane = (size_t)(image->shape[2] * image->shape[3]);

	(void)row;
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
	return YC_OK;
}

/* On the scale of 0 to 1; the standard deviation is that of all pixels (n). */
static void result(const struct sums *s, int channel, double *mean, double *std)
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

/* Six digits: the published constants have four. */
static void append(char *list, size_t size, double v)
{
	size_t at = strlen(list);

	(void)snprintf(list + at, size - at, "%s%.6g", at ? "," : "", v);
}

enum { LIST = YC_CHANNELS_MAX * 24 };

static int compute(const struct yc_set *set, const struct yc_photos *photos,
	const struct yc_load *what, int channels, char mean[LIST], char std[LIST])
{
	struct sums *s = yc_calloc(1, sizeof *s);
	int status = s ? yc_load_each(set, photos, what->threads, add, s) : YC_FAIL;

	mean[0] = std[0] = '\0';
	for (int c = 0; status == YC_OK && c < channels; c++) {
		double m, d;

		result(s, c, &m, &d);
		if (d < 1e-6) {
			yc_load_note(what,
				"channel %d has the same value in all images: its "
				"standard deviation is taken as 1",
				c);
			d = 1;
		}
		append(mean, LIST, m);
		append(std, LIST, d);
	}
	yc_free(s);
	return status;
}

static bool is_auto(const char *text)
{
	return text && strcmp(text, "auto") == 0;
}

/* The keys of the head are set as text and parsed again, so that validation has one home. */
int yc_load_normalisation(
	struct yc_set *set, const struct yc_photos *photos, const struct yc_load *what)
{
	const bool normalised = yc_head_normalised(&set->meta);
	const char *mean = what->mean, *std = what->std;
	char own_mean[LIST], own_std[LIST];
	struct yc_head head;
	int channels = set->head.nmean, status = YC_OK;

	if ((mean || std) && normalised)
		return yc_fail(
			YC_USAGE, "--mean and --std: the values are normalised already");
	if (!channels)
		channels = yc_load_channels(set, photos);
	if (!set->head.nmean && !normalised) {
		mean = mean ? mean : "auto";
		std = std ? std : "auto";
	}
	if (is_auto(mean) || is_auto(std)) {
		status = compute(set, photos, what, channels, own_mean, own_std);
		mean = is_auto(mean) ? own_mean : mean;
		std = is_auto(std) ? own_std : std;
	}
	if (status == YC_OK && (mean == own_mean || std == own_std))
		status = yc_meta_set(&set->meta, "yc.computed", "1");
	if (status == YC_OK && mean)
		status = yc_meta_set(&set->meta, "yc.mean", mean);
	if (status == YC_OK && std)
		status = yc_meta_set(&set->meta, "yc.std", std);
	if (status == YC_OK && yc_head_parse(&head, &set->meta) < 0)
		return yc_fail_in(YC_USAGE, "--mean and --std");
	if (status == YC_OK && (mean || std) && head.nmean != channels)
		return yc_fail(YC_USAGE,
			"--mean and --std: %d numbers, the images have %d channels",
			head.nmean, channels);
	if (status < 0)
		return status;
	set->head = head;
	return yc_head_store(&set->head, &set->meta);
}
