/* SPDX-License-Identifier: MIT */
/* yc-augment(1): applies augmentations to the images of a stream. */
#include <string.h>

#include "tools/tool.h"

struct cfg {
	uint32_t repeat;
	bool siamese, pool;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, repeat, .name = "repeat", .letter = 'n', .arg = "n",
		.def = "1", .min = 1, .max = 1e6,
		.help = "write n augmented copies of every image, one after the other"),
	YC_OPT(struct cfg, siamese, .name = "siamese",
		.help = "draw once for all images instead of for each; copies still "
			"differ"),
	YC_OPT(struct cfg, pool, .name = "pool",
		.help = "apply operations as a training does: in their fixed order, and "
			"of crop, scale and rotate one, drawn for each image"),
};

/* The tool's run and the augmentation. */
struct work {
	struct tool_run t;
	struct cfg cfg;
};

static int build(void *ctx, struct yc_chain *chain, int side, int channels)
{
	struct work *w = ctx;
	const struct yc_method **word = w->t.method;
	char names[256] = "";

	if (!w->cfg.pool)
		return yc_chain_new(
			chain, word, w->t.method_cfg, w->t.nmethods, side, channels);
	*chain = (struct yc_chain){.n = 1};
	for (int i = 0; i < w->t.nmethods; i++) {
		size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, "%s%s", i ? "," : "",
			word[i]->name);
	}
	return yc_aug_parse(&chain->part[0].aug, names, side, channels);
}

int main(int argc, char **argv)
{
	static struct work w;
	static const struct tool tool = {
		.name = "yc-augment",
		.summary = "Applies random augmentations and corruptions to the images "
			   "of a stream, to look at them, to test a network on them or "
			   "to feed a trainer of your own.",
		.operands = "OP[,OP]... [FILE]...",
		.details = "Condensed images are decoded first. Every operation named is "
			   "applied, "
			   "in the order given, with random strength, to the normalised "
			   "image; the result is written as F32 in 0..1, not clamped but "
			   "by corruptions, which work on pixels in 0..1.",
		.examples =
			"yc-augment flip,color,crop train.yct | yc-view -o seen.png\n"
			"yc-augment rotate --repeat 8 --seed 1 small.yct -o more.yct\n"
			"yc-augment jpeg --severity 3 test.yct -o worse.yct\n"
			"yc-augment --pool flip,color,crop,scale,rotate cond.yct | "
			"./my-trainer",
		.use = TOOL_IN | TOOL_OUT | TOOL_SEED,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &w.cfg,
		.methods = yc_chain_words,
		.method_word = "operation",
		.method_list = true,
	};
	struct yc_augment augment = {.build = build, .ctx = &w};
	struct yc_passage p;

	tool_start(&w.t, &tool, argc, argv);
	augment.siamese = w.cfg.siamese;
	augment.repeat = w.cfg.repeat;
	augment.rng = yc_rng_new(w.t.common.seed, "augment");
	tool_passage(&w.t, &p);
	check(&w.t, yc_augment_stream(&p, &augment));
	return tool_close(&w.t);
}
