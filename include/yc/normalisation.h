/* SPDX-License-Identifier: MIT */
#ifndef YC_NORMALISATION_H
#define YC_NORMALISATION_H

#include "yc/stream.h"

/* Mean and standard deviation of the channels, R, G, B or one, on the scale of 0 to 1:
 * yc-methods(7), "Mean and standard deviation". */
struct yc_normalisation {
	int channels;
	double mean[3], std[3];
};

extern const struct yc_normalisation yc_norm_cifar;    /* both CIFARs, as in YOCO (D1) */
extern const struct yc_normalisation yc_norm_cifar100; /* its own, of DSA, DC and DM */
extern const struct yc_normalisation yc_norm_svhn;
extern const struct yc_normalisation yc_norm_mnist;	   /* one channel */
extern const struct yc_normalisation yc_norm_fashionmnist; /* one channel */
extern const struct yc_normalisation yc_norm_imagenet;
extern const struct yc_normalisation yc_norm_demo; /* of yc-load demo */

/* Sets nmean, mean and std. */
void yc_head_normalise(struct yc_head *h, const struct yc_normalisation *n);
/* The same with CIFAR's, if the head has none and images have 3 channels; YC_FAIL if it does not
 * have them for each of the channels then. */
int yc_head_complete(struct yc_head *h, int channels) YC_CHECKED;

#endif
