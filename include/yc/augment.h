/* SPDX-License-Identifier: MIT */
#ifndef YC_AUGMENT_H
#define YC_AUGMENT_H

#include <stdbool.h>

#include "yc/fail.h"
#include "yc/opt.h"
#include "yc/real.h"
#include "yc/rng.h"

/*
 * Augmentation: yc-methods(7), "Differentiable augmentation", on normalised NHWC
 * images, and before it the "Loader transforms" of photographs, which see pixels in
 * 0..1. For fixed draws every op is affine in the pixels, so it needs just: draw,
 * forward, tangent (its linear part) and adjoint. An op is one file and one line in
 * yc_augs.
 */
enum { YC_AUG_PARAMS = 4, YC_AUG_CHANNELS_MAX = 4 };

/* The draws of one op for one image: those that yc-methods(7), "Differentiable
 * augmentation", names, in its order (flip, brightness, saturation, contrast: u; crop:
 * tx, ty; scale: sx, sy; rotate: degrees; cutout: ox, oy); those of the loader
 * transforms are named in their files. */
struct yc_aug_draw {
	double p[YC_AUG_PARAMS];
};

struct yc_aug_shape {
	int side, channels;
};

struct yc_aug_op {
	struct yc_method method; /* name and summary; ops have no options */
	const char *group;	 /* "color", "flip", "crop", ...: the strategy word that
				    switches it on */
	bool always; /* applied whenever listed; others form the pool that one is drawn
			from */
	bool loader; /* sees pixels in 0..1 */
	bool rgb;    /* of three channels only */
	/* Draws for n images, one parameter after the other, each for all images. */
	void (*draw)(const struct yc_aug_shape *s, struct yc_rng *rng,
		struct yc_aug_draw *d, int n);
	/* x, y, g: one image [side][side][channels]; output must not overlap the input.
	 */
	void (*forward)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *x, yc_real *y);
	void (*tangent)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *tx, yc_real *ty);
	void (*adjoint)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *dy, yc_real *dx);
};
extern const struct yc_method *const yc_augs[]; /* in their order of application */
/* What a strategy may name: every op, and groups of several ops ("color"). */
extern const struct yc_method *const yc_aug_words[];

enum { YC_AUG_OPS_MAX = 16 };

/* A parsed strategy such as "color_crop_cutout" ('_' or ',' between words; "" or "none":
 * no op). */
struct yc_aug {
	struct yc_aug_shape shape;
	int nops;
	const struct yc_aug_op *op[YC_AUG_OPS_MAX]; /* flip, brightness, saturation,
						       contrast, pool..., cutout */
	int pool_at, npool; /* the pool is op[pool_at .. pool_at+npool-1] */
	bool all;	    /* apply the whole pool in order instead of one of it (D11) */
	bool one;	    /* apply a single group of all, drawn for each batch (D62) */
	/* How images were normalised, for the ops that see them in 0..1: [channels],
	 * lent by whoever parsed; NULL: they were not. */
	const double *mean, *std;
};
int yc_aug_parse(
	struct yc_aug *a, const char *strategy, int side, int channels) YC_CHECKED;
/* Drops all but the loader transforms, if there are any. */
void yc_aug_loader(struct yc_aug *a);
/* A preview chain: all ops of word[0..n-1] in that order, repeats allowed, no pool. */
int yc_aug_chain(struct yc_aug *a, const struct yc_method *const *word, int n, int side,
	int channels) YC_CHECKED;

/* The draws of one batch: op after op, image after image. */
struct yc_aug_plan {
	const struct yc_aug *aug;
	int n;	    /* images; image i uses draw i % period */
	int period; /* n, or 1 in batch-shared (siamese) mode */
	int pool; /* position in the pool, or among the groups, of what this batch uses */
	struct yc_aug_draw
		*draw; /* [nops][period]; lent by the caller, YC_AUG_OPS_MAX*n suffice */
};
/* Draws for n images in the order of yc-methods(7), "RANDOM STREAMS": from `rng` those
 * of the stream "aug-image" or "aug-shared", from `rrc` those of the loader transforms,
 * image by image. */
void yc_aug_draw(struct yc_aug_plan *p, const struct yc_aug *a, struct yc_rng *rng,
	struct yc_rng *rrc, int n, bool siamese, struct yc_aug_draw *room);
/* Image i of the batch, in place; tmp holds one image. */
void yc_aug_forward(const struct yc_aug_plan *p, int i, yc_real *x, yc_real *tmp);
/* One image on its own, in place, with draws from `rng`, which are those of a batch of it
 * alone; the loader transforms draw from its fork "rrc". */
void yc_aug_alone(const struct yc_aug *a, struct yc_rng rng, yc_real *x, yc_real *tmp);
void yc_aug_adjoint(const struct yc_aug_plan *p, int i, yc_real *g, yc_real *tmp);

/* yc-methods(7), "CutMix". */
struct yc_mix {
	bool on;
	int r0, r1, c0, c1; /* rows and columns [r0,r1) x [c0,c1) come from perm[b] */
	double rho;
	int32_t *perm; /* [n], lent by the caller */
};
/* Draws r; if r < mix_p also lam, permutation, cx, cy. */
void yc_mix_draw(struct yc_mix *m, struct yc_rng *rng, double mix_p, int n, int side);
/* y = image b of the batch x [n][side][side][channels] with the box of image perm[b]
 * pasted in; y: one image that does not overlap x. m->on is not looked at. */
void yc_mix_apply(const struct yc_mix *m, int b, int side, int channels, const yc_real *x,
	yc_real *y);

#endif
