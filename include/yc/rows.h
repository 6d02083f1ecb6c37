/* SPDX-License-Identifier: MIT */
#ifndef YC_ROWS_H
#define YC_ROWS_H

#include "yc/set.h"
#include "yc/watch.h"

/*
 * The rows of a stream, for work that needs them in another order or all labels before
 * the first image. For regular files only some columns are kept in memory; the others are
 * fetched by reading the files again, as often as the order requires. A pipe can be read
 * only once, so all of it is kept, and a note reports how much that is.
 */
struct yc_rows {
	struct yc_set set; /* all rows; without data in columns that are not kept */
	bool held;	   /* all of it is */
	/* while rows are fetched */
	struct yc_reader *reader;
	struct yc_record *record;
	size_t begin, end; /* rows of that record */
	uint32_t *slot;	   /* [set.rows] row of the part, from 1; 0: not in it */
	struct yc_set part;
	size_t *need; /* [nneed] rows of the part, ascending */
	size_t nneed;
};

/* Reads everything, or as much as hooks->enough requests. hooks->hold selects the columns
 * to keep; other hooks are not used. The reader must outlive the rows. `watch` is for the
 * note, or NULL. */
int yc_rows_read(struct yc_rows *r, struct yc_reader *reader,
	const struct yc_set_hooks *hooks, struct yc_watch *watch) YC_CHECKED;
/*
 * Fetches the first *n of n rows row[0..], repeats allowed, at least one and as many as
 * fit into the memory reserved for it: at[i] is the position of row[i] in *part, a set of
 * all columns that is valid until the next call.
 */
int yc_rows_fetch(struct yc_rows *r, const size_t *row, size_t *n,
	const struct yc_set **part, size_t *at) YC_CHECKED;
/* Number of passes over the files for these rows; 0: everything is kept. */
size_t yc_rows_passes(struct yc_rows *r, const size_t *row, size_t n);
void yc_rows_release(struct yc_rows *r);

#endif
