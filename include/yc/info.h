/* SPDX-License-Identifier: MIT */
#ifndef YC_INFO_H
#define YC_INFO_H

#include "yc/stream.h"

/*
 * A summary of a stream, gathered record by record in memory that does not grow with its
 * rows: what yc-info prints.
 */
struct yc_info {
	bool want_digest; /* set before the first record: digest of the whole stream */
	bool want_check;  /* likewise: compare every segment with its yc.digest */
	uint64_t records, segments, rows, bytes; /* bytes: of tensor data */
	struct yc_head head; /* classes 0: a plain file without a head */
	size_t nheads;
	struct yc_meta *heads;	  /* of every segment */
	struct yc_record columns; /* no data; shape[0] is the rows of the whole stream */
	struct yc_record *other;  /* [nother] records of other kinds, without data */
	size_t nother;
	uint64_t *per_class; /* [head.classes], or NULL when there are no labels */
	uint64_t stray;	     /* labels outside of the classes */
	uint64_t noisy;	     /* labels that differ from the column label.true */
	struct yc_digest *whole, *part;
	uint64_t checked; /* segments whose digest was verified */
};

/* Adds the record that the reader returned last. YC_NO: its segment's yc.digest is wrong.
 */
int yc_info_add(struct yc_info *info, const struct yc_reader *r,
	const struct yc_record *rec) YC_CHECKED;
/* Human readable lines, or one JSON object, malloc'd; NULL with yc_fail. */
char *yc_info_text(const struct yc_info *info);
char *yc_info_json(const struct yc_info *info);
void yc_info_release(struct yc_info *info);

/* The rows of a data record as lines of tab-separated values, malloc'd: those of id,
 * label, tile and the scores that exist; NULL with yc_fail, also if none exists. `head`
 * puts a line with the names of the columns first. */
char *yc_info_tsv(const struct yc_record *rec, bool head);

#endif
