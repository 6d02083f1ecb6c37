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

static void build(struct tool_run *t, const struct cfg *cfg, const struct yc_set *set,
	struct yc_aug *aug)
{
	const struct yc_tensor *image = yc_set_col(set, "image");
	int side = set->head.side, channels = (int)image->shape[1];
	char names[256] = "";

	if (!cfg->pool) {
		check(t, yc_aug_chain(aug, t->method, t->nmethods, side, channels));
		return;
	}
	for (int i = 0; i < t->nmethods; i++) {
		size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, "%s%s", i ? "," : "",
			t->method[i]->name);
	}
	check(t, yc_aug_parse(aug, names, side, channels));
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-augment",
		.summary = "Applies random augmentations to the images of a stream, to "
			   "look at them or to feed a trainer of your own.",
		.operands = "OP[,OP]... [FILE]...",
		.details = "Condensed images are decoded first. Every operation named is "
			   "applied, "
			   "in the order given, with random strength, to the normalised "
			   "image; the result is written as F32 in 0..1, not clamped.",
		.examples =
			"yc-augment flip,color,crop train.yct | yc-view -o seen.png\n"
			"yc-augment rotate --repeat 8 --seed 1 small.yct -o more.yct\n"
			"yc-augment --pool flip,color,crop,scale,rotate cond.yct | "
			"./my-trainer",
		.use = TOOL_IN | TOOL_OUT | TOOL_SEED,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.methods = yc_aug_words,
		.method_word = "operation",
		.method_list = true,
	};
	struct tool_run t;
	struct yc_set set;
	struct yc_aug aug;

	tool_start(&t, &tool, argc, argv);
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_check_images(&set));
	build(&t, &cfg, &set, &aug);
	tool_history(&t, &set.meta, NULL);

	const struct yc_augment augment = {.aug = &aug,
		.siamese = cfg.siamese,
		.repeat = cfg.repeat,
		.rng = yc_rng_new(t.common.seed, "augment")};

	check(&t, yc_augment_write(&set, &augment, tool_writer(&t)));
	yc_set_release(&set);
	return tool_close(&t);
}
