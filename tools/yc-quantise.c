/* SPDX-License-Identifier: MIT */
/* yc-quantise(1): images of a stream as bytes. */
#include "tools/tool.h"

static const struct tool tool = {
	.name = "yc-quantise",
	.summary = "Stores the images of a stream as bytes, a quarter of their size.",
	.operands = "[FILE]...",
	.details = "Values from 0 to 1 become 0 to 255, rounded; what lies beyond is cut "
		   "off. Images that are bytes already stay as they are.",
	.examples = "yc-quantise cond.yct -o set.yct\n"
		    "yc-select yoco --ipc 1 scored.yct | yc-quantise -o small.yct",
	.use = TOOL_IN | TOOL_OUT,
};

static int rows(void *ctx, struct yc_set *part, struct yc_set_out *out)
{
	int status = yc_set_quantise(part);

	(void)ctx;
	return status < 0 ? status : yc_set_out_rows(out, part);
}

int main(int argc, char **argv)
{
	struct tool_run t;
	const struct yc_set_map map = {.ctx = &t, .head = tool_head, .rows = rows};
	struct yc_reader *reader;

	tool_start(&t, &tool, argc, argv);
	reader = tool_reader(&t);
	check(&t, yc_set_map(reader, tool_writer(&t), &map));
	return tool_close(&t);
}
