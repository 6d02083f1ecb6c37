/* SPDX-License-Identifier: MIT */
/* yc-load(1): converts a dataset, or a published condensed set, to a stream. */
#include <string.h>

#include "tools/tool.h"

struct cfg {
	const char *split, *mean, *std;
	double label_noise, hold_out;
	struct yc_load_rows rows;
	struct yc_shard_cfg shard;
};

#define AT(f, ...) YC_OPT(struct cfg, f, __VA_ARGS__)
static const struct yc_opt opts[] = {
	AT(split, .name = "split", .arg = "train|val|test", .def = "train",
		.unit = YC_CHOICE, .help = "which part of the dataset"),
	AT(hold_out, .name = "hold-out", .arg = "part", .min = 1e-9, .max = 1 - 1e-9,
		.auto_help = "none",
		.help = "keep this part of every class out of the training images, drawn "
			"by --seed: --split val is that part"),
	AT(rows.classes, .name = "classes", .arg = "list", .auto_help = "all",
		.help = "only these classes, e.g. 0-4,7; labels stay"),
	AT(rows.per_class, .name = "per-class", .arg = "n", .min = 1, .max = 1e9,
		.auto_help = "all", .help = "only the first n images of each class"),
	AT(rows.shuffle, .name = "shuffle",
		.help = "write the images in random order (see --seed)"),
	AT(label_noise, .name = "label-noise", .arg = "part", .min = 1e-9, .max = 1,
		.auto_help = "none",
		.help = "give this part of the images of each class, up to 1, the label "
			"of another; label.true keeps theirs"),
	YC_SHARD_ROWS(struct cfg, shard),
	AT(mean, .name = "mean", .arg = "x,x,x|auto",
		.auto_help = "those of the dataset, else auto",
		.help = "means of the channels, for normalisation; auto: of these "
			"images"),
	AT(std, .name = "std", .arg = "x,x,x|auto",
		.auto_help = "those of the dataset, else auto",
		.help = "standard deviations of the channels, likewise"),
};

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-load",
		.summary = "Reads a dataset, or a published condensed set, and writes it "
			   "as a stream.",
		.operands = "KIND [PATH]",
		.details = "PATH is a folder, an archive (tar or zip, compressed or not) "
			   "or a file of the\n"
			   "dataset's own distribution; nothing is unpacked to disk. A "
			   "tar archive of\n"
			   "CIFAR may come through a pipe: PATH is -.",
		.examples = "yc-load cifar10 cifar-10-binary.tar.xz -o train.yct\n"
			    "yc-load cifar10 cifar-10-binary.tar.xz --split test -o "
			    "test.yct\n"
			    "yc-load folder imagenette.tgz --split val -o val.yct\n"
			    "yc-load npz arrays.npz --images x --labels y -o own.yct\n"
			    "yc-load mtt ConvNet_baseline -o mtt.yct\n"
			    "yc-load demo --per-class 10 | yc-view -o demo.png",
		.use = TOOL_OUT | TOOL_SEED,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.methods = yc_loaders,
		.method_word = "dataset kind",
		.operands_max = 1,
	};
	struct tool_run t;
	struct yc_set all = {0}, part = {0}, set = {0};
	struct yc_photos *photos = NULL;
	struct yc_shard shard;

	tool_start(&t, &tool, argc, argv);
	const struct yc_loader *kind = (const struct yc_loader *)t.method[0];
	const bool divided = cfg.hold_out > 0, held = strcmp(cfg.split, "val") == 0;
	struct yc_load what = {.path = t.nfiles ? t.files[0] : NULL,
		.split = divided ? "train" : cfg.split,
		.seed = t.common.seed,
		.threads = (int)t.common.threads,
		.mean = cfg.mean,
		.std = cfg.std,
		.watch = &t.watch};

	if (kind->built_in && what.path)
		die_usage(&t, "%s is built in and takes no PATH", kind->method.name);
	if (!kind->built_in && !what.path)
		die_usage(&t, "%s needs a PATH: the folder or archive of the dataset",
			kind->method.name);
	if (divided && strcmp(cfg.split, "test") == 0)
		die_usage(&t, "what --hold-out keeps out is --split val");
	if (kind->whole && strcmp(what.split, "train") != 0)
		die_usage(&t, "%s has no split '%s': it is loaded whole, without --split",
			kind->method.name, cfg.split);
	cfg.rows.seed = t.common.seed;
	if (!kind->val && strcmp(what.split, "val") == 0)
		die_usage(&t, "%s has no split 'val', only train and test",
			kind->method.name);
	check(&t, yc_shard_resolve(&shard, &cfg.shard));
	check(&t, kind->load(t.method_cfg[0], &what, &all, &photos));
	if (divided) {
		check(&t,
			yc_load_hold_out(&part, &all, cfg.hold_out, held, t.common.seed));
		yc_set_release(&all);
	}
	check(&t, yc_load_pick(&set, divided ? &part : &all, &cfg.rows));
	yc_set_release(divided ? &part : &all);
	check(&t, yc_load_label_noise(&set, cfg.label_noise, t.common.seed));
	check(&t, yc_load_normalisation(&set, photos, &what));
	check(&t, yc_load_shard(&set, &shard));
	tool_history(&t, &set.meta, NULL);
	check(&t, yc_load_write(&set, photos, (int)t.common.threads, tool_writer(&t)));
	if (shard.n && !set.rows)
		warn(&t, "shard %s by %s has no rows", cfg.shard.shard, cfg.shard.by);
	yc_photos_free(photos);
	yc_set_release(&set);
	return tool_close(&t);
}
