/* SPDX-License-Identifier: MIT */
/*
 * The form "winograd" of convolution, for sets of kernels: 3x3 by Winograd F(4x4,3x3), points
 * 0, +-5/8, +-3/2, infinity (Lavin and Gray 2016, with points chosen for accuracy): four
 * times fewer multiplications. Its planes are the 36 = 6x6 transformed positions, each a
 * matrix [images*tiles][channels]. With V = Bt x B, U = G w Gt, dM = A dy At, every pass is
 * 36 matrix products between the same transforms: M = V U, dU = Vt dM, dV = dM Ut, and two
 * of them where there are two terms. V may be kept of x and dM of dy; gradients are summed as
 * dU and transformed once (fold).
 *
 * The set says of what V, dM and U are: type PLANE and STORE_PLANE of wino_tile.h, which it
 * includes; their products plane_mul and plane_mul_tn, whose scratch has as many elements as
 * both operands; wino_weight, which makes U, packed to packed_size elements a plane, for
 * input channels i0..i1-1, multiples of WEIGHT_ROWS; and wino_channels, which says whether
 * it takes them. M, dV and dU are yc_real.
 */
/* Rows (tiles) of a product: with many the weights are loaded seldom, which counts where V
 * and dM are kept and leave the cache anyway. Else V and M stay in a cache of CACHE bytes,
 * as far as the loads of the weights allow: with WINO_LARGE of them a plane, those of few
 * rows would cost more than V and M in the next cache. */
enum {
	PLANES = 36,
	WINO_ROWS = 160,
	WINO_ROWS_FEW = 16,
	WINO_ROWS_LARGE = 64,
	CACHE = 576 << 10,
	WINO_SMALL = 64 * 64,
	WINO_LARGE = 256 * 256
};

static void wino_input(
	const yc_real *x, size_t row, int c, int th, int tw, PLANE *v, size_t plane)
{
	size_t cs = (size_t)c;

	for (int ti = 0; ti < th; ti++) {
		for (int tj = 0; tj < tw; tj++, v += cs) {
			const yc_real *p =
				x + (size_t)(4 * ti) * row + (size_t)(4 * tj) * cs;

			STRIPS(c, q, tile_input, p + q, row, cs, v + q, plane);
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
				STRIPS(c, q, tile_output, m + q, plane, p + q, row, cs, 4,
					4);
			else
				STRIPS(c, q, tile_output, m + q, plane, p + q, row, cs,
					hi, wi);
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
				STRIPS(c, q, tile_output_adjoint, p + q, row, cs, 4, 4,
					dm + q, plane);
			else
				STRIPS(c, q, tile_output_adjoint, p + q, row, cs, hi, wi,
					dm + q, plane);
		}
	}
}

/* Rows t0 to t1-1 of tiles of an image, added to dx. */
static void wino_input_adjoint(const yc_real *dv, size_t plane, int h, int w, int c,
	int t0, int t1, int tw, yc_real *dx)
{
	size_t cs = (size_t)c, row = (size_t)w * cs;

	for (int ti = t0; ti < t1; ti++) {
		for (int tj = 0; tj < tw; tj++, dv += cs) {
			/* The patch begins one pixel above and left of the tile. */
			int i0 = ti == 0, i1 = min_i(6, h + 1 - 4 * ti);
			int j0 = tj == 0, j1 = min_i(6, w + 1 - 4 * tj);
			yc_real *p = dx + (size_t)(4 * ti - 1 + i0) * row +
				     (size_t)(4 * tj - 1 + j0) * cs;

			STRIPS(c, q, tile_input_adjoint, dv + q, plane, p + q, row, cs,
				i0, i1, j0, j1);
		}
	}
}

static void wino_weight_adjoint(const yc_real *du, int ci, int co, yc_real *dw)
{
	size_t tap = (size_t)ci * (size_t)co;

	for (int i = 0; i < ci; i++) {
		const yc_real *u = du + (size_t)i * (size_t)co;
		yc_real *g = dw + (size_t)i * (size_t)co;

		STRIPS(co, q, tile_weight_adjoint, u + q, tap, g + q, tap);
	}
}

struct wino {
	int h, w, ci, co, th, tw, tiles; /* tiles down, across, in all */
	size_t fwd, bwd; /* packed elements of one plane of U and of U transposed */
	/* Whether V and dM of a call are kept; else they are made again by each entry,
	 * for a strip of `rows` rows of tiles at a time, which stays in cache. */
	bool keeps;
	int rows;
};

/* V and M of few channels are large beside U. They cost less to make from maps, in cache,
 * than to write and to read; and many fit while all of U does. */
static bool wino_keeps(const struct yc_conv *c)
{
	return c->ci * c->co > WINO_SMALL;
}

/* Tiles of a product without anything kept: V and M in cache, as far as loads of the
 * weights allow. */
static int wino_few(const struct yc_conv *c)
{
	int fit = CACHE /
		  (PLANES * (c->ci * (int)sizeof(PLANE) + c->co * (int)sizeof(yc_real)));

	int least = c->ci * c->co < WINO_LARGE ? WINO_ROWS_FEW : WINO_ROWS_LARGE;

	return fit < least ? least : min_i(fit, WINO_ROWS);
}

static struct wino wino_of(const struct yc_conv *c, int n)
{
	struct wino g = {.h = c->h,
		.w = c->w,
		.ci = c->ci,
		.co = c->co,
		.th = (c->h + 3) / 4,
		.tw = (c->w + 3) / 4,
		.fwd = packed_size(c->ci, c->co),
		.bwd = packed_size(c->co, c->ci),
		.keeps = wino_keeps(c)};

	g.tiles = g.th * g.tw;
	g.rows = g.keeps ? n * g.th : (wino_few(c) + g.tw - 1) / g.tw;
	return g;
}

/* Elements between planes of c channels: one spare row, so that the 36 planes do not fall
 * on the same cache sets. */
static size_t plane_of(const struct wino *g, int c)
{
	return (size_t)(g->rows * g->tw + 1) * (size_t)c;
}

/* n elements of planes in units of yc_real */
static size_t wino_reals(size_t n)
{
	return (n * sizeof(PLANE) + sizeof(yc_real) - 1) / sizeof(yc_real);
}

static bool wino_fits(const struct yc_conv *c)
{
	return c->k == 3 && !c->half && wino_channels(c->ci, c->co);
}

static void wino_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct wino g = wino_of(c, 0), one = wino_of(c, 1);
	size_t ci = (size_t)g.ci, co = (size_t)g.co, wide = ci > co ? ci : co,
	       fixed = PLANES * plane_of(&g, 1), /* without channels */
		image = PLANES * plane_of(&one, 1) - fixed;

	*p = (struct yc_conv_plan){
		.ph = 4 * g.th + 2,
		.pw = 4 * g.tw + 2,
		.chunk = (WINO_ROWS + g.tiles - 1) / g.tiles,
		.chunk_forward = (wino_few(c) + g.tiles - 1) / g.tiles,
		.pack = wino_reals(PLANES * (g.fwd + g.bwd)) + 9 * ci * co,
		.grad = PLANES * ci * co,
		/* M or dV; else V and dM, of two terms */
		.scratch_image = image * wide,
		.scratch_fixed = fixed * (g.keeps ? wide : 2 * (ci + co)),
	};
	if (!g.keeps)
		return;
	p->x_image = wino_reals(image * ci); /* V */
	p->x_fixed = wino_reals(fixed * ci);
	p->dy_image = wino_reals(image * co); /* dM */
	p->dy_fixed = wino_reals(fixed * co);
}

/* Where part `part` of n channels begins. */
static int wino_part(int n, int part, int parts)
{
	return n / WEIGHT_ROWS * part / parts * WEIGHT_ROWS;
}

static void wino_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	const struct wino g = wino_of(c, 1);
	PLANE *u = (PLANE *)pack_to, *ut = u + PLANES * g.fwd;
	yc_real *wt = pack_to + wino_reals(PLANES * (g.fwd + g.bwd));
	size_t tap = (size_t)g.ci * (size_t)g.co;
	int o0 = wino_part(g.co, part, parts), o1 = wino_part(g.co, part + 1, parts);

	wino_weight(w, g.ci, g.co, wino_part(g.ci, part, parts),
		wino_part(g.ci, part + 1, parts), u);
	if (!adjoint)
		return;
	for (size_t t = 0; t < 9; t++)
		transpose(g.ci, o1 - o0, w + t * tap + o0, (size_t)g.co,
			wt + t * tap + (size_t)o0 * (size_t)g.ci, (size_t)g.ci);
	wino_weight(wt, g.co, g.ci, o0, o1, ut);
}

/* Rows of tiles are counted through all images of a call; those of one image from row r
 * on, until row `to`: */
struct piece {
	int image, t0, t1;
};

static struct piece wino_piece(const struct wino *g, int r, int to)
{
	int t0 = r % g->th;

	return (struct piece){r / g->th, t0, min_i(g->th, t0 + to - r)};
}

/* V of rows r to `to`-1. */
static void wino_v(const struct yc_conv *c, const struct wino *g, int r, int to,
	const yc_real *x, PLANE *v)
{
	for (struct piece p; r < to; r += p.t1 - p.t0) {
		p = wino_piece(g, r, to);
		wino_input(x + (size_t)p.image * c->ximg + (size_t)(4 * p.t0) * c->xrow,
			c->xrow, g->ci, p.t1 - p.t0, g->tw, v, plane_of(g, g->ci));
		v += (size_t)((p.t1 - p.t0) * g->tw) * (size_t)g->ci;
	}
}

static void wino_y(const struct yc_conv *c, const struct wino *g, int r, int to,
	const yc_real *m, yc_real *y)
{
	for (struct piece p; r < to; r += p.t1 - p.t0) {
		p = wino_piece(g, r, to);
		wino_output(m, plane_of(g, g->co), g->h - 4 * p.t0, g->w, g->co,
			p.t1 - p.t0, g->tw,
			y + (size_t)p.image * c->yimg + (size_t)(4 * p.t0) * c->yrow,
			c->yrow);
		m += (size_t)((p.t1 - p.t0) * g->tw) * (size_t)g->co;
	}
}

static void wino_dm(const struct wino *g, int r, int to, const yc_real *dy, PLANE *dm)
{
	for (struct piece p; r < to; r += p.t1 - p.t0) {
		p = wino_piece(g, r, to);
		wino_output_adjoint(dy + (size_t)(p.image * g->h + 4 * p.t0) *
						    (size_t)g->w * (size_t)g->co,
			g->h - 4 * p.t0, g->w, g->co, p.t1 - p.t0, g->tw, dm,
			plane_of(g, g->co));
		dm += (size_t)((p.t1 - p.t0) * g->tw) * (size_t)g->co;
	}
}

/* Added to dx. */
static void wino_dx(const struct wino *g, int r, int to, const yc_real *dv, yc_real *dx)
{
	for (struct piece p; r < to; r += p.t1 - p.t0) {
		p = wino_piece(g, r, to);
		wino_input_adjoint(dv, plane_of(g, g->ci), g->h, g->w, g->ci, p.t0, p.t1,
			g->tw,
			dx + (size_t)(p.image * g->h) * (size_t)g->w * (size_t)g->ci);
		dv += (size_t)((p.t1 - p.t0) * g->tw) * (size_t)g->ci;
	}
}

/* to = sum of from[t] u[t] in every plane, [rows][k] times packed [k][c] */
static void wino_products(const struct wino *g, size_t rows, int k, int c,
	PLANE *const from[], const PLANE *const u[], int nterms, yc_real *to)
{
	size_t px = plane_of(g, k), po = plane_of(g, c), pu = packed_size(k, c);

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

/* Where V or dM of c channels of a term is: what is kept, or else the scratch, which it
 * moves on. */
static PLANE *wino_place(
	const struct wino *g, const struct yc_conv_term *t, int c, yc_real **scratch)
{
	PLANE *p = (PLANE *)*scratch;

	if (g->keeps)
		return (PLANE *)t->kept;
	*scratch += wino_reals(PLANES * plane_of(g, c));
	return p;
}

static void wino_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	struct wino g = wino_of(c, n);
	const PLANE *u[2];
	PLANE *v[2];

	if (g.keeps && t->once) /* strips of V, in its place */
		g.rows = min_i(g.rows, (wino_few(c) + g.tw - 1) / g.tw);
	for (int i = 0; i < nterms; i++) {
		v[i] = wino_place(&g, &t[i], g.ci, &scratch);
		u[i] = (const PLANE *)t[i].pack;
	}
	for (int r = 0, to; r < n * g.th; r = to) {
		to = min_i(r + g.rows, n * g.th);
		for (int i = 0; i < nterms; i++)
			if (!g.keeps || !t[i].ready)
				wino_v(c, &g, r, to, t[i].x, v[i]);
		wino_products(
			&g, (size_t)((to - r) * g.tw), g.ci, g.co, v, u, nterms, scratch);
		wino_y(c, &g, r, to, scratch, y);
	}
}

static void wino_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const struct wino g = wino_of(c, n);
	const PLANE *ut[2];
	PLANE *dm[2];

	if (!dx && !g.keeps)
		return;
	for (int i = 0; i < nterms; i++) {
		dm[i] = wino_place(&g, &t[i], g.co, &scratch);
		ut[i] = (const PLANE *)t[i].pack + PLANES * g.fwd;
	}
	if (dx)
		memset(dx, 0,
			(size_t)(n * g.h) * (size_t)g.w * (size_t)g.ci * sizeof *dx);
	for (int r = 0, to; r < n * g.th; r = to) {
		to = min_i(r + g.rows, n * g.th);
		for (int i = 0; i < nterms; i++)
			if (!g.keeps || !t[i].ready)
				wino_dm(&g, r, to, t[i].x, dm[i]);
		if (!dx)
			continue;
		wino_products(&g, (size_t)((to - r) * g.tw), g.co, g.ci, dm, ut, nterms,
			scratch);
		wino_dx(&g, r, to, scratch, dx);
	}
}

static void wino_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add_to, yc_real *grad, yc_real *scratch)
{
	const struct wino g = wino_of(c, n);
	PLANE *v = wino_place(&g, x, g.ci, &scratch),
	      *dm = wino_place(&g, dy, g.co, &scratch);
	size_t ci = (size_t)g.ci, co = (size_t)g.co, pi = plane_of(&g, g.ci),
	       po = plane_of(&g, g.co);

	for (int r = 0, to; r < n * g.th; r = to, add_to = true) {
		to = min_i(r + g.rows, n * g.th);
		size_t rows = (size_t)((to - r) * g.tw);

		if (!g.keeps || !x->ready)
			wino_v(c, &g, r, to, x->x, v);
		if (!g.keeps || !dy->ready)
			wino_dm(&g, r, to, dy->x, dm);
		for (size_t q = 0; q < PLANES; q++) {
			yc_real *sum = grad + q * ci * co;
			struct yc_ahead next = {
				{v + (q + 1) * pi, dm + (q + 1) * po, sum + ci * co},
				{rows * ci * sizeof *v, rows * co * sizeof *dm,
					ci * co * sizeof *sum}};

			plane_mul_tn((int)rows, g.ci, g.co, v + q * pi, dm + q * po,
				add_to, sum, scratch, q + 1 < PLANES ? &next : NULL);
		}
	}
}

static void wino_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	wino_weight_adjoint(grad, c->ci, c->co, dw);
}

static const struct yc_conv_form winograd = {
	.method = {.name = WINO_NAME, .summary = WINO_SUMMARY},
	/* With few channels a transform costs more than it saves. */
	.channels = 12,
	.fits = wino_fits,
	.plan = wino_plan,
	.prepare = wino_prepare,
	.forward = wino_forward,
	.adjoint = wino_adjoint,
	.weights = wino_weights,
	.fold = wino_fold,
};
