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
#include "lib/kern/amx_lines.h"
#include "yc/conv.h"

enum {
	POINTS = 6,
	TILE = 16 * LINE, /* bf16 in a tile */
	BLOCK = 32,	  /* positions of a block of 2x2 tiles */
	/* Positions whose sums wait for their transform: few, to stay in L1 and L2, and many
	 * where the weights of a strip, more than L2_STEPS steps in one piece (288 KiB), do
	 * not stay there. */
	GROUP = 64,
	GROUP_MOST = 256,
	L2_STEPS = 8,
	/* Positions per call for best speed, times the pieces: lines take 768 KiB of L2 for
	 * 128 channels. */
	POSITIONS = 512
};

static const struct tile_config config = {.palette = 1,
	.bytes = {64, 64, 64, 64, 64, 64, 64, 64},
	.rows = {16, 16, 16, 16, 16, 16, 16, 16}};

struct geo {
	int n, h, w, tw;
	int pitch;	   /* positions in a row of the wide map, even */
	int rows;	   /* positions, a multiple of BLOCK */
	size_t lines;	   /* of one point and step */
	int steps, strips; /* of ci, of co */
};

static struct geo geometry(const struct yc_conv *c, int n)
{
	struct geo g = {.n = n,
		.h = c->h,
		.w = c->w,
		.tw = (c->w + 3) / 4,
		.steps = (c->ci + LINE - 1) / LINE,
		.strips = (c->co + LINE - 1) / LINE};

	g.pitch = (n * g.tw + 1) / 2 * 2;
	g.rows = (g.h * g.pitch + BLOCK - 1) / BLOCK * BLOCK;
	/* An odd number: points do not fall on the same cache sets. */
	g.lines = (size_t)(g.rows + 2 * g.pitch) | 1;
	return g;
}

static size_t pack_size(int pieces, int steps, int strips) /* of one direction, in bf16 */
{
	return (size_t)(steps * strips) * POINTS * 3 * (size_t)pieces * 2 * TILE;
}

/* ---- Products ---- */

/* Where a block finds two tiles next to each other and their pieces, in bf16. */
struct operand {
	const uint16_t *p;
	size_t tile, piece;
};

/* Tiles 0 to 3 += two tiles of a times two of b. Of two pieces the small ones come first,
 * in an order that loads no tile twice: 8 loads for 12 products. */
static inline ALWAYS void multiply(int pieces, struct operand a, struct operand b)
{
	if (pieces == 2) {
		TILE_LOAD(4, a.p + a.piece, 64);
		TILE_LOAD(5, a.p + a.piece + a.tile, 64);
		TILE_LOAD(6, b.p, 64);
		TILE_LOAD(7, b.p + b.tile, 64);
		TILE_DOT(0, 4, 6);
		TILE_DOT(1, 4, 7);
		TILE_DOT(2, 5, 6);
		TILE_DOT(3, 5, 7);
		TILE_LOAD(4, a.p, 64);
		TILE_LOAD(5, a.p + a.tile, 64);
	} else {
		TILE_LOAD(4, a.p, 64);
		TILE_LOAD(5, a.p + a.tile, 64);
		TILE_LOAD(6, b.p, 64);
		TILE_LOAD(7, b.p + b.tile, 64);
	}
	TILE_DOT(0, 4, 6);
	TILE_DOT(1, 4, 7);
	TILE_DOT(2, 5, 6);
	TILE_DOT(3, 5, 7);
	if (pieces == 2) {
		TILE_LOAD(6, b.p + b.piece, 64);
		TILE_LOAD(7, b.p + b.piece + b.tile, 64);
		TILE_DOT(0, 4, 6);
		TILE_DOT(1, 4, 7);
		TILE_DOT(2, 5, 6);
		TILE_DOT(3, 5, 7);
	}
}

static inline ALWAYS void zero_block(void)
{
	TILE_ZERO(0);
	TILE_ZERO(1);
	TILE_ZERO(2);
	TILE_ZERO(3);
}

/* A block of 32x32 fp32 in memory: bytes between lines, fp32 between tiles. */
#define BLOCK_MOVE(MOVE, p, stride, down, right) \
	do { \
		MOVE(0, p, stride); \
		MOVE(1, (p) + (right), stride); \
		MOVE(2, (p) + (down), stride); \
		MOVE(3, (p) + (down) + (right), stride); \
	} while (0)

/* One term of a convolution: rows of lines, and weights for them. */
struct term {
	const uint16_t *lines, *u;
};

/* fp32 between the points of the sums of a group: 16 more than they are, for other cache
 * sets. */
static size_t sums_of(int group)
{
	return (size_t)group * LINE + 16;
}

/* sums[p][r][o] of the positions r0 and on, for one strip of outputs */
static inline ALWAYS void products(int pieces, const struct geo *g, int steps,
	const struct term *t, int nterms, int strip, int r0, int group, float *sums)
{
	const size_t step = g->lines * LINE, point = (size_t)steps * step,
		     piece = POINTS * point, ky_step = (size_t)g->pitch * LINE,
		     u_step = (size_t)pieces * 2 * TILE;

	for (int p = 0; p < POINTS; p++, sums += sums_of(group)) {
		for (int b = 0; b < group && r0 + b < g->rows; b += BLOCK) {
			float *to = sums + b * LINE;

			zero_block();
			for (int i = 0; i < nterms; i++) {
				const uint16_t *x = t[i].lines + (size_t)p * point +
						    (size_t)(r0 + b) * LINE;
				const uint16_t *u =
					t[i].u + (size_t)(strip * POINTS + p) * 3 *
							 (size_t)steps * u_step;

				for (int ky = 0; ky < 3; ky++, x += ky_step) {
					const uint16_t *a = x;

					for (int s = 0; s < steps;
						s++, a += step, u += u_step)
						multiply(pieces,
							(struct operand){a, TILE, piece},
							(struct operand){
								u, TILE, 2 * TILE});
				}
			}
			BLOCK_MOVE(TILE_STORE, to, LINE * sizeof *to, 16 * LINE, 16);
		}
	}
}

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

/* ---- Gradients of weights ---- */

/* x of one point and step without the rows around it, transposed: [block of 32
 * positions][piece][32 channels][32 positions] */
static inline ALWAYS void transpose_lines(
	int pieces, const struct geo *g, const uint16_t *x, size_t piece, uint16_t *to)
{
	x += (size_t)g->pitch * LINE;
	for (int r = 0; r < g->rows; r += BLOCK, x += BLOCK * LINE) {
		for (int k = 0; k < pieces; k++, to += 2 * TILE) {
			const uint16_t *p = x + (size_t)k * piece;
			half low[16], high[16];

#pragma GCC unroll 16
			for (int j = 0; j < 16; j++) {
				half a = LINE_OF(p + 2 * j * LINE),
				     b = LINE_OF(p + (2 * j + 1) * LINE);

				low[j] = pairs_low(a, b);
				high[j] = pairs_high(a, b);
			}
			transpose(low, to);
			transpose(high, to + TILE);
		}
	}
}

/* All lines of dy of one point and step in pairs: [piece][2][pairs of lines][16][2] */
static inline ALWAYS void pair_lines(
	int pieces, const struct geo *g, const uint16_t *dy, size_t piece, uint16_t *to)
{
	const size_t pairs = g->lines / 2;

	for (int k = 0; k < pieces; k++, dy += piece, to += 2 * pairs * LINE) {
		for (size_t j = 0; j < pairs; j++) {
			half a = LINE_OF(dy + 2 * j * LINE),
			     b = LINE_OF(dy + (2 * j + 1) * LINE);

			LINE_AT(to + j * LINE) = pairs_low(a, b);
			LINE_AT(to + (pairs + j) * LINE) = pairs_high(a, b);
		}
	}
}

/* grad[p] (+)= x[y]^T dy[y - ky + 1], over all rows y of the wide map */
static inline ALWAYS void correlate(int pieces, const struct geo *g, const uint16_t *x,
	const uint16_t *dy, bool add, float *grad, uint16_t *scratch)
{
	const size_t step = g->lines * LINE, pairs = g->lines / 2 * LINE,
		     xt_step = (size_t)(pieces * g->rows * LINE),
		     dp_strip = (size_t)pieces * 2 * pairs;
	const int blocks = g->rows / BLOCK;
	uint16_t *xt = scratch, *dp = xt + (size_t)g->steps * xt_step;

	tiles_configure(&config);
	for (int p = 0; p < POINTS; p++) {
		for (int s = 0; s < g->steps; s++)
			transpose_lines(pieces, g, x + (size_t)(p * g->steps + s) * step,
				(size_t)(POINTS * g->steps) * step,
				xt + (size_t)s * xt_step);
		for (int s = 0; s < g->strips; s++)
			pair_lines(pieces, g, dy + (size_t)(p * g->strips + s) * step,
				(size_t)(POINTS * g->strips) * step,
				dp + (size_t)s * dp_strip);
		for (int k = 0; k < g->strips * g->steps * 3; k++, grad += 2 * TILE) {
			const int ky = k % 3, s = k / 3 % g->steps,
				  strip = k / 3 / g->steps;
			const uint16_t *a = xt + (size_t)s * xt_step;
			const uint16_t *b = dp + (size_t)strip * dp_strip +
					    (size_t)((2 - ky) * g->pitch / 2) * LINE;

			if (add)
				BLOCK_MOVE(TILE_LOAD, grad, 64, 512, 256);
			else
				zero_block();
			for (int i = 0; i < blocks;
				i++, a += pieces * 2 * TILE, b += TILE)
				multiply(pieces, (struct operand){a, TILE, 2 * TILE},
					(struct operand){b, pairs, 2 * pairs});
			BLOCK_MOVE(TILE_STORE, grad, 64, 512, 256);
		}
	}
	tiles_release();
}

/* dw [3][3][ci][co] += Gt grad */
static void fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	const struct geo g = geometry(c, 1);
	const size_t point = (size_t)(g.strips * g.steps * 3) * 2 * TILE,
		     tap = (size_t)c->ci * (size_t)c->co;

	for (int k = 0; k < g.strips * g.steps * 3 * BLOCK * 2; k++) {
		/* grad's dimensions, from the innermost */
		const int m = k % 16, right = k / 16 % 2, down = k / 32 % 2,
			  ky = k / 64 % 3, s = k / 192 % g.steps,
			  strip = k / 192 / g.steps;
		const int i = s * LINE + down * 16 + m, o = strip * LINE + right * 16;
		const float *from = grad + (size_t)(k / 64) * 2 * TILE +
				    (down * 2 + right) * 256 + m * 16;
		vec u[POINTS], d[3];

		if (i >= c->ci || o >= c->co)
			continue;
		for (int p = 0; p < POINTS; p++)
			u[p] = LOAD(from + (size_t)p * point);
		gt6_v(u, d);
		for (int kx = 0; kx < 3; kx++) {
			float *to = dw + (size_t)(3 * ky + kx) * tap +
				    (size_t)i * (size_t)c->co + o;

			set(to, get(to, c->co - o) + d[kx], c->co - o);
		}
	}
}

/* ---- Weights ---- */

/* u = G w of 16 inputs, i and on, and 32 outputs of one ky, into the tiles of forward and,
 * with inputs and outputs exchanged and ky reversed, of adjoint, which may be NULL. */
static inline ALWAYS void pack_square(int pieces, const struct yc_conv *c, const float *w,
	int ky, int i, int strip, uint16_t *fwd, uint16_t *bwd)
{
	const int steps = (c->ci + LINE - 1) / LINE, strips = (c->co + LINE - 1) / LINE,
		  left = c->co - strip * LINE, half_step = i / 16 % 2;
	const size_t co = (size_t)c->co, tap = (size_t)c->ci * co;
	vec u[16][2][POINTS];

	for (int m = 0; m < 16; m++) {
		for (int b = 0; b < 2; b++) {
			vec d[3];

			for (int kx = 0; kx < 3; kx++)
				d[kx] = i + m < c->ci
						? get(w + (size_t)(3 * ky + kx) * tap +
								  (size_t)(i + m) * co +
								  strip * LINE + 16 * b,
							  left - 16 * b)
						: (vec){0};
			g6_v(d, u[m][b]);
		}
	}
	for (int p = 0; p < POINTS; p++) {
		size_t at = (size_t)(((strip * POINTS + p) * 3 + ky) * steps + i / LINE);
		uint16_t *to =
			fwd + (at * (size_t)pieces * 2) * TILE + half_step * TILE / 2;
		uint16_t line[2 * LINE];
		half row[2][16];

		for (int b = 0; b < 2; b++) {
			for (int j = 0; j < 8; j++) {
				put(pieces, u[2 * j][b][p], u[2 * j + 1][b][p], line,
					LINE);
				for (int k = 0; k < pieces; k++) {
					half l = LINE_OF(line + k * LINE);

					LINE_AT(to + (2 * k + b) * TILE + j * LINE) =
						pairs_low(l, __builtin_shufflevector(l, l,
								     LAST_16, FIRST_16));
				}
			}
		}
		if (!bwd)
			continue;
		at = (size_t)(((i / LINE * POINTS + p) * 3 + 2 - ky) * strips + strip);
		to = bwd + (at * (size_t)pieces * 2 + (size_t)half_step) * TILE;
		for (int m = 0; m < 16; m++) {
			put(pieces, u[m][0][p], u[m][1][p], line, LINE);
			for (int k = 0; k < pieces; k++)
				row[k][m] = LINE_OF(line + k * LINE);
		}
		for (int k = 0; k < pieces; k++)
			transpose(row[k], to + k * 2 * TILE);
	}
}

static inline ALWAYS void pack_weights(int pieces, const struct yc_conv *c,
	const yc_real *w, uint16_t *pack, bool adjoint, int part, int parts)
{
	const struct geo g = geometry(c, 1);
	uint16_t *bwd = pack + pack_size(pieces, g.steps, g.strips);
	const int squares = 2 * g.steps * g.strips;

	for (int k = squares * part / parts; k < squares * (part + 1) / parts; k++)
		for (int ky = 0; ky < 3; ky++)
			pack_square(pieces, c, w, ky, k / g.strips * 16, k % g.strips,
				pack, adjoint ? bwd : NULL);
}

/* ---- The two forms ---- */

static bool fits(const struct yc_conv *c)
{
	return c->k == 3;
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
