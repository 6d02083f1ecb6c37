/* SPDX-License-Identifier: MIT */
#ifndef YC_TRAJECTORY_H
#define YC_TRAJECTORY_H

#include "yc/opt.h"
#include "yc/snapshots.h"

/*
 * The networks whose gradients yc-condense idc and dream match: yc-methods(7), "Outer and
 * inner iterations" and "Update of networks". Every fix_iter outer iterations a new network
 * is trained on real images, and before each inner iteration it is ready to be used. The
 * networks see no synthetic image, so their trajectory depends on these settings, the real
 * images and the seed alone. It can be trained as part of a run, or once, and written as a
 * stream that any number of runs read.
 */
struct yc_trajectory_cfg {
	const char *net, *precision, *net_aug;
	uint32_t width, depth, inner, net_batch, n_data, fix_iter;
	double net_lr, net_momentum, net_decay, early, mix_p;
	bool aug_all;
};

/* Rows for a config struct S with a member f of type struct yc_trajectory_cfg; those of
 * `inner` and `aug_all` are the caller's, with this macro for the first. NET_BATCH sets its
 * default. */
/* clang-format off */
#define YC_BY_SIDE .auto_help = "by image side"
#define YC_INNER_ROW(S, f) \
	YC_OPT(S, f.inner, .name = "inner", .arg = "n", .min = 1, .max = 1e6, \
		.auto_help = "100, or 50 of a condensed set", \
		.help = "inner iterations in each: update all classes, then the network")
#define YC_TRAJECTORY_ROWS(S, f, NET_BATCH) \
	YC_OPT(S, f.net, .name = "net", .table = yc_archs, .unit = YC_CHOICE, \
		.auto_help = YC_NET_BY_SIDE, .help = "network"), \
	YC_OPT(S, f.width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX, \
		.auto_help = "the network's own", .help = "channels of the network"), \
	YC_OPT(S, f.depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX, \
		.auto_help = "the network's own", .help = "blocks of the network"), \
	YC_PRECISION_ROW(S, f.precision), \
	YC_OPT(S, f.net_lr, .name = "net-lr", .arg = "x", .def = "0.01", .min = 0, .max = 1e6, \
		.help = "learning rate of the network"), \
	YC_OPT(S, f.net_momentum, .name = "net-momentum", .arg = "x", .def = "0.9", .min = 0, \
		.max = 1, .help = "momentum of the network"), \
	YC_OPT(S, f.net_decay, .name = "net-decay", .arg = "x", .def = "5e-4", .min = 0, .max = 1, \
		.help = "weight decay of the network"), \
	YC_OPT(S, f.net_batch, .name = "net-batch", .arg = "n", .min = 1, .max = YC_BATCH_MAX, \
		.help = "real images in a batch of the network", NET_BATCH), \
	YC_OPT(S, f.n_data, .name = "n-data", .arg = "n", .min = 1, .max = 1e9, YC_BY_SIDE, \
		.help = "real images that the network sees in an inner iteration, at " \
			"least"), \
	YC_OPT(S, f.early, .name = "early", .arg = "x", .min = 0, .max = 1e6, YC_BY_SIDE, \
		.help = "epochs on the real images before a new network is used"), \
	YC_OPT(S, f.fix_iter, .name = "fix-iter", .arg = "n", .def = "1", .min = 1, .max = 1e6, \
		.help = "outer iterations that share a network"), \
	YC_OPT(S, f.net_aug, .name = "net-aug", .arg = "strategy", .def = "color_crop", \
		.help = "augmentation of the network's batches, per image"), \
	YC_OPT(S, f.mix_p, .name = "mix-p", .arg = "p", .min = 0, .max = 1, YC_BY_SIDE, \
		.help = "probability of CutMix in a batch of the network")
/* clang-format on */

/* Fills in what was not given and depends on the images (yc-methods(7), "Settings"). */
void yc_trajectory_resolve(struct yc_trajectory_cfg *cfg, const struct yc_data *data);

/* A trajectory in training; cfg is borrowed. */
struct yc_trajectory {
	const struct yc_trajectory_cfg *cfg;
	uint64_t seed;
	struct yc_trainer trainer;
	uint64_t early_steps; /* of every new network, before it is used */
};
int yc_trajectory_net(struct yc_net **net, const struct yc_trajectory_cfg *cfg,
	const struct yc_data *data) YC_CHECKED;
/* `net` is that of yc_trajectory_net, borrowed. The first network is ready to train. */
int yc_trajectory_new(struct yc_trajectory *t, const struct yc_trajectory_cfg *cfg,
	const struct yc_net *net, const struct yc_data *data, uint64_t seed,
	int threads) YC_CHECKED;
void yc_trajectory_release(struct yc_trajectory *t);
/* Draws the weights of the network of outer iteration `it`. */
void yc_trajectory_init(const struct yc_net *net, yc_real *w, uint64_t seed, uint64_t it);
/* The network of outer iteration `it`, untrained and without momentum. */
void yc_trajectory_renew(struct yc_trajectory *t, uint64_t it);
/* YC_FAIL: the loss is not finite. */
int yc_trajectory_step(struct yc_trajectory *t) YC_CHECKED;

/*
 * A stream of networks with such a trajectory, yc-stream(5), "Networks": behind the head a
 * record of the kind "trajectory" says what it depends on, and in the order of use there is
 * a network for each inner iteration.
 */
struct yc_trajectory_id {
	const struct yc_trajectory_cfg *cfg; /* resolved */
	const struct yc_net *net;
	const struct yc_data *data;
	uint32_t outer; /* iterations */
	uint64_t seed;
};

/* Trains networks and writes them, as yc_snapshots_write does; of its settings those of the
 * checkpoint, seed, threads and memory apply. Its folder has one stream, 1.yct. */
int yc_trajectory_write(const struct yc_snapshots_cfg *cfg,
	const struct yc_trajectory_cfg *networks, uint32_t outer,
	const struct yc_set *set, const struct yc_data *data, struct yc_writer *w,
	struct yc_watch *watch) YC_CHECKED;

/* Reads them. */
struct yc_trajectory_reader;
/* YC_FAIL if the networks are not those of `id`, whatever they differ in, or fewer; kernels
 * may differ, which is told. What id points to is borrowed. */
int yc_trajectory_open(struct yc_trajectory_reader **r, const char *path,
	const struct yc_trajectory_id *id, const struct yc_limits *limits,
	struct yc_watch *watch) YC_CHECKED;
/* The network of an inner iteration, from 0, into w; those before it are skipped. Without
 * effect if it was the last one read; earlier ones cannot be read. YC_CUT: the stream ends
 * before it. */
int yc_trajectory_read(struct yc_trajectory_reader *r, uint64_t outer, uint64_t inner,
	yc_real *w) YC_CHECKED;
void yc_trajectory_close(struct yc_trajectory_reader *r); /* NULL is fine */

#endif
