/* SPDX-License-Identifier: MIT */
#ifndef DATASET_TABLE_H
#define DATASET_TABLE_H

#include <stdint.h>

#include "lib/dataset/csv.h"
#include "yc/dataset.h"
#include "yc/names.h"

/*
 * A table of pictures: which of its columns has the paths and which the labels.
 */
struct yc_table {
	struct yc_csv csv;
	size_t first, n;    /* rows of pictures */
	size_t path, label; /* columns */
};

static inline const char *yc_table_cell(const struct yc_table *t, size_t i, size_t column)
{
	return t->csv.field[t->csv.row[t->first + i].first + column];
}

static inline size_t yc_table_line(const struct yc_table *t, size_t i)
{
	return t->csv.row[t->first + i].line;
}

/* Finds the columns by their headings; NULL: the first and the second one. */
int yc_table_columns(
	struct yc_table *t, const char *path_column, const char *label_column) YC_CHECKED;
/* Labels [t->n], and a name or none for every class. `list` is the value of --names or
 * NULL, `total` that of --classes-total or 0. Labels that look mistaken get a note. */
int yc_table_labels(const struct yc_table *t, const struct yc_load *what,
	const char *list, uint32_t total, struct yc_names *names,
	int64_t *label) YC_CHECKED;

#endif
