/* SPDX-License-Identifier: MIT */
/*
 * Winograd's transforms of one line of numbers, of T, for wino_tile.h and amx_lines.h, which
 * say what T and NAME are.
 *
 * F(4,3) with the points 0, +-A, +-B, infinity: y = At[(G g)(Bt d)], where column p of At
 * is (1, p, p^2, p^3), row p of G is (1, p, p^2)/prod(p - q), and row p of Bt holds the
 * coefficients of prod(x - q), q over the other finite points. Even and odd parts are
 * shared between +p and -p.
 */
#define WA ((yc_real)0.625)
#define WB ((yc_real)1.5)
#define WA2 (WA * WA)
#define WB2 (WB * WB)
#define W0S (1 / (WA2 * WB2))
#define WAS (1 / (2 * WA2 * (WA2 - WB2)))
#define WBS (1 / (2 * WB2 * (WB2 - WA2)))

/* t = Bt d */
static inline ALWAYS void NAME(bt6)(const T *d, T *t)
{
	T ea = d[4] - WB2 * d[2], oa = WA * (d[3] - WB2 * d[1]);
	T eb = d[4] - WA2 * d[2], ob = WB * (d[3] - WA2 * d[1]);

	t[0] = WA2 * WB2 * d[0] - (WA2 + WB2) * d[2] + d[4];
	t[1] = ea + oa;
	t[2] = ea - oa;
	t[3] = eb + ob;
	t[4] = eb - ob;
	t[5] = WA2 * WB2 * d[1] - (WA2 + WB2) * d[3] + d[5];
}

/* d = B t */
static inline ALWAYS void NAME(b6)(const T *t, T *d)
{
	T sa = t[1] + t[2], da = t[1] - t[2], sb = t[3] + t[4], db = t[3] - t[4];

	d[0] = WA2 * WB2 * t[0];
	d[1] = WA2 * WB2 * t[5] - WA * WB2 * da - WA2 * WB * db;
	d[2] = -(WA2 + WB2) * t[0] - WB2 * sa - WA2 * sb;
	d[3] = WA * da + WB * db - (WA2 + WB2) * t[5];
	d[4] = t[0] + sa + sb;
	d[5] = t[5];
}

/* y = At m */
static inline ALWAYS void NAME(at6)(const T *m, T *y)
{
	T sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];

	y[0] = m[0] + sa + sb;
	y[1] = WA * da + WB * db;
	y[2] = WA2 * sa + WB2 * sb;
	y[3] = WA * WA2 * da + WB * WB2 * db + m[5];
}

/* m = A y */
static inline ALWAYS void NAME(a6)(const T *y, T *m)
{
	T ea = y[0] + WA2 * y[2], oa = WA * y[1] + WA * WA2 * y[3];
	T eb = y[0] + WB2 * y[2], ob = WB * y[1] + WB * WB2 * y[3];

	m[0] = y[0];
	m[1] = ea + oa;
	m[2] = ea - oa;
	m[3] = eb + ob;
	m[4] = eb - ob;
	m[5] = y[3];
}

/* u = G g */
static inline ALWAYS void NAME(g6)(const T *g, T *u)
{
	T ea = WAS * (g[0] + WA2 * g[2]), oa = WAS * WA * g[1];
	T eb = WBS * (g[0] + WB2 * g[2]), ob = WBS * WB * g[1];

	u[0] = W0S * g[0];
	u[1] = ea + oa;
	u[2] = ea - oa;
	u[3] = eb + ob;
	u[4] = eb - ob;
	u[5] = g[2];
}

/* g = Gt u */
static inline ALWAYS void NAME(gt6)(const T *u, T *g)
{
	T sa = WAS * (u[1] + u[2]), da = WAS * WA * (u[1] - u[2]);
	T sb = WBS * (u[3] + u[4]), db = WBS * WB * (u[3] - u[4]);

	g[0] = W0S * u[0] + sa + sb;
	g[1] = da + db;
	g[2] = WA2 * sa + WB2 * sb + u[5];
}
