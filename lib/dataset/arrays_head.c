/* SPDX-License-Identifier: MIT */
/* Mean, standard deviation and class names that a file of arrays has beside the images and
 * labels, as yc-save writes them. */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"

enum { NAME_MAX_CHARS = 1024 };

static const struct yc_array *find(const struct yc_arrays *a, const char *name)
{
	const struct yc_array *found = NULL;

	for (int i = 0; i < YC_ARRAY_FILES && !found; i++)
		found = yc_array_find(&a->file[i], name);
	return found;
}

/* Numbers [n]. */
static bool numbers(const struct yc_array *from, uint64_t n, double *x)
{
	const struct yc_strided *v = from ? &from->v : NULL;

	if (!v || v->text || v->dtype == YC_OTHER || v->rank != 1 || v->shape[0] != n)
		return false;
	for (uint64_t i = 0; i < n; i++)
		yc_strided_row(v, i, &x[i]);
	return true;
}

void yc_arrays_norm(struct yc_arrays *a, const struct yc_load *what)
{
	const struct yc_array *mean = find(a, "mean"), *std = find(a, "std");
	const uint64_t n = a->image.shape[1];

	if (!mean && !std)
		return;
	a->norm = numbers(mean, n, a->mean) && numbers(std, n, a->std);
	for (uint64_t c = 0; a->norm && c < n; c++)
		a->norm = a->mean[c] >= 0 && a->mean[c] <= 1 && a->std[c] > 0 &&
			  a->std[c] <= 1;
	if (!a->norm)
		yc_load_note(what,
			"%s: its arrays mean and std are not used: they are not one "
			"number "
			"for each of the %d channels, of pixels in 0..1",
			a->file[0].name, (int)n);
}

int yc_arrays_put_norm(
	const struct yc_arrays *a, const struct yc_load *what, struct yc_set *out)
{
	double computed = 0;

	if (!a->norm)
		return YC_OK;
	if ((uint64_t)a->channels != a->image.shape[1]) {
		yc_load_note(what,
			"%s: its arrays mean and std are not used: --channels changes "
			"the channels",
			a->file[0].name);
		return YC_OK;
	}
	out->head.nmean = a->channels;
	memcpy(out->head.mean, a->mean, sizeof a->mean);
	memcpy(out->head.std, a->std, sizeof a->std);
	return !what->mean && !what->std && numbers(find(a, "computed"), 1, &computed) &&
			       computed == 1
		       ? yc_meta_set(&out->meta, "yc.computed", "1")
		       : YC_OK;
}

static int read_names(const struct yc_strided *v, struct yc_names *names)
{
	char one[4 * NAME_MAX_CHARS + 1];
	int status = YC_OK;

	if (!v->text || v->rank != 1 || v->shape[0] > YC_CLASSES_MAX ||
		v->width > NAME_MAX_CHARS)
		return yc_fail(YC_FAIL, "no list of class names");
	for (uint64_t i = 0; status == YC_OK && i < v->shape[0]; i++) {
		status = yc_strided_text(v, i, one, sizeof one);
		/* Empty: yc-save knew no name. */
		if (status == YC_OK)
			status = yc_names_add(names, *one ? one : NULL, strlen(one));
	}
	return status;
}

int yc_arrays_names(const struct yc_arrays *a, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, const struct yc_set *set, int classes,
	struct yc_names *names)
{
	const struct yc_array *from = find(a, "names");
	int status = from ? read_names(&from->v, names) : YC_OK;
	const size_t n = names->n, least = (size_t)classes;

	if (!from)
		return classes;
	/* One for each image is a list of files. */
	if (status == YC_OK &&
		(n < least || (n > least && (n == set->rows || cfg->classes_total ||
						    yc_set_col(set, "soft")))))
		status = yc_fail(YC_FAIL, "%zu names for %d classes", n, classes);
	if (status == YC_OK)
		return (int)n;
	yc_load_note(what,
		"%s: its array names is not used: %s (--names gives the names)",
		a->file[0].name, yc_errmsg());
	yc_names_release(names);
	return classes;
}
