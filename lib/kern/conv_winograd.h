/* SPDX-License-Identifier: MIT */
/*
 * The form "winograd" of convolution, for sets of kernels: 3x3 by Winograd F(4x4,3x3), points
 * 0, +-5/8, +-3/2, infinity (Lavin and Gray 2016, with points chosen for accuracy): four
 * times fewer multiplications. Its planes are the 36 = 6x6 transformed positions, each a
 * matrix [images*tiles][channels]. With V = Bt x B, U = G w Gt, dM = A dy At, every pass is
 * 36 matrix products between the same transforms: M = V U, dU = Vt dM, dV = dM Ut, and two
 * of them where there are two terms. V is kept of x and dM of dy; gradients are summed as
 * dU and transformed once (fold).
 *
 * The set says of what V, dM and U are: type PLANE and STORE_PLANE of wino_tile.h, which it
 * includes; their products plane_mul and plane_mul_tn, whose scratch has as many elements as
 * both operands; wino_weight, which makes U, packed to packed_size elements a plane, for
 * input channels i0..i1-1, multiples of WEIGHT_ROWS; and wino_channels, which says whether
 * it takes them. M, dV and dU are yc_real.
 */
/* Rows (tiles) of a product: with many the weights are loaded seldom, which counts where V
 * and dM are kept and leave the cache anyway. Forward alone, V and M stay in a cache of
 * CACHE bytes, as far as the loads of the weights allow. */
enum { PLANES = 36, WINO_ROWS = 160, WINO_ROWS_FEW = 16, CACHE = 576 << 10 };

static void wino_input(
	const yc_real *x, size_t row, int c, int th, int tw, PLANE *v, size_t plane)
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
	const yc_real *dy, int h, int w, int c, int th, int tw, PLANE *dm, size_t plane)
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

/* n elements of planes in units of yc_real */
static size_t wino_reals(size_t n)
{
	return (n * sizeof(PLANE) + sizeof(yc_real) - 1) / sizeof(yc_real);
}

static bool wino_fits(const struct yc_conv *c)
{
	return c->k == 3 && wino_channels(c->ci, c->co);
}

static void wino_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct wino g = wino_of(c);
	int fit = CACHE /
		  (PLANES * (g.ci * (int)sizeof(PLANE) + g.co * (int)sizeof(yc_real))),
	    few = fit < WINO_ROWS_FEW ? WINO_ROWS_FEW : min_i(fit, WINO_ROWS);
	size_t tiles = (size_t)g.tiles, ci = (size_t)g.ci, co = (size_t)g.co,
	       wide = ci > co ? ci : co;

	*p = (struct yc_conv_plan){
		.ph = 4 * g.th + 2,
		.pw = 4 * g.tw + 2,
		.chunk = (WINO_ROWS + g.tiles - 1) / g.tiles,
		.chunk_forward = (few + g.tiles - 1) / g.tiles,
		.pack = wino_reals(PLANES * (g.fwd + g.bwd)) + 9 * ci * co,
		.x_image = wino_reals(PLANES * tiles * ci), /* V */
		.x_fixed = wino_reals(PLANES * ci),
		.dy_image = wino_reals(PLANES * tiles * co), /* dM */
		.dy_fixed = wino_reals(PLANES * co),
		.grad = PLANES * ci * co,
		.scratch_image = PLANES * tiles * wide, /* M or dV */
		.scratch_fixed = PLANES * wide,
	};
}

/* Where part `part` of n channels begins. */
static int wino_part(int n, int part, int parts)
{
	return n / WEIGHT_ROWS * part / parts * WEIGHT_ROWS;
}

static void wino_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	const struct wino g = wino_of(c);
	PLANE *u = (PLANE *)pack_to, *ut = u + PLANES * g.fwd;
	yc_real *wt = pack_to + wino_reals(PLANES * (g.fwd + g.bwd));
	size_t tap = (size_t)g.ci * (size_t)g.co;
	int o0 = wino_part(g.co, part, parts), o1 = wino_part(g.co, part + 1, parts);

	wino_weight(w, g.ci, g.co, wino_part(g.ci, part, parts),
		wino_part(g.ci, part + 1, parts), u);
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

static const PLANE *wino_v(const struct yc_conv *c, const struct wino *g, int n,
	const struct yc_conv_term *t)
{
	PLANE *v = (PLANE *)t->kept;

	for (int i = 0; i < n && !t->ready; i++)
		wino_input(t->x + (size_t)i * c->ximg, c->xrow, g->ci, g->th, g->tw,
			v + (size_t)i * (size_t)g->tiles * (size_t)g->ci,
			plane_of(g, n, g->ci));
	return v;
}

static const PLANE *wino_dm(const struct wino *g, int n, const struct yc_conv_term *t)
{
	size_t map = (size_t)g->h * (size_t)g->w * (size_t)g->co;
	PLANE *dm = (PLANE *)t->kept;

	for (int i = 0; i < n && !t->ready; i++)
		wino_output_adjoint(t->x + (size_t)i * map, g->h, g->w, g->co, g->th,
			g->tw, dm + (size_t)i * (size_t)g->tiles * (size_t)g->co,
			plane_of(g, n, g->co));
	return dm;
}

/* to = sum of from[t] u[t] in every plane, [n*tiles][k] times packed [k][c] */
static void wino_products(const struct wino *g, int n, int k, int c,
	const PLANE *const from[], const PLANE *const u[], int nterms, yc_real *to)
{
	size_t px = plane_of(g, n, k), po = plane_of(g, n, c), pu = packed_size(k, c);
	size_t rows = (size_t)n * (size_t)g->tiles;

	for (size_t q = 0; q < PLANES; q++) {
		const PLANE *a[2], *b[2];

		for (int t = 0; t < nterms; t++) {
			a[t] = from[t] + q * px;
			b[t] = u[t] + q * pu;
		}
		struct yc_ahead next = {
			{from[0] + (q + 1) * px, u[0] + (q + 1) * pu, to + (q + 1) * po},
			{rows * (size_t)k * sizeof(PLANE), pu * sizeof(PLANE),
				rows * (size_t)c * sizeof *to}};

		plane_mul((int)rows, k, c, a, b, nterms, to + q * po,
			q + 1 < PLANES ? &next : NULL);
	}
}

static void wino_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const struct wino g = wino_of(c);
	const PLANE *v[2], *u[2];

	for (int i = 0; i < nterms; i++) {
		v[i] = wino_v(c, &g, n, &t[i]);
		u[i] = (const PLANE *)t[i].pack;
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
	const PLANE *dm[2], *ut[2];
	size_t map = (size_t)g.h * (size_t)g.w * (size_t)g.ci;

	for (int i = 0; i < nterms; i++) {
		dm[i] = wino_dm(&g, n, &t[i]);
		ut[i] = (const PLANE *)t[i].pack + PLANES * g.fwd;
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
	const PLANE *v = wino_v(c, &g, n, x), *dm = wino_dm(&g, n, dy);
	size_t pv = plane_of(&g, n, g.ci), pm = plane_of(&g, n, g.co);
	size_t ci = (size_t)g.ci, co = (size_t)g.co, rows = (size_t)n * (size_t)g.tiles;

	for (size_t q = 0; q < PLANES; q++) {
		yc_real *sum = grad + q * ci * co;
		struct yc_ahead next = {
			{v + (q + 1) * pv, dm + (q + 1) * pm, sum + ci * co},
			{rows * ci * sizeof *v, rows * co * sizeof *dm,
				ci * co * sizeof *sum}};

		plane_mul_tn((int)rows, g.ci, g.co, v + q * pv, dm + q * pm, add_to, sum,
			scratch, q + 1 < PLANES ? &next : NULL);
	}
}

static void wino_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	wino_weight_adjoint(grad, c->ci, c->co, dw);
}

static const struct yc_conv_form winograd = {
	.method = {.name = WINO_NAME, .summary = WINO_SUMMARY},
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
