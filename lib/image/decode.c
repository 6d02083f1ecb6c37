/* SPDX-License-Identifier: MIT */
/*
 * Multi-formation decode, yc-methods(7), "DECODING": bilinear interpolation of a tile.
 * A side that the factor does not divide is padded on the right and at the bottom with
 * 0.5; the adjoint drops what would flow there.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/image/interp.h"
#include "yc/decode.h"

static const yc_real PAD = (yc_real)0.5;

int yc_tile_side(int h, int factor)
{
	return (h + factor - 1) / factor;
}

/* Tiles of n images from `first` on, cut with `factor`, behind the `have` in out. */
static long long plan_single(
	struct yc_tile *out, int room, long long have, int factor, int first, int n)
{
	for (int k = 0; k < factor * factor; k++) {
		if (have >= room) /* only counted */
			return have + (long long)(factor * factor - k) * n;
		for (int m = 0; m < n; m++, have++)
			if (have < room)
				out[have] = (struct yc_tile){first + m, factor, k};
	}
	return have;
}

int yc_decode_type(const char *word, enum yc_decode_type *type)
{
	static const char *const words[] = {[YC_DECODE_SINGLE] = "single",
		[YC_DECODE_MULTI] = "multi",
		[YC_DECODE_BOUND] = "bound"};

	for (size_t i = 0; i < YC_COUNT(words); i++) {
		if (strcmp(words[i], word) == 0) {
			*type = (enum yc_decode_type)i;
			return YC_OK;
		}
	}
	return yc_fail(YC_USAGE, "unknown decode type '%s'", word);
}

int yc_decode_plan(enum yc_decode_type type, int factor, int ipc, int bound,
	struct yc_tile *out, int room)
{
	long long have = 0;

	if (factor < 1 || factor > 1024)
		return yc_fail(YC_FAIL, "factor %d is not in 1..1024", factor);
	switch (type) {
	case YC_DECODE_SINGLE:
		have = plan_single(out, room, 0, factor, 0, ipc);
		break;
	case YC_DECODE_MULTI:
		for (int q = 1; q <= factor; q++)
			have = plan_single(out, room, have, q, 0, ipc);
		break;
	case YC_DECODE_BOUND:
		if (ipc > bound)
			return yc_fail(YC_FAIL,
				"bound %d is less than the %d images of a class", bound,
				ipc);
		for (int q = factor, left = ipc; q > 0 && left > 0; q--) {
			int spare = (int)(bound - have - left),
			    n = q > 1 ? spare / (q * q) : left;

			n = n < left ? n : left;
			have = plan_single(out, room, have, q, ipc - left, n);
			left -= n;
		}
		break;
	}
	if (have > INT_MAX)
		return yc_fail(YC_FAIL, "a class of %d images makes too many tiles", ipc);
	return (int)have;
}

/* Taps of so many output columns are kept at a time: larger images go in vertical strips.
 */
enum { STRIP = 64 };

/* A cell of a stored image: its first row and column, and whether it reaches into the
 * padding. */
struct cell {
	int h, r, c;
	bool padded;
};

static struct cell cell_at(int h, int factor, int k)
{
	int s = yc_tile_side(h, factor), r = k / factor * s, c = k % factor * s;

	return (struct cell){h, r, c, r + s > h || c + s > h};
}

static inline yc_real pixel(
	const yc_real *plane, const struct cell *t, bool padded, int i, int j)
{
	int r = t->r + i, c = t->c + j;

	return padded && (r >= t->h || c >= t->h) ? PAD : plane[r * t->h + c];
}

static inline void add(yc_real *plane, const struct cell *t, int i, int j, yc_real v)
{
	int r = t->r + i, c = t->c + j;

	if (r < t->h && c < t->h)
		plane[r * t->h + c] += v;
}

/* n outputs of one row and channel, `channels` apart. */
static inline void resample(const yc_real *plane, const struct cell *t, bool padded,
	struct tap row, const struct tap *col, int n, int channels, yc_real *y)
{
	for (int j = 0; j < n; j++) {
		yc_real top = col[j].w0 * pixel(plane, t, padded, row.i0, col[j].i0) +
			      col[j].w1 * pixel(plane, t, padded, row.i0, col[j].i1);
		yc_real low = col[j].w0 * pixel(plane, t, padded, row.i1, col[j].i0) +
			      col[j].w1 * pixel(plane, t, padded, row.i1, col[j].i1);

		y[j * channels] = row.w0 * top + row.w1 * low;
	}
}

static void resample_adjoint(yc_real *plane, const struct cell *t, struct tap row,
	const struct tap *col, int n, int channels, const yc_real *dy)
{
	for (int j = 0; j < n; j++) {
		yc_real top = row.w0 * dy[j * channels], low = row.w1 * dy[j * channels];

		add(plane, t, row.i0, col[j].i0, col[j].w0 * top);
		add(plane, t, row.i0, col[j].i1, col[j].w1 * top);
		add(plane, t, row.i1, col[j].i0, col[j].w0 * low);
		add(plane, t, row.i1, col[j].i1, col[j].w1 * low);
	}
}

/* Taps of columns from `first` on; how many. */
static int strip_at(struct tap *col, int first, int s, int side)
{
	int n = side - first < STRIP ? side - first : STRIP;

	for (int j = 0; j < n; j++)
		col[j] = tap_at(first + j, s, side);
	return n;
}

void yc_decode_tile(
	const yc_real *s, int channels, int h, int factor, int k, int side, yc_real *y)
{
	struct cell cell = cell_at(h, factor, k);
	struct tap col[STRIP];
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int first = 0; first < side; first += STRIP) {
		int n = strip_at(col, first, ts, side);

		for (int o = 0; o < side; o++) {
			struct tap row = tap_at(o, ts, side);
			yc_real *out = y + ((size_t)o * (size_t)side + (size_t)first) *
						   (size_t)channels;

			for (int c = 0; c < channels; c++)
				if (cell.padded)
					resample(s + (size_t)c * plane, &cell, true, row,
						col, n, channels, out + c);
				else
					resample(s + (size_t)c * plane, &cell, false, row,
						col, n, channels, out + c);
		}
	}
}

void yc_decode_tile_adjoint(
	yc_real *ds, int channels, int h, int factor, int k, int side, const yc_real *dy)
{
	struct cell cell = cell_at(h, factor, k);
	struct tap col[STRIP];
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int first = 0; first < side; first += STRIP) {
		int n = strip_at(col, first, ts, side);

		for (int o = 0; o < side; o++) {
			struct tap row = tap_at(o, ts, side);
			const yc_real *in =
				dy + ((size_t)o * (size_t)side + (size_t)first) *
					     (size_t)channels;

			for (int c = 0; c < channels; c++)
				resample_adjoint(ds + (size_t)c * plane, &cell, row, col,
					n, channels, in + c);
		}
	}
}

void yc_cut_tile(const yc_real *s, int channels, int h, int factor, int k, yc_real *tile)
{
	struct cell cell = cell_at(h, factor, k);
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int c = 0; c < channels; c++, s += plane)
		for (int i = 0; i < ts; i++)
			for (int j = 0; j < ts; j++)
				*tile++ = pixel(s, &cell, true, i, j);
}
