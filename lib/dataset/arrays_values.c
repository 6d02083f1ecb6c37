/* SPDX-License-Identifier: MIT */
/* What the values of an array of images mean, by their range, and how they become bytes or
 * floats in 0..1. Nothing is guessed where there are two ways to read it. */
#include <math.h>
#include <string.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"
#include "yc/number.h"

/* What rounding may add to 0..1: values beyond it are not of this range. */
static const double slack = 1e-3;
/* How far pixels of condensed images are taken to overshoot 0..1, unless the user says that
 * pixels are what the values are. */
static const double overshoot = 1;

static bool is_float(enum yc_dtype t)
{
	return t == YC_F16 || t == YC_BF16 || t == YC_F32 || t == YC_F64;
}

struct range {
	double least, most;
	uint64_t least_row, most_row;
	uint64_t n, outside; /* values, and those outside 0..1 */
	bool whole;	     /* all are integers */
	bool bytes;	     /* all are integers divided by 255, as floats */
};

static void note_row(
	struct range *r, uint64_t row, const double *x, size_t n, bool floats)
{
	double least = x[0], most = x[0];

	for (size_t i = 0; i < n; i++) {
		least = x[i] < least ? x[i] : least;
		most = x[i] > most ? x[i] : most;
		r->outside += x[i] < 0 || x[i] > 1;
	}
	r->n += n;
	if (least < r->least) {
		r->least = least;
		r->least_row = row;
	}
	if (most > r->most) {
		r->most = most;
		r->most_row = row;
	}
	/* Integers are whole, without a look. */
	for (size_t i = 0; floats && r->whole && i < n; i++)
		r->whole = x[i] == rint(x[i]);
	for (size_t i = 0; r->bytes && i < n; i++)
		r->bytes = (float)x[i] == (float)(rint(x[i] * 255) / 255);
}

static int scan(const struct yc_strided *v, struct range *r)
{
	const size_t n = yc_array_pixels(v);
	const bool floats = is_float(v->dtype);
	double *x = yc_calloc(n, sizeof *x);
	int status = YC_OK;

	*r = (struct range){
		.least = INFINITY, .most = -INFINITY, .whole = true, .bytes = floats};
	if (!x)
		return YC_FAIL;
	for (uint64_t row = 0; status == YC_OK && row < v->shape[0]; row++) {
		yc_strided_row(v, row, x);
		for (size_t i = 0; floats && status == YC_OK && i < n; i++)
			if (!isfinite(x[i]))
				status = yc_fail(YC_FAIL,
					"row %llu: a value of the image is not finite",
					(unsigned long long)row);
		note_row(r, row, x, n, floats);
	}
	yc_free(x);
	/* 0 and 1 are the bytes that --values 0..1 makes of integers. */
	if (!floats)
		r->bytes = r->least >= 0 && r->most <= 1;
	return status;
}

/* Reports the value that is furthest outside of 0..most. */
static int outside(const struct range *r, double most, const char *range)
{
	const bool low = r->least < 0 && -r->least > r->most - most;

	return yc_fail(YC_FAIL, "row %llu: a value of the image is %g, outside %s",
		(unsigned long long)(low ? r->least_row : r->most_row),
		low ? r->least : r->most, range);
}

static bool beyond(const struct range *r, double by)
{
	return r->least < -by || r->most > 1 + by;
}

/* Condensed images overshoot 0..1 in some pixels; of normalised values about half are
 * negative. The same part decides for published sets. */
static bool overshoots(const struct range *r)
{
	return beyond(r, slack) && r->outside < r->n / 3;
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
	if (!beyond(r, slack) || (overshoots(r) && !r->whole && !beyond(r, overshoot)))
		return "0..1";
	if (r->least < -slack && !overshoots(r))
		return "normalised";
	/* Whole numbers, or far from 1. */
	if (r->least >= -slack && (r->whole || r->most > 16))
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

static bool is_given(const char *text)
{
	return text && strcmp(text, "auto") != 0;
}

/* What the values were normalised with: as the user says, else as the file does. */
static int constants(struct yc_arrays *a, const struct range *r,
	const struct yc_load *what, int channels)
{
	int status = YC_OK;

	if ((!is_given(what->mean) || !is_given(what->std)) &&
		(what->mean || what->std || !a->norm))
		return yc_fail(YC_FAIL,
			"values from %g to %g are normalised: give the --mean and --std "
			"that they were normalised with, or --values 0..1 if they are "
			"pixels that overshoot",
			r->least, r->most);
	if (a->channels != channels)
		return yc_fail(YC_USAGE,
			"--channels does not go with normalised values: convert "
			"the stream without it first");
	if (what->mean)
		status = numbers(what->mean, "--mean", channels, a->mean);
	if (status == YC_OK && what->std)
		status = numbers(what->std, "--std", channels, a->std);
	return status;
}

/* (x - mean) / std is undone, and must give pixels. */
static int restore(
	struct yc_arrays *a, const struct range *r, const struct yc_load *what, bool said)
{
	const int channels = (int)a->image.shape[1];
	const size_t n = yc_array_pixels(&a->image), plane = n / (size_t)channels;
	uint64_t outside = 0;
	bool bytes = true, strict = !said && !a->norm;
	double *x;
	int status = constants(a, r, what, channels);

	if (status < 0)
		return status;
	a->normalised = true;
	x = yc_calloc(n, sizeof *x);
	if (!x)
		return YC_FAIL;
	for (uint64_t row = 0; status == YC_OK && row < a->image.shape[0]; row++) {
		yc_strided_row(&a->image, row, x);
		for (size_t i = 0; i < n && status == YC_OK; i++) {
			double y = x[i] * a->std[i / plane] + a->mean[i / plane];

			bytes = bytes && fabs(y * 255 - rint(y * 255)) < 0.01;
			outside += y < 0 || y > 1;
			if (y >= -5 * slack && y <= 1 + 5 * slack)
				continue;
			a->overshoots = true;
			if (strict || outside >= r->n / 3)
				status = yc_fail(YC_FAIL,
					"row %llu: the value %g gives %g with this mean "
					"and std, outside 0..1%s",
					(unsigned long long)row, x[i], y,
					strict ? " (--values normalised accepts pixels "
						 "that overshoot)"
					       : ", as do too many others");
		}
	}
	yc_free(x);
	/* Bytes that were normalised differ from bytes by rounding only. */
	if (bytes && !a->overshoots) {
		a->dtype = YC_U8;
		a->scale = 255;
	}
	return status;
}

/* What was taken for granted. */
static void note_guess(const struct yc_arrays *a, const struct range *r,
	const struct yc_load *what, const char *values)
{
	if (strcmp(values, "normalised") == 0)
		yc_load_note(what,
			"%s: values from %g to %g are taken as normalised, and made "
			"pixels by %s",
			a->file[0].name, r->least, r->most,
			what->mean || what->std ? "--mean and --std"
						: "its arrays mean and std");
	else if (a->overshoots)
		yc_load_note(what,
			"%s: values from %g to %g, %.2g %% of them outside 0..1, are "
			"kept as pixels that overshoot: --values says what else they are",
			a->file[0].name, r->least, r->most,
			100.0 * (double)r->outside / (double)r->n);
}

/* Decides how values become pixels. */
int yc_arrays_scale(struct yc_arrays *a, const char *values, const struct yc_load *what)
{
	const struct yc_strided *v = &a->image;
	const bool said = values != NULL;
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
	if (strcmp(values, "normalised") == 0) {
		status = restore(a, &r, what, said);
		if (status == YC_OK && !said)
			note_guess(a, &r, what, values);
		return status;
	}
	if (strcmp(values, "0..1") == 0) {
		a->overshoots = overshoots(&r) && is_float(v->dtype);
		if (beyond(&r, slack) && !a->overshoots)
			return outside(&r, 1, "0..1");
		if (!said)
			note_guess(a, &r, what, values);
		/* Bytes that were divided by 255 are bytes again, without a loss. */
		if (r.bytes && !a->overshoots) {
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
