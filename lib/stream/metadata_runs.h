/* SPDX-License-Identifier: MIT */
#ifndef STREAM_METADATA_RUNS_H
#define STREAM_METADATA_RUNS_H

/* Custom metadata keys, from a stream into a set and out again (metadata_runs.c). */

#include "yc/set.h"

/* What was read so far; zero is empty. */
struct yc_meta_runs {
	size_t nheads, nruns;
	struct yc_meta_runs_head {
		struct yc_meta meta;
		bool rows; /* its segment has custom keys */
	} * head;
	struct yc_meta_runs_run {
		size_t head; /* of its segment */
		size_t rows; /* consecutive rows with the same keys */
		struct yc_meta meta;
	} * run;
};

/* The same keys with the same values? */
bool yc_meta_runs_same(const struct yc_meta *a, const struct yc_meta *b);
/* The custom keys of `m`. */
int yc_meta_runs_of(struct yc_meta *out, const struct yc_meta *m) YC_CHECKED;
/* A segment begins whose head has these keys; NULL: none. */
int yc_meta_runs_begin(struct yc_meta_runs *n, const struct yc_meta *head) YC_CHECKED;
/* The segment continues with so many rows, at least one, of a record with these keys;
 * NULL: none. */
int yc_meta_runs_rows(
	struct yc_meta_runs *n, const struct yc_meta *m, size_t rows) YC_CHECKED;
/* At the end of reading: keys of all rows go to the head of `s`, the others to its rows. */
int yc_meta_runs_finish(const struct yc_meta_runs *n, struct yc_set *s) YC_CHECKED;
void yc_meta_runs_release(struct yc_meta_runs *n);

/* The metadata of rows row[0..n-1] of `from`, for a set that has none yet. */
int yc_meta_runs_pick(struct yc_set *to, const struct yc_set *from, const size_t *row,
	size_t n) YC_CHECKED;

#endif
