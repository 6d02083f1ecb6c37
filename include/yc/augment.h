/* SPDX-License-Identifier: MIT */
#ifndef YC_AUGMENT_H
#define YC_AUGMENT_H

#include <stdbool.h>

#include "yc/fail.h"
#include "yc/opt.h"
#include "yc/real.h"
#include "yc/rng.h"

/*
 * Augmentation: yc-methods(7), "Differentiable augmentation", on normalised NHWC images,
 * and before it the "Loader transforms" of photographs, which work on pixels in 0..1. For
 * fixed draws every op is affine in the pixels, so an op consists of draw, forward,
 * tangent (the linear part) and adjoint. An op is one file and one line in yc_augs.
 */
enum { YC_AUG_PARAMS = 4, YC_AUG_CHANNELS_MAX = 4 };

/* The draws of one op for one image, named and ordered as in yc-methods(7),
 * "Differentiable augmentation" (flip, brightness, saturation, contrast: u; crop: tx, ty;
 * scale: sx, sy; rotate: degrees; cutout: ox, oy); those of the loader transforms are
 * named in their files. */
struct yc_aug_draw {
	double p[YC_AUG_PARAMS];
};

struct yc_aug_shape {
	int side, channels;
};

struct yc_aug_op {
	struct yc_method method; /* name and summary; ops have no options */
	/* "color", "flip", "crop", ...: the strategy word that enables it, mostly its own
	 * name; ops of a group are neighbours in the table */
	const char *group;
	bool always; /* always applied if listed; one of the others, the pool, is drawn */
	bool loader; /* works on pixels in 0..1 */
	bool rgb;    /* needs three channels */
	/* Draws for n images: parameter by parameter, each for all images. */
	void (*draw)(const struct yc_aug_shape *s, struct yc_rng *rng,
		struct yc_aug_draw *d, int n);
	/* x, y, g: one image [side][side][channels]; input and output must not overlap.
	 */
	void (*forward)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *x, yc_real *y);
	void (*tangent)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *tx, yc_real *ty);
	void (*adjoint)(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
		const yc_real *dy, yc_real *dx);
};
extern const struct yc_method *const yc_augs[]; /* in order of application */
/* The words of a strategy: every op, and groups of ops ("color"). */
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
	bool all; /* apply the whole pool in order instead of one op of it (D11) */
	bool one; /* apply a single group, drawn for each batch (D62) */
	/* Normalisation of the images, for the ops that work on pixels in 0..1:
	 * [channels], borrowed; NULL: images are not normalised. */
	const double *mean, *std;
};
int yc_aug_parse(
	struct yc_aug *a, const char *strategy, int side, int channels) YC_CHECKED;
/* Keeps only the loader transforms, if there are any. */
void yc_aug_loader(struct yc_aug *a);
/* A preview chain: all ops of word[0..n-1] in that order, repeats allowed, no pool. */
int yc_aug_chain(struct yc_aug *a, const struct yc_method *const *word, int n, int side,
	int channels) YC_CHECKED;

/* The draws of one batch, by op, then by image. */
struct yc_aug_plan {
	const struct yc_aug *aug;
	int n;	    /* images; image i uses draw i % period */
	int period; /* n, or 1 if draws are shared by the batch (siamese) */
	/* position in the pool, or among the groups, of the op or group drawn */
	int pool;
	/* [nops][period]; lent by the caller, YC_AUG_OPS_MAX*n suffice */
	struct yc_aug_draw *draw;
};
/* Draws for n images in the order of yc-methods(7), "RANDOM STREAMS": from `rng` those
 * of the stream "aug-image" or "aug-shared", from `rrc` those of the loader transforms,
 * image by image. */
void yc_aug_draw(struct yc_aug_plan *p, const struct yc_aug *a, struct yc_rng *rng,
	struct yc_rng *rrc, int n, bool siamese, struct yc_aug_draw *draws);
/* Applies the draws to image i of the batch, in place; tmp holds one image. */
void yc_aug_forward(const struct yc_aug_plan *p, int i, yc_real *x, yc_real *tmp);
/* Augments a single image in place, with the draws of a batch of one from `rng`; the
 * loader transforms draw from its fork "rrc". */
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
 * pasted in; y: one image that does not overlap x. Ignores m->on. */
void yc_mix_apply(const struct yc_mix *m, int b, int side, int channels, const yc_real *x,
	yc_real *y);

#endif
