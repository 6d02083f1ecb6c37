/* SPDX-License-Identifier: MIT */
/* Mean and standard deviation of a set: as its dataset says, as the user gives them, or
 * computed over its images. */
#include <string.h>

#include "lib/dataset/internal.h"
#include "yc/image_sums.h"
#include "yc/mem.h"

static int add(void *ctx, size_t row, const struct yc_tensor *image)
{
	(void)row;
	yc_image_sums_add(ctx, image);
	return YC_OK;
}

static int compute(const struct yc_set *set, const struct yc_photos *photos,
	const struct yc_load *what, int channels, char mean[YC_IMAGE_SUMS_TEXT],
	char std[YC_IMAGE_SUMS_TEXT])
{
	struct yc_image_sums s = {0};
	int status = yc_load_each(set, photos, what->threads, add, &s), constant;

	if (status < 0)
		return status;
	constant = yc_image_sums_text(&s, channels, mean, std);
	if (constant >= 0)
		yc_load_note(what,
			"channel %d has the same value in all images: its standard "
			"deviation "
			"is taken as 1",
			constant);
	return YC_OK;
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
	char own_mean[YC_IMAGE_SUMS_TEXT], own_std[YC_IMAGE_SUMS_TEXT];
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
