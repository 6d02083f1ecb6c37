/* SPDX-License-Identifier: MIT */
#ifndef YC_SET_H
#define YC_SET_H

#include "yc/stream.h"

/*
 * A whole stream in memory: what score, select, condense and eval work on. Every column
 * is a tensor whose first dimension is `rows`; unknown columns are passed on. Well-known
 * columns: image U8 or F32 [N,c,h,w] (F32 nominally 0..1), label I64 [N], id I64 [N],
 * tile I64 [N], score.NAME F32 [N,t].
 */
struct yc_set {
	struct yc_meta meta; /* of the head, without yc.end and yc.digest */
	struct yc_head head;
	size_t rows;
	size_t ncols;
	struct yc_tensor *col;
	size_t npassthrough; /* passthrough: records of other kinds */
	struct yc_record *passthrough;
	bool networks; /* some records were networks: the stream is one of networks */
	/* Custom metadata keys whose values are not the same for all rows: those of row i
	 * are row_meta[row_meta_at[i]]. NULL if there are none. */
	size_t nmetas;
	struct yc_meta *row_meta;
	size_t *row_meta_at; /* [rows] */
};

/* Reads all segments to the end of the stream into one set (histories merged). All data
 * records must have the same columns, dtypes and row shapes. */
int yc_set_read(struct yc_set *s, struct yc_reader *r) YC_CHECKED;
/* The same of a file, "-" for standard input. */
int yc_set_read_file(struct yc_set *s, const char *path) YC_CHECKED;
/* The same with hooks; each may be NULL. */
struct yc_set_hooks {
	void *ctx;
	/* Is the data of this column kept? Other columns are checked all the same, and
	 * have dtype and shape in the set, but no data. */
	bool (*hold)(void *ctx, const char *column);
	/* Writes which of the n rows of a record are kept, ascending, and how many; the record
	 * is checked. The set is then of rows only, without records of other kinds and
	 * metadata of rows. */
	int (*rows)(void *ctx, const struct yc_record *rec, size_t n, size_t *row,
		size_t *nrow);
	/* Sees every record as it comes, before it is checked against earlier ones. */
	int (*record)(void *ctx, const struct yc_reader *r, const struct yc_record *rec);
	/* Records of other kinds, which may be large, are not kept. */
	bool skip_other;
	/* 1: enough, stop reading; 0: continue; or a failure. Called after every record
	 * that has rows. What is not read is not checked: it may be damaged or missing. */
	int (*enough)(void *ctx, const struct yc_set *s);
};
int yc_set_read_with(struct yc_set *s, struct yc_reader *r,
	const struct yc_set_hooks *hooks) YC_CHECKED;

/* Writes one segment: head, data in records of about 1 MiB, of which none has rows with
 * different metadata, passthrough records, end. If the head has yc.order, for readers
 * that will stop early: head, passthrough records, data in records of at most one
 * full-size image per class, end. */
int yc_set_write(const struct yc_set *s, struct yc_writer *w) YC_CHECKED;

/*
 * The same from several sets that hold consecutive parts of the rows: the same records,
 * with only one of them in memory. `s` is a set with the metadata and the passthrough
 * records of all; its rows are ignored.
 */
struct yc_set_out {
	struct yc_writer *writer;
	size_t step; /* rows of a record; 0: by the first part */
	bool ordered, any;
	struct yc_set rest; /* rows that do not fill a record yet */
};
int yc_set_out_begin(
	struct yc_set_out *o, struct yc_writer *w, const struct yc_set *s) YC_CHECKED;
int yc_set_out_rows(struct yc_set_out *o, const struct yc_set *part) YC_CHECKED;
/* Writes the pending rows, before a record of another kind. */
int yc_set_out_flush(struct yc_set_out *o) YC_CHECKED;
int yc_set_out_end(struct yc_set_out *o, const struct yc_set *s) YC_CHECKED;
void yc_set_out_release(struct yc_set_out *o);

/*
 * Changes the rows of a stream one record at a time. The stream is checked as by
 * yc_set_read, but segments stay separate and everything else keeps its position.
 */
struct yc_set_map {
	void *ctx;
	/* Changes metadata and head of a segment before they are written. */
	int (*head)(void *ctx, struct yc_set *segment);
	/* Writes rows, which it may change; head and metadata of the part are those that
	 * were read. For a stream without rows it is called with an empty set, so that it
	 * can report what is wrong. */
	int (*rows)(void *ctx, struct yc_set *part, struct yc_set_out *out);
	/* Without a writer: gets every record of another kind, or one with metadata for the
	 * rows that follow; NULL: they are skipped. */
	int (*other)(void *ctx, const struct yc_record *rec);
};
/* `w` NULL: nothing is written, for programs that only read; `out` is then of no use. */
int yc_set_map(struct yc_reader *r, struct yc_writer *w,
	const struct yc_set_map *map) YC_CHECKED;

/* New set of rows row[0..n-1] of `from`, in that order, repeats allowed. */
int yc_set_pick(struct yc_set *to, const struct yc_set *from, const size_t *row,
	size_t n) YC_CHECKED;
/* The metadata of a row; borrowed, empty if it has none. */
const struct yc_meta *yc_set_row_meta(const struct yc_set *s, size_t row);
/* Length of the run of rows from `row` on, at most so many, with the same metadata. */
size_t yc_set_meta_run(const struct yc_set *s, size_t row, size_t most);
void yc_set_drop_row_meta(struct yc_set *s);
/* Column by name or NULL. */
struct yc_tensor *yc_set_col(const struct yc_set *s, const char *name);
/* Scores are columns score.NAME, those of run r of several, from 2 on, score.NAME.r.
 * YC_FAIL if the name is too long for a column. */
int yc_score_column(
	char column[YC_NAME_MAX + 1], const char *score, unsigned run) YC_CHECKED;
/* What follows "score." in the name of a column; NULL: it holds no score. */
const char *yc_score_name(const char *column);
/* Adds or replaces a column; shape[0] must be s->rows (or set it when there are no
 * columns yet). Returns it, zeroed or a copy of data, or NULL with yc_fail. */
struct yc_tensor *yc_set_put(struct yc_set *s, const char *name, enum yc_dtype t,
	int rank, const uint64_t *shape, const void *data);
/* Appends a copy of a record, without yc.end and yc.digest, to passthrough. */
int yc_set_add_passthrough(struct yc_set *s, const struct yc_record *rec) YC_CHECKED;
/* Removes column i; later ones move up. */
void yc_set_drop(struct yc_set *s, size_t i);
/* Checks what every numerical tool needs: image [N,c,h,w] U8 or F32 with 1..4 channels
 * and finite values, label I64 in 0..classes-1, at least one row, head present and
 * consistent (factor 1 with h == side, or tiles; factor > 1 with h == w == side). */
int yc_set_check_images(const struct yc_set *s) YC_CHECKED;
/* Checks of single rows: values that are not finite, labels outside 0..classes-1. Each
 * may be NULL, of another type or without data. yc_set_read checks every record. */
int yc_set_check_rows(const struct yc_head *h, const struct yc_tensor *label,
	const struct yc_tensor *image) YC_CHECKED;
/* Converts images to bytes: F32 becomes round(255 x), x clamped to 0..1; U8 stays.
 * YC_FAIL for normalised images. */
int yc_set_quantise(struct yc_set *s) YC_CHECKED;
/* The digest of the stream that yc_set_write writes (stream.h). */
int yc_set_digest(const struct yc_set *s, char text[YC_DIGEST_TEXT]) YC_CHECKED;
/* Of checked images: tiles per side, also where they are tiles themselves, of such images. */
int yc_set_factor(const struct yc_set *s);
/* Of checked images: number of decoded images with as many pixels as a full-size image. */
int yc_set_tiles_per_image(const struct yc_set *s);
void yc_set_release(struct yc_set *s);

#endif
