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

/* The same for the networks alone, by the name of the method. */
int yc_match_networks(const char *method, struct yc_trajectory_cfg *c, uint32_t *outer,
	const struct yc_set *real, const struct yc_data *data) YC_CHECKED;

/* With --budget: fills what its schedule has, and was not given; YC_USAGE: there is none for
 * such images. full_outer is at most its number of outer iterations. */
extern const struct yc_method *const yc_budgets[];
int yc_match_budget(struct yc_match_cfg *c, const struct yc_condense_job *job) YC_CHECKED;

#define YC_MATCH_ROW(field, ...) YC_OPT(struct yc_match_cfg, field, __VA_ARGS__)

/* MORE: rows of a method's own among these, each with its comma, or nothing. */
/* clang-format off */
#define YC_MATCH_ROWS(INIT_HELP, N_REAL, NET_BATCH, MORE) \
	YC_MATCH_ROW(factor, .name = "factor", .arg = "n", .min = 1, .max = 64, YC_BY_SIDE, \
		.help = "tiles per side of a condensed image"), \
	YC_MATCH_ROW(init, .name = "init", .table = yc_inits, .unit = YC_CHOICE, \
		.auto_help = INIT_HELP, \
		.help = "start from noise, the first real images, tiles that condensed ones have, " \
			"tiles made of real ones, or of those nearest to the centres of clusters"), \
	YC_MATCH_ROW(init_random, .name = "init-random", \
		.help = "of random and mix: draw the real images, not the first ones"), \
	YC_MATCH_ROW(init_area, .name = "init-area", \
		.help = "pixels of the first tiles are means over areas, not single pixels"), \
	YC_INIT_FROM_ROW(struct yc_match_cfg, init_from), \
	YC_MATCH_ROW(budget, .name = "budget", .table = yc_budgets, .unit = YC_CHOICE, \
		.help = "a schedule for so long on two cores, instead of the published one"), \
	YC_MATCH_ROW(outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6, YC_BY_SIDE, \
		.help = "outer iterations, each with a new network"), \
	YC_INNER_ROW(struct yc_match_cfg, networks), \
	YC_MATCH_ROW(n_real, .name = "n-real", .arg = "n", .def = N_REAL, .min = 1, .max = YC_BATCH_MAX, \
		.help = "real images per class in a batch"), \
	YC_MATCH_ROW(syn_max, .name = "syn-max", .arg = "n", .def = "128", .min = 1, .max = YC_BATCH_MAX, \
		.help = "maximum decoded images per class in a batch"), \
	YC_MATCH_ROW(metric, .name = "metric", .table = yc_metrics, .unit = YC_CHOICE, \
		YC_BY_SIDE, .help = "distance of two gradients"), \
	YC_MATCH_ROW(bias, .name = "bias", \
		.help = "also match gradients of biases and norms"), \
	YC_MATCH_ROW(fc, .name = "fc", .help = "also match gradients of the linear layer"), \
	YC_MATCH_ROW(lr_img, .name = "lr-img", .arg = "x", .min = 0, .max = 1e6, \
		.auto_help = "by image side, times IPC/10", \
		.help = "learning rate of the pixels"), \
	YC_MATCH_ROW(lr_img_decay, .name = "lr-img-decay", .arg = "x", .min = 0, .max = 1, \
		.auto_help = "1, or by --budget", \
		.help = "multiply it by this after every outer iteration"), \
	YC_MATCH_ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0, \
		.max = 1, .help = "momentum of the pixels, over all classes"), \
	YC_MATCH_ROW(class_momentum, .name = "class-momentum", \
		.help = "keep momentum per class, so that only its images move"), \
	YC_MATCH_ROW(clamp, .name = "clamp", .help = "write pixels clamped to 0..1"), \
	MORE \
	YC_MATCH_ROW(aug, .name = "aug", .arg = "strategy", .def = "color_crop_cutout", \
		.help = "augmentation of both batches, with common draws"), \
	YC_MATCH_ROW(networks.aug_all, .name = "aug-all", \
		.help = "all of crop, scale and rotate, not one of them; of --net-aug, too"), \
	YC_TRAJECTORY_ROWS(struct yc_match_cfg, networks, .def = NET_BATCH), \
	YC_MATCH_ROW(net_seed, .name = "net-seed", .arg = "n", .max = YC_NET_SEED_OPEN - 1.0, \
		.unset = YC_NET_SEED_OPEN, .auto_help = "that of --seed", \
		.help = "seed of all random draws of the networks"), \
	YC_MATCH_ROW(networks_from, .name = "networks", .arg = "file", .unit = YC_READS, \
		.run_only = true, \
		.help = "read the networks, which yc-train --like wrote, instead of training " \
			"them")
/* How condensed images are decoded. */
#define YC_DECODE_ROWS \
	YC_MATCH_ROW(decode, .name = "decode", .table = yc_decode_types, .unit = YC_CHOICE, \
		.auto_help = "bound for large images, factor and IPC, else single", \
		.help = "tiles of one factor, of all up to it, or as many as --bound " \
			"allows"), \
	YC_MATCH_ROW(bound, .name = "bound", .arg = "n", .def = YC_TEXT(YC_DECODE_LIMIT), \
		.min = 1, .max = YC_BATCH_MAX, \
		.help = "decoded images of a class with --decode bound"),
/* Representative real batches, yc-methods(7), "DREAM". */
#define YC_DREAM_ROWS(INTERVAL) \
	YC_MATCH_ROW(interval, .name = "interval", .arg = "n", .def = INTERVAL, .max = 1e6, \
		.help = "inner iterations that share a clustering; 0: random batches"), \
	YC_MATCH_ROW(embed_normalised, .name = "embed-normalised", \
		.help = "embed normalised images, as in training"), \
	YC_MATCH_ROW(kmeans_replace, .name = "kmeans-replace", \
		.help = "draw the first centres with replacement"), \
	YC_MATCH_ROW(kmeans_reseed, .name = "kmeans-reseed", \
		.help = "restart an empty cluster at the farthest image")
/* clang-format on */

#endif
