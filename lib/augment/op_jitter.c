/* SPDX-License-Identifier: MIT */
/*
 * Colour jitter, of the "Loader transforms" of yc-methods(7): three ops, each with an a
 * of its own,
 *
 *   brightness  y = (1-a) x
 *   contrast    y = (1-a) x + a mean over the image of grey(x)
 *   saturation  y = (1-a) x + a grey(x)
 *
 * with grey = 0.299 R + 0.587 G + 0.114 B. Upstream draws their order. It does not
 * matter: none clamps, saturation leaves grey as it is, and contrast adds one number to
 * all. So with b, c, s for the three a, which are the draws,
 *
 *   y = (1-b) ((1-c) (1-s) x + (1-c) s grey(x) + c mean of grey(x)).
 */
#include "lib/augment/internal.h"

const struct yc_method yc_aug_imagenet = {
	.name = "imagenet",
	.summary = "apply rrc, mirror, jitter and lighting, as loaders of photographs do",
};

static const yc_real luma[3] = {(yc_real)0.299, (yc_real)0.587, (yc_real)0.114};
static const yc_real ones[3] = {1, 1, 1};

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	for (int k = 0; k < 3; k++)
		yc_aug_uniform(rng, d, n, k, -0.4, 0.4);
}

/* Of each pixel p, sum_c in[c] x[p][c] goes to all channels by out: luma and ones for the
 * map itself, the other way round for its adjoint. */
static void mix(int pixels, const struct yc_aug_draw *d, const yc_real *in,
	const yc_real *out, const yc_real *x, yc_real *y)
{
	double b = 1 - d->p[0], c = d->p[1], s = d->p[2], sum[3] = {0}, mean = 0;
	yc_real keep = (yc_real)(b * (1 - c) * (1 - s)),
		grey = (yc_real)(b * (1 - c) * s), all;

	for (int i = 0; i < pixels; i++)
		for (int k = 0; k < 3; k++)
			sum[k] += (double)x[3 * i + k];
	for (int k = 0; k < 3; k++)
		mean += (double)in[k] * sum[k] / pixels;
	all = (yc_real)(b * c * mean);
	for (int i = 0; i < pixels; i++, x += 3, y += 3) {
		yc_real v = grey * (in[0] * x[0] + in[1] * x[1] + in[2] * x[2]) + all;

		for (int k = 0; k < 3; k++)
			y[k] = keep * x[k] + out[k] * v;
	}
}

static void jitter(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	mix(s->side * s->side, d, luma, ones, x, y);
}

static void adjoint(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *dy, yc_real *dx)
{
	mix(s->side * s->side, d, ones, luma, dy, dx);
}

const struct yc_aug_op yc_aug_jitter = {
	.method = {.name = "jitter",
		.summary = "change brightness, contrast and saturation of pixels in 0..1 "
			   "by up to 0.4"},
	.group = "imagenet",
	.always = true,
	.loader = true,
	.rgb = true,
	.draw = draw,
	.forward = jitter,
	.tangent = jitter,
	.adjoint = adjoint,
};
