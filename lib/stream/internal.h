/* SPDX-License-Identifier: MIT */
#ifndef STREAM_INTERNAL_H
#define STREAM_INTERNAL_H

/* Declarations shared within lib/stream. */

#include <sys/types.h>
#include <time.h>

#include "yc/stream.h"

enum {
	YC_HEADER_MAX = 16 << 20, /* bytes of a JSON header */
	YC_META_MAX = 4096,	  /* pairs in one record's metadata */
	YC_RECORD_TARGET =
		1 << 20 /* target size of a written data record, uncompressed */
};

/* source.c: the decompressed bytes of one input file. */
struct yc_source;
int yc_source_open(struct yc_source **s, const char *path, int threads) YC_CHECKED;
/* Copies all that is read from now on, as it is in the file. Borrowed; nothing was read. */
struct yc_spill;
void yc_source_copy(struct yc_source *s, struct yc_spill *to);
/* Identity of an opened file, to recognise it again. */
struct yc_source_file {
	bool known;
	dev_t device;
	ino_t inode;
	off_t size, begin; /* begin: where reading began */
	struct timespec modified;
};
int yc_source_file(const struct yc_source *s, struct yc_source_file *file) YC_CHECKED;
/* Fails if the file was changed. */
int yc_source_unchanged(
	const struct yc_source *s, const struct yc_source_file *file) YC_CHECKED;
/* The same for a source that was just opened, which is then positioned at the same
 * beginning. */
int yc_source_again(struct yc_source *s, const struct yc_source_file *file) YC_CHECKED;
/* Fills buf with n bytes; *got < n only at the end of the file. Errors name no file. */
int yc_source_read(struct yc_source *s, void *buf, size_t n, size_t *got) YC_CHECKED;
/* Reads the data of a tensor whose header is known; memory grows with what arrives. */
int yc_source_tensor(struct yc_source *s, struct yc_tensor *t) YC_CHECKED;
/* The caller is between two records: the file may continue compressed or raw. */
void yc_source_boundary(struct yc_source *s);
/* Size of the file if it is a regular one that is read raw from its beginning, else -1.
 */
off_t yc_source_raw_size(const struct yc_source *s);
/* The caller is between two records: does the file end here? Waits for a pipe. */
int yc_source_ended(struct yc_source *s, bool *ended) YC_CHECKED;
void yc_source_close(struct yc_source *s);

/* plain_head.c: could this record be a plain file of images, with tensors image and label
 * and no head? */
bool yc_plain_images(const struct yc_record *r);
/* Gives it a head by its tensors: every key that is missing, and the column id. `agreed`
 * is the head of the stream before it, or NULL. */
int yc_plain_head(struct yc_record *r, const struct yc_head *agreed) YC_CHECKED;

/* sniff.c: the format of a file that is not a stream, e.g. "a PNG picture", or NULL. */
const char *yc_sniff(const unsigned char *p, size_t n);

/* dtype.c: all dtypes of the format, in its order of alignment. */
struct yc_dtype_row {
	char name[16];
	unsigned bits;
	enum yc_dtype type;
};
const struct yc_dtype_row *yc_dtype_find(const char *name); /* or NULL */
const struct yc_dtype_row *yc_dtype_of(enum yc_dtype t);    /* or NULL */
/* Position in the order of alignment, -1 for an unknown dtype. */
int yc_dtype_order(const char *name);

/* meta.c: appends a pair without checking for duplicate keys. */
int yc_meta_append(struct yc_meta *m, const char *key, const char *value) YC_CHECKED;

/* record.c */
/* Fails if a record of so many bytes is over the limit; 0: YC_RECORD_BYTES. */
int yc_record_fits(uint64_t bytes, uint64_t most) YC_CHECKED;
/* Product of the dimensions, or false on overflow. */
bool yc_elements(int rank, const uint64_t *shape, uint64_t *n);
/* Control characters in names would end up on terminals and in TSV files. */
bool yc_name_ok(const char *s);
bool yc_record_is_data(
	const struct yc_record *r); /* tensors, and yc.kind absent or "data" */
/* Is it a passthrough record: neither data nor a mere head or end? */
bool yc_record_is_passthrough(const struct yc_record *r);
/* Checks that all tensors of a data record have the same number of rows, each of whole
 * bytes. */
int yc_record_rows(const struct yc_record *r, uint64_t *rows) YC_CHECKED;
/* Bytes of one row: 0 when there are no rows. */
size_t yc_tensor_row_bytes(const struct yc_tensor *t);
/* Fails if the tensors of a data record are not those of earlier ones. */
int yc_record_same_columns(
	const struct yc_record *rec, const struct yc_record *earlier) YC_CHECKED;
/* Same dtype and same shape except the first dimension. */
bool yc_tensor_same_rows(const struct yc_tensor *a, const struct yc_tensor *b);
/* Appends an empty tensor, or NULL with yc_fail. */
struct yc_tensor *yc_record_append(struct yc_record *r);
int yc_record_copy(struct yc_record *to, const struct yc_record *from) YC_CHECKED;

/* digest.c: what a record of another kind adds to the digest of its stream. */
enum { YC_RECORD_DIGEST = 32 };
int yc_digest_other(
	const struct yc_record *rec, unsigned char sum[YC_RECORD_DIGEST]) YC_CHECKED;

/* history.c: yc.history is absent or a list, so that adding to it and merging cannot fail. */
int yc_history_check(const struct yc_meta *m) YC_CHECKED;

/* info.c: the histories of all segments as one list; a new reference, or NULL. */
struct yc_info;
struct json_t *yc_info_history(const struct yc_info *info);

/* set_read.c: is it a key that describes the record and not its rows? */
bool yc_key_of_record(const char *key);

/* An integer 0..max as in the format: without leading zeros. */
bool yc_count_parse(const char *s, uint64_t max, uint64_t *value);

#endif
