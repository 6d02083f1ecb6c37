/* SPDX-License-Identifier: MIT */
#ifndef YC_JOIN_H
#define YC_JOIN_H

#include "yc/set.h"
#include "yc/shard.h"

/*
 * Joins the segments of a stream to one, or writes a shard of that. All of it is read and
 * checked, digests included, before anything is written, and then read again, so that
 * a record at a time is in memory.
 *
 * The result is what yc_set_read and yc_set_write would make of the stream, but for records
 * of other kinds: they keep their position among the rows, and one that several segments
 * have in common, as shards have a whitening map, is written once: as often as the segment
 * that has it most often. Every shard has all of them.
 */
struct yc_join {
	struct yc_shard shard;
	bool partial; /* shards may be missing, there twice or out of order */
	/* Changes metadata and head before they are written; or NULL. */
	int (*head)(void *ctx, struct yc_set *joined);
	void *ctx;
};

/* The reader can be read again (yc_reader_keep). *rows, or NULL: how many are written. */
int yc_join(struct yc_reader *r, struct yc_writer *w, const struct yc_join *how,
	uint64_t *rows) YC_CHECKED;

#endif
