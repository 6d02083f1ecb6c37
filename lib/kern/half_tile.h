/* SPDX-License-Identifier: MIT */
/*
 * Transforms of one 9x9 tile of conv_half.h for one strip of channels, for kern_body.h with
 * T = vectors, fours or scalars.
 *
 * F(4,2) of the even pixels with the points +-A, +-B, infinity, as in wino_points.h; the odd
 * pixels follow as they are.
 */
#define HA ((yc_real)0.375)
#define HB ((yc_real)1.125)
#define HA2 (HA * HA)
#define HB2 (HB * HB)
#define HAS (1 / (2 * HA * (HA2 - HB2)))
#define HBS (1 / (2 * HB * (HB2 - HA2)))

/* Nine pixels to nine positions. */
static inline ALWAYS void NAME(half_bt)(const T *d, T *t)
{
	T ea = HA * (d[4] - HB2 * d[0]), oa = d[6] - HB2 * d[2];
	T eb = HB * (d[4] - HA2 * d[0]), ob = d[6] - HA2 * d[2];

	t[0] = oa + ea;
	t[1] = oa - ea;
	t[2] = ob + eb;
	t[3] = ob - eb;
	t[4] = HA2 * HB2 * d[0] - (HA2 + HB2) * d[4] + d[8];
	for (int i = 0; i < 4; i++)
		t[5 + i] = d[1 + 2 * i];
}

static inline ALWAYS void NAME(half_b)(const T *t, T *d)
{
	T sa = t[0] + t[1], da = t[0] - t[1], sb = t[2] + t[3], db = t[2] - t[3];

	d[0] = HA2 * HB2 * t[4] - HA * HB2 * da - HB * HA2 * db;
	d[2] = -HB2 * sa - HA2 * sb;
	d[4] = HA * da + HB * db - (HA2 + HB2) * t[4];
	d[6] = sa + sb;
	d[8] = t[4];
	for (int i = 0; i < 4; i++)
		d[1 + 2 * i] = t[5 + i];
}

/* Nine positions to four outputs. */
static inline ALWAYS void NAME(half_at)(const T *m, T *y)
{
	T sa = m[0] + m[1], da = m[0] - m[1], sb = m[2] + m[3], db = m[2] - m[3];

	y[0] = sa + sb + m[5];
	y[1] = HA * da + HB * db + m[6];
	y[2] = HA2 * sa + HB2 * sb + m[7];
	y[3] = HA * HA2 * da + HB * HB2 * db + m[4] + m[8];
}

static inline ALWAYS void NAME(half_a)(const T *y, T *m)
{
	T ea = y[0] + HA2 * y[2], oa = HA * y[1] + HA * HA2 * y[3];
	T eb = y[0] + HB2 * y[2], ob = HB * y[1] + HB * HB2 * y[3];

	m[0] = ea + oa;
	m[1] = ea - oa;
	m[2] = eb + ob;
	m[3] = eb - ob;
	m[4] = y[3];
	for (int i = 0; i < 4; i++)
		m[5 + i] = y[i];
}

/* Three taps to the six kinds of positions. */
static inline ALWAYS void NAME(half_g)(const T *g, T *u)
{
	u[0] = HAS * (g[0] + HA * g[2]);
	u[1] = -HAS * (g[0] - HA * g[2]);
	u[2] = HBS * (g[0] + HB * g[2]);
	u[3] = -HBS * (g[0] - HB * g[2]);
	u[4] = g[2];
	u[5] = g[1];
}

static inline ALWAYS void NAME(half_gt)(const T *u, T *g)
{
	g[0] = HAS * (u[0] - u[1]) + HBS * (u[2] - u[3]);
	g[1] = u[5];
	g[2] = HAS * HA * (u[0] + u[1]) + HBS * HB * (u[2] + u[3]) + u[4];
}

#define PASS(x) NAME(half_##x)
#define LINE(x) NAME(half_##x)
#define SIDE 9
#define KINDS 6
#include "tile_passes.h"

#undef HA
#undef HB
#undef HA2
#undef HB2
#undef HAS
#undef HBS
