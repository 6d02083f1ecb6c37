/* SPDX-License-Identifier: MIT */
/* The constants that images are normalised with: yc-methods(7), "Mean and standard
 * deviation". */
#include <string.h>

#include "yc/normalisation.h"

const struct yc_normalisation yc_norm_cifar = {
	3, {0.4914, 0.4822, 0.4465}, {0.2023, 0.1994, 0.2010}};
const struct yc_normalisation yc_norm_cifar100 = {
	3, {0.5071, 0.4866, 0.4409}, {0.2673, 0.2564, 0.2762}};
const struct yc_normalisation yc_norm_svhn = {
	3, {0.4377, 0.4438, 0.4728}, {0.1980, 0.2010, 0.1970}};
const struct yc_normalisation yc_norm_mnist = {1, {0.1307}, {0.3081}};
const struct yc_normalisation yc_norm_fashionmnist = {1, {0.2861}, {0.3530}};
const struct yc_normalisation yc_norm_imagenet = {
	3, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
const struct yc_normalisation yc_norm_demo = {3, {0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};

void yc_head_normalise(struct yc_head *h, const struct yc_normalisation *n)
{
	h->nmean = n->channels;
	memcpy(h->mean, n->mean, sizeof(n->mean));
	memcpy(h->std, n->std, sizeof(n->std));
}

int yc_head_complete(struct yc_head *h, int channels)
{
	if (h->nmean == 0 && channels == 3)
		yc_head_normalise(h, &yc_norm_cifar);
	if (h->nmean != channels)
		return yc_fail(YC_FAIL,
			"the head gives yc.mean for %d channels, but images have %d",
			h->nmean, channels);
	return YC_OK;
}
