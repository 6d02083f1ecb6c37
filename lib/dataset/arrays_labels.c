/* SPDX-License-Identifier: MIT */
/* Labels in an array: integers of any type, text, or one row of weights per image. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"

/* Drops dimensions of size 1, also before N: [N,1] and [1,N] are [N]. */
static int squeeze(struct yc_strided *v, uint64_t rows)
{
	char shape[128];
	size_t at = 0;
	int rank = 0;

	for (int i = 0; i < v->rank && at < sizeof shape; i++)
		at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%" PRIu64,
			i ? "," : "", v->shape[i]);
	shape[at < sizeof shape ? at : sizeof shape - 1] = '\0';
	for (int i = 0; i < v->rank; i++) {
		if (v->shape[i] == 1 && !(rows == 1 && rank == 0))
			continue;
		v->shape[rank] = v->shape[i];
		v->stride[rank++] = v->stride[i];
	}
	v->rank = rank;
	if (rank < 1 || rank > 2 || v->shape[0] != rows)
		return yc_fail(YC_FAIL,
			"labels of shape [%s] for %" PRIu64
			" images: [N], or [N,classes]",
			shape, rows);
	return YC_OK;
}

/* -- text -- */

enum { TEXT_MAX = 256 };

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Distinct strings in ascending order become the names. */
static int name_classes(const char *const *text, size_t n, struct yc_names *names)
{
	const char **sorted = yc_calloc(n, sizeof *sorted);
	int status = sorted ? YC_OK : YC_FAIL;

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = text[i];
	if (sorted)
		qsort(sorted, n, sizeof *sorted, by_text);
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		if (i && strcmp(sorted[i], sorted[i - 1]) == 0)
			continue;
		if (names->n == YC_CLASSES_MAX)
			status = yc_fail(
				YC_FAIL, "more than %d different labels", YC_CLASSES_MAX);
		else
			status = yc_names_add(names, sorted[i], strlen(sorted[i]));
	}
	yc_free(sorted);
	return status;
}

struct entry {
	const char *name;
	int64_t label;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int yc_label_texts(const char *const *text, size_t n, struct yc_names *names,
	int64_t *label, size_t *unknown)
{
	struct entry *list = NULL, key, *found;
	int status = names->n ? YC_OK : name_classes(text, n, names);

	if (status == YC_OK) {
		list = yc_calloc(names->n, sizeof *list);
		status = list ? YC_OK : YC_FAIL;
	}
	for (size_t c = 0; list && c < names->n; c++)
		list[c] = (struct entry){names->name[c], (int64_t)c};
	if (list)
		qsort(list, names->n, sizeof *list, by_name);
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		key.name = text[i];
		found = bsearch(&key, list, names->n, sizeof *list, by_name);
		*unknown = i;
		if (found)
			label[i] = found->label;
		else
			status = YC_NO;
	}
	yc_free(list);
	return status;
}

static int put_text(
	const struct yc_strided *v, size_t rows, struct yc_names *names, int64_t *label)
{
	const size_t room = 4 * (size_t)v->width + 1;
	char **text = yc_calloc(rows, sizeof *text), one[4 * TEXT_MAX + 1];
	int status = text ? YC_OK : YC_FAIL;
	size_t unknown;

	if (status == YC_OK && v->rank != 1)
		status = yc_fail(YC_FAIL, "labels that are text, in two dimensions");
	if (status == YC_OK && room > sizeof one)
		status = yc_fail(
			YC_FAIL, "labels of up to %" PRIu32 " characters", v->width);
	for (size_t i = 0; status == YC_OK && i < rows; i++) {
		status = yc_strided_text(v, i, one, sizeof one);
		if (status == YC_OK && !one[0])
			status = yc_fail(YC_FAIL, "an empty label");
		if (status < 0)
			status = yc_fail_in(status, "row %zu", i);
		else if (!(text[i] = yc_strdup(one)))
			status = YC_FAIL;
	}
	if (status == YC_OK)
		status = yc_label_texts(
			(const char *const *)text, rows, names, label, &unknown);
	if (status == YC_NO)
		status = yc_fail(YC_FAIL, "row %zu: label '%.64s' is not in --names",
			unknown, text[unknown]);
	for (size_t i = 0; text && i < rows; i++)
		yc_free(text[i]);
	yc_free(text);
	return status;
}

/* -- numbers -- */

static int put_numbers(const struct yc_strided *v, size_t rows, int64_t *label)
{
	if (yc_strided_ints(v, label) < 0)
		return yc_fail_in(YC_FAIL, "labels");
	for (size_t i = 0; i < rows; i++)
		if (label[i] < 0 || label[i] >= YC_CLASSES_MAX)
			return yc_fail(YC_FAIL,
				"row %zu: label %" PRId64 " is not in 0..%d", i, label[i],
				YC_CLASSES_MAX - 1);
	return YC_OK;
}

/* One row: its argmax, ties to the first. Returns 1 if it is a one among zeros, 0 if
 * it is any other row of finite numbers. */
static int read_row(const double *x, size_t n, size_t row, int64_t *label, bool *whole)
{
	size_t best = 0, ones = 0, zeros = 0;

	for (size_t c = 0; c < n; c++) {
		if (!isfinite(x[c]))
			return yc_fail(YC_FAIL, "row %zu: a label is not finite", row);
		if (x[c] > x[best])
			best = c;
		ones += x[c] == 1;
		zeros += x[c] == 0;
		*whole = *whole && x[c] == rint(x[c]);
	}
	*label = (int64_t)best;
	return ones == 1 && zeros == n - 1;
}

/* Rows that are not a one among zeros are soft labels, and are kept. */
static int put_rows(
	const struct yc_strided *v, size_t rows, struct yc_set *out, int64_t *label)
{
	const size_t n = (size_t)v->shape[1];
	uint64_t shape[] = {rows, n};
	double *x = yc_calloc(n, sizeof *x);
	size_t odd = 0, first = 0;
	bool whole = true;
	struct yc_tensor *soft;
	int status = x ? YC_OK : YC_FAIL;

	if (n > YC_CLASSES_MAX)
		status = yc_fail(YC_FAIL, "labels of %zu classes", n);
	for (size_t i = 0; status == YC_OK && i < rows; i++) {
		int is_one;

		yc_strided_row(v, i, x);
		is_one = read_row(x, n, i, &label[i], &whole);
		status = is_one < 0 ? is_one : YC_OK;
		if (is_one == 0 && !odd++)
			first = i;
	}
	if (status == YC_OK && odd && whole)
		status = yc_fail(YC_FAIL,
			"row %zu: labels of %zu classes, not one of which is 1 and the "
			"others "
			"0: an image of several classes, or of none, cannot be loaded",
			first, n);
	if (status == YC_OK && odd) {
		soft = yc_set_put(out, "soft", YC_F32, 2, shape, NULL);
		if (soft)
			yc_strided_floats(v, soft->data);
		else
			status = YC_FAIL;
	}
	yc_free(x);
	return status;
}

/* -- */

/* By the labels, the width of rows of labels, the names and --classes-total. */
static int classes_of(const struct yc_set *out, size_t least,
	const struct yc_names *names, uint32_t total)
{
	const int64_t *label = yc_set_col(out, "label")->data;
	const size_t rows = out->rows;
	size_t n = least, most = 0;

	for (size_t i = 0; i < rows; i++)
		if ((size_t)label[i] > (size_t)label[most])
			most = i;
	if (!least)
		n = (size_t)label[most] + 1;
	if (names->n && names->n < n)
		return yc_fail(
			YC_USAGE, "--names: %zu names for %zu classes", names->n, n);
	if (names->n)
		n = names->n;
	if (total && total < n)
		return yc_fail(YC_FAIL, "--classes-total %" PRIu32 ": %zu classes%s",
			total, n, names->n ? " have names" : " have images");
	if (total)
		n = total;
	if (n > least && yc_set_col(out, "soft"))
		return yc_fail(
			YC_FAIL, "soft labels of %zu classes, not of %zu", least, n);
	return (int)n;
}

int yc_arrays_labels(const struct yc_strided *v, uint64_t rows, struct yc_names *names,
	uint32_t classes_total, struct yc_set *out)
{
	struct yc_strided view = *v;
	struct yc_tensor *t;
	int64_t *label;
	int status = squeeze(&view, rows);

	if (status < 0)
		return status;
	if (!view.text && view.dtype == YC_OTHER)
		return yc_fail(YC_FAIL, "labels that are neither numbers nor text");
	t = yc_set_put(out, "label", YC_I64, 1, &rows, NULL);
	if (!t)
		return YC_FAIL;
	label = t->data;
	if (view.text)
		status = put_text(&view, (size_t)rows, names, label);
	else if (view.rank == 2)
		status = put_rows(&view, (size_t)rows, out, label);
	else
		status = put_numbers(&view, (size_t)rows, label);
	if (status < 0)
		return status;
	return classes_of(
		out, view.rank == 2 ? (size_t)view.shape[1] : 0, names, classes_total);
}
