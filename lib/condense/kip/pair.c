/* SPDX-License-Identifier: MIT */
/* The kernel of two images under a network of convolutions, offset by offset, and its
 * gradient by the first image, for which every stage is computed again. */
#include <stdlib.h>
#include <string.h>

#include "lib/condense/kip/kernel.h"
#include "yc/kern.h"

static const double window = YC_NTK_WEIGHT / 9;

size_t yc_ntk_maps_size(const struct yc_ntk *k)
{
	size_t most = (size_t)k->side * (size_t)k->side, n = 8 + 4 * YC_NTK_CONVS_MAX,
	       band = 0;

	for (int i = 1; i <= k->net.stages; i++)
		band += 2 * k->stage[i].band;
	return n * most + band;
}

void yc_ntk_maps_at(const struct yc_ntk *k, double *memory, struct yc_ntk_maps *m)
{
	size_t most = (size_t)k->side * (size_t)k->side;
	double **const one[] = {
		&m->k, &m->t, &m->k2, &m->t2, &m->ab, &m->gk, &m->gt, &m->gv};

	for (size_t i = 0; i < YC_COUNT(one); i++, memory += most)
		*one[i] = memory;
	for (int c = 0; c < YC_NTK_CONVS_MAX; c++, memory += 4 * most) {
		m->rk[c] = memory;
		m->rt[c] = memory + most;
		m->sigma[c] = memory + 2 * most;
		m->dot[c] = memory + 3 * most;
	}
	for (int i = 1; i <= k->net.stages; i++) {
		m->bk[i] = memory;
		m->bt[i] = memory + k->stage[i].band;
		memory += 2 * k->stage[i].band;
	}
}

struct yc_ntk_rect yc_ntk_rect(int side, int dy, int dx)
{
	int y = dy < 0 ? -dy : 0, x = dx < 0 ? -dx : 0;
	struct yc_ntk_rect r = {.h = side - abs(dy), .w = side - abs(dx)};

	r.p = (size_t)(y * side + x);
	r.q = (size_t)((y + dy) * side + x + dx);
	r.n = (size_t)r.h * (size_t)r.w;
	return r;
}

void yc_ntk_input(const struct yc_ntk *k, const struct yc_ntk_rect *r, const double *x,
	const double *y, double *out)
{
	size_t side = (size_t)k->side, plane = side * side;

	for (int c = 0; c < k->channels; c++, x += plane, y += plane)
		yc_kern_get()->hadamard(r->h, r->w, 1.0 / k->channels, x + r->p, side,
			y + r->q, side, c > 0, out, (size_t)r->w);
}

/* From m->k and m->t, of which the latter is 0 at first, to themselves. */
void yc_ntk_chain(const struct yc_ntk *k, int stage, const struct yc_ntk_rect *r,
	const double *vx, const double *vy, bool record, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	const struct yc_kern *kern = yc_kern_get();
	size_t side = (size_t)s->side, at = s->relu;

	for (int c = 0; c < s->convs; c++, at += side * side) {
		double *ck = record ? m->rk[c] : m->k2, *ct = record ? m->rt[c] : m->t2;

		kern->box3(r->h, r->w, m->k, window, YC_NTK_BIAS, NULL, ck);
		if (stage == 0 && c == 0)
			memcpy(ct, ck, r->n * sizeof(*ct));
		else
			kern->box3(r->h, r->w, m->t, window, 0, ck, ct);
		kern->hadamard(r->h, r->w, 1, vx + at + r->p, side, vy + at + r->q, side,
			false, m->ab, (size_t)r->w);
		if (record) {
			memcpy(m->k, ck, r->n * sizeof(*ck));
			memcpy(m->t, ct, r->n * sizeof(*ct));
			kern->arc_record(r->n, m->ab, m->k, m->t, m->sigma[c], m->dot[c]);
			continue;
		}
		kern->arc_forward(r->n, m->ab, ck, ct);
		m->k2 = m->k;
		m->k = ck;
		m->t2 = m->t;
		m->t = ct;
	}
}

static void add_rows(
	const struct yc_ntk_rect *r, const double *from, double *to, size_t side)
{
	for (int i = 0; i < r->h; i++, from += r->w, to += side)
		for (int j = 0; j < r->w; j++)
			to[j] += from[j];
}

/* From m->gk and m->gt to themselves, after yc_ntk_chain with record. */
void yc_ntk_chain_back(const struct yc_ntk *k, int stage, const struct yc_ntk_rect *r,
	double *gv, double *gv_q, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	const struct yc_kern *kern = yc_kern_get();
	size_t side = (size_t)s->side, plane = side * side;
	size_t at = s->relu + (size_t)s->convs * plane;

	for (int c = s->convs; c-- > 0;) {
		double *gk = m->k2, *gt = m->t2;

		at -= plane;
		kern->arc_backward(r->n, m->rk[c], m->rt[c], m->sigma[c], m->dot[c],
			m->gk, m->gt, m->gv);
		add_rows(r, m->gv, gv + at + r->p, side);
		if (gv_q)
			add_rows(r, m->gv, gv_q + at + r->q, side);
		for (size_t i = 0; i < r->n; i++)
			m->gk[i] += m->gt[i];
		kern->box3(r->h, r->w, m->gk, window, 0, NULL, gk);
		if (stage || c)
			kern->box3(r->h, r->w, m->gt, window, 0, NULL, gt);
		m->k2 = m->gk;
		m->gk = gk;
		m->t2 = m->gt;
		m->gt = gt;
	}
}

/* ---- from one stage to the next ---- */

void yc_ntk_begin_bands(const struct yc_ntk *k, struct yc_ntk_maps *m)
{
	for (int i = 1; i <= k->net.stages; i++) {
		memset(m->bk[i], 0, k->stage[i].band * sizeof(double));
		memset(m->bt[i], 0, k->stage[i].band * sizeof(double));
	}
}

/* Pooling: pixels 2P + u and 2Q + v of a pair meet in P and Q, so an offset d and u have
 * one v and one offset of the result, with d + u = 2 D + v. */
struct meeting {
	size_t from, to; /* first elements, in the offset and in the band */
	int h, w;	 /* of the rectangle of the result */
};

static int half(int n) /* rounded down */
{
	return (n - (n & 1)) / 2;
}

/* Whether the offset counts for the next stage, with these u. */
static bool meet(const struct yc_ntk *k, int stage, int dy, int dx, int uy, int ux,
	struct meeting *at)
{
	const struct yc_ntk_stage *s = &k->stage[stage], *next = s + 1;
	int ey = half(dy + uy), ex = half(dx + ux);
	struct yc_ntk_rect to;
	int y, x;

	if (abs(ey) > next->range || abs(ex) > next->range)
		return false;
	to = yc_ntk_rect(next->side, ey, ex);
	y = 2 * (ey < 0 ? -ey : 0) + uy - (dy < 0 ? -dy : 0);
	x = 2 * (ex < 0 ? -ex : 0) + ux - (dx < 0 ? -dx : 0);
	*at = (struct meeting){.from = (size_t)(y * (s->side - abs(dx)) + x),
		.to = yc_ntk_at(next, ey, ex),
		.h = to.h,
		.w = to.w};
	return true;
}

static void pool(const struct meeting *a, size_t width, const double *from, double *to)
{
	from += a->from;
	to += a->to;
	for (int i = 0; i < a->h; i++, from += 2 * width, to += a->w)
		for (int j = 0; j < a->w; j++)
			to[j] += from[2 * j] / 16;
}

static void unpool(const struct meeting *a, size_t width, const double *from, double *to)
{
	from += a->to;
	to += a->from;
	for (int i = 0; i < a->h; i++, from += a->w, to += 2 * width)
		for (int j = 0; j < a->w; j++)
			to[2 * j] = from[j] / 16;
}

void yc_ntk_push(const struct yc_ntk *k, int stage, int dy, int dx, const double *from_k,
	const double *from_t, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	struct yc_ntk_rect r = yc_ntk_rect(s->side, dy, dx);
	struct meeting at;

	if (!s->pool) {
		size_t to = yc_ntk_at(s + 1, dy, dx);

		memcpy(m->bk[stage + 1] + to, from_k, r.n * sizeof(double));
		memcpy(m->bt[stage + 1] + to, from_t, r.n * sizeof(double));
		return;
	}
	for (int u = 0; u < 4; u++) {
		if (!meet(k, stage, dy, dx, u >> 1, u & 1, &at))
			continue;
		pool(&at, (size_t)r.w, from_k, m->bk[stage + 1]);
		pool(&at, (size_t)r.w, from_t, m->bt[stage + 1]);
	}
}

/* The gradients of an offset, into m->gk and m->gt, from those of the next stage. */
void yc_ntk_pull(const struct yc_ntk *k, int stage, int dy, int dx, struct yc_ntk_maps *m)
{
	const struct yc_ntk_stage *s = &k->stage[stage];
	struct yc_ntk_rect r = yc_ntk_rect(s->side, dy, dx);
	struct meeting at;

	if (!s->pool) {
		size_t from = yc_ntk_at(s + 1, dy, dx);

		memcpy(m->gk, m->bk[stage + 1] + from, r.n * sizeof(double));
		memcpy(m->gt, m->bt[stage + 1] + from, r.n * sizeof(double));
		return;
	}
	memset(m->gk, 0, r.n * sizeof(double));
	memset(m->gt, 0, r.n * sizeof(double));
	for (int u = 0; u < 4; u++) {
		if (!meet(k, stage, dy, dx, u >> 1, u & 1, &at))
			continue;
		unpool(&at, (size_t)r.w, m->bk[stage + 1], m->gk);
		unpool(&at, (size_t)r.w, m->bt[stage + 1], m->gt);
	}
}

double yc_ntk_head(const struct yc_ntk *k, const struct yc_ntk_maps *m)
{
	int last = k->net.stages;
	double cov = 0, tangent = 0;

	for (size_t i = 0; i < k->stage[last].band; i++) {
		cov += m->bk[last][i];
		tangent += m->bt[last][i];
	}
	cov = YC_NTK_WEIGHT * cov / k->count + YC_NTK_BIAS;
	return k->nngp ? cov : YC_NTK_WEIGHT * tangent / k->count + cov;
}

void yc_ntk_head_back(const struct yc_ntk *k, double g, struct yc_ntk_maps *m)
{
	int last = k->net.stages;
	double each = YC_NTK_WEIGHT * g / k->count;

	for (size_t i = 0; i < k->stage[last].band; i++) {
		m->bk[last][i] = each;
		m->bt[last][i] = k->nngp ? 0 : each;
	}
}

/* ---- a pair ---- */

/* The maps of an offset at the beginning of a stage. */
static void load(const struct yc_ntk *k, int stage, int dy, int dx,
	const struct yc_ntk_rect *r, const double *x, const double *y,
	struct yc_ntk_maps *m)
{
	size_t at;

	if (stage == 0) {
		yc_ntk_input(k, r, x, y, m->k);
		return;
	}
	at = yc_ntk_at(&k->stage[stage], dy, dx);
	memcpy(m->k, m->bk[stage] + at, r->n * sizeof(double));
	memcpy(m->t, m->bt[stage] + at, r->n * sizeof(double));
}

double yc_ntk_pair(const struct yc_ntk *k, const double *x, const double *vx,
	const double *y, const double *vy, struct yc_ntk_maps *m)
{
	yc_ntk_begin_bands(k, m);
	for (int i = 0; i < k->net.stages; i++) {
		int range = k->stage[i].range;

		for (int dy = -range; dy <= range; dy++)
			for (int dx = -range; dx <= range; dx++) {
				struct yc_ntk_rect r =
					yc_ntk_rect(k->stage[i].side, dy, dx);

				load(k, i, dy, dx, &r, x, y, m);
				yc_ntk_chain(k, i, &r, vx, vy, false, m);
				yc_ntk_push(k, i, dy, dx, m->k, m->t, m);
			}
	}
	return yc_ntk_head(k, m);
}

void yc_ntk_pair_back(const struct yc_ntk *k, const double *x, const double *vx,
	const double *y, const double *vy, double g, double *gx, double *gv,
	struct yc_ntk_maps *m)
{
	size_t side = (size_t)k->side, plane = side * side;

	(void)yc_ntk_pair(k, x, vx, y, vy, m);
	yc_ntk_head_back(k, g, m);
	for (int i = k->net.stages; i-- > 0;) {
		int range = k->stage[i].range;

		for (int dy = -range; dy <= range; dy++)
			for (int dx = -range; dx <= range; dx++) {
				struct yc_ntk_rect r =
					yc_ntk_rect(k->stage[i].side, dy, dx);
				size_t at = yc_ntk_at(&k->stage[i], dy, dx);

				load(k, i, dy, dx, &r, x, y, m);
				yc_ntk_chain(k, i, &r, vx, vy, true, m);
				yc_ntk_pull(k, i, dy, dx, m);
				yc_ntk_chain_back(k, i, &r, gv, NULL, m);
				if (i > 0) {
					memcpy(m->bk[i] + at, m->gk,
						r.n * sizeof(double));
					memcpy(m->bt[i] + at, m->gt,
						r.n * sizeof(double));
					continue;
				}
				for (int c = 0; c < k->channels; c++)
					yc_kern_get()->hadamard(r.h, r.w,
						1.0 / k->channels, m->gk, (size_t)r.w,
						y + (size_t)c * plane + r.q, side, true,
						gx + (size_t)c * plane + r.p, side);
			}
	}
}
