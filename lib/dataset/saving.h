/* SPDX-License-Identifier: MIT */
#ifndef DATASET_SAVING_H
#define DATASET_SAVING_H

/* What the files save*.c share: a stream on its way into files. */

#include "lib/archive/pack.h"
#include "lib/tensorfile/write.h"
#include "yc/names.h"
#include "yc/save.h"
#include "yc/set.h"
#include "yc/spill.h"

struct yc_saver;
struct yc_saving {
	const struct yc_saver *kind;
	const void *cfg; /* of the kind */
	const struct yc_save *what;
	struct yc_pack *pack;
	struct yc_set head; /* metadata and head of the stream; no columns */
	uint64_t rows;	    /* so far */
	uint64_t clipped;   /* values that were outside of 0..1 */
	void *state;	    /* of the kind, zeroed */
};

struct yc_saver {
	struct yc_method method;
	const void *format; /* what kinds of one family differ in, or NULL */
	size_t state_size;
	/* Name of the only file; a NULL hook: it writes several. */
	const char *(*file)(const void *cfg);
	struct yc_outfolder_ours ours; /* of kinds that write several files */
	/* Is there a place for the column? */
	bool (*holds)(const void *cfg, const struct yc_tensor *column);
	bool holds_head;  /* metadata with history, mean and std have a place */
	bool holds_norm;  /* mean and std have */
	bool holds_tiles; /* its readers know the factor */
	/* The first rows, with all columns; then those and all others. The part may be
	 * changed. */
	int (*begin)(struct yc_saving *s, const struct yc_set *first);
	int (*rows)(struct yc_saving *s, struct yc_set *part);
	int (*end)(struct yc_saving *s);
	void (*release)(struct yc_saving *s); /* of what begin made, or half made */
};

/* A note to the watch, one line without its end. */
void yc_saving_note(const struct yc_saving *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* save_pixels.c: the pixels of a part, whatever it holds: bytes, values in 0..1, or
 * normalised ones. Each function writes one row, [channels][h][h]. */
struct yc_pixels {
	const struct yc_tensor *image;
	bool normalised; /* what is stored */
	size_t channels, plane;
	double mean[YC_CHANNELS_MAX], std[YC_CHANNELS_MAX];
};
/* Fails if mean and std are needed and unknown; `normalise`: they will be. */
int yc_pixels_of(
	struct yc_pixels *p, const struct yc_set *part, bool normalise) YC_CHECKED;
/* Rounded as by yc-quantise; the number of values that were clipped to 0..1. */
size_t yc_pixels_u8(const struct yc_pixels *p, size_t row, uint8_t *to);
/* The same with 65535 steps, big-endian as PNG has it. */
size_t yc_pixels_u16(const struct yc_pixels *p, size_t row, uint8_t *to);
/* In 0..1, or as (x - mean) / std. */
void yc_pixels_f32(const struct yc_pixels *p, size_t row, bool normalise, float *to);

/* save_columns.c: whole columns, collected on disk. */
struct yc_column {
	struct yc_tensor shape; /* without data; shape[0] rows so far */
	struct yc_spill spill;
};
struct yc_columns {
	size_t n;
	struct yc_column *col;
};
/* Of the columns of the part that the kind holds; image as `image`, if that is not
 * YC_OTHER. */
int yc_columns_begin(struct yc_columns *c, const struct yc_saving *s,
	const struct yc_set *part, enum yc_dtype image) YC_CHECKED;
/* As they are; or with `pixels`, of the same part, images as yc_pixels_f32 makes them. */
int yc_columns_add(struct yc_columns *c, const struct yc_set *part,
	const struct yc_pixels *pixels, bool normalise) YC_CHECKED;
/* As tensors to write; the names stay those of the columns. */
void yc_columns_out(struct yc_columns *c, struct yc_tensor_out *out);
/* Position of a column, c->n: there is none. */
size_t yc_columns_find(const struct yc_columns *c, const char *name);
void yc_columns_release(struct yc_columns *c);

/* save_names.c: a name as a file's: no path, nothing hidden or that another system
 * forbids, at most YC_FILE_NAME_MAX bytes. Never empty. */
enum { YC_FILE_NAME_MAX = 200 };
void yc_file_name(const char *name, char to[YC_FILE_NAME_MAX + 1]);
/* The class names as text, a line each; *bytes 0 if a class has none. By yc_calloc. */
int yc_names_text(const struct yc_set *head, char **text, size_t *bytes) YC_CHECKED;

/* save_arrays.c: what npz and npy share. */
struct yc_arrays_cfg {
	bool normalised;
};
#define YC_NORMALISED_ROW(S, f) \
	YC_OPT(S, f, .name = "normalised", \
		.help = "write the pixels as (x - mean) / std instead of in 0..1")
/* The state of both is a struct yc_columns. */
bool yc_arrays_hold(const void *cfg, const struct yc_tensor *column);
int yc_arrays_begin(struct yc_saving *s, const struct yc_set *first) YC_CHECKED;
int yc_arrays_rows(struct yc_saving *s, struct yc_set *part) YC_CHECKED;
/* Calls fn with all arrays: columns, mean, std, names. */
int yc_arrays_end(
	struct yc_saving *s, int (*fn)(struct yc_saving *s, const struct yc_tensor_out *t,
				     size_t n)) YC_CHECKED;
void yc_arrays_release(struct yc_saving *s);

#endif
