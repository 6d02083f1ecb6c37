/* SPDX-License-Identifier: MIT */
/*
 * The form of convolution for kernels 3x3 of stride 2, for kern_body.h: 1.8 times fewer
 * multiplications than direct.
 *
 * Along a line, output o is w0 x[2o] + w2 x[2o + 2] + w1 x[2o + 1]: a convolution of two
 * taps of the even pixels, which Winograd F(4,2) computes with five products for four
 * outputs, and one tap of the odd pixels, which takes four. In both directions that makes
 * 9x9 positions of a tile of 4x4 outputs, each a plane, a matrix [images*tiles][channels],
 * as in conv_winograd.h. The four odd positions of a line have the same weight, so there are
 * only 6x6 kinds of positions with weights, and sums of gradients, of their own.
 *
 * What is made of dy is kept; what is made of x is made again, in cache.
 */
enum {
	HALF_SIDE = 9,	 /* pixels that a tile reads, and positions, of a line */
	HALF_POINTS = 5, /* of the even pixels */
	HALF_KINDS = 6,
	HALF_PLANES = HALF_SIDE * HALF_SIDE,
	HALF_WEIGHTS = HALF_KINDS * HALF_KINDS,
	HALF_ROWS = 16 /* tiles of a call: fewer would wait for the weights */
};

struct half {
	int h, w, th, tw; /* outputs; tiles down, across */
	size_t tiles;	  /* of all images */
	size_t fwd, bwd;  /* packed elements of a kind of weights, and transposed */
	size_t in, out;	  /* elements of a plane of ci, of co channels */
};

static struct half half_of(const struct yc_conv *c, int n)
{
	struct half g = {.h = (c->h + 1) / 2,
		.w = (c->w + 1) / 2,
		.fwd = packed_size(c->ci, c->co),
		.bwd = packed_size(c->co, c->ci)};

	g.th = (g.h + 3) / 4;
	g.tw = (g.w + 3) / 4;
	g.tiles = (size_t)(n * g.th) * (size_t)g.tw;
	/* A spare row, so that planes do not fall on the same cache sets. */
	g.in = (g.tiles + 1) * (size_t)c->ci;
	g.out = (g.tiles + 1) * (size_t)c->co;
	return g;
}

static bool half_fits(const struct yc_conv *c)
{
	return c->half && c->k == 3;
}

static void half_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct half g = half_of(c, 1);
	size_t ci = (size_t)c->ci, co = (size_t)c->co, image = HALF_PLANES * g.tiles;
	int ph = 8 * g.th + 1, pw = 8 * g.tw + 1;

	*p = (struct yc_conv_plan){
		.ph = ph < c->h + 2 ? c->h + 2 : ph,
		.pw = pw < c->w + 2 ? c->w + 2 : pw,
		.chunk = (HALF_ROWS + (int)g.tiles - 1) / (int)g.tiles,
		.pack = HALF_WEIGHTS * (g.fwd + g.bwd) + 9 * ci * co,
		.dy_image = image * co,
		.dy_fixed = HALF_PLANES * co,
		.grad = HALF_WEIGHTS * ci * co,
		/* planes of two terms x, and of y or of dx */
		.scratch_image = image * (2 * ci + co),
		.scratch_fixed = HALF_PLANES * (2 * ci + co),
	};
}

static void half_weights_of(
	const yc_real *w, int ci, int co, int i0, int i1, yc_real *u, size_t plane)
{
	size_t tap = (size_t)ci * (size_t)co;

	for (int p = 0; p < co; p += NR) {
		const int n = min_i(NR, co - p);

		for (int i = i0; i < i1; i++) {
			const yc_real *g = w + (size_t)i * (size_t)co + p;
			yc_real *o = u + packed_at(ci, p) + (size_t)i * NR;

			STRIPS(n, q, half_weight, g + q, tap, o + q, plane);
		}
	}
}

static void half_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	const struct half g = half_of(c, 1);
	const int ci = c->ci, co = c->co, o0 = co * part / parts,
		  o1 = co * (part + 1) / parts;
	size_t tap = (size_t)ci * (size_t)co;
	yc_real *ut = pack_to + HALF_WEIGHTS * g.fwd, *wt = ut + HALF_WEIGHTS * g.bwd;

	half_weights_of(
		w, ci, co, ci * part / parts, ci * (part + 1) / parts, pack_to, g.fwd);
	if (!adjoint)
		return;
	for (size_t t = 0; t < 9; t++)
		transpose(ci, o1 - o0, w + t * tap + o0, (size_t)co,
			wt + t * tap + (size_t)o0 * (size_t)ci, (size_t)ci);
	half_weights_of(wt, co, ci, o0, o1, ut, g.bwd);
}

/* The planes of x. */
static void half_v(const struct yc_conv *c, const struct half *g, int n, const yc_real *x,
	yc_real *v)
{
	size_t ci = (size_t)c->ci;

	for (int r = 0; r < n * g->th; r++) {
		const yc_real *row = x + (size_t)(r / g->th) * c->ximg +
				     (size_t)(8 * (r % g->th)) * c->xrow;

		for (int j = 0; j < g->tw; j++, v += ci) {
			const yc_real *p = row + (size_t)(8 * j) * ci;

			STRIPS(c->ci, q, half_input, p + q, c->xrow, ci, v + q, g->in);
		}
	}
}

static void half_y(const struct yc_conv *c, const struct half *g, int n, const yc_real *m,
	yc_real *y)
{
	size_t co = (size_t)c->co;

	for (int r = 0; r < n * g->th; r++) {
		const int i = 4 * (r % g->th), hi = min_i(4, g->h - i);
		yc_real *row = y + (size_t)(r / g->th) * c->yimg + (size_t)i * c->yrow;

		for (int j = 0; j < g->w; j += 4, m += co) {
			const int wi = min_i(4, g->w - j);
			yc_real *p = row + (size_t)j * co;

			if (hi == 4 && wi == 4)
				STRIPS(c->co, q, half_output, m + q, g->out, p + q,
					c->yrow, co, 4, 4);
			else
				STRIPS(c->co, q, half_output, m + q, g->out, p + q,
					c->yrow, co, hi, wi);
		}
	}
}

/* The planes of dy, where they are kept. */
static const yc_real *half_dm(const struct yc_conv *c, const struct half *g, int n,
	const struct yc_conv_term *t)
{
	size_t co = (size_t)c->co, row = (size_t)g->w * co;
	yc_real *dm = t->kept;

	for (int r = 0; !t->ready && r < n * g->th; r++) {
		const int i = 4 * (r % g->th), hi = min_i(4, g->h - i);
		const yc_real *dy = t->x + (size_t)(r / g->th * g->h + i) * row;

		for (int j = 0; j < g->w; j += 4, dm += co) {
			const int wi = min_i(4, g->w - j);
			const yc_real *p = dy + (size_t)j * co;

			if (hi == 4 && wi == 4)
				STRIPS(c->co, q, half_output_adjoint, p + q, row, co, 4,
					4, dm + q, g->out);
			else
				STRIPS(c->co, q, half_output_adjoint, p + q, row, co, hi,
					wi, dm + q, g->out);
		}
	}
	return t->kept;
}

/* Adds the planes of dx to it. */
static void half_dx(const struct yc_conv *c, const struct half *g, int n,
	const yc_real *dv, yc_real *dx)
{
	size_t ci = (size_t)c->ci, row = (size_t)c->w * ci;

	for (int r = 0; r < n * g->th; r++) {
		/* The patch begins one pixel above and left of the map's. */
		const int i = 8 * (r % g->th) - 1, i0 = i < 0, i1 = min_i(9, c->h - i);

		for (int t = 0; t < g->tw; t++, dv += ci) {
			const int j = 8 * t - 1, j0 = j < 0, j1 = min_i(9, c->w - j);
			yc_real *p = dx + (size_t)(r / g->th * c->h + i + i0) * row +
				     (size_t)(j + j0) * ci;

			STRIPS(c->ci, q, half_input_adjoint, dv + q, g->in, p + q, row,
				ci, i0, i1, j0, j1);
		}
	}
}

/* Which weights position p of a tile has. */
static size_t half_kind(int p)
{
	return (size_t)(min_i(p / HALF_SIDE, HALF_POINTS) * HALF_KINDS +
			min_i(p % HALF_SIDE, HALF_POINTS));
}

/* Planes of c channels = sum over terms of planes of k channels times their weights. */
static void half_products(size_t rows, int k, int c, const yc_real *const from[],
	const yc_real *const u[], int nterms, yc_real *to)
{
	size_t pk = (rows + 1) * (size_t)k, pc = (rows + 1) * (size_t)c,
	       pu = packed_size(k, c);

	for (int p = 0; p < HALF_PLANES; p++, to += pc) {
		struct yc_gemm_term op[2];

		for (int t = 0; t < nterms; t++)
			op[t] = (struct yc_gemm_term){from[t] + (size_t)p * pk, (size_t)k,
				0, 1, k, u[t] + half_kind(p) * pu};
		const bool last = p + 1 == HALF_PLANES;
		const struct yc_ahead next = {
			{op[0].a + pk, u[0] + half_kind(last ? p : p + 1) * pu, to + pc},
			{rows * (size_t)k * sizeof *to, pu * sizeof *to,
				rows * (size_t)c * sizeof *to}};

		mul((int)rows, c, to, (size_t)c, false, op, nterms, last ? NULL : &next);
	}
}

static void half_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const struct half g = half_of(c, n);
	const yc_real *v[2], *u[2];

	for (int i = 0; i < nterms; i++, scratch += HALF_PLANES * g.in) {
		half_v(c, &g, n, t[i].x, scratch);
		v[i] = scratch;
		u[i] = t[i].pack;
	}
	half_products(g.tiles, c->ci, c->co, v, u, nterms, scratch);
	half_y(c, &g, n, scratch, y);
}

static void half_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const struct half g = half_of(c, n);
	const yc_real *dm[2], *ut[2];

	for (int i = 0; i < nterms; i++) {
		dm[i] = half_dm(c, &g, n, &t[i]);
		ut[i] = t[i].pack + HALF_WEIGHTS * g.fwd;
	}
	if (!dx)
		return;
	half_products(g.tiles, c->co, c->ci, dm, ut, nterms, scratch);
	memset(dx, 0, (size_t)(n * c->h) * (size_t)(c->w * c->ci) * sizeof *dx);
	half_dx(c, &g, n, scratch, dx);
}

/* Sums over all positions of a kind. */
static void half_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add_to, yc_real *grad, yc_real *scratch)
{
	const struct half g = half_of(c, n);
	const yc_real *dm = half_dm(c, &g, n, dy), *v = scratch;
	size_t ci = (size_t)c->ci, co = (size_t)c->co;

	half_v(c, &g, n, x->x, scratch);
	for (int i = 0; i < HALF_SIDE; i++)
		for (int j = 0; j < HALF_KINDS; j++) {
			const size_t p = (size_t)(i * HALF_SIDE + j);
			const int same = j < HALF_POINTS ? 1 : HALF_SIDE - HALF_POINTS;

			mul_tn(c->ci, c->co, (int)g.tiles, same, v + p * g.in, ci, g.in,
				dm + p * g.out, co, g.out,
				grad + half_kind((int)p) * ci * co, co,
				add_to || i > HALF_POINTS, NULL);
		}
}

static void half_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	size_t tap = (size_t)c->ci * (size_t)c->co;

	for (int i = 0; i < c->ci; i++) {
		const yc_real *u = grad + (size_t)i * (size_t)c->co;
		yc_real *g = dw + (size_t)i * (size_t)c->co;

		STRIPS(c->co, q, half_weight_adjoint, u + q, tap, g + q, tap);
	}
}

static const struct yc_conv_form half = {
	.method = {.name = "half", .summary = "3x3 of stride 2 by Winograd F(4,2)"},
	/* With few channels a transform costs more than it saves. */
	.channels = 12,
	.fits = half_fits,
	.plan = half_plan,
	.prepare = half_prepare,
	.forward = half_forward,
	.adjoint = half_adjoint,
	.weights = half_weights,
	.fold = half_fold,
};
