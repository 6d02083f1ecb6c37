/* SPDX-License-Identifier: MIT */
/*
 * For conv_amx.h: shapes of its lines and weights, and their products in tiles.
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

/* Where a block finds two tiles next to each other and their pieces, in bf16. */
struct operand {
	const uint16_t *p;
	size_t tile, piece;
};

/* Tiles 0 to 3 += tiles 4 and 5 times tiles 6 and 7. */
static inline ALWAYS void multiply_tiles(void)
{
	TILE_DOT(0, 4, 6);
	TILE_DOT(1, 4, 7);
	TILE_DOT(2, 5, 6);
	TILE_DOT(3, 5, 7);
}

/* Tiles 0 to 3 += two tiles of a times two of b. Of two pieces the small ones come first,
 * in an order that loads no tile twice: 8 loads for 12 products. */
static inline ALWAYS void multiply(int pieces, struct operand a, struct operand b)
{
	if (pieces == 2) {
		TILE_LOAD(4, a.p + a.piece, 64);
		TILE_LOAD(5, a.p + a.piece + a.tile, 64);
		TILE_LOAD(6, b.p, 64);
		TILE_LOAD(7, b.p + b.tile, 64);
		multiply_tiles();
		TILE_LOAD(4, a.p, 64);
		TILE_LOAD(5, a.p + a.tile, 64);
	} else {
		TILE_LOAD(4, a.p, 64);
		TILE_LOAD(5, a.p + a.tile, 64);
		TILE_LOAD(6, b.p, 64);
		TILE_LOAD(7, b.p + b.tile, 64);
	}
	multiply_tiles();
	if (pieces == 2) {
		TILE_LOAD(6, b.p + b.piece, 64);
		TILE_LOAD(7, b.p + b.piece + b.tile, 64);
		multiply_tiles();
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
