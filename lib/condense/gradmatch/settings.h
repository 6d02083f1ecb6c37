/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_GRADMATCH_SETTINGS_H
#define CONDENSE_GRADMATCH_SETTINGS_H

#include "lib/condense/gradmatch/gradmatch.h"

/*
 * Options and settings of the methods that use the loop of gradient matching. Their rows
 * and the defaults that depend on the data are written once here; a method adds its own
 * rows.
 */

/* Fills options that were not given, by the data and IPC (yc-methods(7), "Settings");
 * `init`: NULL for tiles of the first real images. */
int yc_match_resolve(struct yc_match_cfg *c, const struct yc_condense_job *job,
	const char *init) YC_CHECKED;

#define YC_MATCH_ROW(field, ...) YC_OPT(struct yc_match_cfg, field, __VA_ARGS__)
#define YC_MATCH_BY_DATA .auto_help = "by image side"

/* clang-format off */
#define YC_MATCH_ROWS(INIT_HELP, N_REAL, NET_BATCH) \
	YC_MATCH_ROW(factor, .name = "factor", .arg = "n", .min = 1, .max = 64, YC_MATCH_BY_DATA, \
		.help = "tiles per side of a condensed image"), \
	YC_MATCH_ROW(init, .name = "init", .table = yc_inits, .unit = YC_CHOICE, \
		.auto_help = INIT_HELP, \
		.help = "start from noise, the first real images, tiles made of them, or of those " \
			"nearest to the centres of clusters"), \
	YC_MATCH_ROW(init_random, .name = "init-random", \
		.help = "of random and mix: draw the real images, not the first ones"), \
	YC_MATCH_ROW(init_area, .name = "init-area", \
		.help = "pixels of the first tiles are means over areas, not single pixels"), \
	YC_MATCH_ROW(init_from, .name = "init-from", .arg = "file", .unit = YC_READS, \
		.help = "start from the condensed images in this stream instead"), \
	YC_MATCH_ROW(outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6, YC_MATCH_BY_DATA, \
		.help = "outer iterations, each with a new network"), \
	YC_MATCH_ROW(inner, .name = "inner", .arg = "n", .def = "100", .min = 1, .max = 1e6, \
		.help = "inner iterations in each: update all classes, then the network"), \
	YC_MATCH_ROW(n_real, .name = "n-real", .arg = "n", .def = N_REAL, .min = 1, .max = YC_BATCH_MAX, \
		.help = "real images per class in a batch"), \
	YC_MATCH_ROW(syn_max, .name = "syn-max", .arg = "n", .def = "128", .min = 1, .max = YC_BATCH_MAX, \
		.help = "maximum decoded images per class in a batch"), \
	YC_MATCH_ROW(metric, .name = "metric", .table = yc_metrics, .unit = YC_CHOICE, \
		YC_MATCH_BY_DATA, .help = "distance of two gradients"), \
	YC_MATCH_ROW(bias, .name = "bias", \
		.help = "also match gradients of biases and norms"), \
	YC_MATCH_ROW(fc, .name = "fc", .help = "also match gradients of the linear layer"), \
	YC_MATCH_ROW(lr_img, .name = "lr-img", .arg = "x", .min = 0, .max = 1e6, \
		.auto_help = "by image side, times IPC/10", \
		.help = "learning rate of the pixels"), \
	YC_MATCH_ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0, \
		.max = 1, .help = "momentum of the pixels, over all classes"), \
	YC_MATCH_ROW(class_momentum, .name = "class-momentum", \
		.help = "keep momentum per class, so that only its images move"), \
	YC_MATCH_ROW(clamp, .name = "clamp", .help = "write pixels clamped to 0..1"), \
	YC_MATCH_ROW(decode, .name = "decode", .table = yc_decode_types, .unit = YC_CHOICE, \
		.auto_help = "bound for large images, factor and IPC, else single", \
		.help = "tiles of one factor, of all up to it, or as many as --bound " \
			"allows"), \
	YC_MATCH_ROW(bound, .name = "bound", .arg = "n", .def = YC_TEXT(YC_DECODE_LIMIT), \
		.min = 1, .max = YC_BATCH_MAX, \
		.help = "decoded images of a class with --decode bound"), \
	YC_MATCH_ROW(aug, .name = "aug", .arg = "strategy", .def = "color_crop_cutout", \
		.help = "augmentation of both batches, with common draws"), \
	YC_MATCH_ROW(aug_all, .name = "aug-all", \
		.help = "all of crop, scale and rotate, not one of them; of --net-aug, too"), \
	YC_MATCH_ROW(net, .name = "net", .table = yc_archs, .unit = YC_CHOICE, \
		.auto_help = YC_NET_BY_SIDE, .help = "network"), \
	YC_MATCH_ROW(width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX, \
		.auto_help = "the network's own", .help = "channels of the network"), \
	YC_MATCH_ROW(depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX, \
		.auto_help = "the network's own", .help = "blocks of the network"), \
	YC_MATCH_ROW(exact, .name = "exact", .help = "direct convolutions instead of Winograd's"), \
	YC_MATCH_ROW(net_lr, .name = "net-lr", .arg = "x", .def = "0.01", .min = 0, .max = 1e6, \
		.help = "learning rate of the network"), \
	YC_MATCH_ROW(net_momentum, .name = "net-momentum", .arg = "x", .def = "0.9", .min = 0, \
		.max = 1, .help = "momentum of the network"), \
	YC_MATCH_ROW(net_decay, .name = "net-decay", .arg = "x", .def = "5e-4", .min = 0, .max = 1, \
		.help = "weight decay of the network"), \
	YC_MATCH_ROW(net_batch, .name = "net-batch", .arg = "n", .def = NET_BATCH, .min = 1, \
		.max = YC_BATCH_MAX, .help = "real images in a batch of the network"), \
	YC_MATCH_ROW(n_data, .name = "n-data", .arg = "n", .min = 1, .max = 1e9, YC_MATCH_BY_DATA, \
		.help = "real images that the network sees in an inner iteration, at " \
			"least"), \
	YC_MATCH_ROW(early, .name = "early", .arg = "x", .min = 0, .max = 1e6, YC_MATCH_BY_DATA, \
		.help = "epochs on the real images before a new network is used"), \
	YC_MATCH_ROW(fix_iter, .name = "fix-iter", .arg = "n", .def = "1", .min = 1, .max = 1e6, \
		.help = "outer iterations that share a network"), \
	YC_MATCH_ROW(net_aug, .name = "net-aug", .arg = "strategy", .def = "color_crop", \
		.help = "augmentation of the network's batches, per image"), \
	YC_MATCH_ROW(mix_p, .name = "mix-p", .arg = "p", .min = 0, .max = 1, YC_MATCH_BY_DATA, \
		.help = "probability of CutMix in a batch of the network")
/* clang-format on */

#endif
