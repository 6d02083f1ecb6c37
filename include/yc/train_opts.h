/* SPDX-License-Identifier: MIT */
#ifndef YC_HYPER_H
#define YC_HYPER_H

#include "yc/nets.h"
#include "yc/opt.h"
#include "yc/train.h"

/*
 * What a user says about a training: the network, hyperparameters, weights to start
 * from and where to keep them. The rows are written once here; each tool that trains
 * puts them in its table with YC_TRAIN_ROWS.
 */
struct yc_train_opts {
	const char *net, *aug, *init_net, *save_net, *optimiser, *schedule;
	uint32_t width, depth, epochs, batch;
	uint32_t steps; /* to train for whatever the size of the set, in place of epochs;
			   0: not said. Only yc-eval has a row for it */
	double lr, momentum, decay, mix_p;
	uint32_t init_epoch;
	bool exact, aug_all, hard_labels;
	/* No rows: */
	uint64_t
		memory; /* most bytes of a record of init_net: --memory; 0: the default */
	struct yc_nets_kept init; /* what yc_train_opts_open found there */
};

/*
 * Rows for a config struct S with a member f of type struct yc_train_opts
 * (yc-methods(7), "Evaluation recipe"); epochs_def and mix_def say how two of them
 * start. What is left open until the images are known, aug in any case,
 * yc_train_opts_resolve fills in.
 */
#define YC_EPOCHS_OPEN UINT32_MAX
#define YC_EPOCH_LAST UINT32_MAX
/* clang-format off */
#define YC_EPOCHS_BY_SET .unset = YC_EPOCHS_OPEN, .auto_help = "1000, or by size of the set for large images"
#define YC_MIX_BY_SIDE .auto_help = "0.5, or 1 for large images"
#define YC_TRAIN_ROWS(S, f, epochs_def, mix_def) \
	YC_OPT(S, f.net, .name = "net", .table = yc_archs, .unit = YC_CHOICE, \
		.auto_help = YC_NET_BY_SIDE, .help = "network architecture"), \
	YC_OPT(S, f.width, .name = "width", .arg = "n", .auto_help = "that of the architecture", \
		.max = YC_WIDTH_MAX, .help = "channels of the first layer"), \
	YC_OPT(S, f.depth, .name = "depth", .arg = "n", .auto_help = "that of the architecture", \
		.max = YC_DEPTH_MAX, .help = "blocks of the network"), \
	YC_OPT(S, f.exact, .name = "exact", \
		.help = "direct instead of Winograd convolution: slower, closer to exact"), \
	YC_OPT(S, f.epochs, .name = "epochs", .arg = "n", .max = 1e6, \
		.help = "passes over the training images", epochs_def), \
	YC_OPT(S, f.batch, .name = "batch", .arg = "n", .def = "64", .min = 1, .max = YC_BATCH_MAX, \
		.help = "images in a step"), \
	YC_OPT(S, f.lr, .name = "lr", .arg = "x", .def = "0.01", .max = 1e3, \
		.help = "learning rate at the start"), \
	YC_OPT(S, f.optimiser, .name = "optimiser", .table = yc_optimisers, .unit = YC_CHOICE, \
		.def = "sgd", .help = "how a gradient becomes a step"), \
	YC_OPT(S, f.momentum, .name = "momentum", .arg = "x", .def = "0.9", .max = 0.9999, \
		.help = "how much of the past a mean of gradients keeps; beta1 of adam"), \
	YC_OPT(S, f.decay, .name = "weight-decay", .arg = "x", .def = "5e-4", .max = 1, \
		.help = "share of a weight that is added to its gradient"), \
	YC_OPT(S, f.schedule, .name = "schedule", .arg = "step|constant", .unit = YC_CHOICE, \
		.def = "step", .help = "learning rate: times 0.2 after 2/3 and 5/6 of the training, " \
			"or constant"), \
	YC_OPT(S, f.aug, .name = "aug", .arg = "ops", .auto_help = "by side of the images", \
		.help = "augmentations, each image for itself; none for none"), \
	YC_OPT(S, f.aug_all, .name = "aug-all", \
		.help = "all of crop, scale and rotate, not one of them for each batch"), \
	YC_OPT(S, f.mix_p, .name = "mix-p", .arg = "p", .max = 1, \
		.help = "probability that a batch is cut and mixed", mix_def), \
	YC_OPT(S, f.hard_labels, .name = "hard-labels", \
		.help = "train towards the classes even where there are soft labels")
/* Weights to start from, and where to keep them: rows of their own. */
#define YC_INIT_NET_ROWS(S, f) \
	YC_OPT(S, f.init_net, .name = "init-net", .arg = "file", .unit = YC_READS, \
		.help = "start from the weights in this safetensors file or stream of networks"), \
	YC_OPT(S, f.init_epoch, .name = "init-epoch", .arg = "n", .max = 1e6, \
		.unset = YC_EPOCH_LAST, .auto_help = "the last of each network", \
		.help = "of such a stream, from the snapshots after n epochs")
#define YC_SAVE_NET_ROW(S, f) \
	YC_OPT(S, f.save_net, .name = "save-net", .arg = "file", .unit = YC_WRITES, .run_only = true, \
		.help = "keep the trained weights in this safetensors file")
/* clang-format on */

/* Reads --init-net, if it is given, for so many networks. What a stream of networks says of
 * their architecture takes the place of options that are left open. */
int yc_train_opts_open(struct yc_train_opts *s, int networks) YC_CHECKED;
void yc_train_opts_release(struct yc_train_opts *s);
/* Fills in the defaults that depend on the images (yc-methods(7), "Evaluation recipe" and
 * "Epoch rule"). `scoring`: the loader transforms of large images come before the other
 * augmentations, not in their place. With steps, epochs become the passes that these begin. */
void yc_train_opts_resolve(struct yc_train_opts *s, const struct yc_set *set,
	const struct yc_data *data, bool scoring);
/* Lets `data`, decoded from `set`, have its soft labels unless --hard-labels. */
int yc_train_opts_targets(const struct yc_train_opts *s, const struct yc_set *set,
	struct yc_data *data) YC_CHECKED;

/* Hyperparameters: what the rows say, and the constants of yc-methods(7), "Evaluation
 * recipe", for the rest. */
struct yc_hyper yc_train_opts_hyper(const struct yc_train_opts *s);
/* The random view of an image that the loader of the training gives: the loader
 * transforms in s->aug, or all of it where it has none. Lends mean and std of `data`. */
int yc_train_opts_view(const struct yc_train_opts *s, const struct yc_data *data,
	struct yc_aug *view) YC_CHECKED;
/* The network for images like these. */
int yc_train_opts_net(const struct yc_train_opts *s, const struct yc_data *data,
	struct yc_net **net) YC_CHECKED;
/* Weights that network `index` (from 0) starts from: those of --init-net, else drawn from
 * `rng`. */
int yc_train_opts_weights(const struct yc_train_opts *s, const struct yc_net *net,
	int index, yc_real *w, struct yc_rng rng) YC_CHECKED;
/* Keeps weights in --save-net, if that was given. */
int yc_train_opts_save(const struct yc_train_opts *s, const struct yc_net *net,
	const yc_real *w) YC_CHECKED;

#endif
