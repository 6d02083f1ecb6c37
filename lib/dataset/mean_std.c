/* SPDX-License-Identifier: MIT */
/* Mean and standard deviation of a set as given by the user. */
#include "yc/dataset.h"

/* The keys of the head are set as text and parsed again, so that validation has one home. */
int yc_load_normalisation(struct yc_set *set, const char *mean, const char *std)
{
	struct yc_head head;
	int channels = set->head.nmean, status = YC_OK;

	if ((mean || std) && yc_head_normalised(&set->meta))
		return yc_fail(
			YC_USAGE, "--mean and --std: the values are normalised already");
	if (mean)
		status = yc_meta_set(&set->meta, "yc.mean", mean);
	if (!status && std)
		status = yc_meta_set(&set->meta, "yc.std", std);
	if (!status && yc_head_parse(&head, &set->meta) < 0)
		return yc_fail_in(YC_USAGE, "--mean and --std");
	if (!status && head.nmean != channels)
		return yc_fail(YC_USAGE,
			"--mean and --std: %d numbers, the images have %d channels",
			head.nmean, channels);
	if (status < 0)
		return status;
	set->head = head;
	return yc_head_store(&set->head, &set->meta);
}
