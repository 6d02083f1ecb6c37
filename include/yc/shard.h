/* SPDX-License-Identifier: MIT */
#ifndef YC_SHARD_H
#define YC_SHARD_H

#include "yc/opt.h"
#include "yc/stream.h"

/*
 * A shard i/n is one of n parts of the rows of a stream that together have every row once,
 * in order. By rows: row k of N, from 0, is in the shard with (i-1) N/n <= k < i N/n, both
 * rounded down, so that the shards one after the other are the whole, and differ by at most
 * one row. By classes: all rows of the classes c of C with (i-1) C/n <= c < i C/n. A shard
 * may be empty.
 */
struct yc_shard {
	uint32_t i, n; /* 1..n; n 0: everything */
	bool classes;
};

enum { YC_SHARDS_MAX = 1000000 };

/* What users say. */
struct yc_shard_cfg {
	const char *shard, *by;
};
/* Rows for a config struct S with a member f of that type. */
/* clang-format off */
#define YC_SHARD_ROWS(S, f) \
	YC_OPT(S, f.shard, .name = "shard", .arg = "i/n", .auto_help = "all rows", \
		.help = "only the i-th of n parts of the rows, which have each row once"), \
	YC_OPT(S, f.by, .name = "by", .arg = "rows|classes", .unit = YC_CHOICE, \
		.auto_help = "rows", \
		.help = "with --shard: parts of the rows in their order, or of the classes")
/* clang-format on */

/* Sets cfg->by where it is omitted. YC_USAGE for anything but i/n, 1 <= i <= n. */
int yc_shard_resolve(struct yc_shard *s, struct yc_shard_cfg *cfg) YC_CHECKED;
/* Its text, "2/3 by rows". */
enum { YC_SHARD_TEXT = 40 };
void yc_shard_text(const struct yc_shard *s, char text[YC_SHARD_TEXT]);

/* Of n consecutive rows, from row `at` of `rows` on, lists those of the shard, counted from
 * `at`, in row[], and returns how many. `label` [n] is only used by classes, 0..classes-1. */
size_t yc_shard_pick(const struct yc_shard *s, uint64_t rows, int classes, uint64_t at,
	size_t n, const int64_t *label, size_t *row);

/* The shard that a stream is, by its history; n 0: it is none. */
struct yc_shard yc_shard_of(const struct yc_meta *head);
/* YC_FAIL if these are shards, but not each of a whole once and in order. Fewer than two,
 * or others among them, are no concern. */
int yc_shards_complete(const struct yc_shard *shard, size_t n) YC_CHECKED;

#endif
