/* SPDX-License-Identifier: MIT */
/*
 * Images in an array: which dimension is what, what the values mean, and their conversion
 * to bytes or to floats in 0..1. Nothing is guessed where there are two ways to read it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/class_names.h"
#include "lib/dataset/photos.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/pool.h"

/* What rounding may add to 0..1: values beyond it are not of this range. */
static const double slack = 1e-3;

/* -- dimensions -- */

static void say_shape(const struct yc_strided *v, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "[");

	for (int i = 0; i < v->rank && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%llu", i ? "," : "",
			(unsigned long long)v->shape[i]);
	if (at < size)
		(void)snprintf(text + at, size - at, "]");
}

static bool is_channels(uint64_t n)
{
	return n == 1 || n == 3 || n == 4;
}

/* Moves dimension 3, the channels, to place 1. */
static void channels_first(struct yc_strided *v)
{
	uint64_t shape = v->shape[3], stride = v->stride[3];

	for (int i = 3; i > 1; i--) {
		v->shape[i] = v->shape[i - 1];
		v->stride[i] = v->stride[i - 1];
	}
	v->shape[1] = shape;
	v->stride[1] = stride;
}

/* One channel is a dimension of its own. */
static void add_channel(struct yc_strided *v)
{
	v->shape[3] = 1;
	v->stride[3] = 0;
	v->rank = 4;
	channels_first(v);
}

/* Which of the two orders of four dimensions can it be? */
static int four(const struct yc_strided *v, const char *shape, bool *last)
{
	bool nchw = is_channels(v->shape[1]), nhwc = is_channels(v->shape[3]);

	if (nchw && nhwc) {
		nchw = v->shape[2] == v->shape[3];
		nhwc = v->shape[1] == v->shape[2];
	}
	if (nchw == nhwc && nchw)
		return yc_fail(YC_FAIL,
			"images %s: channels first or last? --layout nchw or nhwc",
			shape);
	if (nchw == nhwc)
		return yc_fail(YC_FAIL,
			"images %s: no dimension of 1, 3 or 4 channels, first or last",
			shape);
	*last = nhwc;
	return YC_OK;
}

static int arrange(struct yc_arrays *a, const char *layout)
{
	struct yc_strided *v = &a->image;
	const int want = !layout ? 0 : strcmp(layout, "nhw") == 0 ? 3 : 4;
	char shape[200];
	bool last = false;

	say_shape(v, shape, sizeof shape);
	if (v->text || v->dtype == YC_OTHER)
		return yc_fail(YC_FAIL, "images %s are not numbers", shape);
	if (want && v->rank != want)
		return yc_fail(YC_FAIL, "images %s: --layout %s has %d dimensions", shape,
			layout, want);
	if (v->rank != 3 && v->rank != 4)
		return yc_fail(YC_FAIL,
			"images %s of %d dimensions: reshape them to [N,H,W], [N,C,H,W] "
			"or "
			"[N,H,W,C]",
			shape, v->rank);
	if (v->rank == 3) {
		add_channel(v);
	} else {
		if (layout)
			last = strcmp(layout, "nhwc") == 0;
		else if (four(v, shape, &last) < 0)
			return YC_FAIL;
		if (last)
			channels_first(v);
	}
	if (!is_channels(v->shape[1]))
		return yc_fail(YC_FAIL, "images %s: %llu channels, not 1, 3 or 4", shape,
			(unsigned long long)v->shape[1]);
	if (v->shape[2] != v->shape[3] || v->shape[2] == 0)
		return yc_fail(YC_FAIL,
			"images %s are not square: crop or pad them, or save them as "
			"pictures, which yc-load folder scales and crops",
			shape);
	if (v->shape[2] > 16384)
		return yc_fail(YC_FAIL, "images of %llu pixels per side",
			(unsigned long long)v->shape[2]);
	if (v->shape[0] == 0 || v->shape[0] > INT32_MAX)
		return yc_fail(YC_FAIL, "%llu images", (unsigned long long)v->shape[0]);
	return YC_OK;
}

static size_t pixels_of(const struct yc_strided *v)
{
	return (size_t)(v->shape[1] * v->shape[2] * v->shape[3]);
}

/* -- values -- */

struct range {
	double least, most;
	uint64_t least_row, most_row;
	bool whole; /* all are integers */
	bool bytes; /* all are integers divided by 255, as floats */
};

static void note_value(struct range *r, uint64_t row, double x)
{
	if (x < r->least) {
		r->least = x;
		r->least_row = row;
	}
	if (x > r->most) {
		r->most = x;
		r->most_row = row;
	}
	r->whole = r->whole && x == rint(x);
	if (r->bytes)
		r->bytes = (float)x == (float)(rint(x * 255) / 255);
}

static int scan(const struct yc_strided *v, struct range *r)
{
	const size_t n = pixels_of(v);
	double *x = yc_calloc(n, sizeof *x);

	*r = (struct range){
		.least = INFINITY, .most = -INFINITY, .whole = true, .bytes = true};
	if (!x)
		return YC_FAIL;
	for (uint64_t row = 0; row < v->shape[0]; row++) {
		yc_strided_row(v, row, x);
		for (size_t i = 0; i < n; i++) {
			if (!isfinite(x[i])) {
				yc_free(x);
				return yc_fail(YC_FAIL,
					"row %llu: a value of the image is not finite",
					(unsigned long long)row);
			}
			note_value(r, row, x[i]);
		}
	}
	yc_free(x);
	return YC_OK;
}

/* Reports the value that is furthest outside of 0..most. */
static int outside(const struct range *r, double most, const char *range)
{
	const bool low = r->least < 0 && -r->least > r->most - most;

	return yc_fail(YC_FAIL, "row %llu: a value of the image is %g, outside %s",
		(unsigned long long)(low ? r->least_row : r->most_row),
		low ? r->least : r->most, range);
}

static bool is_float(enum yc_dtype t)
{
	return t == YC_F16 || t == YC_BF16 || t == YC_F32 || t == YC_F64;
}

/* "0..1", "0..255" or "normalised", NULL with yc_fail. */
static const char *meaning_of(const struct yc_strided *v, const struct range *r)
{
	const bool floats = is_float(v->dtype);

	if (v->dtype == YC_BOOL)
		return "0..1";
	if (!floats && r->least >= 0 && r->most <= 1) {
		(void)yc_fail(YC_FAIL,
			"all values are 0 or 1: --values 0..1 or --values 0..255?");
		return NULL;
	}
	if (!floats)
		return "0..255";
	if (r->least < -slack)
		return "normalised";
	if (r->most <= 1 + slack)
		return "0..1";
	/* Whole numbers, or far from 1. */
	if (r->whole || r->most > 16)
		return "0..255";
	(void)yc_fail(YC_FAIL,
		"values from %g to %g: --values 0..1, 0..255 or normalised?", r->least,
		r->most);
	return NULL;
}

/* One number for each channel. */
static int numbers(const char *text, const char *option, int channels, double *v)
{
	const char *p = text;

	for (int c = 0; c < channels; c++)
		if (yc_take_double(&p, &v[c]) != YC_NUMBER ||
			*p != (c + 1 < channels ? ',' : '\0') || (*p && !*++p))
			return yc_fail(YC_USAGE,
				"%s '%s': %d number%s expected, one for each channel",
				option, text, channels, channels == 1 ? "" : "s");
	return YC_OK;
}

/* (x - mean) / std is undone, and must give pixels. */
static int restore(struct yc_arrays *a, const struct range *r, const struct yc_load *what)
{
	const int channels = (int)a->image.shape[1];
	const size_t plane = pixels_of(&a->image) / (size_t)channels;
	double *x;
	int status;

	if (!what->mean || !what->std || strcmp(what->mean, "auto") == 0 ||
		strcmp(what->std, "auto") == 0)
		return yc_fail(YC_FAIL,
			"values from %g to %g are normalised: give the --mean and --std "
			"that they were normalised with",
			r->least, r->most);
	if (a->channels != channels)
		return yc_fail(YC_USAGE,
			"--channels does not go with normalised values: convert "
			"the stream without it first");
	status = numbers(what->mean, "--mean", channels, a->mean);
	if (status == YC_OK)
		status = numbers(what->std, "--std", channels, a->std);
	if (status < 0)
		return status;
	a->normalised = true;
	x = yc_calloc(pixels_of(&a->image), sizeof *x);
	if (!x)
		return YC_FAIL;
	for (uint64_t row = 0; status == YC_OK && row < a->image.shape[0]; row++) {
		yc_strided_row(&a->image, row, x);
		for (size_t i = 0; i < pixels_of(&a->image) && status == YC_OK; i++) {
			double y = x[i] * a->std[i / plane] + a->mean[i / plane];

			if (!(y >= -5 * slack && y <= 1 + 5 * slack))
				status = yc_fail(YC_FAIL,
					"row %llu: the value %g gives %g with this "
					"--mean "
					"and --std, outside 0..1",
					(unsigned long long)row, x[i], y);
		}
	}
	yc_free(x);
	return status;
}

/* Decides how values become pixels. */
static int scale(struct yc_arrays *a, const char *values, const struct yc_load *what)
{
	const struct yc_strided *v = &a->image;
	struct range r;
	int status = scan(v, &r);

	if (status < 0)
		return status;
	if (!values)
		values = meaning_of(v, &r);
	if (!values)
		return YC_FAIL;
	a->dtype = YC_F32;
	a->scale = 1;
	if (strcmp(values, "normalised") == 0)
		return restore(a, &r, what);
	if (strcmp(values, "0..1") == 0) {
		if (r.least < -slack || r.most > 1 + slack)
			return outside(&r, 1, "0..1");
		/* Bytes that were divided by 255 are bytes again, without a loss. */
		if (r.bytes) {
			a->dtype = YC_U8;
			a->scale = 255;
		}
		return YC_OK;
	}
	if (r.least < -255 * slack || r.most > 255 + 255 * slack)
		return outside(&r, 255, "0..255");
	if (r.whole)
		a->dtype = YC_U8;
	else
		a->scale = 1.0 / 255;
	return YC_OK;
}

/* -- conversion -- */

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
	const size_t n = pixels_of(&a->image), plane = n / (size_t)from;
	const double most = a->dtype == YC_U8 ? 255 : 1;
	double *x = b->room + (size_t)worker * b->room_size;
	unsigned char *to =
		b->out + (size_t)unit * b->size * (a->dtype == YC_U8 ? 1 : sizeof(float));

	yc_strided_row(&a->image, (uint64_t)b->id[unit], x);
	for (size_t i = 0; i < n; i++) {
		double y = a->normalised ? x[i] * a->std[i / plane] + a->mean[i / plane]
					 : x[i] * a->scale;

		x[i] = clamp(a->dtype == YC_U8 ? rint(y) : y, most);
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
	struct batch b = {.a = a, .size = size, .room_size = pixels_of(&a->image) + size};
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

/* -- the set -- */

struct yc_arrays *yc_arrays_new(struct yc_photos **photos)
{
	*photos = yc_calloc(1, sizeof **photos);
	if (*photos)
		(*photos)->arrays = yc_calloc(1, sizeof *(*photos)->arrays);
	return *photos ? (*photos)->arrays : NULL;
}

void yc_arrays_free(struct yc_arrays *a)
{
	if (!a)
		return;
	for (int i = 0; i < 2; i++)
		yc_array_file_close(&a->file[i]);
	yc_free(a);
}

static int put_head(const struct yc_arrays *a, int classes, const char *source,
	const struct yc_names *names, struct yc_set *out)
{
	int status;

	out->head = (struct yc_head){.classes = classes, .side = a->side, .factor = 1};
	status = yc_head_store(&out->head, &out->meta);
	if (status == YC_OK)
		status = yc_meta_set(&out->meta, "yc.source", source);
	if (status == YC_OK && names->n)
		status = yc_names_store(names, &out->meta);
	return status;
}

static int fill(struct yc_arrays *a, const struct yc_array *labels,
	const struct yc_arrays_cfg *cfg, const struct yc_load *what, const char *source,
	struct yc_set *out)
{
	const uint64_t rows = a->image.shape[0];
	struct yc_names names = {0};
	struct yc_tensor *id;
	int classes, status = cfg->names ? yc_class_names(cfg->names, &names) : YC_OK;

	if (status == YC_OK) {
		classes = yc_arrays_labels(
			&labels->v, rows, &names, cfg->classes_total, out);
		status = classes < 0 ? yc_fail_in(classes, "%s",
					       a->file[a->file[1].name != NULL].name)
				     : put_head(a, classes, source, &names, out);
	}
	id = status == YC_OK ? yc_set_put(out, "id", YC_I64, 1, &rows, NULL) : NULL;
	for (uint64_t i = 0; id && i < rows; i++)
		((int64_t *)id->data)[i] = (int64_t)i;
	if (id)
		status = yc_load_note_empty(what, out);
	else if (status == YC_OK)
		status = YC_FAIL;
	yc_names_release(&names);
	return status;
}

int yc_arrays_load(struct yc_arrays *a, const struct yc_array *images,
	const struct yc_array *labels, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, const char *source, struct yc_set *out)
{
	int status;

	a->image = images->v;
	status = arrange(a, cfg->layout);
	if (status < 0)
		return yc_fail_in(status, "%s", a->file[0].name);
	a->side = (int)a->image.shape[2];
	a->channels = cfg->channels ? cfg->channels[0] - '0' : (int)a->image.shape[1];
	if (a->image.shape[1] == 4 && !cfg->channels)
		yc_load_note(what,
			"%s: images of 4 channels are kept as they are: --channels 3 "
			"drops "
			"the fourth, transparency, as with pictures",
			a->file[0].name);
	status = scale(a, cfg->values, what);
	return status < 0 ? yc_fail_in(status, "%s", a->file[0].name)
			  : fill(a, labels, cfg, what, source, out);
}
