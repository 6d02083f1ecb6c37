/* SPDX-License-Identifier: MIT */
/*
 * The form "winograd" of convolution, for kern_body.h: 3x3 by Winograd F(4x4,3x3), points
 * 0, +-5/8, +-3/2, infinity (Lavin and Gray 2016, with points chosen for accuracy): four
 * times fewer multiplications. Its planes are the 36 = 6x6 transformed positions, each a
 * matrix [images*tiles][channels]. With V = Bt x B, U = G w Gt, dM = A dy At, every pass is
 * 36 matrix products between the same transforms: M = V U, dU = Vt dM, dV = dM Ut, and two
 * of them where there are two terms. V is kept of x and dM of dy; gradients are summed as
 * dU and transformed once (fold).
 */
#define T vec
#define NAME(x) x##_v
#include "wino_tile.h"
#undef T
#undef NAME
#define T yc_real
#define NAME(x) x##_s
#include "wino_tile.h"
#undef T
#undef NAME

/* Rows (tiles) of a product: with many the weights are loaded seldom, which counts where V
 * and dM are kept and leave the cache anyway. Forward alone, V and M stay in a cache of
 * CACHE bytes, as far as the loads of the weights allow. */
enum { PLANES = 36, WINO_ROWS = 160, WINO_ROWS_FEW = 16, CACHE = 576 << 10 };

static void wino_input(
	const yc_real *x, size_t row, int c, int th, int tw, yc_real *v, size_t plane)
{
	size_t cs = (size_t)c;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, v += cs) {
			const yc_real *p =
				x + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;

			STRIPS(c, q, tile_input_v(p + q, row, cs, v + q, plane),
				tile_input_s(p + q, row, cs, v + q, plane));
		}
	}
}

static void wino_output(const yc_real *m, size_t plane, int h, int w, int c, int th,
	int tw, yc_real *y, size_t row)
{
	size_t cs = (size_t)c;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, m += cs) {
			yc_real *p = y + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;
			int hi = min_i(4, h - 4 * ti), wi = min_i(4, w - 4 * tj);

			if (hi == 4 && wi == 4)
				STRIPS(c, q,
					tile_output_v(m + q, plane, p + q, row, cs, 4, 4),
					tile_output_s(
						m + q, plane, p + q, row, cs, 4, 4));
			else
				STRIPS(c, q,
					tile_output_v(
						m + q, plane, p + q, row, cs, hi, wi),
					tile_output_s(
						m + q, plane, p + q, row, cs, hi, wi));
		}
	}
}

static void wino_output_adjoint(
	const yc_real *dy, int h, int w, int c, int th, int tw, yc_real *dm, size_t plane)
{
	size_t cs = (size_t)c, row = (size_t)w * cs;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, dm += cs) {
			const yc_real *p =
				dy + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;
			int hi = min_i(4, h - 4 * ti), wi = min_i(4, w - 4 * tj);

			if (hi == 4 && wi == 4)
				STRIPS(c, q,
					tile_output_adjoint_v(
						p + q, row, cs, 4, 4, dm + q, plane),
					tile_output_adjoint_s(
						p + q, row, cs, 4, 4, dm + q, plane));
			else
				STRIPS(c, q,
					tile_output_adjoint_v(
						p + q, row, cs, hi, wi, dm + q, plane),
					tile_output_adjoint_s(
						p + q, row, cs, hi, wi, dm + q, plane));
		}
	}
}

static void wino_input_adjoint(
	const yc_real *dv, size_t plane, int h, int w, int c, int th, int tw, yc_real *dx)
{
	size_t cs = (size_t)c, row = (size_t)w * cs;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, dv += cs) {
			/* The patch begins one pixel above and left of the tile. */
			int i0 = ti == 0, i1 = min_i(6, h + 1 - 4 * ti);
			int j0 = tj == 0, j1 = min_i(6, w + 1 - 4 * tj);
			yc_real *p = dx + (size_t)(4 * ti - 1 + i0) * row +
				     (size_t)(4 * tj - 1 + j0) * cs;

			STRIPS(c, q,
				tile_input_adjoint_v(
					dv + q, plane, p + q, row, cs, i0, i1, j0, j1),
				tile_input_adjoint_s(
					dv + q, plane, p + q, row, cs, i0, i1, j0, j1));
		}
	}
}

static void wino_weight(const yc_real *w, int ci, int co, int i0, int i1, yc_real *u)
{
	size_t tap = (size_t)ci * (size_t)co, plane = packed_size(ci, co);

	for (int i = i0; i < i1; i++) {
		const yc_real *g = w + (size_t)i * (size_t)co;
		yc_real *o = u + (size_t)i * NR;

		STRIPS(co, q, tile_weight_v(g + q, tap, o + packed_at(ci, q), plane),
			tile_weight_s(g + q, tap, o + packed_at(ci, q), plane));
	}
}

static void wino_weight_adjoint(const yc_real *du, int ci, int co, yc_real *dw)
{
	size_t tap = (size_t)ci * (size_t)co;

	for (int i = 0; i < ci; i++) {
		const yc_real *u = du + (size_t)i * (size_t)co;
		yc_real *g = dw + (size_t)i * (size_t)co;

		STRIPS(co, q, tile_weight_adjoint_v(u + q, tap, g + q, tap),
			tile_weight_adjoint_s(u + q, tap, g + q, tap));
	}
}

struct wino {
	int h, w, ci, co, th, tw, tiles; /* tiles down, across, in all */
	size_t fwd, bwd; /* packed elements of one plane of U and of U transposed */
};

static struct wino wino_of(const struct yc_conv *c)
{
	struct wino g = {c->h, c->w, c->ci, c->co, (c->h + 3) / 4, (c->w + 3) / 4, 0,
		packed_size(c->ci, c->co), packed_size(c->co, c->ci)};

	g.tiles = g.th * g.tw;
	return g;
}

/* Elements between planes of n images and c channels: one spare row, so that the 36
 * planes do not fall on the same cache sets. */
static size_t plane_of(const struct wino *g, int n, int c)
{
	return ((size_t)n * (size_t)g->tiles + 1) * (size_t)c;
}

static bool wino_fits(const struct yc_conv *c)
{
	return c->k == 3;
}

static void wino_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct wino g = wino_of(c);
	int fit = CACHE / (PLANES * (g.ci + g.co) * (int)sizeof(yc_real)),
	    few = fit < WINO_ROWS_FEW ? WINO_ROWS_FEW : min_i(fit, WINO_ROWS);
	size_t tiles = (size_t)g.tiles, ci = (size_t)g.ci, co = (size_t)g.co,
	       wide = ci > co ? ci : co;

	*p = (struct yc_conv_plan){
		.ph = 4 * g.th + 2,
		.pw = 4 * g.tw + 2,
		.chunk = (WINO_ROWS + g.tiles - 1) / g.tiles,
		.chunk_forward = (few + g.tiles - 1) / g.tiles,
		.pack = PLANES * (g.fwd + g.bwd) + 9 * ci * co,
		.x_image = PLANES * tiles * ci, /* V */
		.x_fixed = PLANES * ci,
		.dy_image = PLANES * tiles * co, /* dM */
		.dy_fixed = PLANES * co,
		.grad = PLANES * ci * co,
		.scratch_image = PLANES * tiles * wide, /* M or dV */
		.scratch_fixed = PLANES * wide,
	};
}

static void wino_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	const struct wino g = wino_of(c);
	yc_real *ut = pack_to + PLANES * g.fwd, *wt = ut + PLANES * g.bwd;
	size_t tap = (size_t)g.ci * (size_t)g.co;
	int o0 = g.co * part / parts, o1 = g.co * (part + 1) / parts;

	wino_weight(
		w, g.ci, g.co, g.ci * part / parts, g.ci * (part + 1) / parts, pack_to);
	if (!adjoint)
		return;
	for (int t = 0; t < 9; t++) {
		for (int i = 0; i < g.ci; i++) {
			const yc_real *from =
				w + (size_t)t * tap + (size_t)i * (size_t)g.co;
			yc_real *to = wt + (size_t)t * tap + (size_t)i;

			for (int o = o0; o < o1; o++)
				to[(size_t)o * (size_t)g.ci] = from[o];
		}
	}
	wino_weight(wt, g.co, g.ci, o0, o1, ut);
}

static const yc_real *wino_v(const struct yc_conv *c, const struct wino *g, int n,
	const struct yc_conv_term *t)
{
	for (int i = 0; i < n && !t->ready; i++)
		wino_input(t->x + (size_t)i * c->ximg, c->xrow, g->ci, g->th, g->tw,
			t->kept + (size_t)i * (size_t)g->tiles * (size_t)g->ci,
			plane_of(g, n, g->ci));
	return t->kept;
}

static const yc_real *wino_dm(const struct wino *g, int n, const struct yc_conv_term *t)
{
	size_t map = (size_t)g->h * (size_t)g->w * (size_t)g->co;

	for (int i = 0; i < n && !t->ready; i++)
		wino_output_adjoint(t->x + (size_t)i * map, g->h, g->w, g->co, g->th,
			g->tw, t->kept + (size_t)i * (size_t)g->tiles * (size_t)g->co,
			plane_of(g, n, g->co));
	return t->kept;
}

/* to = sum of from[t] u[t] in every plane, [n*tiles][k] times packed [k][c] */
static void wino_products(const struct wino *g, int n, int k, int c,
	const yc_real *const from[], const yc_real *const u[], int nterms, yc_real *to)
{
	size_t px = plane_of(g, n, k), po = plane_of(g, n, c), pu = packed_size(k, c);
	size_t rows = (size_t)n * (size_t)g->tiles;

	for (size_t q = 0; q < PLANES; q++) {
		struct yc_gemm_term op[2];

		for (int t = 0; t < nterms; t++)
			op[t] = (struct yc_gemm_term){
				from[t] + q * px, (size_t)k, 0, 1, k, u[t] + q * pu};
		struct yc_ahead next = {{op[0].a + px, op[0].b + pu, to + (q + 1) * po},
			{rows * (size_t)k * sizeof *to, pu * sizeof *to,
				rows * (size_t)c * sizeof *to}};

		mul((int)rows, c, to + q * po, (size_t)c, false, op, nterms,
			q + 1 < PLANES ? &next : NULL);
	}
}

static void wino_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const struct wino g = wino_of(c);
	const yc_real *v[2], *u[2];

	for (int i = 0; i < nterms; i++) {
		v[i] = wino_v(c, &g, n, &t[i]);
		u[i] = t[i].pack;
	}
	wino_products(&g, n, g.ci, g.co, v, u, nterms, scratch);
	for (int i = 0; i < n; i++)
		wino_output(scratch + (size_t)i * (size_t)g.tiles * (size_t)g.co,
			plane_of(&g, n, g.co), g.h, g.w, g.co, g.th, g.tw,
			y + (size_t)i * c->yimg, c->yrow);
}

static void wino_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const struct wino g = wino_of(c);
	const yc_real *dm[2], *ut[2];
	size_t map = (size_t)g.h * (size_t)g.w * (size_t)g.ci;

	for (int i = 0; i < nterms; i++) {
		dm[i] = wino_dm(&g, n, &t[i]);
		ut[i] = t[i].pack + PLANES * g.fwd;
	}
	if (!dx)
		return;
	wino_products(&g, n, g.co, g.ci, dm, ut, nterms, scratch);
	memset(dx, 0, (size_t)n * map * sizeof *dx);
	for (int i = 0; i < n; i++)
		wino_input_adjoint(scratch + (size_t)i * (size_t)g.tiles * (size_t)g.ci,
			plane_of(&g, n, g.ci), g.h, g.w, g.ci, g.th, g.tw,
			dx + (size_t)i * map);
}

static void wino_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add_to, yc_real *grad, yc_real *scratch)
{
	const struct wino g = wino_of(c);
	const yc_real *v = wino_v(c, &g, n, x), *dm = wino_dm(&g, n, dy);
	size_t pv = plane_of(&g, n, g.ci), pm = plane_of(&g, n, g.co);
	size_t ci = (size_t)g.ci, co = (size_t)g.co, rows = (size_t)n * (size_t)g.tiles;

	(void)scratch;
	for (size_t q = 0; q < PLANES; q++) {
		yc_real *sum = grad + q * ci * co;
		struct yc_ahead next = {
			{v + (q + 1) * pv, dm + (q + 1) * pm, sum + ci * co},
			{rows * ci * sizeof *v, rows * co * sizeof *v,
				ci * co * sizeof *v}};

		mul_tn(g.ci, g.co, (int)rows, 1, v + q * pv, ci, 0, dm + q * pm, co, 0,
			sum, co, add_to, q + 1 < PLANES ? &next : NULL);
	}
}

static void wino_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	wino_weight_adjoint(grad, c->ci, c->co, dw);
}

static const struct yc_conv_form winograd = {
	.method = {.name = "winograd",
		.summary = "3x3 by Winograd's transforms of tiles of 4x4"},
	/* With few channels a transform costs more than it saves. */
	.channels = 16,
	.fits = wino_fits,
	.plan = wino_plan,
	.prepare = wino_prepare,
	.forward = wino_forward,
	.adjoint = wino_adjoint,
	.weights = wino_weights,
	.fold = wino_fold,
};
