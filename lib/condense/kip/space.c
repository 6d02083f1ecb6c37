/* SPDX-License-Identifier: MIT */
/* From pixels to the values that kernels see, and back. */
#include "lib/condense/kip/space.h"
#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/zca.h"

int yc_kip_space_new(
	struct yc_kip_space *s, const struct yc_data *data, int n, int threads)
{
	*s = (struct yc_kip_space){.data = data,
		.pixels = yc_data_image_size(data),
		.threads = threads,
		.n = n};
	s->image = yc_calloc(
		yc_size_mul((size_t)n + (size_t)threads, s->pixels), sizeof(*s->image));
	if (data->zca && yc_zca_by_row(data->zca))
		s->row = yc_calloc((size_t)n, 2 * sizeof(*s->row));
	else if (s->image)
		return YC_OK;
	return s->image && s->row ? YC_OK : YC_FAIL;
}

void yc_kip_space_release(struct yc_kip_space *s)
{
	yc_free(s->image);
	yc_free(s->row);
	*s = (struct yc_kip_space){0};
}

size_t yc_kip_space_bytes(const struct yc_kip_space *s)
{
	return ((size_t)s->n + (size_t)s->threads) * s->pixels * sizeof(*s->image);
}

struct job {
	const struct yc_kip_space *s;
	const int32_t *idx;
	double *x;
};

static void load_image(void *ctx, int unit, int worker)
{
	const struct job *j = ctx;
	const struct yc_kip_space *s = j->s;
	size_t c = (size_t)s->data->channels, plane = s->pixels / c;
	yc_real *image = s->image + ((size_t)s->n + (size_t)worker) * s->pixels;
	double *x = j->x + (size_t)unit * s->pixels;

	yc_data_fetch(s->data, j->idx[unit], image);
	for (size_t q = 0; q < c; q++)
		for (size_t p = 0; p < plane; p++)
			x[q * plane + p] = (double)image[p * c + q];
}

void yc_kip_space_load(const struct yc_kip_space *s, const int32_t *idx, int n, double *x)
{
	struct job j = {.s = s, .idx = idx, .x = x};

	yc_parallel(n, s->threads, load_image, &j);
}

/* Where value q of an image, channels first, stands in one with channels last. */
static size_t last(const struct yc_kip_space *s, size_t q)
{
	size_t c = (size_t)s->data->channels, plane = s->pixels / c;

	return q / s->pixels * s->pixels + q % plane * c + q % s->pixels / plane;
}

int yc_kip_space_enter(struct yc_kip_space *s, const yc_real *pixels, double *x)
{
	const struct yc_data *d = s->data;
	size_t n = (size_t)s->n * s->pixels, plane = s->pixels / (size_t)d->channels;
	int status = YC_OK;

	if (d->zca) {
		for (size_t i = 0; i < n; i++)
			s->image[last(s, i)] = pixels[i];
		status = yc_zca_apply(
			d->zca, s->n, s->image, NULL, s->row, s->image, s->threads);
		for (size_t i = 0; i < n; i++)
			x[i] = (double)s->image[last(s, i)];
		return status;
	}
	for (size_t i = 0; i < n; i++) {
		size_t c = i % s->pixels / plane;

		x[i] = ((double)pixels[i] - d->mean[c]) / d->std[c];
	}
	return status;
}

int yc_kip_space_leave(struct yc_kip_space *s, const double *x, yc_real *pixels)
{
	const struct yc_data *d = s->data;
	size_t n = (size_t)s->n * s->pixels, plane = s->pixels / (size_t)d->channels;
	int status = YC_OK;

	if (d->zca) {
		for (size_t i = 0; i < n; i++)
			s->image[last(s, i)] = (yc_real)x[i];
		status =
			yc_zca_undo(d->zca, s->n, s->image, s->row, s->image, s->threads);
		for (size_t i = 0; i < n; i++)
			pixels[i] = s->image[last(s, i)];
		return status;
	}
	for (size_t i = 0; i < n; i++) {
		size_t c = i % s->pixels / plane;

		pixels[i] = (yc_real)(x[i] * d->std[c] + d->mean[c]);
	}
	return status;
}
