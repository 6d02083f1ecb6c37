/* SPDX-License-Identifier: MIT */
/* A set as input of networks: decoded, in yc-methods(7), "Decoded order", normalised when
 * an image is fetched, or whitened before, channels last. */
#include <math.h>
#include <string.h>

#include "yc/data.h"
#include "yc/mem.h"
#include "yc/normalisation.h"
#include "yc/zca.h"

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

static void set_levels(struct yc_data *d)
{
	for (int c = 0; c < d->channels; c++)
		for (int b = 0; b < 256; b++)
			d->level[c][b] =
				(yc_real)(d->normalised
						  ? b / 255.0
						  : (b / 255.0 - d->mean[c]) / d->std[c]);
}

void yc_data_normalise_as(struct yc_data *d, const struct yc_data *from)
{
	memcpy(d->mean, from->mean, sizeof(d->mean));
	memcpy(d->std, from->std, sizeof(d->std));
	set_levels(d);
}

static int set_normalisation(struct yc_data *d, const struct yc_set *s)
{
	struct yc_head h = s->head;

	if (yc_head_complete(&h, d->channels) < 0)
		return YC_FAIL;
	memcpy(d->mean, h.mean, sizeof(d->mean));
	memcpy(d->std, h.std, sizeof(d->std));
	d->normalised = yc_head_normalised(&s->meta);
	d->computed = yc_head_computed(&s->meta);
	for (int c = 0; c < d->channels; c++) {
		if (!(d->std[c] > 0))
			return yc_fail(YC_FAIL, "yc.std of channel %d is not above 0", c);
	}
	set_levels(d);
	return YC_OK;
}
static void interleave(const yc_real *planar, size_t pixels, int channels, yc_real *y)
{
	for (int c = 0; c < channels; c++, planar += pixels)
		for (size_t i = 0; i < pixels; i++)
			y[i * (size_t)channels + (size_t)c] = planar[i];
}

static int set_pixels(
	struct yc_data *d, const struct yc_tensor *image, const struct yc_tile *tile)
{
	int h = (int)image->shape[2];
	size_t plane = (size_t)h * (size_t)h;
	size_t size = yc_data_image_size(d);
	bool whole = tile[0].factor == 1 && h == d->side;
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

		yc_image_load(image, (size_t)tile[i].row, stored);
		if (whole)
			interleave(stored, plane, d->channels, y);
		else
			yc_decode_tile(stored, d->channels, h, tile[i].factor,
				tile[i].position, d->side, y);
	}
	yc_free(stored);
	return YC_OK;
}

static int fill(struct yc_data *d, const struct yc_set *s, const struct yc_tile *tile)
{
	const int64_t *label = yc_set_col(s, "label")->data,
		      *position = yc_set_positions(s);
	int status = set_normalisation(d, s);

	if (status < 0)
		return status;
	d->label = yc_calloc((size_t)d->n, sizeof(*d->label));
	d->row = yc_calloc((size_t)d->n, sizeof(*d->row));
	d->tile = yc_calloc((size_t)d->n, sizeof(*d->tile));
	if (!d->label || !d->row || !d->tile)
		return YC_FAIL;
	for (int i = 0; i < d->n; i++) {
		int32_t row = tile[i].row;

		d->label[i] = (int32_t)label[row];
		d->row[i] = row;
		d->tile[i] = position ? (int32_t)position[row] : tile[i].position;
	}
	return set_pixels(d, yc_set_col(s, "image"), tile);
}

int yc_data_of_tiles(
	struct yc_data *d, const struct yc_set *s, const struct yc_tile *tile, int n)
{
	int status;

	*d = (struct yc_data){.n = n,
		.classes = s->head.classes,
		.side = s->head.side,
		.channels = (int)yc_set_col(s, "image")->shape[1]};
	status = fill(d, s, tile);
	if (status < 0)
		yc_data_release(d);
	return status;
}

/* The column YC_ZCA_COLUMN for each image, [n][2]; *row NULL: there is none. */
static int own_rows(const struct yc_data *d, const struct yc_set *s, float **row)
{
	const struct yc_tensor *t = yc_set_col(s, YC_ZCA_COLUMN);
	const float *from;

	*row = NULL;
	if (!t || !yc_zca_by_row(d->zca))
		return YC_OK;
	if (t->dtype != YC_F32 || t->rank != 2 || t->shape[1] != 2)
		return yc_fail(YC_FAIL, "column '" YC_ZCA_COLUMN "' is not F32 [rows,2]");
	from = t->data;
	for (size_t i = 0; i < s->rows; i++)
		if (!isfinite(from[2 * i]) || !(from[2 * i + 1] > 0) ||
			!isfinite(from[2 * i + 1]))
			return yc_fail(YC_FAIL,
				"row %zu: whitening would subtract %g and divide by %g",
				i, (double)from[2 * i], (double)from[2 * i + 1]);
	*row = yc_calloc((size_t)d->n, 2 * sizeof(**row));
	for (size_t i = 0; *row && i < (size_t)d->n; i++)
		memcpy(*row + 2 * i, from + 2 * d->row[i], 2 * sizeof(**row));
	return *row ? YC_OK : YC_FAIL;
}

static int whiten(struct yc_data *d, const float *row, int threads)
{
	const size_t size = yc_data_image_size(d);

	d->whitened = yc_calloc(yc_size_mul((size_t)d->n, size), sizeof(*d->whitened));
	if (!d->whitened)
		return YC_FAIL;
	for (int i = 0; i < d->n; i++)
		yc_data_fetch_raw(d, i, d->whitened + (size_t)i * size);
	return yc_zca_apply(d->zca, d->n, d->whitened, row, NULL, d->whitened, threads);
}

static int whiten_own(struct yc_data *d, const struct yc_set *s, int threads)
{
	float *row = NULL;
	int status = yc_zca_load(&d->zca, s);

	if (status < 0 || !d->zca)
		return status;
	if (d->normalised)
		return yc_fail(YC_FAIL, "the images are normalised already, but the head "
					"has " YC_ZCA_KEY " to whiten them");
	status = own_rows(d, s, &row);
	if (status == YC_OK)
		status = whiten(d, row, threads);
	yc_free(row);
	return status;
}

int yc_data_whiten_as(struct yc_data *d, const struct yc_data *from, int threads)
{
	if (!from->zca || d->zca)
		return YC_OK;
	d->zca = from->zca;
	d->shares_zca = true;
	return whiten(d, NULL, threads);
}

int yc_data_augment(const struct yc_data *d, struct yc_aug *a)
{
	for (int k = 0; k < a->nops; k++)
		if (d->zca && a->op[k]->loader)
			return yc_fail(YC_FAIL,
				"'%s' augments pixels, but networks see these images "
				"whitened: another --aug, or yc-whiten none",
				a->op[k]->method.name);
	a->mean = d->mean;
	a->std = d->std;
	return YC_OK;
}

int yc_data_new(struct yc_data *d, const struct yc_set *s)
{
	return yc_data_new_on(d, s, 1);
}

int yc_data_new_on(struct yc_data *d, const struct yc_set *s, int threads)
{
	struct yc_tile *tile;
	int n, status;

	memset(d, 0, sizeof(*d));
	status = yc_set_check_images(s);
	if (status == YC_OK)
		status = yc_set_tiles(s, YC_DECODE_SINGLE, 0, &tile, &n);
	if (status < 0)
		return status;
	status = yc_data_of_tiles(d, s, tile, n);
	yc_free(tile);
	if (status < 0)
		return status;
	status = whiten_own(d, s, threads);
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
	yc_free(d->whitened);
	if (!d->shares_zca)
		yc_zca_free(d->zca);
	memset(d, 0, sizeof(*d));
}

/* A constant number of channels allows the inner loops to be unrolled. */
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
	size_t size = yc_data_image_size(d), channels = (size_t)d->channels;
	size_t at = (size_t)i * size, pixels = size / channels;
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];

	if (d->whitened) {
		memcpy(x, d->whitened + at, size * sizeof(*x));
		return;
	}
	if (d->u8) {
		if (channels == 3)
			look_up(d->level, d->u8 + at, pixels, 3, x);
		else
			look_up(d->level, d->u8 + at, pixels, channels, x);
		return;
	}
	if (d->normalised) {
		memcpy(x, d->real + at, size * sizeof(*x));
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
	size_t size = yc_data_image_size(d), channels = (size_t)d->channels;
	size_t at = (size_t)i * size, pixels = size / channels;
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];

	if (d->u8)
		for (size_t k = 0; k < pixels; k++)
			for (size_t c = 0; c < channels; c++)
				x[k * channels + c] =
					(yc_real)(d->u8[at + c * pixels + k] / 255.0);
	else
		memcpy(x, d->real + at, size * sizeof(*x));
	if (!d->normalised)
		return;
	for (int c = 0; c < d->channels; c++) {
		mul[c] = (yc_real)d->std[c];
		add[c] = (yc_real)d->mean[c];
	}
	scale(x, pixels, d->channels, mul, add, x);
}
