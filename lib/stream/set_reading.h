/* SPDX-License-Identifier: MIT */
#ifndef STREAM_SET_READING_H
#define STREAM_SET_READING_H

/* A set while it is read, record by record (set_read.c); set_map.c uses the same checks. */

#include "lib/stream/metadata_runs.h"
#include "yc/set.h"

/* Columns have spare capacity, heads are kept until their histories are merged. */
struct yc_reading {
	struct yc_set *set;
	const struct yc_set_hooks *hooks;
	bool rows_only; /* collects neither passthrough records nor metadata of rows */
	struct yc_record cols;
	size_t *capacity;      /* [ncols] bytes */
	struct yc_meta *heads; /* of every segment, the history only */
	size_t nheads;
	struct yc_meta head; /* of this segment */
	struct yc_meta_runs runs;
	size_t *row; /* [nrow] rows of the current record that are kept; NULL: all */
	size_t nrow;
};

/* Checks the record that `r` returned last against earlier ones, and keeps what is
 * needed. Failures do not name the record. */
int yc_reading_take(
	struct yc_reading *in, struct yc_reader *r, struct yc_record *rec) YC_CHECKED;
/* The set of what was read so far. */
void yc_reading_show(const struct yc_reading *in);
/* Releases everything except the set. */
void yc_reading_release(struct yc_reading *in);

#endif
