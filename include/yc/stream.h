/* SPDX-License-Identifier: MIT */
#ifndef YC_STREAM_H
#define YC_STREAM_H

#include "yc/opt.h"
#include "yc/record.h"
#include "yc/version.h"

/*
 * The stream "ycs/1" between the tools; yc-stream(5) is the byte-exact description.
 * stream = segment+, segment = record+, the last record of a segment carries yc.end.
 */
#define YC_STREAM_VERSION "ycs/1"
/* yc.kind of a network record, see nets.h. */
#define YC_KIND_NETWORK "network"

enum { YC_CHANNELS_MAX = 4, YC_CLASSES_MAX = 65536, YC_FACTOR_MAX = 256 };

/* The parsed head of a segment: metadata of its first record. */
struct yc_head {
	int classes; /* 1..YC_CLASSES_MAX */
	int side;    /* pixels of a decoded image */
	int factor;  /* tiles per side of one stored image, 1..YC_FACTOR_MAX */
	int nmean;   /* channels that mean and std are given for, 0: unknown */
	double mean[YC_CHANNELS_MAX], std[YC_CHANNELS_MAX];
};

struct yc_limits {
	uint64_t record_bytes; /* maximum bytes of one record; 0: YC_RECORD_BYTES */
	int threads;
};

struct yc_reader;
struct yc_writer;

/* Opens the files in sequence, like cat; at least one. Nothing is read yet. `limits` may
 * be NULL, paths are borrowed. Memory for a record grows with the bytes that arrive,
 * never with what a header promises. */
int yc_reader_open(struct yc_reader **r, char *const *paths, int npaths,
	const struct yc_limits *limits) YC_CHECKED;
/* Next record, valid until the next call (the caller may move tensors out by setting
 * data to NULL). 1: a record; 0: the stream is complete; YC_CUT or YC_FAIL otherwise,
 * with "file: record N: cause". Checks that every segment begins with a head, that its
 * rows add up to yc.end, and that later segments agree in classes, side, factor, mean,
 * std and channels. */
int yc_reader_next(struct yc_reader *r, struct yc_record **rec) YC_CHECKED;
/* Reads ahead the next record, which yc_reader_next will return, and which replaces the
 * one returned last: 1, 0 or a failure as there. The functions below then refer to it. */
int yc_reader_peek(struct yc_reader *r) YC_CHECKED;
/* Are all inputs regular files, which can be read again? */
bool yc_reader_again(const struct yc_reader *r);
/* Before the first record: inputs that can be read only once are copied, while they are
 * read, to files without names in this folder, so that all can be read again. Borrowed. */
int yc_reader_keep(struct yc_reader *r, const char *folder) YC_CHECKED;
/* Rewinds to the first record; fails if a file was changed. */
int yc_reader_rewind(struct yc_reader *r) YC_CHECKED;
/* Fails if the current file was changed since it was opened first. */
int yc_reader_unchanged(const struct yc_reader *r) YC_CHECKED;
/* About the record returned last. */
bool yc_reader_first(const struct yc_reader *r); /* it begins a segment */
bool yc_reader_last(const struct yc_reader *r);	 /* it ends a segment */
bool yc_reader_is_data(
	const struct yc_reader *r); /* has tensors, kind absent or "data" */
uint64_t yc_reader_rows(const struct yc_reader *r); /* its row count if data, else 0 */
const struct yc_head *yc_reader_head(
	const struct yc_reader *r); /* of the current segment */
/* "train.yct: record 3" of the record returned last, for messages. */
const char *yc_reader_where(const struct yc_reader *r);
void yc_reader_close(struct yc_reader *r); /* NULL is fine */
/* For viewers: a plain .safetensors file need not have a head; yc_reader_head is then all
 * zero. Other readers fail and name the missing key. */
void yc_reader_headless(struct yc_reader *r);
/* The same for network weights, and the file may be a pipe or compressed. */
void yc_reader_plain(struct yc_reader *r);

struct yc_writer_cfg {
	/* NULL: standard output, else written to a temporary file and renamed */
	const char *path;
	int level;   /* zstd level; 0: 1 into pipes, 3 into files; -1: raw, no zstd */
	int threads; /* frames compressed at once */
	bool digest; /* add yc.digest to the end record (the default of files) */
};

int yc_writer_open(struct yc_writer **w, const struct yc_writer_cfg *cfg) YC_CHECKED;
/* Writes a record; the writer counts data rows (first dimension of its tensors, kind
 * absent or "data") and adds nothing itself except the end. yc.end and yc.digest in
 * rec->meta are dropped. The first record of a segment must carry the head. */
int yc_writer_put(struct yc_writer *w, const struct yc_record *rec) YC_CHECKED;
/* Writes what waits to be compressed in parallel, for a reader of a pipe. */
int yc_writer_flush(struct yc_writer *w) YC_CHECKED;
/* Ends the segment: yc.end with the rows written, yc.digest if asked. */
int yc_writer_end(struct yc_writer *w) YC_CHECKED;
/* Flushes, checks and closes; renames the file into place. Without a preceding
 * yc_writer_end this fails. Frees w in every case. */
int yc_writer_close(struct yc_writer *w) YC_CHECKED;
/* Drops everything, removes the temporary file. NULL is fine. */
void yc_writer_abort(struct yc_writer *w);
/*
 * The digest of a stream, yc.digest: SHA-256 over its canonical content as yc-stream(5)
 * defines it; compression, batching and history do not matter. yc_digest_add takes every
 * record, the first one of a segment with its head.
 */
enum { YC_DIGEST_TEXT = 80 };
struct yc_digest;
struct yc_digest *yc_digest_new(void); /* NULL with yc_fail */
int yc_digest_add(struct yc_digest *d, const struct yc_record *rec) YC_CHECKED;
/* "sha256:" and 64 hexadecimal digits, of what was added so far. */
int yc_digest_text(const struct yc_digest *d, char text[YC_DIGEST_TEXT]) YC_CHECKED;
/* Compares what was added with yc.digest of the last record of a segment. 1: the same; 0:
 * it has none; YC_NO: they differ, or YC_FAIL. */
int yc_digest_compare(const struct yc_digest *d, const struct yc_record *end) YC_CHECKED;
void yc_digest_free(struct yc_digest *d);

int yc_head_parse(struct yc_head *h, const struct yc_meta *m) YC_CHECKED;
int yc_head_store(
	const struct yc_head *h, struct yc_meta *m) YC_CHECKED; /* sets the yc.* keys */
/* Whether the pixels are normalised already: yc.normalised is "1". */
bool yc_head_normalised(const struct yc_meta *m);
/* Whether mean and std were computed over the images: yc.computed is "1". Those of the
 * training images then apply to the test images as well. */
bool yc_head_computed(const struct yc_meta *m);

/*
 * Provenance. Appends one entry to yc.history in `head`: tool, version, method, effective
 * values of all rows that are not run_only, and kernel, the name of the kernel set (NULL
 * if none was used). yc_history_merge merges the histories of several segments into one
 * list.
 */
int yc_history_add(struct yc_meta *head, const char *tool, const char *method,
	const struct yc_opts *group, size_t ngroups, const char *kernel) YC_CHECKED;
/* Value of an option in the newest entry of that tool, into buf; false: unknown. */
bool yc_history_option(const struct yc_meta *head, const char *tool, const char *option,
	char *buf, size_t size);
int yc_history_merge(
	struct yc_meta *head, const struct yc_meta *const *heads, size_t n) YC_CHECKED;
/* Appends the entries of `other` after the common prefix; returns their number, or <0. */
int yc_history_follow(struct yc_meta *head, const struct yc_meta *other) YC_CHECKED;
/* Options kept in metadata, by the text of yc_opt_value, to compare later. */
int yc_option_keep(struct yc_meta *m, const char *name, const char *value) YC_CHECKED;
const char *yc_option_kept(const struct yc_meta *m, const char *name); /* NULL: absent */
/* YC_FAIL "MADE made with --NAME WAS, this run has --NAME VALUE"; WAS may be NULL. */
int yc_option_differs(const char *made, const char *name, const char *was,
	const char *value) YC_CHECKED;
/* A note "MADE made with KERNELS, this is NOW: ..." if the key yc.kernel names others: only
 * the same kernels give the same bytes. */
struct yc_watch;
void yc_kernel_differs(
	const char *made, const struct yc_meta *m, const char *now, struct yc_watch *w);
/* Of the newest entry of that tool, or in a joined stream the newest of the first part that has
 * one: its method, and its value of an option; "" for what it lacks, or what is longer. false:
 * there is none. */
enum { YC_HISTORY_TEXT = 32 };
bool yc_history_newest(const struct yc_meta *head, const char *tool, const char *option,
	char method[YC_HISTORY_TEXT], char value[YC_HISTORY_TEXT]);
/* Did the stream, or a part of it, pass through this method of a tool? */
bool yc_history_has(const struct yc_meta *head, const char *tool, const char *method);

#endif
