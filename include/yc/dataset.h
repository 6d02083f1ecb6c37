/* SPDX-License-Identifier: MIT */
#ifndef YC_DATASET_H
#define YC_DATASET_H

#include "yc/set.h"

/*
 * Datasets as streams. A kind of dataset is one file, lib/dataset/load_KIND.c, and one
 * line in yc_loaders. A loader fills a set in the distribution's own record order, with
 * columns image U8 [N,c,h,w], label I64 and id I64 (the row in the split), and a head
 * with classes, side, factor 1, mean, std, yc.source and yc.names (a JSON list of class
 * names). A condensed set that somebody published is F32, may have another factor, soft
 * F32 [N,C] and yc.normalised. Where the images are files of their own, it leaves the
 * column image out and says in `photos` where they are: yc_load_write fetches them as
 * it writes.
 */
struct yc_photos;
struct yc_load {
	const char *path;  /* folder, archive or file; NULL for built-in data */
	const char *split; /* "train", "val" or "test" */
	uint64_t seed;	   /* of built-in data */
};

struct yc_loader {
	struct yc_method method;
	bool built_in; /* takes no path */
	bool val;      /* has a split "val", or may have */
	bool whole;    /* has no splits */
	/* *photos is NULL before, and to be freed after failures too */
	int (*load)(const void *cfg, const struct yc_load *what, struct yc_set *out,
		struct yc_photos **photos);
};
extern const struct yc_method *const yc_loaders[]; /* of struct yc_loader */

/* What yc-load keeps of a set, and in which order. */
struct yc_load_rows {
	const char *classes; /* "0-4,7", NULL: all; labels and yc.classes stay */
	uint32_t per_class;  /* the first n of every class, 0: all */
	bool shuffle;	     /* random row order, stream "shuffle" */
	uint64_t seed;
};
/* `from` is emptied into `to` when all rows are wanted as they are; it is to be released
 * in any case. A class with fewer than per_class images is an error. */
int yc_load_pick(struct yc_set *to, struct yc_set *from,
	const struct yc_load_rows *rows) YC_CHECKED;

/* Puts other constants of normalisation into the head, lists of one number per channel
 * (D1); NULL leaves what is there. YC_USAGE when they are none. */
int yc_load_normalisation(
	struct yc_set *set, const char *mean, const char *std) YC_CHECKED;

/* Writes a set, whole or, with photos, row by row: what is in memory does not grow with
 * the set as long as the files of a source come in about the order of the rows. */
int yc_load_write(const struct yc_set *set, const struct yc_photos *photos, int threads,
	struct yc_writer *w) YC_CHECKED;
void yc_photos_free(struct yc_photos *photos); /* NULL is fine */

#endif
