/* SPDX-License-Identifier: MIT */
#ifndef DATASET_CONDENSED_H
#define DATASET_CONDENSED_H

#include "lib/dataset/internal.h"
#include "yc/net.h"
#include "yc/normalisation.h"
#include "yc/real.h"

/*
 * Condensed sets as their authors publish them: a file of tensors with images [n,3,H,H]
 * or [n,H,H,3] and labels, integers [n] or one row per sample [n,K].
 */
struct yc_condensed_kind {
	const char *name; /* "dsa" */
	/* Patterns for the name of the file with the images, NULL-terminated, by
	 * preference: for folders and archives. */
	const char *const *files;
	/* Paths of images and labels in it, NULL-terminated; the first that exists is
	 * used. */
	const char *const *images, *const *labels;
	/* Path of the list of runs, of which yc_condensed_cfg.run selects one, or NULL. */
	const char *runs;
	/* The labels are in a separate file, with "labels" instead of "images" in its
	 * name. */
	bool apart;
	/* Values are normalised, (x - mean) / std, not pixels in 0..1. */
	bool normalised;
	/* Its authors normalised by the dataset's own mean and std where it has other_norm. */
	bool other_norm;
};

/* condensed_dataset.c: a dataset that a set can have been condensed from. */
struct yc_condensed_dataset {
	struct yc_method method;
	int classes;	    /* 0: as many as there are labels */
	int least;	    /* fewer classes are not taken for a part of it */
	int channels, side; /* side 0: any that no other dataset has */
	const struct yc_normalisation *norm;
	/* Its own, where norm is that of the published evaluations (D1); or NULL. */
	const struct yc_normalisation *other_norm;
	const char *names; /* JSON list of the classes, or NULL */
};
extern const struct yc_method *const yc_condensed_datasets[];

/* What is known of a set. */
struct yc_condensed_facts {
	const char *given; /* by the user, or NULL */
	const char *path;  /* of the file, also within an archive */
	int side, channels, classes;
	bool pixels;	/* not normalised */
	double mean[3]; /* of the values, by channel */
};
/* Which dataset; what is only assumed goes to a note. */
int yc_condensed_choose(const struct yc_condensed_facts *f, const struct yc_load *what,
	const struct yc_condensed_dataset **out) YC_CHECKED;

/* condensed_whitened.c: makes pixels of values that were whitened by the map in the stream
 * `path`, which the set gets, with the history of how it was fitted. */
int yc_condensed_unwhiten(struct yc_set *set, const char *path, int threads) YC_CHECKED;

struct yc_condensed_cfg {
	const char *dataset, *values, *whitened_by;
	uint32_t factor, run, classes;
	bool uneven;
};
#define YC_CONDENSED_ROWS \
	YC_OPT(struct yc_condensed_cfg, dataset, .name = "dataset", \
		.table = yc_condensed_datasets, .unit = YC_CHOICE, \
		.auto_help = "by path, size, classes and means", \
		.help = "dataset that was condensed: sets classes, mean and std"), \
		YC_OPT(struct yc_condensed_cfg, classes, .name = "classes-total", \
			.arg = "n", .min = 1, .max = YC_CLASSES_MAX, \
			.auto_help = "those of the dataset", \
			.help = "classes in all, of a set that has only some: a phase"), \
		YC_OPT(struct yc_condensed_cfg, values, .name = "values", \
			.arg = "pixels|normalised", .unit = YC_CHOICE, \
			.auto_help = "those of the kind, if plausible", \
			.help = "pixels in 0..1, or normalised values; pixels here " \
				"normalises DSA, MTT and KIP twice, as YOCO did"), \
		YC_OPT(struct yc_condensed_cfg, whitened_by, .name = "whitened-by", \
			.arg = "file", .unit = YC_READS, \
			.help = "values are whitened: undo it by the map in this " \
				"stream of yc-whiten, and keep that"), \
		YC_OPT(struct yc_condensed_cfg, uneven, .name = "uneven", \
			.help = "accept classes that differ in number of images")
#define YC_CONDENSED_FACTOR_ROW \
	YC_OPT(struct yc_condensed_cfg, factor, .name = "factor", .arg = "f", .min = 1, \
		.max = YC_FACTOR_MAX, \
		.auto_help = "2, or 3 for images of more than " YC_TEXT( \
			YC_SIDE_SMALL) " pixels", \
		.help = "tiles per side of each image")

/* A list of images (pixels) and labels, as IDC and DREAM write it. */
int yc_condensed_list(const char *name, const struct yc_condensed_cfg *cfg,
	const struct yc_load *what, struct yc_set *out) YC_CHECKED;
int yc_condensed_load(const struct yc_condensed_kind *kind,
	const struct yc_condensed_cfg *cfg, const struct yc_load *what,
	struct yc_set *out) YC_CHECKED;

#endif
