/* SPDX-License-Identifier: MIT */
/* Reads a stream record by record and validates it: where records begin, that heads
 * agree, whether the end was reached. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/stream/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/near.h"
#include "yc/spill.h"

enum { WHERE_TEXT = 320 };

struct yc_reader {
	char *const *path;
	int npaths, at; /* files; at: the one being read */
	bool headless;
	bool again;  /* this is a second pass */
	bool peeked; /* the next record was read ahead */
	bool piped;  /* a plain file may be a pipe */
	struct yc_limits limits;
	struct yc_source *source;
	struct yc_source_file *file; /* [npaths] their identity when first opened */
	const char *folder;	     /* of the copies; NULL: none are made */
	struct yc_spill *copy;	     /* [npaths] of what cannot be read again */
	struct yc_record rec;
	uint64_t number; /* of the record in its file, from 1 */
	/* the current segment */
	bool open; /* inside a segment, before its end */
	bool first, last, data;
	uint64_t rows, segment_rows;
	struct yc_head head;
	/* the whole stream */
	bool any; /* a segment began before */
	struct yc_head agreed;
	bool normalised;
	char agreed_at[WHERE_TEXT]; /* where its head is */
	uint64_t channels;	    /* of its images, 0: none yet */
	char where[WHERE_TEXT];
};

int yc_reader_open(struct yc_reader **out, char *const *paths, int npaths,
	const struct yc_limits *limits)
{
	struct yc_reader *r = yc_calloc(1, sizeof(*r));
	int status = YC_OK;

	*out = NULL;
	if (!r)
		return YC_FAIL;
	r->path = paths;
	r->npaths = npaths;
	if (limits)
		r->limits = *limits;
	r->file = yc_calloc((size_t)npaths, sizeof(*r->file));
	if (!r->file)
		status = YC_FAIL;
	/* Reported now rather than after an hour of reading the files before it. */
	for (int i = 0; status == YC_OK && i < r->npaths; i++) {
		const char *path = yc_infile_path(r->path[i]);
		struct stat st;

		if (path && stat(path, &st) < 0)
			status = yc_fail(YC_FAIL, "%s:", r->path[i]);
		if (status < 0)
			status = yc_near_file(r->path[i]);
	}
	if (status < 0) {
		yc_reader_close(r);
		return status;
	}
	*out = r;
	return YC_OK;
}

void yc_reader_headless(struct yc_reader *r)
{
	r->headless = true;
}

void yc_reader_plain(struct yc_reader *r)
{
	r->headless = true;
	r->piped = true;
}

void yc_reader_close(struct yc_reader *r)
{
	if (!r)
		return;
	yc_source_close(r->source);
	yc_record_release(&r->rec);
	for (int i = 0; r->copy && i < r->npaths; i++)
		yc_spill_release(&r->copy[i]);
	yc_free(r->copy);
	yc_free(r->file);
	yc_free(r);
}

int yc_reader_keep(struct yc_reader *r, const char *folder)
{
	r->copy = yc_calloc((size_t)r->npaths, sizeof(*r->copy));
	if (!r->copy)
		return YC_FAIL;
	r->folder = folder;
	return YC_OK;
}

/* -- one record -- */

/* Reports bytes that cannot begin a record, and what they look like. */
static int not_a_stream(struct yc_reader *r, const unsigned char *p, size_t n)
{
	const char *what = yc_sniff(p, n);

	if (r->number > 1)
		return yc_fail(YC_FAIL, "no record begins here");
	return yc_fail(
		YC_FAIL, "not a stream%s%s", what ? " but " : "", what ? what : "");
}

/* Reports that the bytes after `size` do not look like JSON, or size is implausible. */
static int peek_further(
	struct yc_reader *r, const unsigned char *size, const char *json, size_t have)
{
	unsigned char peek[512];
	size_t got = 0, at = 8;

	memcpy(peek, size, 8);
	if (have > sizeof(peek) - at)
		have = sizeof(peek) - at;
	if (have)
		memcpy(peek + at, json, have);
	at += have;
	if (yc_source_read(r->source, peek + at, sizeof(peek) - at, &got) < 0)
		got = 0;
	return not_a_stream(r, peek, at + got);
}

static int read_header(
	struct yc_reader *r, const unsigned char *size, size_t n, size_t *data)
{
	char *json = NULL;
	size_t have = 0, got;
	int status;

	do {
		size_t capacity = have ? 2 * have : (size_t)64 << 10;

		if (capacity > n)
			capacity = n;
		json = yc_grow(json, have, capacity);
		if (!json)
			return YC_FAIL;
		status = yc_source_read(r->source, json + have, capacity - have, &got);
		have += got;
		if (status == YC_OK && have < capacity)
			status = yc_fail(YC_CUT, "the input ends inside a header");
	} while (status == YC_OK && have < n);
	if (status == YC_OK)
		status = yc_record_header(&r->rec, json, n, data);
	/* A gzip file, for example, may begin with a plausible length. */
	if (status < 0 && have && !memchr("{ \t\r\n", json[0], 5))
		status = peek_further(r, size, json, have);
	yc_free(json);
	return status;
}

/* 1: a record; 0: the file ends where a record may begin. */
static int read_record(struct yc_reader *r, size_t *bytes)
{
	unsigned char size[8];
	uint64_t n = 0;
	size_t got, data;
	int status;

	yc_source_boundary(r->source);
	r->number++;
	status = yc_source_read(r->source, size, sizeof(size), &got);
	if (status < 0)
		return status;
	if (!got)
		return 0;
	if (got < sizeof(size)) {
		if (r->number == 1 && yc_sniff(size, got))
			return not_a_stream(r, size, got);
		return yc_fail(YC_CUT, "the input ends inside a header");
	}
	for (int i = 7; i >= 0; i--)
		n = n << 8 | size[i];
	if (n < 2 || n > YC_HEADER_MAX)
		return peek_further(r, size, NULL, 0);
	status = read_header(r, size, (size_t)n, &data);
	if (status < 0)
		return status;
	status = yc_record_fits(n + data, r->limits.record_bytes);
	if (status < 0)
		return status;
	for (size_t i = 0; i < r->rec.ntensors; i++) {
		status = yc_source_tensor(r->source, &r->rec.tensor[i]);
		if (status < 0)
			return status;
	}
	*bytes = 8 + (size_t)n + data;
	return 1;
}

/* -- segments -- */

static bool same_numbers(const double *a, int na, const double *b, int nb)
{
	return na == 0 || nb == 0 ||
	       (na == nb && memcmp(a, b, (size_t)na * sizeof(*a)) == 0);
}

static int disagrees(const struct yc_reader *r, const char *key, int value, int agreed,
	const char *todo)
{
	return yc_fail(YC_FAIL, "%s is %d, in %s it is %d: %s", key, value, r->agreed_at,
		agreed, todo);
}

static int begin_segment(struct yc_reader *r, bool plain)
{
	const struct yc_meta *m = &r->rec.meta;
	const struct yc_head *a = &r->agreed, *h = &r->head;
	bool normalised = yc_head_normalised(m);
	int status;

	r->segment_rows = 0;
	r->head = (struct yc_head){0};
	if (!plain && !yc_meta_get(m, "yc.version"))
		return yc_fail(
			YC_FAIL, "the stream begins without a head (no key yc.version)");
	status = yc_history_check(m);
	if (status < 0)
		return status;
	if (plain && r->headless && !yc_meta_get(m, "yc.classes"))
		return YC_OK;
	if (plain && !yc_meta_get(m, "yc.classes"))
		return yc_fail(YC_FAIL, "a safetensors file without a head (no key "
					"yc.classes) and without "
					"the tensors 'image' and 'label': yc-load "
					"safetensors takes others");
	status = yc_head_parse(&r->head, m);
	if (status < 0)
		return status;
	if (!r->any) {
		r->agreed = r->head;
		r->normalised = normalised;
		(void)strcpy(r->agreed_at, r->where);
		return YC_OK;
	}
	if (h->classes != a->classes)
		status = disagrees(r, "yc.classes", h->classes, a->classes,
			"labels must mean the same: load all parts with the same "
			"classes");
	else if (h->side != a->side)
		status = disagrees(r, "yc.side", h->side, a->side,
			"load all parts with the same --side");
	else if (h->factor != a->factor)
		status = disagrees(r, "yc.factor", h->factor, a->factor,
			"yc-decode makes it 1 in both");
	else if (normalised != r->normalised)
		status = disagrees(r, "yc.normalised", normalised, r->normalised,
			"pixels must mean the same: load all parts as the same kind");
	else if (!same_numbers(h->mean, h->nmean, a->mean, a->nmean) ||
		 !same_numbers(h->std, h->nmean, a->std, a->nmean))
		status = yc_fail(YC_FAIL,
			"yc.mean or yc.std is not that of %s: load all parts with the "
			"same --mean and --std",
			r->agreed_at);
	if (!a->nmean) {
		memcpy(r->agreed.mean, h->mean, sizeof(h->mean));
		memcpy(r->agreed.std, h->std, sizeof(h->std));
		r->agreed.nmean = h->nmean;
	}
	return status;
}

static int check_data(struct yc_reader *r)
{
	const struct yc_tensor *image = yc_record_find(&r->rec, "image");
	int status = yc_record_rows(&r->rec, &r->rows);

	if (status < 0)
		return status;
	if (__builtin_add_overflow(r->segment_rows, r->rows, &r->segment_rows))
		return yc_fail(YC_FAIL, "too many rows");
	if (image && image->rank == 4) {
		if (r->channels && r->channels != image->shape[1])
			return yc_fail(YC_FAIL,
				"images of %" PRIu64
				" channels, earlier ones have %" PRIu64
				": load all parts with the same --channels",
				image->shape[1], r->channels);
		r->channels = image->shape[1];
	}
	return YC_OK;
}

static int check_end(const struct yc_reader *r, const char *text)
{
	uint64_t rows;

	if (!yc_count_parse(text, UINT64_MAX, &rows))
		return yc_fail(YC_FAIL, "yc.end is not a number");
	if (rows != r->segment_rows)
		return yc_fail(YC_CUT,
			"yc.end promises %" PRIu64 " rows but %" PRIu64 " came", rows,
			r->segment_rows);
	return YC_OK;
}

/*
 * A .safetensors file as other programs write it has no end mark. It is complete if it is
 * a regular file of exactly one record. A record with yc.version should have an end mark
 * and has lost it.
 */
static bool is_plain(const struct yc_reader *r, size_t bytes)
{
	const struct yc_meta *m = &r->rec.meta;

	return r->number == 1 && !r->open && r->rec.ntensors > 0 &&
	       !yc_meta_get(m, "yc.end") && !yc_meta_get(m, "yc.version") &&
	       (r->piped || yc_source_raw_size(r->source) == (off_t)bytes);
}

/* A file with nothing but a record of images is a stream whose head follows from it. */
static int make_head(struct yc_reader *r, bool *plain)
{
	int status = yc_source_ended(r->source, plain);

	return status == YC_OK && *plain
		       ? yc_plain_head(&r->rec, r->any ? &r->agreed : NULL)
		       : status;
}

static int accept(struct yc_reader *r, size_t bytes)
{
	const char *end = yc_meta_get(&r->rec.meta, "yc.end");
	bool plain = is_plain(r, bytes);
	int status = !end && r->number == 1 && !r->open && yc_plain_images(&r->rec)
			     ? make_head(r, &plain)
			     : YC_OK;

	r->first = !r->open;
	r->data = yc_record_is_data(&r->rec);
	r->rows = 0;
	if (status == YC_OK && r->first)
		status = begin_segment(r, plain);
	/* Without a head, a viewer may read network weights. */
	if (status == YC_OK && r->data && !r->head.classes)
		r->data = yc_record_rows(&r->rec, &r->rows) == YC_OK;
	if (status == YC_OK && r->data)
		status = check_data(r);
	if (status == YC_OK && end)
		status = check_end(r, end);
	if (status < 0)
		return status;
	r->any = true;
	r->last = end || plain;
	r->open = !r->last;
	return 1;
}

static int end_of_file(struct yc_reader *r)
{
	if (r->open)
		return yc_fail(YC_CUT, "incomplete: the input ends without yc.end");
	if (r->number == 1)
		return yc_fail(YC_CUT, "the input is empty");
	if (r->again && yc_source_unchanged(r->source, &r->file[r->at]) < 0)
		return YC_FAIL;
	yc_source_close(r->source);
	r->source = NULL;
	r->at++;
	return YC_OK;
}

static bool is_regular(const char *path)
{
	const char *again = yc_infile_path(path);
	struct stat st;

	return again && stat(again, &st) == 0 && S_ISREG(st.st_mode);
}

/* Copies what is read of a file that can be read only once. */
static int copy_file(struct yc_reader *r)
{
	int status = yc_spill_open(&r->copy[r->at], r->folder);

	if (status == YC_OK)
		yc_source_copy(r->source, &r->copy[r->at]);
	return status;
}

/* Opens the current file; in a second pass it must be unchanged. */
static int open_file(struct yc_reader *r)
{
	struct yc_source_file *file = &r->file[r->at];
	const bool copied = r->copy && r->copy[r->at].buffer;
	const char *path = r->path[r->at];
	char copy[YC_SPILL_PATH];
	int status = copied ? yc_spill_path(&r->copy[r->at], copy) : YC_OK;

	r->number = 0;
	if (status == YC_OK)
		status = yc_source_open(
			&r->source, copied ? copy : path, r->limits.threads);
	if (status < 0)
		return status;
	status = file->known && !copied ? yc_source_again(r->source, file)
					: yc_source_file(r->source, file);
	if (status == YC_OK && r->copy && !copied && !is_regular(path))
		status = copy_file(r);
	if (status < 0) {
		yc_source_close(r->source);
		r->source = NULL;
	}
	return status;
}

static int next_record(struct yc_reader *r)
{
	size_t bytes = 0;
	int status;

	yc_record_release(&r->rec);
	while (r->at < r->npaths) {
		const char *name = yc_infile_name(r->path[r->at]);

		if (!r->source) {
			status = open_file(r);
			if (status < 0)
				return yc_fail_in(status, "%s", name);
		}
		status = read_record(r, &bytes);
		if (status == 0) {
			status = end_of_file(r);
			if (status < 0)
				return yc_fail_in(
					status, "%s: record %" PRIu64, name, r->number);
			continue;
		}
		(void)snprintf(r->where, sizeof(r->where), "%s: record %" PRIu64, name,
			r->number);
		if (status > 0)
			status = accept(r, bytes);
		if (status < 0) {
			yc_record_release(&r->rec);
			return yc_fail_in(status, "%s", r->where);
		}
		return 1;
	}
	return 0;
}

int yc_reader_next(struct yc_reader *r, struct yc_record **rec)
{
	int status = r->peeked ? 1 : next_record(r);

	r->peeked = false;
	*rec = status > 0 ? &r->rec : NULL;
	return status;
}

bool yc_reader_again(const struct yc_reader *r)
{
	for (int i = 0; i < r->npaths; i++)
		if (!is_regular(r->path[i]))
			return false;
	return true;
}

int yc_reader_unchanged(const struct yc_reader *r)
{
	int status = r->source ? yc_source_unchanged(r->source, &r->file[r->at]) : YC_OK;

	return status < 0 ? yc_fail_in(status, "%s", yc_infile_name(r->path[r->at]))
			  : YC_OK;
}

int yc_reader_rewind(struct yc_reader *r)
{
	int status = yc_reader_unchanged(r);

	yc_source_close(r->source);
	r->source = NULL;
	r->at = 0;
	r->open = r->any = r->peeked = false;
	r->again = true;
	r->channels = 0;
	return status;
}

int yc_reader_peek(struct yc_reader *r)
{
	int status = r->peeked ? 1 : next_record(r);

	r->peeked = status > 0;
	return status;
}

bool yc_reader_first(const struct yc_reader *r)
{
	return r->first;
}

bool yc_reader_last(const struct yc_reader *r)
{
	return r->last;
}

bool yc_reader_is_data(const struct yc_reader *r)
{
	return r->data;
}

uint64_t yc_reader_rows(const struct yc_reader *r)
{
	return r->rows;
}

const struct yc_head *yc_reader_head(const struct yc_reader *r)
{
	return &r->head;
}

const char *yc_reader_where(const struct yc_reader *r)
{
	return r->where;
}
