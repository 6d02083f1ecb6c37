/* SPDX-License-Identifier: MIT */
/* Rows of a stream as tab-separated lines: id, label, tile and scores. */
#define _GNU_SOURCE /* open_memstream */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yc/dataset.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/set.h"

static bool is_score(const struct yc_tensor *t)
{
	return yc_score_name(t->name) && (t->dtype == YC_F32 || t->dtype == YC_F64) &&
	       t->rank <= 2;
}

static bool is_index(const struct yc_tensor *t)
{
	return t->dtype == YC_I64 && t->rank == 1;
}

static uint64_t width(const struct yc_tensor *t)
{
	return t->rank == 2 ? t->shape[1] : 1;
}

static void print_value(FILE *f, const struct yc_tensor *t, uint64_t at)
{
	const char *p = (const char *)t->data + at * yc_dtype_size(t->dtype);
	int64_t i;
	float s;
	double d;

	switch (t->dtype) {
	case YC_I64:
		memcpy(&i, p, sizeof(i));
		(void)fprintf(f, "%" PRId64, i);
		break;
	case YC_F32:
		memcpy(&s, p, sizeof(s));
		(void)fprintf(f, "%.9g", (double)s);
		break;
	default:
		memcpy(&d, p, sizeof(d));
		(void)fprintf(f, "%.17g", d);
	}
}

static int by_name(const void *pa, const void *pb)
{
	const struct yc_tensor *const *a = pa, *const *b = pb;

	return strcmp((*a)->name, (*b)->name);
}

/* The columns to print: the known ones in a fixed order, then scores by name. */
static size_t choose(const struct yc_record *rec, const struct yc_tensor **col)
{
	static const char *const index[] = {"id", "label", YC_LABEL_TRUE, "tile"};
	size_t n = 0, scores;

	for (size_t i = 0; i < YC_COUNT(index); i++) {
		const struct yc_tensor *t = yc_record_find(rec, index[i]);

		if (t && is_index(t))
			col[n++] = t;
	}
	scores = n;
	for (size_t i = 0; i < rec->ntensors; i++)
		if (is_score(&rec->tensor[i]))
			col[n++] = &rec->tensor[i];
	qsort(col + scores, n - scores, sizeof(*col), by_name);
	return n;
}

char *yc_info_tsv(const struct yc_record *rec, bool head)
{
	const struct yc_tensor **col = yc_calloc(rec->ntensors, sizeof(*col));
	char *text = NULL;
	size_t size, n;
	FILE *f = col ? open_memstream(&text, &size) : NULL;

	if (!f) {
		yc_free(col);
		return NULL;
	}
	n = choose(rec, col);
	if (!n)
		(void)yc_fail(YC_FAIL, "neither id, label, tile nor a score to print");
	for (size_t c = 0; head && c < n; c++)
		for (uint64_t k = 0; k < width(col[c]); k++) {
			(void)fprintf(f, "%s%s", c || k ? "\t" : "", col[c]->name);
			if (width(col[c]) > 1)
				(void)fprintf(f, ".%" PRIu64, k);
		}
	if (head)
		(void)fputc('\n', f);
	for (uint64_t i = 0; n && i < col[0]->shape[0]; i++) {
		for (size_t c = 0; c < n; c++)
			for (uint64_t k = 0; k < width(col[c]); k++) {
				if (c || k)
					(void)fputc('\t', f);
				print_value(f, col[c], i * width(col[c]) + k);
			}
		(void)fputc('\n', f);
	}
	yc_free(col);
	if (fclose(f) != 0) {
		n = 0;
		(void)yc_no_memory(0);
	}
	if (!n) {
		free(text);
		return NULL;
	}
	return text;
}
