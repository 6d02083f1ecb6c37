/* SPDX-License-Identifier: MIT */
#ifndef AUGMENT_INTERNAL_H
#define AUGMENT_INTERNAL_H

#include "yc/corrupt.h"

/* Strategy words that stand for several ops. */
extern const struct yc_method yc_aug_color, yc_aug_imagenet;

/* Corruptions: a new one is its file, lib/augment/corrupt_NAME.c, and one line here. */
#define YC_CORRUPTIONS(X) \
	X(gaussian_noise) \
	X(gaussian_blur) \
	X(jpeg) \
	X(low_contrast)

/* Elements of an image. */
static inline int yc_aug_count(const struct yc_aug_shape *s)
{
	return s->side * s->side * s->channels;
}

/* p[k] of n draws, uniform in [lo,hi). */
static inline void yc_aug_uniform(
	struct yc_rng *rng, struct yc_aug_draw *d, int n, int k, double lo, double hi)
{
	for (int i = 0; i < n; i++)
		d[i].p[k] = lo + (hi - lo) * yc_rng_uniform(rng);
}

/* p[k] of n draws, uniform integers lo..hi. */
static inline void yc_aug_integer(
	struct yc_rng *rng, struct yc_aug_draw *d, int n, int k, int lo, int hi)
{
	for (int i = 0; i < n; i++)
		d[i].p[k] = lo + (double)yc_rng_below(rng, (uint32_t)(hi - lo + 1));
}

/* The box of CutMix for given draws, H = side. */
void yc_mix_box(struct yc_mix *m, int side, double lam, int cx, int cy);
/* The linear part of yc_aug_forward: gradient checks need it, no method does. */
void yc_aug_tangent(const struct yc_aug_plan *p, int i, yc_real *tx, yc_real *tmp);

#endif
