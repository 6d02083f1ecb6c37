/* SPDX-License-Identifier: MIT */
/*
 * Multi-formation decode, yc-methods(7), "DECODING": bilinear interpolation of a tile. A
 * side that the factor does not divide is padded on the right and at the bottom with 0.5;
 * the adjoint drops gradients of the padding.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/image/interp.h"
#include "yc/decode.h"

static const yc_real PAD = (yc_real)0.5;

/* Number of output columns whose interpolation weights are kept at a time: larger images
 * are processed in vertical strips.
 */
enum { STRIP = 64 };

/* A tile in its stored image: its first row and column, and whether it extends into the
 * padding. */
struct cut {
	int h, r, c;
	bool padded;
};

static struct cut cut_at(int h, int factor, int k)
{
	int s = yc_tile_side(h, factor), r = k / factor * s, c = k % factor * s;

	return (struct cut){h, r, c, r + s > h || c + s > h};
}

static inline yc_real pixel(
	const yc_real *plane, const struct cut *t, bool padded, int i, int j)
{
	int r = t->r + i, c = t->c + j;

	return padded && (r >= t->h || c >= t->h) ? PAD : plane[r * t->h + c];
}

static inline void add(yc_real *plane, const struct cut *t, int i, int j, yc_real v)
{
	int r = t->r + i, c = t->c + j;

	if (r < t->h && c < t->h)
		plane[r * t->h + c] += v;
}

/* n outputs of one row and channel, `channels` apart. */
static inline void resample(const yc_real *plane, const struct cut *t, bool padded,
	struct interp row, const struct interp *col, int n, int channels, yc_real *y)
{
	for (int j = 0; j < n; j++) {
		yc_real top = col[j].w0 * pixel(plane, t, padded, row.i0, col[j].i0) +
			      col[j].w1 * pixel(plane, t, padded, row.i0, col[j].i1);
		yc_real low = col[j].w0 * pixel(plane, t, padded, row.i1, col[j].i0) +
			      col[j].w1 * pixel(plane, t, padded, row.i1, col[j].i1);

		y[j * channels] = row.w0 * top + row.w1 * low;
	}
}

static void resample_adjoint(yc_real *plane, const struct cut *t, struct interp row,
	const struct interp *col, int n, int channels, const yc_real *dy)
{
	for (int j = 0; j < n; j++) {
		yc_real top = row.w0 * dy[j * channels], low = row.w1 * dy[j * channels];

		add(plane, t, row.i0, col[j].i0, col[j].w0 * top);
		add(plane, t, row.i0, col[j].i1, col[j].w1 * top);
		add(plane, t, row.i1, col[j].i0, col[j].w0 * low);
		add(plane, t, row.i1, col[j].i1, col[j].w1 * low);
	}
}

/* Prepares the interpolation of columns from `first` on; returns their number. */
static int strip_at(struct interp *col, int first, int s, int side)
{
	int n = side - first < STRIP ? side - first : STRIP;

	for (int j = 0; j < n; j++)
		col[j] = interp_at(first + j, s, side);
	return n;
}

void yc_decode_tile(
	const yc_real *s, int channels, int h, int factor, int k, int side, yc_real *y)
{
	struct cut cut = cut_at(h, factor, k);
	struct interp col[STRIP];
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int first = 0; first < side; first += STRIP) {
		int n = strip_at(col, first, ts, side);

		for (int o = 0; o < side; o++) {
			struct interp row = interp_at(o, ts, side);
			yc_real *out = y + ((size_t)o * (size_t)side + (size_t)first) *
						   (size_t)channels;

			for (int c = 0; c < channels; c++)
				if (cut.padded)
					resample(s + (size_t)c * plane, &cut, true, row,
						col, n, channels, out + c);
				else
					resample(s + (size_t)c * plane, &cut, false, row,
						col, n, channels, out + c);
		}
	}
}

void yc_decode_tile_adjoint(
	yc_real *ds, int channels, int h, int factor, int k, int side, const yc_real *dy)
{
	struct cut cut = cut_at(h, factor, k);
	struct interp col[STRIP];
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int first = 0; first < side; first += STRIP) {
		int n = strip_at(col, first, ts, side);

		for (int o = 0; o < side; o++) {
			struct interp row = interp_at(o, ts, side);
			const yc_real *in =
				dy + ((size_t)o * (size_t)side + (size_t)first) *
					     (size_t)channels;

			for (int c = 0; c < channels; c++)
				resample_adjoint(ds + (size_t)c * plane, &cut, row, col,
					n, channels, in + c);
		}
	}
}

void yc_cut_tile(const yc_real *s, int channels, int h, int factor, int k, yc_real *tile)
{
	struct cut cut = cut_at(h, factor, k);
	size_t plane = (size_t)h * (size_t)h;
	int ts = yc_tile_side(h, factor);

	for (int c = 0; c < channels; c++, s += plane)
		for (int i = 0; i < ts; i++)
			for (int j = 0; j < ts; j++)
				*tile++ = pixel(s, &cut, true, i, j);
}
