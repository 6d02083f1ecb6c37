/* SPDX-License-Identifier: MIT */
/*
 * Scaling of 8-bit pictures as imaging libraries do it (yc-methods(7), "Photographs").
 * Along one axis, from `from` samples to `to`, with r = from/to and the radius s =
 * max(1, r):
 *
 *   c_o = (o + 1/2) r           w_oi ~ max(0, 1 - |i + 1/2 - c_o| / s), sum over i = 1
 *   out_o = sum_i w_oi in_i
 *
 * so that the support of the filter grows with the downscaling ratio, and upscaling is
 * bilinear interpolation. Columns first, then rows, rounded to 8 bits after each; weights
 * have 22 fractional bits. This is Pillow's arithmetic, bit for bit, on which the
 * published ImageNet results are based. Compiled without contraction to FMA.
 */
#include <math.h>
#include <stdbool.h>

#include "lib/photo/photo.h"
#include "yc/mem.h"

enum { POINT = 22, ONE = 1 << POINT };

/* The weights for the outputs first .. first+n-1 of an axis. */
struct axis {
	int capacity;  /* capacity of w per output */
	int *at, *len; /* [n] first input and number of inputs */
	int32_t *w;    /* [n][capacity] */
};

static void axis_release(struct axis *a)
{
	yc_free(a->at);
	yc_free(a->len);
	yc_free(a->w);
}

static void weigh(struct axis *a, int k, double centre, double radius, int from)
{
	int lo = (int)(centre - radius + 0.5), hi = (int)(centre + radius + 0.5);
	int32_t *w = a->w + (size_t)k * (size_t)a->capacity;
	double sum = 0;

	if (lo < 0)
		lo = 0;
	if (hi > from)
		hi = from;
	a->at[k] = lo;
	a->len[k] = hi - lo;
	for (int i = lo; i < hi; i++)
		sum += fmax(0, 1 - fabs((i - centre + 0.5) * (1 / radius)));
	for (int i = lo; i < hi; i++) {
		double v = fmax(0, 1 - fabs((i - centre + 0.5) * (1 / radius))) / sum;

		w[i - lo] = (int32_t)(v * ONE + 0.5);
	}
}

static int axis_new(struct axis *a, int from, int to, int first, int n)
{
	double ratio = (double)from / to, radius = ratio < 1 ? 1 : ratio;

	a->capacity = 2 * (int)ceil(radius) + 1;
	a->at = yc_calloc((size_t)n, sizeof *a->at);
	a->len = yc_calloc((size_t)n, sizeof *a->len);
	a->w = yc_calloc(yc_size_mul((size_t)n, (size_t)a->capacity), sizeof *a->w);
	if (!a->at || !a->len || !a->w)
		return YC_FAIL;
	for (int k = 0; k < n; k++)
		weigh(a, k, (first + k + 0.5) * ratio, radius, from);
	return YC_OK;
}

/* Three channels of a weighted sum of pixels that lie `step` bytes apart. */
static inline void blend(const uint8_t *in, size_t step, const int32_t *w, int n,
	uint8_t *out, size_t plane)
{
	int32_t r = ONE / 2, g = ONE / 2, b = ONE / 2;

	for (int i = 0; i < n; i++, in += step) {
		r += w[i] * in[0];
		g += w[i] * in[1];
		b += w[i] * in[2];
	}
	/* Rounded weights may add up to slightly more than one. */
	out[0] = (uint8_t)(r >> POINT > 255 ? 255 : r >> POINT);
	out[plane] = (uint8_t)(g >> POINT > 255 ? 255 : g >> POINT);
	out[2 * plane] = (uint8_t)(b >> POINT > 255 ? 255 : b >> POINT);
}

static int scale(const struct yc_photo *p, const struct yc_window *w,
	const struct axis *col, const struct axis *row, uint8_t *out)
{
	/* the input rows that the window needs, already scaled horizontally */
	int top = row->at[0], low = row->at[w->rows - 1] + row->len[w->rows - 1];
	size_t stride = 3 * (size_t)w->cols, plane = (size_t)w->cols * (size_t)w->rows;
	uint8_t *tall = yc_calloc(yc_size_mul((size_t)(low - top), stride), 1);

	if (!tall)
		return YC_FAIL;
	for (int i = top; i < low; i++) {
		const uint8_t *in = p->rgb + 3 * (size_t)i * (size_t)p->width;
		uint8_t *to = tall + (size_t)(i - top) * stride;

		for (int j = 0; j < w->cols; j++)
			blend(in + 3 * (size_t)col->at[j], 3,
				col->w + (size_t)j * (size_t)col->capacity, col->len[j],
				to + 3 * (size_t)j, 1);
	}
	for (int i = 0; i < w->rows; i++) {
		const uint8_t *in = tall + (size_t)(row->at[i] - top) * stride;

		for (int j = 0; j < w->cols; j++)
			blend(in + 3 * (size_t)j, stride,
				row->w + (size_t)i * (size_t)row->capacity, row->len[i],
				out + (size_t)i * (size_t)w->cols + (size_t)j, plane);
	}
	yc_free(tall);
	return YC_OK;
}

int yc_photo_scale(const struct yc_photo *p, const struct yc_window *w, uint8_t *out)
{
	struct axis col = {0}, row = {0};
	int status = axis_new(&col, p->width, w->width, w->x, w->cols);

	if (status == YC_OK)
		status = axis_new(&row, p->height, w->height, w->y, w->rows);
	if (status == YC_OK)
		status = scale(p, w, &col, &row, out);
	axis_release(&col);
	axis_release(&row);
	return status;
}

/* n/2, rounded half to even. */
static int half(int n)
{
	return n / 2 + (n % 2 && n / 2 % 2);
}

int yc_photo_fit(const struct yc_photo *p, int side, uint8_t *out)
{
	bool wide = p->width > p->height;
	int shorter = wide ? p->height : p->width, longer = wide ? p->width : p->height;
	int length = (int)((int64_t)side * longer / shorter), at = half(length - side);
	struct yc_window w = {wide ? length : side, wide ? side : length, wide ? at : 0,
		wide ? 0 : at, side, side};

	return yc_photo_scale(p, &w, out);
}
