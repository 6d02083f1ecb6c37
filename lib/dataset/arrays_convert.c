/* SPDX-License-Identifier: MIT */
/* Converts the images of an array as they are written. */
#include <math.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"
#include "yc/pool.h"

static double clamp(double x, double most)
{
	return x < 0 ? 0 : x > most ? most : x;
}

/* Pillow's weights of R, G and B in grey, of 65536. */
static const double grey[] = {19595, 38470, 7471};

/* From 1, 3 or 4 channels to 1 or 3; transparency is dropped. */
static void convert(
	const double *from, int channels, size_t plane, int to, bool bytes, double *x)
{
	for (size_t i = 0; i < plane; i++) {
		double sum = bytes ? 32768 : 0;

		for (int c = 0; c < 3; c++) {
			double y = from[(channels == 1 ? 0 : (size_t)c) * plane + i];

			if (to == 3)
				x[(size_t)c * plane + i] = y;
			sum += grey[c] * y;
		}
		if (to == 1)
			x[i] = bytes ? floor(sum / 65536) : sum / 65536;
	}
}

struct batch {
	const struct yc_arrays *a;
	const int64_t *id;
	size_t size;  /* values of an image, as written */
	double *room; /* [threads] two images */
	size_t room_size;
	unsigned char *out;
};

static void one(void *ctx, int unit, int worker)
{
	const struct batch *b = ctx;
	const struct yc_arrays *a = b->a;
	const int from = (int)a->image.shape[1];
	const size_t n = yc_array_pixels(&a->image), plane = n / (size_t)from;
	const double most = a->dtype == YC_U8 ? 255 : 1;
	double *x = b->room + (size_t)worker * b->room_size;
	unsigned char *to =
		b->out + (size_t)unit * b->size * (a->dtype == YC_U8 ? 1 : sizeof(float));

	yc_strided_row(&a->image, (uint64_t)b->id[unit], x);
	for (size_t i = 0; i < n; i++) {
		double y = a->normalised ? x[i] * a->std[i / plane] + a->mean[i / plane]
					 : x[i];

		y *= a->scale;
		x[i] = a->overshoots ? y : clamp(a->dtype == YC_U8 ? rint(y) : y, most);
	}
	if (a->channels != from) {
		convert(x, from, plane, a->channels, a->dtype == YC_U8, x + n);
		x += n;
	}
	for (size_t i = 0; i < b->size; i++) {
		if (a->dtype == YC_U8)
			to[i] = (unsigned char)x[i];
		else
			((float *)(void *)to)[i] = (float)x[i];
	}
}

int yc_arrays_each(const struct yc_set *set, const struct yc_arrays *a, int threads,
	yc_images_fn *fn, void *ctx)
{
	const uint64_t side = (uint64_t)a->side;
	const size_t size = (size_t)a->channels * side * side,
		     bytes = size * (a->dtype == YC_U8 ? 1 : sizeof(float)),
		     record = bytes < YC_RECORD_ROWS_BYTES ? YC_RECORD_ROWS_BYTES / bytes
							   : 1;
	struct batch b = {
		.a = a, .size = size, .room_size = yc_array_pixels(&a->image) + size};
	int status = YC_OK;

	threads = threads < 1 ? 1 : threads;
	b.room = yc_calloc(yc_size_mul((size_t)threads, b.room_size), sizeof *b.room);
	b.out = yc_calloc(record, bytes);
	if (!b.room || !b.out)
		status = YC_FAIL;
	for (size_t row = 0; status == YC_OK && row < set->rows; row += record) {
		const size_t left = set->rows - row, n = left < record ? left : record;
		const struct yc_tensor image = {.dtype = a->dtype,
			.rank = 4,
			.shape = {n, (uint64_t)a->channels, side, side},
			.bytes = n * bytes,
			.data = b.out};

		b.id = (const int64_t *)yc_set_col(set, "id")->data + row;
		yc_parallel((int)n, threads, one, &b);
		status = fn(ctx, row, &image);
	}
	yc_free(b.room);
	yc_free(b.out);
	return status;
}
