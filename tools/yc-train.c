/* SPDX-License-Identifier: MIT */
/* yc-train(1): trains networks on a stream of images and writes a stream of networks. */
#include "tools/tool.h"

struct cfg {
	struct yc_train_opts training;
	struct yc_snapshots_cfg snapshots;
	const char *like;
	uint32_t outer;
	struct yc_trajectory_cfg networks;
};

/* The method for which there are only other defaults. */
static const struct yc_method mtt = {
	.name = "mtt", .summary = "experts of trajectory matching"};
static const struct yc_method *const likes[] = {&mtt, NULL};

static const struct yc_opt opts[] = {
	YC_SNAPSHOTS_ROWS(struct cfg, snapshots),
	YC_SPOOL_ROWS(struct cfg, snapshots),
	YC_TRAIN_ROWS(struct cfg, training, YC_EPOCHS_BY_SET, YC_MIX_BY_SIDE),
	YC_INIT_NET_ROWS(struct cfg, training),
	YC_OPT(struct cfg, like, .name = "like", .table = likes, .unit = YC_CHOICE,
		.help = "train the experts of yc-condense mtt, for its option --experts: "
			"other defaults"),
};

/* As "Dataset Distillation by Matching Training Trajectories" trains its experts. */
static const char *const experts[][2] = {{"snapshots", "every-epoch"}, {"epochs", "50"},
	{"batch", "256"}, {"momentum", "0"}, {"weight-decay", "0"},
	{"schedule", "constant"}, {"mix-p", "0"},
	{"aug", "color_crop_cutout_flip_scale_rotate"}, {"aug-one", "true"}};

static const struct yc_opt like_opts[] = {
	YC_OPT(struct cfg, like, .name = "like", .arg = "idc|dream", .unit = YC_CHOICE,
		.help = "train the networks of yc-condense idc or dream, for its option "
			"--networks"),
	YC_OPT(struct cfg, outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6,
		YC_BY_SIDE, .help = "outer iterations, each with a new network"),
	YC_INNER_ROW(struct cfg, networks),
	YC_OPT(struct cfg, networks.aug_all, .name = "aug-all",
		.help = "all of crop, scale and rotate in --net-aug, not one of them"),
	YC_TRAJECTORY_ROWS(
		struct cfg, networks, .auto_help = "64, or 128 for --like dream"),
	YC_SPOOL_ROWS(struct cfg, snapshots),
};

static struct cfg cfg;

static const struct yc_opts like = {.row = like_opts,
	.n = YC_COUNT(like_opts),
	.cfg = &cfg,
	.title = "Options with --like"};

static const struct tool tool = {
	.name = "yc-train",
	.summary = "Trains networks on a stream of images and writes them as a stream.",
	.operands = "[FILE]...",
	.details =
		"Network i is that of yc-eval's repeat i with the same options and seed. "
		"Each snapshot is a record with the names and the layout of a PyTorch "
		"state_dict. With --checkpoint a run can be interrupted at any moment, "
		"by a "
		"signal or by a crash, and continued with --resume to the very same "
		"bytes.",
	.examples =
		"yc-train train.yct -o net.yct\n"
		"yc-train --like mtt --networks 100 --checkpoint experts.ck --resume "
		"train.yct -o experts.yct\n"
		"yc-train --epochs 20 --snapshots 0,5,10-20 train.yct | yc-info\n"
		"yc-eval --epochs 0 --init-net net.yct -r 1 --test test.yct\n"
		"yc-train --like idc --outer 20 train.yct | yc-condense idc --outer 20 "
		"--networks - train.yct -o cond.yct",
	.use = TOOL_IN | TOOL_OUT | TOOL_SEED | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
	.other = &like,
	.other_but = "mtt",
};

/* Networks of epochs, as yc-eval trains them. */
static int train(struct tool_run *t, struct yc_set *set, struct yc_data *data)
{
	cfg.snapshots.more = "networks";
	cfg.snapshots.training = &cfg.training;
	yc_train_opts_resolve(&cfg.training, set, data, false);
	check(t, yc_train_opts_targets(&cfg.training, set, data));
	tool_history(t, &set->meta, yc_kern_name(tool_precision()));
	return yc_snapshots_write(&cfg.snapshots, set, data, tool_writer(t), &t->watch);
}

/* Networks of a condensation. */
static int train_like(struct tool_run *t, struct yc_set *set, struct yc_data *data)
{
	cfg.snapshots.more = "outer";
	check(t, yc_condense_networks(cfg.like, &cfg.networks, &cfg.outer, set, data));
	tool_history(t, &set->meta, yc_kern_name(tool_precision()));
	return yc_trajectory_write(&cfg.snapshots, &cfg.networks, cfg.outer, set, data,
		tool_writer(t), &t->watch);
}

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_set set;
	struct yc_data data;

	tool_start(&t, &tool, argc, argv);
	cfg.training.memory = cfg.snapshots.memory = t.common.memory;
	if (cfg.like && tool_opts(&t)->row == opts)
		check(&t, yc_opt_preset(tool_opts(&t), experts, YC_COUNT(experts)));
	cfg.snapshots.opts = tool_opts(&t);
	cfg.snapshots.nopts = tool_opts(&t)->n;
	cfg.snapshots.seed = t.common.seed;
	cfg.snapshots.threads = (int)t.common.threads;
	if (tool_opts(&t)->row == opts)
		check(&t, yc_train_opts_open(&cfg.training, (int)cfg.snapshots.networks));
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_check_images(&set));
	check(&t, yc_data_new_on(&data, &set, (int)t.common.threads));
	check(&t, tool_opts(&t)->row == opts ? train(&t, &set, &data)
					     : train_like(&t, &set, &data));
	yc_train_opts_release(&cfg.training);
	yc_data_release(&data);
	yc_set_release(&set);
	return tool_close(&t);
}
