/* SPDX-License-Identifier: MIT */
/* Converts condensed sets, as their authors publish them, to a stream: determines which
 * tensor is what, which dataset was condensed, and whether values are pixels or
 * normalised. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dataset/condensed.h"
#include "lib/dataset/condensed_files.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/mem.h"
#include "yc/real.h"

/* A set during conversion. */
struct job {
	const struct yc_condensed_kind *kind;
	const struct yc_condensed_cfg *cfg;
	const struct yc_load *what;
	const char *path; /* of the file */
	const struct yc_condensed_dataset *from;
	struct yc_strided image, label;
	size_t rows;
	int side, channels, classes;
};

/* The first of the paths that exists. */
static int get_first(
	struct yc_tensorfile *f, const char *const *places, struct yc_strided *v)
{
	int status = YC_NO;

	for (size_t i = 0; places[i] && status == YC_NO; i++)
		status = yc_tensorfile_get(f, places[i], v);
	return status;
}

static bool is_channels(uint64_t n)
{
	return n == 1 || n == 3;
}

/* [n,c,H,H], in either storage order. */
static int check_image(struct job *j)
{
	struct yc_strided *v = &j->image;

	if (v->dtype != YC_F32 && v->dtype != YC_F64 && v->dtype != YC_F16 &&
		v->dtype != YC_BF16)
		return yc_fail(YC_FAIL, "the images are %s, not floats",
			yc_dtype_name(v->dtype));
	if (v->rank != 4)
		return yc_fail(YC_FAIL, "the images have %d dimensions, not 4", v->rank);
	if (!is_channels(v->shape[1]) && is_channels(v->shape[3])) {
		uint64_t channels = v->shape[3], stride = v->stride[3];

		v->shape[3] = v->shape[2];
		v->stride[3] = v->stride[2];
		v->shape[2] = v->shape[1];
		v->stride[2] = v->stride[1];
		v->shape[1] = channels;
		v->stride[1] = stride;
	}
	if (v->shape[0] == 0 || !is_channels(v->shape[1]) || v->shape[2] == 0 ||
		v->shape[2] != v->shape[3] || v->shape[2] > 16384)
		return yc_fail(YC_FAIL,
			"the images are %llu x %llu x %llu x %llu: square ones of 1 or 3 "
			"channels expected",
			(unsigned long long)v->shape[0], (unsigned long long)v->shape[1],
			(unsigned long long)v->shape[2], (unsigned long long)v->shape[3]);
	j->rows = (size_t)v->shape[0];
	j->channels = (int)v->shape[1];
	j->side = (int)v->shape[2];
	return YC_OK;
}

/* The label of a row of K values is its argmax, as in YOCO; ties to the first. */
static int put_soft(const struct job *j, struct yc_set *out, int64_t *label)
{
	uint64_t shape[] = {j->rows, j->label.shape[1]};
	struct yc_tensor *t = yc_set_put(out, "soft", YC_F32, 2, shape, NULL);
	const float *row;

	if (!t)
		return YC_FAIL;
	yc_strided_floats(&j->label, t->data);
	row = t->data;
	for (size_t i = 0; i < j->rows; i++, row += shape[1]) {
		label[i] = 0;
		for (uint64_t c = 0; c < shape[1]; c++) {
			if (!isfinite(row[c]))
				return yc_fail(
					YC_FAIL, "row %zu: a label is not finite", i);
			if (row[c] > row[label[i]])
				label[i] = (int64_t)c;
		}
	}
	return YC_OK;
}

static int put_labels(struct job *j, struct yc_set *out)
{
	uint64_t rows = j->rows;
	struct yc_tensor *t;
	int64_t *label;
	int status;

	/* A column of one is numbers, not a row of scores per image. */
	if (j->label.rank == 2 && j->label.shape[1] == 1)
		j->label.rank = 1;
	if ((j->label.rank != 1 && j->label.rank != 2) || j->label.shape[0] != rows)
		return yc_fail(YC_FAIL,
			"%zu images, but labels for %llu of %d dimensions", j->rows,
			(unsigned long long)(j->label.rank ? j->label.shape[0] : 1),
			j->label.rank);
	if (j->label.rank == 2 &&
		(j->label.shape[1] == 0 || j->label.shape[1] > YC_CLASSES_MAX))
		return yc_fail(YC_FAIL, "labels of %llu classes",
			(unsigned long long)j->label.shape[1]);
	t = yc_set_put(out, "label", YC_I64, 1, &rows, NULL);
	if (!t)
		return YC_FAIL;
	label = t->data;
	if (j->label.rank == 2) {
		status = put_soft(j, out, label);
	} else {
		status = yc_strided_ints(&j->label, label);
		if (status < 0)
			status = yc_fail_in(status, "the labels");
	}
	return status;
}

/* For arbitrary labels: the largest, plus 1. */
static int classes_of(const struct job *j, const struct yc_set *out)
{
	const int64_t *label = yc_set_col(out, "label")->data;
	int64_t most = j->label.rank == 2 ? (int64_t)j->label.shape[1] - 1 : 0;

	for (size_t i = 0; i < j->rows; i++) {
		if (label[i] < 0 || label[i] >= YC_CLASSES_MAX)
			return yc_fail(
				YC_FAIL, "row %zu: label %lld", i, (long long)label[i]);
		if (label[i] > most)
			most = label[i];
	}
	return (int)most + 1;
}

/* The mean of all values of each channel. */
static void channel_means(const struct job *j, const struct yc_set *out, double *mean)
{
	const float *x = yc_set_col(out, "image")->data;
	size_t plane = (size_t)j->side * (size_t)j->side, channels = (size_t)j->channels;

	for (size_t i = 0; i < j->rows * channels; i++, x += plane)
		for (size_t k = 0; k < plane; k++)
			mean[i % channels] += (double)x[k];
	for (size_t c = 0; c < channels; c++)
		mean[c] /= (double)(j->rows * plane);
}

static int choose_dataset(struct job *j, const struct yc_set *out, bool normalised)
{
	const int total = (int)j->cfg->classes;
	struct yc_condensed_facts f = {.given = j->cfg->dataset,
		.path = j->path,
		.side = j->side,
		.channels = j->channels,
		.classes = classes_of(j, out),
		.pixels = !normalised};
	int status;

	if (f.classes < 0)
		return f.classes;
	if (total && (total < f.classes || (j->label.rank == 2 && total > f.classes)))
		return yc_fail(YC_FAIL,
			"labels of %d classes: --classes-total %d does not fit",
			f.classes, total);
	if (total)
		f.classes = total;
	channel_means(j, out, f.mean);
	status = yc_condensed_choose(&f, j->what, &j->from);
	if (status < 0)
		return status;
	j->classes = total || !j->from->classes ? f.classes : j->from->classes;
	return YC_OK;
}

/* With --classes-total, among the classes that are there. */
static int check_even(const struct job *j, const struct yc_set *out)
{
	const int64_t *label = yc_set_col(out, "label")->data;
	size_t *count = yc_calloc((size_t)j->classes, sizeof *count);
	size_t least = SIZE_MAX, most = 0;
	int none = 0;

	if (!count)
		return YC_FAIL;
	for (size_t i = 0; i < j->rows; i++)
		count[label[i]]++;
	for (int c = 0; c < j->classes; c++) {
		none += !count[c];
		if (!count[c] && j->cfg->classes)
			continue;
		if (count[c] < least)
			least = count[c];
		if (count[c] > most)
			most = count[c];
	}
	yc_free(count);
	if (j->cfg->classes && none)
		yc_load_note(j->what, "%s: %d of %d classes have images", j->path,
			j->classes - none, j->classes);
	return j->cfg->uneven || least == most
		       ? YC_OK
		       : yc_fail(YC_FAIL,
				 "classes of %zu to %zu images: a part of a set? "
				 "(--uneven accepts it%s)",
				 least, most,
				 least ? ""
				       : ", --classes-total says how many classes there "
					 "are in all");
}

/* Some pixels overshoot 0..1 a little. About half of normalised values are negative. In
 * between, the values do not contradict the kind. */
static int check_values(const struct job *j, const float *x, size_t n, bool normalised)
{
	size_t outside = 0;
	float least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			return yc_fail(YC_FAIL, "row %zu: a value is not finite",
				i / (n / j->rows));
		outside += x[i] < 0 || x[i] > 1;
		least = fminf(least, x[i]);
		most = fmaxf(most, x[i]);
	}
	if (j->cfg->values || (normalised ? outside > n / 100 : outside < n / 3))
		return YC_OK;
	return yc_fail(YC_FAIL,
		"values from %.3g to %.3g, %.0f %% of them outside 0..1, do not look %s; "
		"say which with --values",
		(double)least, (double)most, 100.0 * (double)outside / (double)n,
		normalised ? "normalised" : "like pixels");
}

/* Converts values that were normalised by the dataset's own constants to our mean and std.
 */
static void renormalise(const struct job *j, float *x)
{
	const struct yc_normalisation *from = j->from->other_norm, *to = j->from->norm;
	size_t plane = (size_t)j->side * (size_t)j->side, channels = (size_t)j->channels;

	for (size_t i = 0; i < j->rows * channels; i++, x += plane) {
		size_t c = i % channels;

		for (size_t k = 0; k < plane; k++)
			x[k] = (float)(((double)x[k] * from->std[c] + from->mean[c] -
					       to->mean[c]) /
				       to->std[c]);
	}
}

static int put_images(const struct job *j, struct yc_set *out, bool normalised)
{
	uint64_t shape[] = {
		j->rows, (uint64_t)j->channels, (uint64_t)j->side, (uint64_t)j->side};
	struct yc_tensor *t = yc_set_put(out, "image", YC_F32, 4, shape, NULL);

	if (!t)
		return YC_FAIL;
	yc_strided_floats(&j->image, t->data);
	return check_values(j, t->data, t->bytes / sizeof(float), normalised);
}

/* Names of the classes that the head has. */
static int put_names(const struct job *j, struct yc_set *out)
{
	struct yc_names all, some = {0};
	int status;

	if (!j->from->names)
		return YC_OK;
	status = yc_meta_set(&out->meta, "yc.names", j->from->names);
	if (status < 0 || j->classes == j->from->classes)
		return status;
	status = yc_names_read(&all, &out->meta);
	if (status < 0)
		return status;
	for (int c = 0; c < j->classes && status == YC_OK; c++)
		status = yc_names_add(&some, all.name[c], strlen(all.name[c]));
	if (status == YC_OK)
		status = yc_names_store(&some, &out->meta);
	yc_names_release(&all);
	yc_names_release(&some);
	return status;
}

static int put_head(const struct job *j, struct yc_set *out, bool normalised)
{
	uint32_t factor = j->cfg->factor;
	char source[64];

	if (!factor)
		factor = j->side > YC_SIDE_SMALL ? 3 : 2;
	out->head = (struct yc_head){
		.classes = j->classes, .side = j->side, .factor = (int)factor};
	yc_head_normalise(&out->head, j->from->norm);
	(void)snprintf(source, sizeof source, "%s condensed by %s", j->from->method.name,
		j->kind->name);
	if (yc_head_store(&out->head, &out->meta) < 0 ||
		yc_meta_set(&out->meta, "yc.source", source) < 0)
		return YC_FAIL;
	if (put_names(j, out) < 0)
		return YC_FAIL;
	return normalised ? yc_meta_set(&out->meta, "yc.normalised", "1") : YC_OK;
}

static int convert(struct job *j, struct yc_set *out)
{
	const char *map = j->cfg->whitened_by;
	bool normalised = j->cfg->values ? strcmp(j->cfg->values, "normalised") == 0
					 : j->kind->normalised;
	uint64_t rows;
	struct yc_tensor *id;
	int status;

	if (map && !normalised)
		return yc_fail(
			YC_USAGE, "--whitened-by is for values that are no pixels");
	if (check_image(j) < 0 || put_labels(j, out) < 0 ||
		put_images(j, out, normalised) < 0)
		return YC_FAIL;
	status = choose_dataset(j, out, normalised);
	if (status < 0)
		return status;
	if (normalised && !map && j->kind->other_norm && j->from->other_norm)
		renormalise(j, yc_set_col(out, "image")->data);
	if (check_even(j, out) < 0 || put_head(j, out, normalised && !map) < 0)
		return YC_FAIL;
	status = map ? yc_condensed_unwhiten(out, map, j->what->threads) : YC_OK;
	if (status < 0)
		return status;
	rows = j->rows;
	id = yc_set_put(out, "id", YC_I64, 1, &rows, NULL);
	if (!id)
		return YC_FAIL;
	for (size_t i = 0; i < j->rows; i++)
		((int64_t *)id->data)[i] = (int64_t)i;
	return yc_set_check_images(out);
}

static int not_there(const struct job *j, const struct yc_tensorfile *f)
{
	uint32_t runs = j->kind->runs ? yc_tensorfile_length(f, j->kind->runs) : 0;

	if (runs && j->cfg->run >= runs)
		return yc_fail(YC_FAIL,
			"has %u run%s, numbered from 0; there is no run %u",
			(unsigned)runs, runs == 1 ? "" : "s", (unsigned)j->cfg->run);
	return yc_fail(YC_FAIL,
		"has no images and labels where %s has them: yc-load npz and yc-load "
		"torch take arrays of any name",
		j->kind->name);
}

int yc_condensed_load(const struct yc_condensed_kind *kind,
	const struct yc_condensed_cfg *cfg, const struct yc_load *what,
	struct yc_set *out)
{
	struct job j = {.kind = kind, .cfg = cfg, .what = what};
	struct yc_condensed_files files;
	int status = yc_condensed_open(&files, kind, what->path);

	if (status < 0)
		return status;
	j.path = files.name;
	status = get_first(files.images, kind->images, &j.image);
	if (status == YC_OK)
		status = get_first(files.labels, kind->labels, &j.label);
	if (status == YC_NO)
		status = not_there(&j, files.images);
	if (status == YC_OK)
		status = convert(&j, out);
	if (status < 0)
		status = yc_fail_in(status, "%s", files.name);
	yc_condensed_close(&files);
	return status;
}

int yc_condensed_list(const char *name, const struct yc_condensed_cfg *cfg,
	const struct yc_load *what, struct yc_set *out)
{
	static const char *const files[] = {"data_best.pt", "data.pt", "data*.pt", NULL};
	static const char *const images[] = {"0", NULL}, *const labels[] = {"1", NULL};
	const struct yc_condensed_kind kind = {
		.name = name, .files = files, .images = images, .labels = labels};

	return yc_condensed_load(&kind, cfg, what, out);
}
