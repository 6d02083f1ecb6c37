/* SPDX-License-Identifier: MIT */
#ifndef YC_HYPER_H
#define YC_HYPER_H

#include "yc/nets.h"
#include "yc/opt.h"
#include "yc/train.h"

/*
 * The options of a training: the network, hyperparameters, initial weights and where to
 * save the result. The rows are written once here; each tool that trains puts them in its
 * table with YC_TRAIN_ROWS.
 */
struct yc_train_opts {
	const char *net, *precision, *aug, *init_net, *save_net, *optimiser, *schedule;
	const char *loss; /* "ce" or "mse"; NULL: ce. Only yc-eval has a row for it */
	uint32_t width, depth, epochs, batch;
	/* number of steps, instead of epochs; 0: not given. Only yc-eval has a row for it */
	uint32_t steps;
	double lr, momentum, decay, mix_p;
	uint32_t init_epoch;
	bool aug_all, aug_one, hard_labels;
	/* No rows: */
	/* maximum bytes of a record of init_net: --memory; 0: the default */
	uint64_t memory;
	struct yc_nets_kept init; /* the networks in init_net, by yc_train_opts_open */
};

/*
 * Rows for a config struct S with a member f of type struct yc_train_opts (yc-methods(7),
 * "Evaluation recipe"); epochs_def and mix_def set two of their defaults. Defaults that
 * depend on the images, that of aug in any case, are filled by yc_train_opts_resolve.
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
	YC_PRECISION_ROW(S, f.precision), \
	YC_OPT(S, f.epochs, .name = "epochs", .arg = "n", .max = 1e6, \
		.help = "passes over the training images", epochs_def), \
	YC_OPT(S, f.batch, .name = "batch", .arg = "n", .def = "64", .min = 1, .max = YC_BATCH_MAX, \
		.help = "images per step"), \
	YC_OPT(S, f.lr, .name = "lr", .arg = "x", .def = "0.01", .max = 1e3, \
		.help = "initial learning rate"), \
	YC_OPT(S, f.optimiser, .name = "optimiser", .table = yc_optimisers, .unit = YC_CHOICE, \
		.def = "sgd", .help = "optimiser"), \
	YC_OPT(S, f.momentum, .name = "momentum", .arg = "x", .def = "0.9", .max = 0.9999, \
		.help = "momentum of sgd, beta1 of adam"), \
	YC_OPT(S, f.decay, .name = "weight-decay", .arg = "x", .def = "5e-4", .max = 1, \
		.help = "L2 penalty: multiple of a weight added to its gradient"), \
	YC_OPT(S, f.schedule, .name = "schedule", .table = yc_schedules, .unit = YC_CHOICE, \
		.def = "step", .help = "learning rate: times 0.2 after 2/3 and 5/6 of the training, " \
			"constant, times 0.1 after half, with a new optimiser, or falling as a cosine"), \
	YC_OPT(S, f.aug, .name = "aug", .arg = "ops", .auto_help = "by side of the images", \
		.help = "augmentations, drawn per image; none for none"), \
	YC_OPT(S, f.aug_all, .name = "aug-all", \
		.help = "all of crop, scale and rotate, not one of them per batch"), \
	YC_OPT(S, f.aug_one, .name = "aug-one", \
		.help = "a single group of the strategy, drawn per batch, as in DSA"), \
	YC_OPT(S, f.mix_p, .name = "mix-p", .arg = "p", .max = 1, \
		.help = "probability that CutMix is applied to a batch", mix_def), \
	YC_OPT(S, f.hard_labels, .name = "hard-labels", \
		.help = "train on the classes even if there are soft labels")
/* Initial weights, and where to save the trained ones: separate rows. */
#define YC_INIT_NET_ROWS(S, f) \
	YC_OPT(S, f.init_net, .name = "init-net", .arg = "file", .unit = YC_READS, \
		.help = "start from the weights in this safetensors file or stream of networks"), \
	YC_OPT(S, f.init_epoch, .name = "init-epoch", .arg = "n", .max = 1e6, \
		.unset = YC_EPOCH_LAST, .auto_help = "the last of each network", \
		.help = "from such a stream, take the snapshots after n epochs")
#define YC_SAVE_NET_ROW(S, f) \
	YC_OPT(S, f.save_net, .name = "save-net", .arg = "file", .unit = YC_WRITES, .run_only = true, \
		.help = "save the trained weights to this safetensors file")
/* clang-format on */

/* Reads --init-net, if it is given, for so many networks. Options that are not given are
 * taken from a stream of networks. */
int yc_train_opts_open(struct yc_train_opts *s, int networks) YC_CHECKED;
void yc_train_opts_release(struct yc_train_opts *s);
/* Fills in the defaults that depend on the images (yc-methods(7), "Evaluation recipe" and
 * "Epoch rule"). `scoring`: the loader transforms of large images precede the other
 * augmentations instead of replacing them. With steps, epochs become the number of epochs
 * that these begin. */
void yc_train_opts_resolve(struct yc_train_opts *s, const struct yc_set *set,
	const struct yc_data *data, bool scoring);
/* YC_FAIL if the initial networks have learnt classes of other names than those of a head,
 * as far as both name them, or images that were whitened otherwise than `data`, which may
 * be none. */
int yc_train_opts_names(const struct yc_train_opts *s, const struct yc_meta *head,
	const struct yc_data *data) YC_CHECKED;
/* Gives `data`, decoded from `set`, its soft labels unless --hard-labels; checks the names
 * of its classes. */
int yc_train_opts_targets(const struct yc_train_opts *s, const struct yc_set *set,
	struct yc_data *data) YC_CHECKED;

/* Hyperparameters: from the rows, and the constants of yc-methods(7), "Evaluation
 * recipe", for the rest. */
struct yc_hyper yc_train_opts_hyper(const struct yc_train_opts *s);
/* The random view of an image that the training's loader would give: the loader
 * transforms in s->aug, or all of it if it has none. Borrows mean and std of `data`. */
int yc_train_opts_view(const struct yc_train_opts *s, const struct yc_data *data,
	struct yc_aug *view) YC_CHECKED;
/* The network for images like these. */
int yc_train_opts_net(const struct yc_train_opts *s, const struct yc_data *data,
	struct yc_net **net) YC_CHECKED;
/* Options of an old checkpoint, from before --precision, as they are called now. */
int yc_train_opts_upgrade(struct yc_meta *options) YC_CHECKED;
/* yc_history_option of a row, likewise. */
bool yc_train_opts_made(const struct yc_meta *head, const char *tool,
	const struct yc_opt *row, char *buf, size_t size);
/* Initial weights of network `index` (from 0): those of --init-net, else drawn from
 * `rng`. */
int yc_train_opts_weights(const struct yc_train_opts *s, const struct yc_net *net,
	int index, yc_real *w, struct yc_rng rng) YC_CHECKED;
/* Saves weights to --save-net, if that was given. */
int yc_train_opts_save(const struct yc_train_opts *s, const struct yc_net *net,
	const yc_real *w) YC_CHECKED;

#endif
