/* SPDX-License-Identifier: MIT */
/*
 * For conv_amx.h, behind amx_products.h: gradients of weights, from lines of x and dy.
 */
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
