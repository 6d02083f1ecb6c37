/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "CutMix": one box and one permutation for a whole batch. */
#include <math.h>
#include <string.h>

#include "lib/augment/internal.h"
#include "yc/augment.h"

static int clip(int v, int hi)
{
	return v < 0 ? 0 : v > hi ? hi : v;
}

void yc_mix_box(struct yc_mix *m, int side, double lam, int cx, int cy)
{
	int half = (int)(side * sqrt(1 - lam)) / 2;

	m->r0 = clip(cx - half, side);
	m->r1 = clip(cx + half, side);
	m->c0 = clip(cy - half, side);
	m->c1 = clip(cy + half, side);
	m->rho = 1 - (double)(m->r1 - m->r0) * (m->c1 - m->c0) / ((double)side * side);
}

void yc_mix_draw(struct yc_mix *m, struct yc_rng *rng, double mix_p, int n, int side)
{
	m->on = yc_rng_uniform(rng) < mix_p;
	if (!m->on)
		return;

	double lam = yc_rng_uniform(rng); /* Beta(1,1) */

	yc_rng_permutation(rng, m->perm, n);

	int cx = (int)yc_rng_below(rng, (uint32_t)side);
	int cy = (int)yc_rng_below(rng, (uint32_t)side);

	yc_mix_box(m, side, lam, cx, cy);
}

void yc_mix_apply(const struct yc_mix *m, int b, int side, int channels, const yc_real *x,
	yc_real *y)
{
	size_t row = (size_t)side * (size_t)channels, image = row * (size_t)side;
	const yc_real *from = x + (size_t)m->perm[b] * image;
	size_t at = (size_t)(m->c0 * channels),
	       len = (size_t)((m->c1 - m->c0) * channels);

	memcpy(y, x + (size_t)b * image, image * sizeof(*y));
	for (int i = m->r0; i < m->r1; i++)
		memcpy(y + (size_t)i * row + at, from + (size_t)i * row + at,
			len * sizeof(*y));
}
