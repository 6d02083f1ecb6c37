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
 *
 * The picture comes in groups of rows, as it is decoded. A group is transposed, so that the
 * columns become rows of bytes, which are blended like those of the second pass (blend.c).
 */
#include <math.h>
#include <stdbool.h>

#include "lib/photo/blend.h"
#include "lib/photo/photo.h"
#include "yc/mem.h"

enum { ONE = 1 << YC_BLEND_POINT };
_Static_assert((int)YC_GROUP == (int)YC_PHOTO_ROWS, "rows come in groups");

/* An axis, what it was made for, and the first input that it needs, at which its own
 * numbers begin. */
struct pass {
	struct yc_axis axis;
	int from, to, first;
	int begin, end;
};

struct yc_scaler {
	const struct yc_blend *use;
	struct pass col, row;
	int width, planes;
	size_t stride, plane;	 /* bytes of a row and of a plane in tall */
	struct yc_buffer turned; /* [columns][3][YC_GROUP] a group of rows, transposed */
	struct yc_buffer bright; /* [columns][YC_GROUP] its brightness */
	struct yc_buffer
		blended; /* [cols][planes][YC_GROUP] the same after the first pass */
	struct yc_buffer
		tall; /* [planes][rows][stride] all groups after the first pass */
};

struct yc_scaler *yc_scaler_new(void)
{
	struct yc_scaler *s = yc_calloc(1, sizeof *s);

	if (s)
		s->use = yc_blend_get();
	return s;
}

static void release(struct pass *p)
{
	yc_free(p->axis.at);
	yc_free(p->axis.len);
	yc_free(p->axis.w);
	*p = (struct pass){0};
}

void yc_scaler_free(struct yc_scaler *s)
{
	if (!s)
		return;
	release(&s->col);
	release(&s->row);
	yc_free(s->turned.p);
	yc_free(s->bright.p);
	yc_free(s->blended.p);
	yc_free(s->tall.p);
	yc_free(s);
}

/* -- weights -- */

static double triangle(double x)
{
	return fmax(0, 1 - fabs(x));
}

static void weigh(struct yc_axis *a, int k, double centre, double radius, int from)
{
	int lo = (int)(centre - radius + 0.5), hi = (int)(centre + radius + 0.5);
	int32_t *w = a->w + (size_t)k * (size_t)a->capacity;
	double sum = 0;
	int n = 0;

	if (lo < 0)
		lo = 0;
	if (hi > from)
		hi = from;
	for (int i = lo; i < hi; i++)
		sum += triangle((i - centre + 0.5) * (1 / radius));
	for (int i = lo; i < hi; i++) {
		double v = triangle((i - centre + 0.5) * (1 / radius)) / sum;

		w[n] = (int32_t)(v * ONE + 0.5);
		if (n || w[n]) /* inputs of no weight at either end are none */
			n++;
		else
			lo++;
	}
	while (!w[n - 1])
		n--;
	if (n == 1)
		*w = ONE;
	a->at[k] = lo;
	a->len[k] = n;
}

/* Keeps what it has if the last picture was as large. */
static int prepare(struct pass *p, int from, int to, int first, int n)
{
	double ratio = (double)from / to, radius = ratio < 1 ? 1 : ratio;
	struct yc_axis *a = &p->axis;

	if (p->from == from && p->to == to && p->first == first && a->n == n)
		return YC_OK;
	release(p);
	a->capacity = 2 * (int)ceil(radius) + 1;
	a->at = yc_calloc((size_t)n, sizeof *a->at);
	a->len = yc_calloc((size_t)n, sizeof *a->len);
	a->w = yc_calloc(yc_size_mul((size_t)n, (size_t)a->capacity), sizeof *a->w);
	if (!a->at || !a->len || !a->w) {
		release(p);
		return YC_FAIL;
	}
	for (int k = 0; k < n; k++)
		weigh(a, k, (first + k + 0.5) * ratio, radius, from);
	p->begin = a->at[0];
	p->end = a->at[n - 1] + a->len[n - 1];
	for (int k = 0; k < n; k++)
		a->at[k] -= p->begin;
	a->n = n;
	p->from = from;
	p->to = to;
	p->first = first;
	return YC_OK;
}

/* -- pixels -- */

static size_t up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static size_t down(int n)
{
	return (size_t)n / YC_GROUP * YC_GROUP;
}

int yc_scaler_begin(
	struct yc_scaler *s, int width, int height, const struct yc_window *w, int planes)
{
	int status = prepare(&s->col, width, w->width, w->x, w->cols);
	size_t columns, rows;

	if (status == YC_OK)
		status = prepare(&s->row, height, w->height, w->y, w->rows);
	if (status < 0)
		return status;
	s->width = width;
	s->planes = planes;
	s->stride = up((size_t)w->cols, YC_TURN);
	columns = (size_t)(s->col.end - s->col.begin);
	/* whole groups */
	rows = up((size_t)s->row.end, YC_GROUP) - down(s->row.begin);
	s->plane = yc_size_mul(rows, s->stride);
	if (yc_buffer_room(&s->turned, yc_size_mul(3 * up(columns, YC_TURN), YC_GROUP)) <
			0 ||
		yc_buffer_room(&s->bright, yc_size_mul(up(columns, YC_TURN), YC_GROUP)) <
			0 ||
		yc_buffer_room(&s->blended,
			yc_size_mul(s->stride, (size_t)planes * YC_GROUP)) < 0 ||
		yc_buffer_room(&s->tall, yc_size_mul(s->plane, (size_t)planes)) < 0)
		return YC_FAIL;
	return YC_OK;
}

static void group(const struct yc_scaler *s, const uint8_t *rgb, int y)
{
	const size_t planes = (size_t)s->planes, row = (size_t)y - down(s->row.begin),
		     columns = (size_t)(s->col.end - s->col.begin);
	const uint8_t *in = s->turned.p;

	s->use->turn(rgb + 3 * (size_t)s->col.begin, 3 * (size_t)s->width, s->turned.p,
		up(3 * columns, YC_TURN));
	if (s->planes == 1) {
		s->use->grey(in, s->bright.p, columns);
		in = s->bright.p;
	}
	if (s->col.from != s->col.to) {
		s->use->blend(&s->col.axis, in, planes * YC_GROUP, s->blended.p,
			planes * YC_GROUP);
		in = s->blended.p;
	}
	for (size_t c = 0; c < planes; c++)
		s->use->turn_back(in + c * YC_GROUP, planes * YC_GROUP,
			s->tall.p + c * s->plane + row * s->stride, s->stride);
}

void yc_scaler_rows(struct yc_scaler *s, const uint8_t *rgb, int y, int n)
{
	for (int i = 0; i < n; i += YC_GROUP)
		if (y + i + YC_GROUP > s->row.begin && y + i < s->row.end)
			group(s, rgb + 3 * (size_t)i * (size_t)s->width, y + i);
}

void yc_scaler_end(struct yc_scaler *s, uint8_t *out)
{
	const size_t cols = (size_t)s->col.axis.n, rows = (size_t)s->row.axis.n;

	for (size_t c = 0; c < (size_t)s->planes; c++)
		s->use->blend(&s->row.axis,
			s->tall.p + c * s->plane +
				((size_t)s->row.begin - down(s->row.begin)) * s->stride,
			s->stride, out + c * cols * rows, cols);
}

/* -- whole pictures -- */

/* n/2, rounded half to even. */
static int half(int n)
{
	return n / 2 + (n % 2 && n / 2 % 2);
}

struct fit {
	struct yc_scaler *s;
	int side, planes;
};

static int begin(void *ctx, int width, int height, int *left, int *right)
{
	const struct fit *f = ctx;
	const bool wide = width > height;
	const int shorter = wide ? height : width, longer = wide ? width : height,
		  side = f->side, length = (int)((int64_t)side * longer / shorter),
		  at = half(length - side);
	const struct yc_window w = {wide ? length : side, wide ? side : length,
		wide ? at : 0, wide ? 0 : at, side, side};

	int status = yc_scaler_begin(f->s, width, height, &w, f->planes);

	*left = f->s->col.begin;
	*right = f->s->col.end;
	return status;
}

static void rows(void *ctx, const uint8_t *rgb, int y, int n)
{
	const struct fit *f = ctx;

	yc_scaler_rows(f->s, rgb, y, n);
}

int yc_photo_fit(struct yc_scaler *s, const uint8_t *data, size_t n, int side, int planes,
	uint8_t *out)
{
	struct fit f = {s, side, planes};
	const struct yc_photo_sink to = {&f, begin, rows};
	int status = yc_photo_decode(data, n, &to);

	if (status == YC_OK)
		yc_scaler_end(s, out);
	return status;
}
