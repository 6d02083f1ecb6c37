/* SPDX-License-Identifier: MIT */
/* yc-whiten(1): has networks see the images of a stream whitened by ZCA. */
#include "tools/tool.h"

struct cfg {
	bool map_only;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, map_only, .name = "map-only",
		.help = "write the map without the images"),
};

static struct cfg cfg;

static const struct tool tool = {
	.name = "yc-whiten",
	.summary = "Has networks see the images of a stream whitened by ZCA.",
	.operands = "METHOD [FILE]...",
	.details =
		"The map is fitted to the images and added to the stream; pixels stay as "
		"they are. Every tool that trains or tests networks then whitens by it "
		"instead of normalising by mean and standard deviation; test images as "
		"those that the networks learnt from.",
	.examples = "yc-whiten mtt train.yct -o white.yct\n"
		    "yc-whiten apart cond.yct -o small.yct\n"
		    "yc-whiten none cond.yct | yc-info",
	.use = TOOL_IN | TOOL_OUT | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
	.methods = yc_whitenings,
	.method_word = "whitening",
};

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_set set;

	tool_start(&t, &tool, argc, argv);
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_check_images(&set));
	check(&t, yc_whiten(&set, t.method[0], t.method_cfg[0], cfg.map_only,
			  (int)t.common.threads, &t.watch));
	tool_history(&t, &set.meta, yc_blas_name());
	check(&t, yc_set_write(&set, tool_writer(&t)));
	yc_set_release(&set);
	return tool_close(&t);
}
