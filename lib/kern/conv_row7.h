/* SPDX-License-Identifier: MIT */
/*
 * The form of convolution for kernels 7x7 of few channels, which networks for large images
 * begin with: Winograd F(4,7) along rows, kernel rows summed in the products, 2.8 times
 * fewer multiplications than direct. Included by kern_body.h.
 *
 * With the points 0, +-p for the four p of ROW7_POINTS and infinity (chosen for accuracy),
 * y = At[(G g)(Bt d)], where column q of At is (1, q, q^2, q^3), row q of G is (1, q, ...,
 * q^6)/prod(q - r), and row q of Bt holds the coefficients of prod(x - r), r over the other
 * finite points. Even and odd parts are shared between +p and -p. Positions are in the
 * order 0, +p, -p, ..., infinity.
 *
 * Transformed maps are planes [10][tiles][rows][ci]: what the 7 rows under the kernel have
 * of a tile is contiguous, so that products read it in place. Gradients of outputs are
 * transformed a row at a time and not kept: they would be 2.5 times as large.
 */
enum {
	ROW7_K = 7,
	ROW7_OUT = 4,	 /* pixels of a tile */
	ROW7_IN = 10,	 /* that it reads, and positions of a tile */
	ROW7_TAPS = 2,	 /* whole tiles by which reading exceeds its own */
	ROW7_SPARE = 16, /* elements behind planes, see weights */
};
#define ROW7_POINTS \
	{ \
		0.375, 0.75, 1.25, 2.5 \
	}

/* Coefficients, once per call. */
struct row7 {
	yc_real p[4], p2[4], p3[4];
	yc_real q[4][4]; /* of prod(x - r^2), r over the other three, from x^0 on */
	yc_real all[5];	 /* of prod(x - p^2) over all four */
	yc_real n[5];	 /* 1/prod(q - r) of 0 and of +-p */
};

static void row7_polynomial(const double *root, int n, double *coef)
{
	coef[0] = 1;
	for (int i = 0; i < n; i++) {
		coef[i + 1] = 0;
		for (int j = i + 1; j >= 0; j--)
			coef[j] =
				(j ? coef[j - 1] : 0) - root[i] * (j <= i ? coef[j] : 0);
	}
}

static struct row7 row7_new(void)
{
	static const double p[4] = ROW7_POINTS;
	struct row7 t;
	double square[4], coef[5];

	for (int i = 0; i < 4; i++)
		square[i] = p[i] * p[i];
	row7_polynomial(square, 4, coef);
	for (int j = 0; j < 5; j++)
		t.all[j] = (yc_real)coef[j];
	t.n[0] = (yc_real)(1 / coef[0]);
	for (int i = 0; i < 4; i++) {
		double other[3], value = 2 * square[i];

		for (int j = 0, m = 0; j < 4; j++) {
			if (j == i)
				continue;
			other[m++] = square[j];
			value *= square[i] - square[j];
		}
		row7_polynomial(other, 3, coef);
		for (int j = 0; j < 4; j++)
			t.q[i][j] = (yc_real)coef[j];
		t.p[i] = (yc_real)p[i];
		t.p2[i] = (yc_real)square[i];
		t.p3[i] = (yc_real)(p[i] * square[i]);
		t.n[i + 1] = (yc_real)(1 / value);
	}
	return t;
}

struct row7_geo {
	int tiles, rows;    /* across; of x with its border */
	size_t taps;	    /* 7*ci, contiguous in a plane */
	size_t lda;	    /* elements between tiles of a plane */
	size_t plane, line; /* elements of a plane; of a phase, see row7_input */
	size_t m;	    /* elements of a position of a row of transformed gradients */
	size_t fwd, bwd;    /* packed elements of a position */
};

static struct row7_geo row7_geometry(const struct yc_conv *c)
{
	struct row7_geo g = {.tiles = (c->w + ROW7_OUT - 1) / ROW7_OUT,
		.rows = c->h + ROW7_K - 1,
		.taps = (size_t)(ROW7_K * c->ci)};

	g.lda = (size_t)g.rows * (size_t)c->ci + 1;
	g.plane = (size_t)g.tiles * g.lda + ROW7_SPARE;
	g.line = (size_t)((g.tiles * c->ci + W - 1) / W * W + ROW7_TAPS * c->ci + 1);
	g.m = (size_t)g.tiles * (size_t)c->co;
	g.fwd = packed_size((int)g.taps, c->co);
	g.bwd = packed_size(c->co, (int)g.taps);
	return g;
}

/* Rows of gradients as the weights pass takes them: m elements rounded up to a register
 * block, so that products have no small rest. */
static int row7_sums(const struct yc_conv *c)
{
	return (ROW7_K * c->ci + MR - 1) / MR * MR;
}

static bool row7_fits(const struct yc_conv *c)
{
	return c->k == ROW7_K && !c->half && row7_sums(c) - ROW7_K * c->ci <= ROW7_SPARE;
}

static void row7_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct row7_geo g = row7_geometry(c);

	*p = (struct yc_conv_plan){
		.ph = g.rows,
		.pw = (g.tiles + ROW7_TAPS) * ROW7_OUT,
		.chunk = 1,
		.pack = ROW7_IN * (g.fwd + g.bwd),
		.x_image = ROW7_IN * g.plane,
		.grad = (size_t)ROW7_IN * (size_t)row7_sums(c) * (size_t)c->co,
		/* Two rows of transformed gradients, planes of dx, phases and positions
		 * of a row. */
		.scratch_fixed = 2 * ROW7_IN * g.m + ROW7_IN * g.plane +
				 (ROW7_OUT + ROW7_IN) * g.line,
	};
}

/* Position j of the transformed weights, of kernel row ky. */
static yc_real row7_weight(const struct row7 *t, const yc_real *w, size_t tap, int j)
{
	yc_real even = 0, odd = 0;

	if (j == 0)
		return t->n[0] * w[0];
	if (j == ROW7_IN - 1)
		return w[6 * tap];
	int i = (j - 1) / 2;

	for (int k = 6; k >= 0; k -= 2)
		even = even * t->p2[i] + w[(size_t)k * tap];
	for (int k = 5; k >= 1; k -= 2)
		odd = odd * t->p2[i] + w[(size_t)k * tap];
	odd *= t->p[i];
	return t->n[i + 1] * (j % 2 ? even + odd : even - odd);
}

static void row7_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	const struct row7_geo g = row7_geometry(c);
	const struct row7 t = row7_new();
	const size_t ci = (size_t)c->ci, co = (size_t)c->co;
	const int k = (int)g.taps;

	for (int j = ROW7_IN * part / parts; j < ROW7_IN * (part + 1) / parts; j++) {
		yc_real *u = pack + (size_t)j * g.fwd;
		yc_real *ut = pack + ROW7_IN * g.fwd + (size_t)j * g.bwd;

		memset(u, 0, g.fwd * sizeof *u);
		if (adjoint)
			memset(ut, 0, g.bwd * sizeof *ut);
		for (int q = 0; q < k; q++) {
			const yc_real *from = w + ((size_t)(q / c->ci) * ROW7_K * ci +
							  (size_t)(q % c->ci)) *
							  co;

			for (int o = 0; o < c->co; o++) {
				yc_real v = row7_weight(&t, from + o, ci * co, j);

				u[packed_at(k, o) + (size_t)q * NR] = v;
				if (adjoint)
					ut[packed_at(c->co, q) + (size_t)o * NR] = v;
			}
		}
	}
}

/* One row of the planes: positions j of n elements, from the phases. */
#define ROW7_INPUT(T, i) \
	do { \
		T d[ROW7_IN]; \
\
		for (int e = 0; e < ROW7_IN; e++) \
			d[e] = *(const T *)(const void *)(phase + \
							  (size_t)(e % ROW7_OUT) * \
								  g->line + \
							  (size_t)(e / ROW7_OUT) * ci + \
							  (i)); \
		*(T *)(void *)(to + (i)) = t->all[0] * d[0] + t->all[1] * d[2] + \
					   t->all[2] * d[4] + t->all[3] * d[6] + \
					   t->all[4] * d[8]; \
		*(T *)(void *)(to + 9 * g->line + (i)) = \
			t->all[0] * d[1] + t->all[1] * d[3] + t->all[2] * d[5] + \
			t->all[3] * d[7] + t->all[4] * d[9]; \
		for (int p = 0; p < 4; p++) { \
			T even = t->q[p][0] * d[2] + t->q[p][1] * d[4] + \
				 t->q[p][2] * d[6] + t->q[p][3] * d[8]; \
			T odd = t->p[p] * \
				(t->q[p][0] * d[1] + t->q[p][1] * d[3] + \
					t->q[p][2] * d[5] + t->q[p][3] * d[7]); \
\
			*(T *)(void *)(to + (size_t)(2 * p + 1) * g->line + (i)) = \
				even + odd; \
			*(T *)(void *)(to + (size_t)(2 * p + 2) * g->line + (i)) = \
				even - odd; \
		} \
	} while (0)

/* The adjoint: phases += Bt^T positions, element i. */
#define ROW7_INPUT_ADJOINT(T, i) \
	do { \
		T u[ROW7_IN], d[ROW7_IN]; \
\
		for (int j = 0; j < ROW7_IN; j++) \
			u[j] = *(const T *)(const void *)(from + (size_t)j * g->line + \
							  (i)); \
		for (int e = 0; e < 5; e++) { \
			d[2 * e] = t->all[e] * u[0]; \
			d[2 * e + 1] = t->all[e] * u[9]; \
		} \
		for (int p = 0; p < 4; p++) { \
			T s = u[2 * p + 1] + u[2 * p + 2], \
			  a = t->p[p] * (u[2 * p + 1] - u[2 * p + 2]); \
\
			for (int e = 0; e < 4; e++) { \
				d[2 * e + 2] += t->q[p][e] * s; \
				d[2 * e + 1] += t->q[p][e] * a; \
			} \
		} \
		for (int e = 0; e < ROW7_IN; e++) { \
			T *o = (T *)(void *)(phase + (size_t)(e % ROW7_OUT) * g->line + \
					     (size_t)(e / ROW7_OUT) * ci + (i)); \
\
			*o += d[e]; \
		} \
	} while (0)

/* Copies a pixel; 3 channels in one move of 4 elements, the last of which the next pixel
 * overwrites, or is spare. */
static inline ALWAYS void row7_pixel(const yc_real *from, size_t ci, yc_real *to)
{
	if (ci == 3)
		memcpy(to, from, 4 * sizeof *to);
	else
		memcpy(to, from, ci * sizeof *to);
}

/* Sorts a row into phases [4][tiles + 2][ci], where pixel 4 i + p is element i of phase p:
 * what a position needs of all tiles is then contiguous. */
static inline ALWAYS void row7_phases(
	const struct row7_geo *g, size_t ci, const yc_real *from, yc_real *phase)
{
	const int pixels = ROW7_OUT * (g->tiles + ROW7_TAPS);

	for (int j = 0; j < pixels; j++, from += ci) {
		yc_real *to = phase + (size_t)(j % ROW7_OUT) * g->line +
			      (size_t)(j / ROW7_OUT) * ci;

		if (j + 1 < pixels)
			row7_pixel(from, ci, to);
		else /* the buffer may end here */
			memcpy(to, from, ci * sizeof *to);
	}
}

/* Transforms one image, row by row, in whole vectors: lines have room for the last one,
 * which begins as 0. */
static void row7_input(const struct yc_conv *c, const struct row7_geo *g,
	const struct row7 *t, const yc_real *x, yc_real *v, yc_real *phase)
{
	const size_t ci = (size_t)c->ci;
	const int n = g->tiles * c->ci;
	yc_real *to = phase + ROW7_OUT * g->line;

	memset(phase, 0, ROW7_OUT * g->line * sizeof *phase);
	for (int r = 0; r < g->rows; r++, x += c->xrow, v += ci) {
		row7_phases(g, ci, x, phase);
		for (int i = 0; i < n; i += W)
			ROW7_INPUT(vec, i);
		for (int j = 0; j < ROW7_IN; j++) {
			const yc_real *a = to + (size_t)j * g->line;
			yc_real *o = v + (size_t)j * g->plane;

			for (int k = 0; k < g->tiles; k++, a += ci, o += g->lda)
				row7_pixel(a, ci, o);
		}
	}
}

/* dx [h][w][ci] of one image from its planes. */
static void row7_input_adjoint(const struct yc_conv *c, const struct row7_geo *g,
	const struct row7 *t, const yc_real *v, yc_real *dx, yc_real *phase)
{
	const size_t ci = (size_t)c->ci, pad = ROW7_K / 2;
	const int n = g->tiles * c->ci;
	yc_real *from = phase + ROW7_OUT * g->line;

	v += pad * ci;
	for (int r = 0; r < c->h; r++, v += ci) {
		for (int j = 0; j < ROW7_IN; j++) {
			yc_real *a = from + (size_t)j * g->line;
			const yc_real *o = v + (size_t)j * g->plane;

			for (int k = 0; k < g->tiles; k++, a += ci, o += g->lda)
				for (size_t q = 0; q < ci; q++)
					a[q] = o[q];
		}
		memset(phase, 0, ROW7_OUT * g->line * sizeof *phase);
		int i = 0;

		for (; i + W <= n; i += W)
			ROW7_INPUT_ADJOINT(vec, i);
		for (; i < n; i++)
			ROW7_INPUT_ADJOINT(yc_real, i);
		for (size_t j = pad; j < pad + (size_t)c->w; j++, dx += ci) {
			const yc_real *a =
				phase + j % ROW7_OUT * g->line + j / ROW7_OUT * ci;

			for (size_t q = 0; q < ci; q++)
				dx[q] = a[q];
		}
	}
}

#define ROW7_OUTPUT(T, q) \
	do { \
		T s[4], d[4], o[ROW7_OUT]; \
\
		for (int p = 0; p < 4; p++) { \
			T a = *(const T *)(const void *)(m + \
							 (size_t)(2 * p + 1) * plane + \
							 (q)), \
			  b = *(const T *)(const void *)(m + \
							 (size_t)(2 * p + 2) * plane + \
							 (q)); \
\
			s[p] = a + b; \
			d[p] = a - b; \
		} \
		o[0] = *(const T *)(const void *)(m + (q)) + \
		       ((s[0] + s[1]) + (s[2] + s[3])); \
		o[1] = (t->p[0] * d[0] + t->p[1] * d[1]) + \
		       (t->p[2] * d[2] + t->p[3] * d[3]); \
		o[2] = (t->p2[0] * s[0] + t->p2[1] * s[1]) + \
		       (t->p2[2] * s[2] + t->p2[3] * s[3]); \
		o[3] = (t->p3[0] * d[0] + t->p3[1] * d[1]) + \
		       (t->p3[2] * d[2] + t->p3[3] * d[3]) + \
		       *(const T *)(const void *)(m + 9 * plane + (q)); \
		for (int i = 0; i < wi; i++) \
			*(T *)(void *)(y + (size_t)i * co + (q)) = o[i]; \
	} while (0)

/* y = At m, one row; wi: pixels of the tile that exist. */
static inline ALWAYS void row7_output_tile(const struct row7 *t, const yc_real *m,
	size_t plane, yc_real *y, size_t co, int wi)
{
	size_t q = 0;

	for (; q + W <= co; q += W)
		ROW7_OUTPUT(vec, q);
	for (; q < co; q++)
		ROW7_OUTPUT(yc_real, q);
}

static void row7_output(const struct row7 *t, int w, size_t co, const yc_real *m,
	size_t plane, yc_real *y)
{
	int j = 0;

	for (; j + ROW7_OUT <= w; j += ROW7_OUT, m += co, y += ROW7_OUT * co)
		row7_output_tile(t, m, plane, y, co, ROW7_OUT);
	if (j < w)
		row7_output_tile(t, m, plane, y, co, w - j);
}

#define ROW7_OUTPUT_ADJOINT(T, q) \
	do { \
		T y[ROW7_OUT]; \
\
		for (int i = 0; i < ROW7_OUT; i++) \
			y[i] = i < wi ? *(const T *)(const void *)(dy + (size_t)i * co + \
								   (q)) \
				      : (T){0}; \
		*(T *)(void *)(m + (q)) = y[0]; \
		*(T *)(void *)(m + 9 * plane + (q)) = y[3]; \
		for (int p = 0; p < 4; p++) { \
			T even = y[0] + t->p2[p] * y[2], \
			  odd = t->p[p] * y[1] + t->p3[p] * y[3]; \
\
			*(T *)(void *)(m + (size_t)(2 * p + 1) * plane + (q)) = \
				even + odd; \
			*(T *)(void *)(m + (size_t)(2 * p + 2) * plane + (q)) = \
				even - odd; \
		} \
	} while (0)

static inline ALWAYS void row7_output_adjoint_tile(const struct row7 *t,
	const yc_real *dy, size_t co, yc_real *m, size_t plane, int wi)
{
	size_t q = 0;

	for (; q + W <= co; q += W)
		ROW7_OUTPUT_ADJOINT(vec, q);
	for (; q < co; q++)
		ROW7_OUTPUT_ADJOINT(yc_real, q);
}

/* m = A dy, one row. */
static void row7_output_adjoint(const struct row7 *t, int w, size_t co, const yc_real *dy,
	yc_real *m, size_t plane)
{
	int j = 0;

	for (; j + ROW7_OUT <= w; j += ROW7_OUT, m += co, dy += ROW7_OUT * co)
		row7_output_adjoint_tile(t, dy, co, m, plane, ROW7_OUT);
	if (j < w)
		row7_output_adjoint_tile(t, dy, co, m, plane, w - j);
}

/* Planes of image i of a term. */
static yc_real *row7_planes(const struct yc_conv *c, const struct row7_geo *g,
	const struct row7 *t, const struct yc_conv_term *x, int i, yc_real *phase)
{
	yc_real *v = x->kept + (size_t)i * ROW7_IN * g->plane;

	if (!x->ready)
		row7_input(c, g, t, x->x + (size_t)i * c->ximg, v, phase);
	return v;
}

static void row7_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const struct row7_geo g = row7_geometry(c);
	const struct row7 coef = row7_new();
	const size_t co = (size_t)c->co, ci = (size_t)c->ci;
	yc_real *m = scratch, *phase = m + ROW7_IN * g.m;

	for (int i = 0; i < n; i++) {
		const yc_real *v[2] = {NULL, NULL};

		for (int o = 0; o < nterms; o++)
			v[o] = row7_planes(c, &g, &coef, &t[o], i, phase);
		for (int r = 0; r < c->h; r++) {
			for (size_t j = 0; j < ROW7_IN; j++) {
				struct yc_gemm_term op[2];

				for (int o = 0; o < nterms; o++)
					op[o] = (struct yc_gemm_term){
						v[o] + j * g.plane + (size_t)r * ci,
						g.lda, 0, 1, (int)g.taps,
						t[o].pack + j * g.fwd};
				mul(g.tiles, c->co, m + j * g.m, co, false, op, nterms,
					NULL);
			}
			row7_output(&coef, c->w, co, m, g.m,
				y + (size_t)i * c->yimg + (size_t)r * c->yrow);
		}
	}
}

static void row7_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const struct row7_geo g = row7_geometry(c);
	const struct row7 coef = row7_new();
	const size_t ci = (size_t)c->ci, co = (size_t)c->co, line = (size_t)c->w * co;
	yc_real *m = scratch, *v = m + 2 * ROW7_IN * g.m, *phase = v + ROW7_IN * g.plane;

	if (!dx)
		return;
	for (int i = 0; i < n; i++, dx += (size_t)(c->h * c->w) * ci) {
		memset(v, 0, ROW7_IN * g.plane * sizeof *v);
		for (int r = 0; r < c->h; r++) {
			for (int o = 0; o < nterms; o++)
				row7_output_adjoint(&coef, c->w, co,
					t[o].x + (size_t)(i * c->h + r) * line,
					m + (size_t)o * ROW7_IN * g.m, g.m);
			for (size_t j = 0; j < ROW7_IN; j++) {
				struct yc_gemm_term op[2];

				for (size_t o = 0; o < (size_t)nterms; o++)
					op[o] = (struct yc_gemm_term){
						m + (o * ROW7_IN + j) * g.m, co, 0, 1,
						c->co,
						t[o].pack + ROW7_IN * g.fwd + j * g.bwd};
				mul(g.tiles, (int)g.taps,
					v + j * g.plane + (size_t)r * ci, g.lda, true, op,
					nterms, NULL);
			}
		}
		row7_input_adjoint(c, &g, &coef, v, dx, phase);
	}
}

/* grad [10][sums][co]; the rows beyond 7*ci are of no meaning. */
static void row7_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add, yc_real *grad, yc_real *scratch)
{
	const struct row7_geo g = row7_geometry(c);
	const struct row7 coef = row7_new();
	const size_t ci = (size_t)c->ci, co = (size_t)c->co, line = (size_t)c->w * co;
	const int sums = row7_sums(c);
	yc_real *m = scratch, *phase = m + ROW7_IN * g.m;

	for (int i = 0; i < n; i++) {
		const yc_real *v = row7_planes(c, &g, &coef, x, i, phase);

		for (int r = 0; r < c->h; r++, add = true) {
			row7_output_adjoint(&coef, c->w, co,
				dy->x + (size_t)(i * c->h + r) * line, m, g.m);
			for (size_t j = 0; j < ROW7_IN; j++)
				mul_tn(sums, c->co, g.tiles, 1,
					v + j * g.plane + (size_t)r * ci, g.lda, 0,
					m + j * g.m, co, 0, grad + j * (size_t)sums * co,
					co, add, NULL);
		}
	}
}

static void row7_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	const struct row7 t = row7_new();
	const size_t ci = (size_t)c->ci, co = (size_t)c->co, tap = ci * co,
		     plane = (size_t)row7_sums(c) * co;

	for (size_t ky = 0; ky < ROW7_K; ky++) {
		for (size_t q = 0; q < tap; q++) {
			const yc_real *u = grad + ky * tap + q;
			yc_real *o = dw + ky * ROW7_K * tap + q;

			for (size_t p = 0; p < 4; p++) {
				yc_real a = u[(2 * p + 1) * plane],
					b = u[(2 * p + 2) * plane];
				yc_real even = t.n[p + 1] * (a + b),
					odd = t.n[p + 1] * t.p[p] * (a - b);

				for (size_t k = 0; k < ROW7_K; k += 2) {
					o[k * tap] += even;
					if (k + 1 < ROW7_K)
						o[(k + 1) * tap] += odd;
					even *= t.p2[p];
					odd *= t.p2[p];
				}
			}
			o[0] += t.n[0] * u[0];
			o[6 * tap] += u[9 * plane];
		}
	}
}

static const struct yc_conv_form row7 = {
	.method = {.name = "row7", .summary = "Winograd F(4,7) along rows"},
	.fits = row7_fits,
	.plan = row7_plan,
	.prepare = row7_prepare,
	.forward = row7_forward,
	.adjoint = row7_adjoint,
	.weights = row7_weights,
	.fold = row7_fold,
};
