/* SPDX-License-Identifier: MIT */
/* yc-decode(1): decodes tiles to full-size images. */
#include "tools/tool.h"

struct cfg {
	const char *type;
	uint32_t bound;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, type, .name = "type", .letter = 't', .table = yc_decode_types,
		.unit = YC_CHOICE, .def = "single",
		.help = "cut condensed images by their factor, by all factors up to it, "
			"or the first of a class by larger factors than the rest"),
	YC_OPT(struct cfg, bound, .name = "bound", .letter = 'b', .arg = "n",
		.auto_help = YC_TEXT(YC_DECODE_LIMIT), .min = 1, .max = 1e9,
		.help = "with --type bound: maximum decoded images per class"),
};

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-decode",
		.summary = "Decodes a condensed stream: cuts its images into their tiles "
			   "and "
			   "resizes these to full images.",
		.operands = "[FILE]...",
		.details = "The output holds the images that networks are trained on. "
			   "yc-score and yc-eval decode for themselves.",
		.examples =
			"yc-decode cond.yct -o decoded.yct\n"
			"yc-select yoco --ipc 1 scored.yct | yc-decode | yc-info\n"
			"yc-decode --type bound --bound 64 cond.yct | yc-view -o b.png",
		.use = TOOL_IN | TOOL_OUT,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
	};
	struct tool_run t;
	struct yc_passage p;
	enum yc_decode_type type = YC_DECODE_SINGLE;

	tool_start(&t, &tool, argc, argv);
	check(&t, yc_decode_type(cfg.type, &type));
	if (cfg.bound && type != YC_DECODE_BOUND)
		die_usage(&t, "--bound is for --type bound, not for %s", cfg.type);
	if (!cfg.bound && type == YC_DECODE_BOUND)
		cfg.bound = YC_DECODE_LIMIT;
	tool_passage(&t, &p);
	check(&t, yc_decode_stream(&p, type, (int)cfg.bound));
	return tool_close(&t);
}
