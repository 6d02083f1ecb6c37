/* SPDX-License-Identifier: MIT */
/* A set as networks see it: decoded, in yc-methods(7), "Decoded order", normalised when
 * an image is fetched, channels last. */
#include <limits.h>
#include <string.h>

#include "lib/image/internal.h"
#include "yc/mem.h"

/* yc-methods(7), "Mean and standard deviation"; CIFAR-100 shares CIFAR-10's (D1). */
static const double cifar_mean[] = {0.4914, 0.4822, 0.4465};
static const double cifar_std[] = {0.2023, 0.1994, 0.2010};

static size_t row_size(const struct yc_tensor *image)
{
	return (size_t)(image->shape[1] * image->shape[2] * image->shape[3]);
}

void yc_image_load(const struct yc_tensor *image, size_t row, yc_real *planar)
{
	size_t n = row_size(image);

	if (image->dtype == YC_U8) {
		const uint8_t *from = (const uint8_t *)image->data + row * n;

		for (size_t i = 0; i < n; i++)
			planar[i] = (yc_real)(from[i] / 255.0);
	} else {
		const float *from = (const float *)image->data + row * n;

		for (size_t i = 0; i < n; i++)
			planar[i] = (yc_real)from[i];
	}
}

/* member[first[c] .. first[c+1]-1]: the rows of class c, in stream order. */
static void group_rows(
	const int64_t *label, size_t rows, int classes, size_t *first, int32_t *member)
{
	for (size_t r = 0; r < rows; r++)
		first[label[r] + 1]++;
	for (int c = 0; c < classes; c++)
		first[c + 1] += first[c];
	for (size_t r = 0; r < rows; r++)
		member[first[label[r]]++] = (int32_t)r;
	/* each entry now holds where its class ends: move them back by one */
	memmove(first + 1, first, (size_t)classes * sizeof(*first));
	first[0] = 0;
}

/* The cells of one class appended to cell[], or only counted where that is NULL. */
static int class_cells(const struct yc_set *s, enum yc_decode_type type, int bound,
	const int32_t *member, int ipc, struct yc_cell *cell)
{
	int factor = s->head.factor,
	    n = yc_decode_plan(type, factor, ipc, bound, NULL, 0);
	struct yc_tile *tile;

	if (n <= 0 || !cell)
		return n;
	tile = yc_calloc((size_t)n, sizeof(*tile));
	if (!tile)
		return YC_FAIL;
	n = yc_decode_plan(type, factor, ipc, bound, tile, n);
	for (int i = 0; i < n; i++)
		cell[i] = (struct yc_cell){
			member[tile[i].image], tile[i].factor, tile[i].k};
	yc_free(tile);
	return n;
}

static int sheet_cells(const struct yc_set *s, enum yc_decode_type type, int bound,
	const size_t *first, const int32_t *member, struct yc_cell **cell, int *n)
{
	size_t total = 0;

	for (int pass = 0; pass < 2; pass++) {
		size_t at = 0;

		for (int c = 0; c < s->head.classes; c++) {
			int m = class_cells(s, type, bound, member + first[c],
				(int)(first[c + 1] - first[c]), pass ? *cell + at : NULL);

			if (m < 0)
				return yc_fail_in(m, "class %d", c);
			at += (size_t)m;
			if (at > INT_MAX)
				return yc_fail(YC_FAIL, "the set has too many tiles");
		}
		total = at;
		if (!pass && !(*cell = yc_calloc(total, sizeof(**cell))))
			return YC_FAIL;
	}
	*n = (int)total;
	return YC_OK;
}

int yc_data_cells(const struct yc_set *s, enum yc_decode_type type, int bound,
	struct yc_cell **cell, int *n)
{
	const struct yc_tensor *label = yc_set_col(s, "label");
	size_t *first;
	int32_t *member;
	int status = YC_FAIL;

	*cell = NULL;
	*n = 0;
	if (s->rows > INT_MAX)
		return yc_fail(YC_FAIL, "%zu images are too many", s->rows);
	if (s->head.factor == 1) {
		*cell = yc_calloc(s->rows, sizeof(**cell));
		if (!*cell)
			return YC_FAIL;
		for (size_t r = 0; r < s->rows; r++)
			(*cell)[r] = (struct yc_cell){(int32_t)r, 1, 0};
		*n = (int)s->rows;
		return YC_OK;
	}
	first = yc_calloc((size_t)s->head.classes + 1, sizeof(*first));
	member = yc_calloc(s->rows, sizeof(*member));
	if (first && member) {
		group_rows(label->data, s->rows, s->head.classes, first, member);
		status = sheet_cells(s, type, bound, first, member, cell, n);
	}
	yc_free(first);
	yc_free(member);
	if (status < 0) {
		yc_free(*cell);
		*cell = NULL;
	}
	return status;
}

static int set_colours(struct yc_data *d, const struct yc_set *s)
{
	const struct yc_head *h = &s->head;
	const char *normalised = yc_meta_get(&s->meta, "yc.normalised");

	if (h->nmean == 0 && d->channels == 3) {
		memcpy(d->mean, cifar_mean, sizeof(cifar_mean));
		memcpy(d->std, cifar_std, sizeof(cifar_std));
	} else if (h->nmean == d->channels) {
		memcpy(d->mean, h->mean, sizeof(d->mean));
		memcpy(d->std, h->std, sizeof(d->std));
	} else {
		return yc_fail(YC_FAIL,
			"the head gives yc.mean for %d channels, but images have %d",
			h->nmean, d->channels);
	}
	d->normalised = normalised && strcmp(normalised, "1") == 0;
	for (int c = 0; c < d->channels; c++) {
		if (!(d->std[c] > 0))
			return yc_fail(YC_FAIL, "yc.std of channel %d is not above 0", c);
		for (int b = 0; b < 256; b++)
			d->level[c][b] =
				(yc_real)(d->normalised
						  ? b / 255.0
						  : (b / 255.0 - d->mean[c]) / d->std[c]);
	}
	return YC_OK;
}

static void interleave(const yc_real *planar, size_t pixels, int channels, yc_real *y)
{
	for (int c = 0; c < channels; c++, planar += pixels)
		for (size_t i = 0; i < pixels; i++)
			y[i * (size_t)channels + (size_t)c] = planar[i];
}

static int set_pixels(
	struct yc_data *d, const struct yc_tensor *image, const struct yc_cell *cell)
{
	int h = (int)image->shape[2];
	size_t plane = (size_t)h * (size_t)h;
	size_t size = (size_t)d->side * (size_t)d->side * (size_t)d->channels;
	bool whole = cell[0].factor == 1 && h == d->side;
	yc_real *stored;

	if (whole && image->dtype == YC_U8) {
		d->u8 = image->data;
		return YC_OK;
	}
	d->real = yc_calloc(yc_size_mul((size_t)d->n, size), sizeof(*d->real));
	stored = yc_calloc(plane * (size_t)d->channels, sizeof(*stored));
	if (!d->real || !stored) {
		yc_free(stored);
		return YC_FAIL;
	}
	for (int i = 0; i < d->n; i++) {
		yc_real *y = d->real + (size_t)i * size;

		yc_image_load(image, (size_t)cell[i].row, stored);
		if (whole)
			interleave(stored, plane, d->channels, y);
		else
			yc_decode_tile(stored, d->channels, h, cell[i].factor, cell[i].k,
				d->side, y);
	}
	yc_free(stored);
	return YC_OK;
}

static int fill(struct yc_data *d, const struct yc_set *s, const struct yc_cell *cell)
{
	const struct yc_tensor *label = yc_set_col(s, "label"),
			       *tile = yc_set_col(s, "tile");
	int status = set_colours(d, s);

	if (status < 0)
		return status;
	d->label = yc_calloc((size_t)d->n, sizeof(*d->label));
	d->row = yc_calloc((size_t)d->n, sizeof(*d->row));
	d->tile = yc_calloc((size_t)d->n, sizeof(*d->tile));
	if (!d->label || !d->row || !d->tile)
		return YC_FAIL;
	if (s->head.factor > 1 || (tile && (tile->dtype != YC_I64 || tile->rank != 1)))
		tile = NULL;
	for (int i = 0; i < d->n; i++) {
		int32_t row = cell[i].row;

		d->label[i] = (int32_t)((const int64_t *)label->data)[row];
		d->row[i] = row;
		d->tile[i] =
			tile ? (int32_t)((const int64_t *)tile->data)[row] : cell[i].k;
	}
	return set_pixels(d, yc_set_col(s, "image"), cell);
}

int yc_data_new(struct yc_data *d, const struct yc_set *s)
{
	struct yc_cell *cell;
	int status;

	memset(d, 0, sizeof(*d));
	status = yc_set_check_images(s);
	if (status < 0)
		return status;
	d->classes = s->head.classes;
	d->side = s->head.side;
	d->channels = (int)yc_set_col(s, "image")->shape[1];
	status = yc_data_cells(s, YC_DECODE_SINGLE, 0, &cell, &d->n);
	if (status < 0)
		return status;
	status = fill(d, s, cell);
	yc_free(cell);
	if (status < 0)
		yc_data_release(d);
	return status;
}

void yc_data_release(struct yc_data *d)
{
	yc_free(d->real);
	yc_free(d->label);
	yc_free(d->row);
	yc_free(d->tile);
	memset(d, 0, sizeof(*d));
}

/* A constant number of channels lets the inner loops unroll. */
static inline void look_up(const yc_real level[][256], const uint8_t *from, size_t pixels,
	size_t channels, yc_real *x)
{
	for (size_t i = 0; i < pixels; i++)
		for (size_t c = 0; c < channels; c++)
			x[i * channels + c] = level[c][from[c * pixels + i]];
}

static inline void scale(const yc_real *from, size_t pixels, int channels,
	const yc_real *mul, const yc_real *add, yc_real *x)
{
	for (size_t i = 0; i < pixels; i++)
		for (int c = 0; c < channels; c++, from++, x++)
			*x = *from * mul[c] + add[c];
}

void yc_data_fetch(const struct yc_data *d, int i, yc_real *x)
{
	size_t pixels = (size_t)d->side * (size_t)d->side, channels = (size_t)d->channels;
	size_t at = (size_t)i * pixels * channels;
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];

	if (d->u8) {
		if (channels == 3)
			look_up(d->level, d->u8 + at, pixels, 3, x);
		else
			look_up(d->level, d->u8 + at, pixels, channels, x);
		return;
	}
	if (d->normalised) {
		memcpy(x, d->real + at, pixels * channels * sizeof(*x));
		return;
	}
	for (int c = 0; c < d->channels; c++) {
		mul[c] = (yc_real)(1 / d->std[c]);
		add[c] = (yc_real)(-d->mean[c] / d->std[c]);
	}
	if (channels == 3)
		scale(d->real + at, pixels, 3, mul, add, x);
	else
		scale(d->real + at, pixels, d->channels, mul, add, x);
}

void yc_data_fetch_raw(const struct yc_data *d, int i, yc_real *x)
{
	size_t pixels = (size_t)d->side * (size_t)d->side, channels = (size_t)d->channels;
	size_t at = (size_t)i * pixels * channels;
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];

	if (d->u8)
		for (size_t k = 0; k < pixels; k++)
			for (size_t c = 0; c < channels; c++)
				x[k * channels + c] =
					(yc_real)(d->u8[at + c * pixels + k] / 255.0);
	else
		memcpy(x, d->real + at, pixels * channels * sizeof(*x));
	if (!d->normalised)
		return;
	for (int c = 0; c < d->channels; c++) {
		mul[c] = (yc_real)d->std[c];
		add[c] = (yc_real)d->mean[c];
	}
	scale(x, pixels, d->channels, mul, add, x);
}
