/* SPDX-License-Identifier: MIT */
/* yc-cat(1): joins streams to one segment, or writes a shard of them. */
#include "tools/tool.h"

struct cfg {
	struct yc_shard_cfg shard;
	bool partial;
};

static const struct yc_opt opts[] = {
	YC_SHARD_ROWS(struct cfg, shard),
	YC_OPT(struct cfg, partial, .name = "partial", .run_only = true,
		.help = "join shards though some are missing, repeated or out of order"),
};

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-cat",
		.summary =
			"Joins streams to a single segment, or divides one into shards.",
		.operands = "[FILE]...",
		.details = "All input is checked, digests included, before anything is "
			   "written; "
			   "what does not fit together is named. A record at a time is "
			   "in memory; pipes are kept in a file in TMPDIR meanwhile.",
		.examples =
			"yc-cat part-*.yct -o whole.yct\n"
			"yc-cat --shard 2/8 train.yct | yc-train --like idc -o 2.yct\n"
			"yc-cat --shard 1/2 --by classes train.yct -o half.yct",
		.use = TOOL_IN | TOOL_OUT,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
	};
	struct tool_run t;
	struct yc_join join = {.head = tool_head, .ctx = &t};
	struct yc_reader *reader;
	uint64_t rows;

	tool_start(&t, &tool, argc, argv);
	check(&t, yc_shard_resolve(&join.shard, &cfg.shard));
	join.partial = cfg.partial;
	reader = tool_reader(&t);
	check(&t, yc_reader_keep(reader, tool_scratch()));
	check(&t, yc_join(reader, tool_writer(&t), &join, &rows));
	if (join.shard.n && !rows)
		warn(&t, "shard %s by %s has no rows", cfg.shard.shard, cfg.shard.by);
	return tool_close(&t);
}
