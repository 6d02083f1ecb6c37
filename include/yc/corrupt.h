/* SPDX-License-Identifier: MIT */
#ifndef YC_CORRUPT_H
#define YC_CORRUPT_H

#include "yc/augment.h"

/*
 * Corruptions, yc-methods(7), "Corruptions": noise, blur, JPEG, low contrast, each in five
 * severities, on pixels in 0..1. They show what a network makes of images worse than those
 * it was trained on. None is an augmentation: they are not affine in the pixels, and no
 * gradient passes back through them. A corruption is one file, lib/augment/corrupt_NAME.c,
 * and one line in yc_corruptions.
 */
enum { YC_SEVERITIES = 5 };

/* Config struct of each of them. */
struct yc_corruption_cfg {
	uint32_t severity; /* 1 to YC_SEVERITIES */
};
extern const struct yc_opt yc_corruption_opts[1];

struct yc_corruption {
	struct yc_method method; /* with yc_corruption_opts */
	/* The parameter of each severity, for images of up to YC_SIDE_SMALL pixels per side
	 * and for larger ones. */
	double small[YC_SEVERITIES], large[YC_SEVERITIES];
	/* One image [side][side][channels] of pixels in 0..1, in place, which the result
	 * may leave; tmp holds another one. */
	int (*apply)(const struct yc_aug_shape *s, double parameter, struct yc_rng *rng,
		yc_real *x, yc_real *tmp) YC_CHECKED;
};
extern const struct yc_method *const yc_corruptions[]; /* of struct yc_corruption */

/* Corrupts a pixel image in place and clamps it to 0..1. */
int yc_corrupt(const struct yc_corruption *c, const struct yc_corruption_cfg *cfg,
	const struct yc_aug_shape *s, struct yc_rng rng, yc_real *x,
	yc_real *tmp) YC_CHECKED;

/* The words of yc-augment: those of a strategy, and the corruptions. */
extern const struct yc_method *const yc_chain_words[];

/* Augmentations and corruptions in any order: parts of some operations, each but the last
 * followed by a corruption. */
struct yc_chain {
	int n;
	struct yc_chain_part {
		struct yc_aug aug;
		const struct yc_corruption *then; /* NULL: none */
		const struct yc_corruption_cfg *cfg;
	} part[YC_AUG_OPS_MAX + 1];
};
/* Of word[0..n-1], from yc_chain_words, with their config structs, which are borrowed. */
int yc_chain_new(struct yc_chain *c, const struct yc_method *const *word,
	void *const *cfg, int n, int side, int channels) YC_CHECKED;
/* Applies it to one normalised image, in place; the first part draws from `rng` itself,
 * part k from its fork "part" k, and the corruption after part k from the fork "corrupt" k.
 * *pixels tells whether the result is in 0..1, as after a corruption, or normalised. */
int yc_chain_apply(const struct yc_chain *c, struct yc_rng rng, yc_real *x, yc_real *tmp,
	bool *pixels) YC_CHECKED;

#endif
