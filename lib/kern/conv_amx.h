/* SPDX-License-Identifier: MIT */
/*
 * The forms "amx1" and "amx2" of convolution: 3x3 in tiles of bf16 (AMX). For kern_amx.c
 * and, with emulated instructions, for tests/unit/test_amx.c; they define AMX_OPS, the
 * header that has the instructions.
 *
 * One-dimensional Winograd F(4,3) along the rows of a map, with the points of wino_points.h;
 * the three rows of the kernel are summed as part of the products. A position is four
 * outputs of a row; with v = Bt x of its six inputs and u = G w of each row of the kernel,
 *
 *	m[p][y][o] = sum over ky, i of v[p][y + ky][i] u[p][ky][i][o],  p < 6,  output At m.
 *
 * Unlike 6x6 transforms this keeps the weights small enough for L2 (18 matrices, not 36),
 * loses less accuracy, and 16 positions in a row of tile registers come from 16
 * consecutive lines of memory for every ky.
 *
 * Every number is a bf16 (PIECES 1), or two whose sum it is to 16 bits (PIECES 2; products
 * of the two small ones are left out); sums are fp32.
 *
 * A line is 32 channels of one position and one point, 64 bytes. The images of a call lie
 * side by side, as one wide map with a row of zeros above and below it:
 *
 *	rows of lines	[piece][point][step of 32 channels][lines][32]
 *	weights		[strip of 32 outputs][point][ky][step][piece][2][16 pairs][16][2]
 *	gradients	[point][strip][step][ky][2][2][16][16] (inputs, outputs)
 *
 * so that products stream the weights of a strip once per group of positions, in order. Gradients of
 * weights sum over positions, for which tiles want x transposed and dy in pairs of
 * positions; ky moves dy by whole rows of the map, of which each has an even number of
 * positions, so that no tile is loaded from between two lines.
 */
#include "lib/kern/amx_products.h"

#include "lib/kern/amx_correlate.h"
#include "lib/kern/amx_pack.h"

/* ---- Maps to lines and back ---- */

/* One position: `c` channels of six inputs, or of `cols` gradients of its four outputs. */
static inline ALWAYS void position(int pieces, bool dy, const float *x, size_t pixel,
	int cols, int c, uint16_t *to, size_t point, size_t piece)
{
	vec v[2][POINTS];

#pragma GCC unroll 2
	for (int b = 0; b < 2; b++) {
		vec d[POINTS];

#pragma GCC unroll 6
		for (int j = 0; j < 6; j++)
			d[j] = j < cols ? get(x + (size_t)j * pixel + 16 * b, c - 16 * b)
					: (vec){0};
		if (dy)
			a6_v(d, v[b]);
		else
			bt6_v(d, v[b]);
	}
#pragma GCC unroll 6
	for (int p = 0; p < POINTS; p++)
		put(pieces, v[0][p], v[1][p], to + (size_t)p * point, piece);
}

/* The lines of all images of x with its border, or of dy. */
static inline ALWAYS void make_lines(int pieces, bool dy, const struct geo *g, int c,
	const float *x, size_t row, size_t img, uint16_t *lines)
{
	const int steps = (c + LINE - 1) / LINE, used = g->n * g->tw;
	const size_t step = g->lines * LINE, point = (size_t)steps * step,
		     piece = POINTS * point, pixel = (size_t)c;

	/* Products read, and gradients of weights sum, the lines without a position. */
	for (int k = 0; k < pieces * POINTS * steps; k++) {
		uint16_t *p = lines + (size_t)k * step, *end = p + step;
		size_t top = (size_t)g->pitch * LINE;

		memset(p, 0, top * sizeof *p);
		p += top;
		for (int y = 0; y < g->h; y++, p += top)
			if (used < g->pitch)
				LINE_AT(p + used * LINE) = (half){0};
		memset(p, 0, (size_t)(end - p) * sizeof *p);
	}
	for (int y = 0; y < g->h; y++) {
		for (int i = 0; i < g->n; i++) {
			/* x begins a row and a column before the map */
			const float *p = x + (size_t)i * img + (size_t)(y + !dy) * row;
			uint16_t *to =
				lines + (size_t)((y + 1) * g->pitch + i * g->tw) * LINE;

			for (int s = 0; s < steps; s++, p += LINE, to += step) {
				const int left = c - s * LINE;

				for (int t = 0; t < g->tw; t++) {
					const float *from = p + (size_t)(4 * t) * pixel;
					const int cols = !dy		    ? 6
							 : g->w - 4 * t < 4 ? g->w - 4 * t
									    : 4;

					if (left >= LINE)
						position(pieces, dy, from, pixel, cols,
							LINE, to + t * LINE, point,
							piece);
					else
						position(pieces, dy, from, pixel, cols,
							left, to + t * LINE, point,
							piece);
				}
			}
		}
	}
}

/*
 * From the sums of a position, for 32 channels or the c that are left: its four outputs,
 * or the gradients of its six inputs, of which the first lies before y. The position to the
 * left has begun two of those. `cols` columns are left in the map.
 */
static inline ALWAYS void finish_channels(bool adjoint, const float *sums, size_t point,
	float *y, size_t pixel, int at, int cols, int c)
{
#pragma GCC unroll 2
	for (int b = 0; b < 2; b++, c -= 16) {
		vec m[POINTS], o[6];

		for (int p = 0; p < POINTS; p++)
			m[p] = LOAD(sums + (size_t)p * point + 16 * b);
		if (adjoint)
			b6_v(m, o);
		else
			at6_v(m, o);
#pragma GCC unroll 6
		for (int j = 0; j < 6; j++) {
			const int col = adjoint ? j - 1 : j;
			float *to = y + (ptrdiff_t)col * (ptrdiff_t)pixel + 16 * b;

			if (col >= cols || at + col < 0 || (!adjoint && j >= 4))
				continue;
			if (adjoint && j < 2 && at > 0)
				o[j] += get(to, c);
			set(to, o[j], c);
		}
	}
}

static inline ALWAYS void finish(bool adjoint, const float *sums, size_t point, float *y,
	size_t pixel, int at, int cols, int left)
{
	if (left >= LINE)
		finish_channels(adjoint, sums, point, y, pixel, at, cols, LINE);
	else
		finish_channels(adjoint, sums, point, y, pixel, at, cols, left);
}

/* y, or dx if `adjoint`, [..][c], from the lines and weights of 1 or 2 terms of `k`
 * channels. */
static inline ALWAYS void convolve(int pieces, bool adjoint, const struct geo *g, int k,
	int c, const struct term *t, int nterms, float *y, size_t row, size_t img,
	float *sums)
{
	const int steps = (k + LINE - 1) / LINE,
		  group = pieces * steps > L2_STEPS ? GROUP_MOST : GROUP;
	const size_t pixel = (size_t)c;

	tiles_configure(&config);
	for (int strip = 0; strip * LINE < c; strip++) {
		int yy = 0, col = 0, left = c - strip * LINE; /* of position r */

		for (int r0 = 0; r0 < g->rows; r0 += group) {
			products(pieces, g, steps, t, nterms, strip, r0, group, sums);
			for (int r = 0; r < group && yy < g->h; r++) {
				const int i = col / g->tw, at = col % g->tw * 4;

				/* not the position that makes a row even */
				if (i < g->n)
					finish(adjoint, sums + r * LINE, sums_of(group),
						y + (size_t)i * img + (size_t)yy * row +
							(size_t)at * pixel + strip * LINE,
						pixel, at, g->w - at, left);
				if (++col == g->pitch) {
					col = 0;
					yy++;
				}
			}
		}
	}
	tiles_release();
}

/* ---- The two forms ---- */

static bool fits(const struct yc_conv *c)
{
	return c->k == 3 && !c->half;
}

/* Elements of yc_real that k lines take. */
static size_t line_reals(size_t k)
{
	return k * LINE * sizeof(uint16_t) / sizeof(yc_real);
}

static void plan_pieces(int pieces, const struct yc_conv *c, struct yc_conv_plan *p)
{
	const struct geo g = geometry(c, 1);
	/* as geometry: pitch <= n*tw + 1, rows < h*pitch + BLOCK, lines <= rows + 2*pitch
	 * + 1 */
	const size_t image = (size_t)((g.h + 2) * g.tw),
		     fixed = (size_t)(g.h + 2 + BLOCK), x = (size_t)(pieces * g.steps),
		     dy = (size_t)(pieces * g.strips);

	*p = (struct yc_conv_plan){
		.ph = g.h + 2,
		.pw = 4 * g.tw + 2,
		.chunk = (POSITIONS / pieces + g.h * g.tw - 1) / (g.h * g.tw),
		.pack = line_reals(2 * pack_size(pieces, g.steps, g.strips) / LINE),
		.x_image = line_reals(POINTS * x * image),
		.x_fixed = line_reals(POINTS * x * fixed),
		.dy_image = line_reals(POINTS * dy * image),
		.dy_fixed = line_reals(POINTS * dy * fixed),
		.grad = (size_t)(POINTS * g.strips * g.steps * 3) * 2 * TILE,
		.scratch_image = line_reals((x + dy) * image),
		.scratch_fixed =
			line_reals((x + dy) * fixed) + POINTS * sums_of(GROUP_MOST),
	};
}

static inline ALWAYS const uint16_t *lines_of_x(int pieces, const struct yc_conv *c,
	const struct geo *g, const struct yc_conv_term *t)
{
	if (!t->ready)
		make_lines(pieces, false, g, c->ci, t->x, c->xrow, c->ximg,
			(uint16_t *)(void *)t->kept);
	return (const uint16_t *)(const void *)t->kept;
}

static inline ALWAYS const uint16_t *lines_of_dy(int pieces, const struct yc_conv *c,
	const struct geo *g, const struct yc_conv_term *t)
{
	const size_t row = (size_t)(c->w * c->co);

	if (!t->ready)
		make_lines(pieces, true, g, c->co, t->x, row, (size_t)c->h * row,
			(uint16_t *)(void *)t->kept);
	return (const uint16_t *)(const void *)t->kept;
}

#define AMX_FORM(pieces, what, says) \
	static void plan_##pieces(const struct yc_conv *c, struct yc_conv_plan *p) \
	{ \
		plan_pieces(pieces, c, p); \
	} \
	static void prepare_##pieces(const struct yc_conv *c, const yc_real *w, \
		yc_real *pack, bool adjoint, int part, int parts) \
	{ \
		pack_weights( \
			pieces, c, w, (uint16_t *)(void *)pack, adjoint, part, parts); \
	} \
	static void forward_##pieces(const struct yc_conv *c, int n, \
		const struct yc_conv_term *t, int nterms, yc_real *y, yc_real *scratch) \
	{ \
		const struct geo g = geometry(c, n); \
		struct term a[2]; \
\
		for (int i = 0; i < nterms; i++) \
			a[i] = (struct term){lines_of_x(pieces, c, &g, &t[i]), \
				(const uint16_t *)(const void *)t[i].pack}; \
		convolve(pieces, false, &g, c->ci, c->co, a, nterms, y, c->yrow, \
			c->yimg, scratch); \
	} \
	static void adjoint_##pieces(const struct yc_conv *c, int n, \
		const struct yc_conv_term *t, int nterms, yc_real *dx, yc_real *scratch) \
	{ \
		const struct geo g = geometry(c, n); \
		const size_t row = (size_t)(c->w * c->ci); \
		struct term a[2]; \
\
		for (int i = 0; i < nterms; i++) \
			a[i] = (struct term){lines_of_dy(pieces, c, &g, &t[i]), \
				(const uint16_t *)(const void *)t[i].pack + \
					pack_size(pieces, g.steps, g.strips)}; \
		if (dx) \
			convolve(pieces, true, &g, c->co, c->ci, a, nterms, dx, row, \
				(size_t)c->h *row, scratch); \
	} \
	static void weights_##pieces(const struct yc_conv *c, int n, \
		const struct yc_conv_term *x, const struct yc_conv_term *dy, bool add, \
		yc_real *grad, yc_real *scratch) \
	{ \
		const struct geo g = geometry(c, n); \
		const uint16_t *vx = lines_of_x(pieces, c, &g, x), \
			       *vdy = lines_of_dy(pieces, c, &g, dy); \
\
		correlate(pieces, &g, vx, vdy, add, grad, (uint16_t *)(void *)scratch); \
	} \
	static const struct yc_conv_form what = { \
		.method = {.name = #what, .summary = says}, \
		.channels = 16, \
		.fits = fits, \
		.plan = plan_##pieces, \
		.prepare = prepare_##pieces, \
		.forward = forward_##pieces, \
		.adjoint = adjoint_##pieces, \
		.weights = weights_##pieces, \
		.fold = fold, \
	};
AMX_FORM(1, amx1, "3x3 by Winograd's transforms of rows, in tiles of bf16")
AMX_FORM(2, amx2, "the same, each number in two parts")
