/* SPDX-License-Identifier: MIT */
/* yc-train(1): trains networks on a stream of images and writes a stream of networks. */
#include "tools/tool.h"

struct cfg {
	struct yc_train_opts training;
	struct yc_snapshots_cfg snapshots;
};

static const struct yc_opt opts[] = {
	YC_SNAPSHOTS_ROWS(struct cfg, snapshots),
	YC_TRAIN_ROWS(struct cfg, training, YC_EPOCHS_BY_SET, YC_MIX_BY_SIDE),
	YC_INIT_NET_ROWS(struct cfg, training),
};

static struct cfg cfg;

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
		"yc-train --networks 100 --epochs 50 --batch 256 --momentum 0 "
		"--weight-decay 0 --schedule constant --mix-p 0 --snapshots every-epoch "
		"--checkpoint experts.ck --resume train.yct -o experts.yct\n"
		"yc-train --epochs 20 --snapshots 0,5,10-20 train.yct | yc-info\n"
		"yc-eval --epochs 0 --init-net net.yct -r 1 --test test.yct",
	.use = TOOL_IN | TOOL_OUT | TOOL_SEED | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
};

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_set set;
	struct yc_data data;

	tool_start(&t, &tool, argc, argv);
	cfg.training.memory = cfg.snapshots.memory = t.common.memory;
	cfg.snapshots.training = &cfg.training;
	cfg.snapshots.opts = tool_opts(&t);
	cfg.snapshots.nopts = YC_COUNT(opts);
	cfg.snapshots.seed = t.common.seed;
	cfg.snapshots.threads = (int)t.common.threads;
	check(&t, yc_train_opts_open(&cfg.training, (int)cfg.snapshots.networks));
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_check_images(&set));
	check(&t, yc_data_new(&data, &set));
	yc_train_opts_resolve(&cfg.training, &set, &data, false);
	check(&t, yc_train_opts_targets(&cfg.training, &set, &data));
	tool_history(&t, &set.meta, yc_kern_name(tool_precision()));
	check(&t, yc_snapshots_write(
			  &cfg.snapshots, &set, &data, tool_writer(&t), &t.watch));
	yc_train_opts_release(&cfg.training);
	yc_data_release(&data);
	yc_set_release(&set);
	return tool_close(&t);
}
