/* SPDX-License-Identifier: MIT */
/*
 * For conv_amx.h, behind amx_products.h: weights, transformed and in the order of their use.
 */
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
