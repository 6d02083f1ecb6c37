/* SPDX-License-Identifier: MIT */
#ifndef STREAM_SET_READING_H
#define STREAM_SET_READING_H

/* A set while it is read, record by record (set_read.c); what only passes through is checked
 * in the same way (set_map.c). */

#include "lib/stream/metadata_runs.h"
#include "yc/set.h"

/* Columns have capacity ahead, heads wait for their histories to be merged. */
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
	size_t *row; /* [nrow] of the record at hand, those that are kept; NULL: all */
	size_t nrow;
};

/* Checks the record that `r` returned last against those before it, and keeps of it what is
 * to be kept. Failures do not name the record. */
int yc_reading_take(
	struct yc_reading *in, struct yc_reader *r, struct yc_record *rec) YC_CHECKED;
/* What was read so far, as far as a set shows it. */
void yc_reading_show(const struct yc_reading *in);
/* Everything but the set. */
void yc_reading_release(struct yc_reading *in);

#endif
