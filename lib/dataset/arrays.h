/* SPDX-License-Identifier: MIT */
#ifndef DATASET_ARRAYS_H
#define DATASET_ARRAYS_H

#include "lib/dataset/internal.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/infile.h"

/*
 * Datasets that are two arrays, images and labels, in any file of arrays. A loader opens
 * the files (arrays_file.c), says which arrays are which or lets yc_array_pick_... find
 * them by their names and shapes (arrays_pick.c), and calls yc_arrays_load (arrays.c). The
 * images stay where they are, mapped or in memory, and are converted as they are written.
 */
struct yc_array {
	char *name; /* "" for the only one of its file */
	struct yc_strided v;
};

/* The arrays of one file, recognised by how it begins: .npz and .npy of NumPy, PyTorch,
 * pickles, safetensors, IDX, and each of the last also compressed by gzip. */
struct yc_array_file {
	char *name;	  /* for messages */
	const char *form; /* the kind that reads it: "npz", "npy", "torch" ... */
	size_t n;
	struct yc_array *array;
	char *odd; /* one that is neither numbers nor text, such as Python objects */
	/* owners of the bytes */
	struct yc_map map;
	unsigned char *own;
	struct yc_tensorfile tensors;
	struct yc_record record;
};
/* The caller closes `f`, also after a failure; messages begin with the name. */
int yc_array_file_open(struct yc_array_file *f, const char *path) YC_CHECKED;
/* The same for a file in an archive; takes ownership of `data` (by yc_calloc). */
int yc_array_file_take(struct yc_array_file *f, const char *name, unsigned char *data,
	size_t n) YC_CHECKED;
void yc_array_file_close(struct yc_array_file *f);
/* The array of that name; NULL: there is none. */
const struct yc_array *yc_array_find(const struct yc_array_file *f, const char *name);

struct yc_arrays_cfg {
	const char *images, *labels, *layout, *values, *channels, *names;
	uint32_t classes_total;
};
/* For all kinds of arrays. */
#define YC_ARRAYS_ROWS \
	YC_OPT(struct yc_arrays_cfg, layout, .name = "layout", .arg = "nchw|nhwc|nhw", \
		.unit = YC_CHOICE, \
		.auto_help = "by the shape, if there is only one way", \
		.help = "order of rows, channels, height and width in the images"), \
		YC_OPT(struct yc_arrays_cfg, values, .name = "values", \
			.arg = "0..1|0..255|normalised", .unit = YC_CHOICE, \
			.auto_help = "by their range", \
			.help = "what the values are; normalised ones are restored by " \
				"--mean and --std"), \
		YC_OPT(struct yc_arrays_cfg, channels, .name = "channels", .arg = "1|3", \
			.unit = YC_CHOICE, .auto_help = "as in the images", \
			.help = "1: convert to grey, 3: to RGB, without transparency"), \
		YC_OPT(struct yc_arrays_cfg, names, .name = "names", \
			.arg = "list|@file", \
			.auto_help = "labels that are text, by ascending name", \
			.help = "names of the classes, by label, joined by commas, or " \
				"the lines of a file"), \
		YC_OPT(struct yc_arrays_cfg, classes_total, .name = "classes-total", \
			.arg = "n", .min = 1, .max = YC_CLASSES_MAX, \
			.auto_help = "the largest label, plus 1", \
			.help = "number of classes")
/* For files with several arrays. */
#define YC_ARRAYS_NAME_ROWS \
	YC_OPT(struct yc_arrays_cfg, images, .name = "images", .arg = "name", \
		.auto_help = "by name and shape", .help = "array with the images"), \
		YC_OPT(struct yc_arrays_cfg, labels, .name = "labels", \
			.arg = "name|file", .auto_help = "by name and shape", \
			.help = "array with the labels, or another file with them")

/* Images, made from an array as they are written. */
enum { YC_ARRAY_FILES = 6 }; /* images, labels, and of npy the others of yc-save */
struct yc_arrays {
	struct yc_array_file file[YC_ARRAY_FILES];
	struct yc_strided image; /* [N,c,h,w] */
	int channels, side;	 /* as they are written */
	enum yc_dtype dtype;	 /* likewise: U8 or F32 */
	double scale;		 /* to 0..1, or to bytes */
	bool normalised;
	bool overshoots; /* values beyond 0..1 are kept */
	bool norm;	 /* the files have mean and std, of the channels of image */
	double mean[YC_CHANNELS_MAX], std[YC_CHANNELS_MAX];
};

/* A new one, in *photos, which the caller frees in any case; NULL with yc_fail. */
struct yc_arrays *yc_arrays_new(struct yc_photos **photos);
void yc_arrays_free(struct yc_arrays *a);
/* Opens `path` as the first file and finds its two arrays: what all kinds of files with
 * named arrays do. `form` is the one that the kind reads. */
int yc_arrays_named(const char *form, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos) YC_CHECKED;
/* Images and labels: each is the named array, or the only one that can be. `labels` may
 * be in another file. */
int yc_array_pick_images(const struct yc_array_file *f, const struct yc_arrays_cfg *cfg,
	const char *split, const struct yc_array **images) YC_CHECKED;
int yc_array_pick_labels(const struct yc_array_file *f, const struct yc_arrays_cfg *cfg,
	const char *split, const struct yc_array *images,
	const struct yc_array **labels) YC_CHECKED;
/* Fills the set, except for the column image, from the two arrays, which live in a->file.
 * `source` becomes yc.source. */
int yc_arrays_load(struct yc_arrays *a, const struct yc_array *images,
	const struct yc_array *labels, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, const char *source, struct yc_set *out) YC_CHECKED;
/* Values of an image as it is stored, [N,c,h,w]. */
static inline size_t yc_array_pixels(const struct yc_strided *v)
{
	return (size_t)(v->shape[1] * v->shape[2] * v->shape[3]);
}
/* arrays_layout.c: makes a view of images [N,c,h,w], square, with 1, 3 or 4 channels, by
 * --layout or by the shape. */
int yc_array_arrange(struct yc_strided *v, const char *layout) YC_CHECKED;
/* arrays_values.c: sets what a->image is converted by, by --values or by their range. */
int yc_arrays_scale(
	struct yc_arrays *a, const char *values, const struct yc_load *what) YC_CHECKED;
/* arrays_head.c: what yc-save writes beside images and labels. What does not fit gets a
 * note and is not used. Sets a->norm, mean and std. */
void yc_arrays_norm(struct yc_arrays *a, const struct yc_load *what);
/* Puts them into the head, where the channels are as they were. */
int yc_arrays_put_norm(const struct yc_arrays *a, const struct yc_load *what,
	struct yc_set *out) YC_CHECKED;
/* Names for `classes` classes of a set with labels; returns how many classes that makes. */
int yc_arrays_names(const struct yc_arrays *a, const struct yc_arrays_cfg *cfg,
	const struct yc_load *what, const struct yc_set *set, int classes,
	struct yc_names *names) YC_CHECKED;
/* arrays_convert.c: converts the images of the rows of a set, in their order. */
int yc_arrays_each(const struct yc_set *set, const struct yc_arrays *a, int threads,
	yc_images_fn *fn, void *ctx) YC_CHECKED;

/* arrays_labels.c: adds the column label, and soft if rows are weights of the classes.
 * `names` are those given, or become those of labels that are text. Returns the number of
 * classes, or a failure. */
int yc_arrays_labels(const struct yc_strided *v, uint64_t rows, struct yc_names *names,
	uint32_t classes_total, struct yc_set *out) YC_CHECKED;
/* Labels of n strings by the names, which become the distinct strings in ascending order
 * if there are none. YC_NO, without a message, if that of row *unknown is none of them. */
int yc_label_texts(const char *const *text, size_t n, struct yc_names *names,
	int64_t *label, size_t *unknown) YC_CHECKED;

#endif
