/* SPDX-License-Identifier: MIT */
#ifndef DATASET_CONDENSED_H
#define DATASET_CONDENSED_H

#include "lib/dataset/internal.h"
#include "yc/net.h"
#include "yc/normalisation.h"
#include "yc/real.h"

/*
 * Condensed sets as their authors publish them: a file of tensors with
 * images [n,3,H,H] or [n,H,H,3] and labels, whole numbers [n] or one row a sample [n,K].
 */
struct yc_condensed_kind {
	const char *name; /* "dsa" */
	/* Patterns of the name of the file with the images, NULL-terminated, the best
	 * first: for folders and archives. */
	const char *const *files;
	/* Where in it images and labels are, NULL-terminated: the first that is there. */
	const char *const *images, *const *labels;
	/* Where the list of runs is that yc_condensed_cfg.run picks one of, or NULL. */
	const char *runs;
	/* The labels are in a file of their own, named as that of the images but for
	 * "labels" in the place of "images". */
	bool apart;
	/* Values are as networks see them, (x - mean) / std, not pixels in 0..1. */
	bool normalised;
	/* The mean and std that its authors used for CIFAR-100, or NULL: ours (D1). */
	const struct yc_normalisation *norm100;
};

/* What a set can have been condensed from. */
extern const struct yc_method *const yc_condensed_datasets[];

struct yc_condensed_cfg {
	const char *dataset, *values;
	uint32_t factor, run;
	bool uneven;
};
#define YC_CONDENSED_ROWS \
	YC_OPT(struct yc_condensed_cfg, dataset, .name = "dataset", \
		.table = yc_condensed_datasets, .unit = YC_CHOICE, \
		.auto_help = "by size and classes", \
		.help = "what was condensed: gives classes, mean and std"), \
		YC_OPT(struct yc_condensed_cfg, values, .name = "values", \
			.arg = "pixels|normalised", .unit = YC_CHOICE, \
			.auto_help = "those of the kind, if they look like it", \
			.help = "pixels in 0..1, or what networks see; pixels here " \
				"normalises DSA, MTT and KIP twice, as YOCO did"), \
		YC_OPT(struct yc_condensed_cfg, uneven, .name = "uneven", \
			.help = "accept classes that differ in number of images")
#define YC_CONDENSED_FACTOR_ROW \
	YC_OPT(struct yc_condensed_cfg, factor, .name = "factor", .arg = "f", .min = 1, \
		.max = YC_FACTOR_MAX, \
		.auto_help = "2, or 3 for images of more than " YC_TEXT( \
			YC_SIDE_SMALL) " pixels", \
		.help = "tiles per side of each image")

/* A list of images, pixels, and labels, as IDC and DREAM write it. */
int yc_condensed_list(const char *name, const struct yc_condensed_cfg *cfg,
	const struct yc_load *what, struct yc_set *out) YC_CHECKED;
int yc_condensed_load(const struct yc_condensed_kind *kind,
	const struct yc_condensed_cfg *cfg, const struct yc_load *what,
	struct yc_set *out) YC_CHECKED;

#endif
