/* SPDX-License-Identifier: MIT */
#ifndef DATASET_INTERNAL_H
#define DATASET_INTERNAL_H

#include "lib/archive/archive.h"
#include "yc/dataset.h"
#include "yc/names.h"

/* The arrays of a pickled CIFAR batch, borrowed from the pickle's own bytes where
 * possible. */
struct yc_cifar_pickle {
	const unsigned char *pixels; /* [rows][3072] inside `data` of the call */
	size_t rows;
	int32_t *label;	    /* [rows], by yc_calloc: "labels" or "fine_labels" */
	unsigned char *own; /* the pixels where they had to be decoded, by yc_calloc */
};
void yc_cifar_pickle_release(struct yc_cifar_pickle *p); /* not `data`; zero is fine */
/* Restricted unpickler: accepts only what CIFAR's Python distribution contains, and
 * executes nothing. */
int yc_cifar_unpickle(
	const unsigned char *data, size_t n, struct yc_cifar_pickle *out) YC_CHECKED;
/* Class names of a pickled batches.meta (label_names) or meta (fine_label_names); none if
 * the pickle has none. */
int yc_cifar_unpickle_names(
	const unsigned char *data, size_t n, struct yc_names *names) YC_CHECKED;

/* CIFAR in both distributions. */
struct yc_cifar {
	const char *kind;			/* "cifar10" */
	int classes, label_bytes;		/* 1: label; 2: coarse, fine */
	const char *const *train, *const *test; /* members, NULL-terminated, in order */
	const char *const *train_pickle, *const *test_pickle;
	const char *names_text, *names_pickle; /* class names, optional members */
};
struct yc_cifar_cfg {
	bool uneven;
};
#define YC_CIFAR_ROWS \
	YC_OPT(struct yc_cifar_cfg, uneven, .name = "uneven", \
		.help = "accept a split whose classes, or files, differ in number of " \
			"images")
/* All splits as distributed have equally many images per class; any other was truncated
 * between two records, unless cfg allows it. */
int yc_cifar_load(const struct yc_cifar *kind, const struct yc_cifar_cfg *cfg,
	const struct yc_load *what, struct yc_set *out) YC_CHECKED;

/* Takes the images of the rows from `row` on: U8 or F32 [n,c,h,w], valid until it returns. One
 * call at a time, in the order of rows, but from any thread. */
typedef int yc_images_fn(void *ctx, size_t row, const struct yc_tensor *image);
/* Target size of a record that is written from them, uncompressed; yc-stream(5). */
enum { YC_RECORD_ROWS_BYTES = 1 << 20 };
/* Hands on the images of all rows of a set, in order, some at a time; `photos` is NULL if
 * the set has them as a column (write.c). */
int yc_load_each(const struct yc_set *set, const struct yc_photos *photos, int threads,
	yc_images_fn *fn, void *ctx) YC_CHECKED;
/* Their channels. */
int yc_load_channels(const struct yc_set *set, const struct yc_photos *photos);

/* How labels.csv of yc-save begins, by which yc-load folder knows it. */
#define YC_SAVED_LIST "path,label,id"

/* An image of a set. */
struct yc_class_image {
	int64_t label, id;
	size_t row;
};
/* All rows by class, then by id, so that their order does not matter; image [rows]. */
void yc_class_images(const struct yc_set *set, struct yc_class_image *image);
/* How many from image[at] on, of n in all, are of its class. */
size_t yc_class_run(const struct yc_class_image *image, size_t at, size_t n);

/* Picture files, one folder per class (photos.c). */
struct yc_photo_class {
	const char *folder, *name; /* name NULL: that of the folder */
};
struct yc_photo_kind {
	const char *name; /* "folder" */
	uint32_t side;	  /* 0: theirs if all are squares of one size, else 224 */
	int channels;	  /* 1 or 3 */
	bool look;	  /* at the headers of all pictures, before any is decoded */
	bool skip_bad;	  /* name pictures that cannot be read, and go on */
	const struct yc_photo_class *class; /* by label; NULL: all, by ascending name */
	size_t classes;
};
/* Fills all columns except image, class by class, files by ascending name. */
int yc_photos_list(const struct yc_photo_kind *kind, const struct yc_load *what,
	const char *split, struct yc_set *out, struct yc_photos **photos) YC_CHECKED;
/* yc-methods(7), "Photographs": 224 for ImageNet */
#define YC_PHOTO_SIDE 224
enum { YC_PHOTO_SIDE_MAX = 4096 };
int yc_photos_side(const char *text, uint32_t *side) YC_CHECKED; /* of --side */
#define YC_PHOTO_SIDE_ROW(S, f) \
	YC_OPT(S, f, .name = "side", .arg = "n|auto", .def = "auto", \
		.help = "pixels per side that pictures are scaled and cropped to; " \
			"auto: " \
			"theirs if all are squares of one size, else " YC_TEXT( \
				YC_PHOTO_SIDE))
#define YC_PHOTO_CHANNELS_ROW(S, f) \
	YC_OPT(S, f, .name = "channels", .arg = "1|3", .def = "3", .unit = YC_CHOICE, \
		.help = "1: grey images, made of the brightness")
#define YC_PHOTO_SKIP_ROW(S, f) \
	YC_OPT(S, f, .name = "skip-bad", \
		.help = "leave out pictures that cannot be read, and say which")

#endif
