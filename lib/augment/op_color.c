/* SPDX-License-Identifier: MIT */
/*
 * The group "color", three operations that always go together; yc-methods(7),
 * "Differentiable augmentation":
 *
 *   brightness  y = x + (u - 1/2)
 *   saturation  y = a x + (1-a) mean over channels of x, a = 2u
 *   contrast    y = a x + (1-a) mean over the image of x, a = u + 1/2
 *
 * The linear maps of the last two are symmetric: one function is forward, tangent and
 * adjoint.
 */
#include <string.h>

#include "lib/augment/internal.h"

const struct yc_method yc_aug_color = {
	.name = "color",
	.summary = "change brightness, saturation and contrast",
};

static void draw(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	yc_aug_uniform(rng, d, n, 0, 0, 1);
}

static void brightness(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	yc_real shift = (yc_real)(d->p[0] - 0.5);
	int n = yc_aug_count(s);

	for (int i = 0; i < n; i++)
		y[i] = x[i] + shift;
}

static void same(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	(void)d;
	memcpy(y, x, (size_t)yc_aug_count(s) * sizeof(*x));
}

static inline void saturate(
	int pixels, int channels, double a, const yc_real *x, yc_real *y)
{
	yc_real keep = (yc_real)a, mix = (yc_real)((1 - a) / channels);

	for (int i = 0; i < pixels; i++) {
		const yc_real *from = x + i * channels;
		yc_real *to = y + i * channels, sum = 0;

		for (int c = 0; c < channels; c++)
			sum += from[c];
		for (int c = 0; c < channels; c++)
			to[c] = keep * from[c] + mix * sum;
	}
}

static void saturation(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	double a = 2 * d->p[0];

	if (s->channels == 3) /* a constant lets the inner loops unroll */
		saturate(s->side * s->side, 3, a, x, y);
	else
		saturate(s->side * s->side, s->channels, a, x, y);
}

static void contrast(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	enum { LANES = 8 }; /* independent sums, so that the additions overlap */
	double a = d->p[0] + 0.5, lane[LANES] = {0}, sum = 0;
	int n = yc_aug_count(s), i = 0;
	yc_real keep = (yc_real)a, shift;

	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lane[k] += (double)x[i + k];
	for (; i < n; i++)
		sum += (double)x[i];
	for (int k = 0; k < LANES; k++)
		sum += lane[k];
	shift = (yc_real)((1 - a) * sum / n);
	for (i = 0; i < n; i++)
		y[i] = keep * x[i] + shift;
}

const struct yc_aug_op yc_aug_brightness = {
	.method = {.name = "brightness",
		.summary = "add one random number to all pixels"},
	.group = "color",
	.always = true,
	.draw = draw,
	.forward = brightness,
	.tangent = same,
	.adjoint = same,
};

const struct yc_aug_op yc_aug_saturation = {
	.method = {.name = "saturation",
		.summary = "scale the distance of channels from the mean of their pixel"},
	.group = "color",
	.always = true,
	.draw = draw,
	.forward = saturation,
	.tangent = saturation,
	.adjoint = saturation,
};

const struct yc_aug_op yc_aug_contrast = {
	.method = {.name = "contrast",
		.summary = "scale the distance of pixels from the mean of the image"},
	.group = "color",
	.always = true,
	.draw = draw,
	.forward = contrast,
	.tangent = contrast,
	.adjoint = contrast,
};
