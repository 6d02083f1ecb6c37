/* SPDX-License-Identifier: MIT */
#ifndef YC_ROWS_H
#define YC_ROWS_H

#include "yc/set.h"
#include "yc/watch.h"

/*
 * The rows of a stream, for what needs them in an order of its own or sees all labels before
 * the first image. Of regular files only some columns are in memory; all else is fetched by
 * reading the files again, as often as the order demands. What comes through a pipe is gone
 * once it was read, so all of it is held, and a note says how much that is.
 */
struct yc_rows {
	struct yc_set set; /* all rows; of columns that are not held no data */
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

/* Reads all, or as much as hooks->enough wants. hooks->hold says which columns are held; it has
 * no other hook. The reader must outlive the rows. `watch` is for the note, or NULL. */
int yc_rows_read(struct yc_rows *r, struct yc_reader *reader,
	const struct yc_set_hooks *hooks, struct yc_watch *watch) YC_CHECKED;
/*
 * Fetches the first *n of n rows row[0..], repeats allowed, at least one and as many as fit
 * into the memory that is meant for it: at[i] is where row[i] is in *part, a set of all columns
 * that lasts until the next call.
 */
int yc_rows_fetch(struct yc_rows *r, const size_t *row, size_t *n,
	const struct yc_set **part, size_t *at) YC_CHECKED;
/* How often the files are read for these rows, from the first one on; 0: all is held. */
size_t yc_rows_passes(struct yc_rows *r, const size_t *row, size_t n);
void yc_rows_release(struct yc_rows *r);

#endif
