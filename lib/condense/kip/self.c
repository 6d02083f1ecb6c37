/* SPDX-License-Identifier: MIT */
/*
 * The kernel of an image and itself, from which the variances come that all its pairs
 * need; and the gradient that comes back through them. The variances of a stage are its
 * offset 0, so that comes first forward, and last backward. There a pixel meets itself: the
 * angle is 0, ReLU halves both k and t, and so it halves their gradients.
 */
#include <string.h>

#include "lib/condense/kip/kernel.h"
#include "yc/kern.h"

static const double window = YC_NTK_WEIGHT / 9;

static void halve(double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] /= 2;
}

/* As yc_ntk_chain for offset 0, which fills the variances. */
static void diagonal(const struct yc_ntk *k, int stage, double *v, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	size_t n = (size_t)s->side * (size_t)s->side;

	v += s->relu;
	for (int c = 0; c < s->convs; c++, v += n) {
		yc_kern_get()->box3(s->side, s->side, m->k, window, YC_NTK_BIAS, NULL, v);
		memcpy(m->k, v, n * sizeof(*v));
		if (stage == 0 && c == 0)
			memcpy(m->t, v, n * sizeof(*v));
		else {
			yc_kern_get()->box3(s->side, s->side, m->t, window, 0, v, m->t2);
			memcpy(m->t, m->t2, n * sizeof(*v));
		}
		halve(m->k, n);
		halve(m->t, n);
	}
}

static void diagonal_back(const struct yc_ntk *k, int stage, const double *v,
	const double *gv, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	size_t n = (size_t)s->side * (size_t)s->side, at = s->relu + (size_t)s->convs * n;

	for (int c = s->convs; c-- > 0;) {
		at -= n;
		for (size_t i = 0; i < n; i++) {
			double gt = m->gt[i] / 2;

			m->t2[i] = gt;
			m->k2[i] = m->gk[i] / 2 + gv[at + i] / v[at + i] + gt;
		}
		yc_kern_get()->box3(s->side, s->side, m->k2, window, 0, NULL, m->gk);
		yc_kern_get()->box3(s->side, s->side, m->t2, window, 0, NULL, m->gt);
	}
}

/* The maps of an offset at the beginning of a stage. */
static void load(const struct yc_ntk *k, int stage, int dy, int dx,
	const struct yc_ntk_rect *r, const double *x, struct yc_ntk_maps *m)
{
	size_t at;

	if (stage == 0) {
		yc_ntk_input(k, r, x, x, m->k);
		return;
	}
	at = yc_ntk_at(&k->stage[stage], dy, dx);
	memcpy(m->k, m->bk[stage] + at, r->n * sizeof(double));
	memcpy(m->t, m->bt[stage] + at, r->n * sizeof(double));
}

double yc_ntk_one(
	const struct yc_ntk *k, const double *x, double *v, struct yc_ntk_maps *m)
{
	yc_ntk_begin_bands(k, m);
	for (int i = 0; i < k->net.stages; i++) {
		int range = k->stage[i].range, side = k->stage[i].side;
		struct yc_ntk_rect r = yc_ntk_rect(side, 0, 0);

		load(k, i, 0, 0, &r, x, m);
		diagonal(k, i, v, m);
		yc_ntk_push(k, i, 0, 0, m->k, m->t, m);
		for (int dy = -range; dy <= range; dy++)
			for (int dx = -range; dx <= range; dx++) {
				if (!dy && !dx)
					continue;
				r = yc_ntk_rect(side, dy, dx);
				load(k, i, dy, dx, &r, x, m);
				yc_ntk_chain(k, i, &r, v, v, false, m);
				yc_ntk_push(k, i, dy, dx, m->k, m->t, m);
			}
	}
	return yc_ntk_head(k, m);
}

/* Gradients of an offset at the beginning of a stage go to where its maps came from: from
 * the first stage, k(p, q) = sum of x(p) x(q), to both pixels. */
static void store(const struct yc_ntk *k, int stage, int dy, int dx,
	const struct yc_ntk_rect *r, const double *x, double *gx, struct yc_ntk_maps *m)
{
	size_t side = (size_t)k->side, plane = side * side, at;

	if (stage > 0) {
		at = yc_ntk_at(&k->stage[stage], dy, dx);
		memcpy(m->bk[stage] + at, m->gk, r->n * sizeof(double));
		memcpy(m->bt[stage] + at, m->gt, r->n * sizeof(double));
		return;
	}
	for (int c = 0; c < k->channels; c++, x += plane, gx += plane) {
		yc_kern_get()->hadamard(r->h, r->w, 1.0 / k->channels, m->gk,
			(size_t)r->w, x + r->q, side, true, gx + r->p, side);
		yc_kern_get()->hadamard(r->h, r->w, 1.0 / k->channels, m->gk,
			(size_t)r->w, x + r->p, side, true, gx + r->q, side);
	}
}

void yc_ntk_one_back(const struct yc_ntk *k, const double *x, double *v, double g,
	double *gx, double *gv, struct yc_ntk_maps *m)
{
	(void)yc_ntk_one(k, x, v, m);
	yc_ntk_head_back(k, g, m);
	for (int i = k->net.stages; i-- > 0;) {
		int range = k->stage[i].range, side = k->stage[i].side;
		struct yc_ntk_rect r;

		for (int dy = -range; dy <= range; dy++)
			for (int dx = -range; dx <= range; dx++) {
				if (!dy && !dx)
					continue;
				r = yc_ntk_rect(side, dy, dx);
				load(k, i, dy, dx, &r, x, m);
				yc_ntk_chain(k, i, &r, v, v, true, m);
				yc_ntk_pull(k, i, dy, dx, m);
				yc_ntk_chain_back(k, i, &r, gv, gv, m);
				store(k, i, dy, dx, &r, x, gx, m);
			}
		r = yc_ntk_rect(side, 0, 0);
		yc_ntk_pull(k, i, 0, 0, m);
		diagonal_back(k, i, v, gv, m);
		store(k, i, 0, 0, &r, x, gx, m);
	}
}
