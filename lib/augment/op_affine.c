/* SPDX-License-Identifier: MIT */
/*
 * Scale and rotate: bilinear sampling at M times the output position, both measured
 * from the image centre, zero outside (yc-methods(7), "Affine sampling"). In pixels,
 * with z = (side-1)/2:
 *
 *   px = z + M00 (j-z) + M01 (i-z)      py = z + M10 (j-z) + M11 (i-z)
 *
 * which is PyTorch's affine_grid without corner alignment. Positions are computed in
 * double for both scalars. The adjoint scatters with the same weights.
 */
#include <math.h>
#include <string.h>

#include "lib/augment/internal.h"

struct matrix {
	double xx, xy, yx, yy;
};

/* floor() without a call. An error of one at an integer would not matter: the weight
 * changes with it, and the interpolation is continuous. */
static inline int floor_int(double v)
{
	int i = (int)v;

	return i - (v < i);
}

struct sample {
	int x0, y0;
	yc_real w[4]; /* (y0,x0) (y0,x0+1) (y0+1,x0) (y0+1,x0+1) */
};

static inline struct sample locate(const struct matrix *m, double z, int i, int j)
{
	double px = z + m->xx * (j - z) + m->xy * (i - z);
	double py = z + m->yx * (j - z) + m->yy * (i - z);
	int x0 = floor_int(px), y0 = floor_int(py);
	yc_real wx = (yc_real)(px - x0), wy = (yc_real)(py - y0);

	return (struct sample){
		x0, y0, {(1 - wx) * (1 - wy), wx * (1 - wy), (1 - wx) * wy, wx * wy}};
}

static inline void gather(
	int side, int channels, const struct matrix *m, const yc_real *x, yc_real *y)
{
	double z = 0.5 * (side - 1);
	int row = side * channels;

	for (int i = 0; i < side; i++)
		for (int j = 0; j < side; j++, y += channels) {
			struct sample s = locate(m, z, i, j);
			if (s.x0 >= 0 && s.x0 < side - 1 && s.y0 >= 0 &&
				s.y0 < side - 1) {
				const yc_real *at = x + (s.y0 * row + s.x0 * channels);

				for (int c = 0; c < channels; c++)
					y[c] = s.w[0] * at[c] +
					       s.w[1] * at[c + channels] +
					       s.w[2] * at[c + row] +
					       s.w[3] * at[c + row + channels];
				continue;
			}
			for (int c = 0; c < channels; c++)
				y[c] = 0;
			for (int k = 0; k < 4; k++) {
				int xk = s.x0 + k % 2, yk = s.y0 + k / 2;

				if (xk < 0 || xk >= side || yk < 0 || yk >= side)
					continue;
				for (int c = 0; c < channels; c++)
					y[c] += s.w[k] * x[yk * row + xk * channels + c];
			}
		}
}

static inline void scatter(
	int side, int channels, const struct matrix *m, const yc_real *dy, yc_real *dx)
{
	double z = 0.5 * (side - 1);
	int row = side * channels;

	memset(dx, 0, (size_t)(side * row) * sizeof(*dx));
	for (int i = 0; i < side; i++)
		for (int j = 0; j < side; j++, dy += channels) {
			struct sample s = locate(m, z, i, j);

			for (int k = 0; k < 4; k++) {
				int xk = s.x0 + k % 2, yk = s.y0 + k / 2;

				if (xk < 0 || xk >= side || yk < 0 || yk >= side)
					continue;
				for (int c = 0; c < channels; c++)
					dx[yk * row + xk * channels + c] +=
						s.w[k] * dy[c];
			}
		}
}

/* A constant number of channels allows the inner loops to be unrolled. */
static void sample(const struct yc_aug_shape *s, const struct matrix *m, const yc_real *x,
	yc_real *y)
{
	if (s->channels == 3)
		gather(s->side, 3, m, x, y);
	else
		gather(s->side, s->channels, m, x, y);
}

static void sample_adjoint(const struct yc_aug_shape *s, const struct matrix *m,
	const yc_real *dy, yc_real *dx)
{
	if (s->channels == 3)
		scatter(s->side, 3, m, dy, dx);
	else
		scatter(s->side, s->channels, m, dy, dx);
}

static void draw_scale(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	yc_aug_uniform(rng, d, n, 0, 1 / 1.2, 1.2);
	yc_aug_uniform(rng, d, n, 1, 1 / 1.2, 1.2);
}

static struct matrix scale_matrix(const struct yc_aug_draw *d)
{
	return (struct matrix){d->p[0], 0, 0, d->p[1]};
}

static void scale(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	struct matrix m = scale_matrix(d);

	sample(s, &m, x, y);
}

static void scale_adjoint(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *dy, yc_real *dx)
{
	struct matrix m = scale_matrix(d);

	sample_adjoint(s, &m, dy, dx);
}

static void draw_rotate(
	const struct yc_aug_shape *s, struct yc_rng *rng, struct yc_aug_draw *d, int n)
{
	(void)s;
	yc_aug_uniform(rng, d, n, 0, -15, 15);
}

static struct matrix rotate_matrix(const struct yc_aug_draw *d)
{
	double t = d->p[0] * (M_PI / 180), c = cos(t), s = sin(t);

	return (struct matrix){c, -s, s, c};
}

static void rotate(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *x, yc_real *y)
{
	struct matrix m = rotate_matrix(d);

	sample(s, &m, x, y);
}

static void rotate_adjoint(const struct yc_aug_shape *s, const struct yc_aug_draw *d,
	const yc_real *dy, yc_real *dx)
{
	struct matrix m = rotate_matrix(d);

	sample_adjoint(s, &m, dy, dx);
}

const struct yc_aug_op yc_aug_scale = {
	.method = {.name = "scale", .summary = "zoom each axis by 1/1.2 to 1.2"},
	.group = "scale",
	.draw = draw_scale,
	.forward = scale,
	.tangent = scale,
	.adjoint = scale_adjoint,
};

const struct yc_aug_op yc_aug_rotate = {
	.method = {.name = "rotate", .summary = "rotate by up to 15 degrees"},
	.group = "rotate",
	.draw = draw_rotate,
	.forward = rotate,
	.tangent = rotate,
	.adjoint = rotate_adjoint,
};
