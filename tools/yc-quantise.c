/* SPDX-License-Identifier: MIT */
/* yc-quantise(1): images of a stream as bytes. */
#include "tools/tool.h"

static const struct tool tool = {
	.name = "yc-quantise",
	.summary = "Stores the images of a stream as bytes, in a quarter of the room.",
	.operands = "[FILE]...",
	.details = "Values from 0 to 1 become 0 to 255, rounded; what lies beyond is cut "
		   "off. Images that are bytes already stay as they are.",
	.examples = "yc-quantise cond.yct -o set.yct\n"
		    "yc-select yoco --ipc 1 scored.yct | yc-quantise -o small.yct",
	.use = TOOL_IN | TOOL_OUT,
};

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_set set;

	tool_start(&t, &tool, argc, argv);
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_quantise(&set));
	tool_history(&t, &set.meta, NULL);
	check(&t, yc_set_write(&set, tool_writer(&t)));
	yc_set_release(&set);
	return tool_close(&t);
}
