/* SPDX-License-Identifier: MIT */
#ifndef YC_DATASET_H
#define YC_DATASET_H

#include "yc/set.h"
#include "yc/shard.h"
#include "yc/watch.h"

/*
 * Datasets as streams. A kind of dataset is one file, lib/dataset/load_KIND.c, and one
 * line in yc_loaders. A loader fills a set in the distribution's own record order, with
 * columns image U8 [N,c,h,w], label I64 and id I64 (the row in the split), and a head
 * with classes, side, factor 1, mean, std, yc.source and yc.names (a JSON list of class
 * names). A published condensed set is F32, and may have another factor, soft F32 [N,C]
 * and yc.normalised. If the images are separate files, or arrays that may be larger than
 * memory, the loader omits the column image and says in `photos` where they are:
 * yc_load_write reads them as it writes. Without mean and std, nmean 0, they are computed.
 */
struct yc_photos;
struct yc_load {
	const char *path;  /* folder, archive or file; NULL for built-in data */
	const char *split; /* "train", "val" or "test" */
	uint64_t seed;	   /* of built-in data */
	int threads;	   /* for decoding */
	/* Lists of one number per channel (D1), or "auto": as computed over the images
	 * that are written. NULL: those of the dataset, computed where it says none. */
	const char *mean, *std;
	/* Hears a note for everything in the source that is not loaded; NULL: nobody. */
	struct yc_watch *watch;
};
/* A note to `what`'s watch, one line without its end. */
void yc_load_note(const struct yc_load *what, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct yc_loader {
	struct yc_method method;
	bool built_in; /* takes no path */
	bool val;      /* has, or may have, a split "val" */
	bool whole;    /* has no splits: `split` is always "train" */
	/* *photos is NULL before; the caller frees it, also after failures */
	int (*load)(const void *cfg, const struct yc_load *what, struct yc_set *out,
		struct yc_photos **photos);
};
extern const struct yc_method *const yc_loaders[]; /* of struct yc_loader */

/* Which images yc-load keeps, and in which order. */
struct yc_load_rows {
	const char *classes; /* "0-4,7", NULL: all; labels and yc.classes stay */
	uint32_t per_class;  /* the first n of every class, 0: all */
	bool shuffle;	     /* random row order, stream "shuffle" */
	uint64_t seed;
};
/* Moves `from` into `to` if all rows are kept in order; the caller releases `from` in any
 * case. A class with fewer than per_class images is an error, one without any is none. */
int yc_load_pick(struct yc_set *to, struct yc_set *from,
	const struct yc_load_rows *rows) YC_CHECKED;

/* Divides the images of every class: a part, between 0 and 1, is held out, drawn by `seed`,
 * stream "hold-out", rounded, at least one and not all of a class of two or more. `to` gets
 * the held-out ones or the others, in order; which depends on ids, not on the order of the
 * rows. The caller releases `from`. */
int yc_load_hold_out(struct yc_set *to, struct yc_set *from, double part, bool held,
	uint64_t seed) YC_CHECKED;

/* Column with the label before label noise, I64; rows without noise have it, too. */
#define YC_LABEL_TRUE "label.true"
/* Gives a part, 0..1, of the images of every class the label of another class that has
 * images, drawn by `seed`, stream "label-noise"; 0, or NAN: none. Which images and labels
 * depends on their ids, not on the order of the rows. YC_USAGE if there is one class only
 * or the set has soft labels. */
int yc_load_label_noise(struct yc_set *set, double part, uint64_t seed) YC_CHECKED;

/* Sets mean and standard deviation in the head, as what->mean and what->std say; YC_USAGE
 * if a list is malformed. Computing them takes a pass over all images. */
int yc_load_normalisation(struct yc_set *set, const struct yc_photos *photos,
	const struct yc_load *what) YC_CHECKED;

/* Keeps the rows of a shard, after everything that needs the rows of all: the same shard
 * that yc_join makes of the whole. */
int yc_load_shard(struct yc_set *set, const struct yc_shard *shard) YC_CHECKED;

/* Writes a set, whole or, with photos, row by row: memory does not grow with the set as
 * long as the files of a source come in roughly the order of the rows. */
int yc_load_write(const struct yc_set *set, const struct yc_photos *photos, int threads,
	struct yc_writer *w) YC_CHECKED;
void yc_photos_free(struct yc_photos *photos); /* NULL is fine */

#endif
