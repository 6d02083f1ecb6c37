/* SPDX-License-Identifier: MIT */
/*
 * Changes the rows of a stream with one record in memory at a time. The checks are those
 * of a whole set, but metadata stay where they are: segments remain segments, and records
 * of other kinds keep their position.
 */
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/set_reading.h"
#include "yc/mem.h"

struct passing {
	const struct yc_set_map *map;
	struct yc_reader *reader;
	struct yc_writer *writer;
	struct yc_set seen; /* keys and columns of all records so far, without data */
	struct yc_reading reading;
	struct yc_meta travels; /* metadata of the current record to pass on */
	struct yc_set segment;	/* head and metadata of the current one */
	struct yc_set written;	/* the same as they are written */
	struct yc_set_out out;
	uint64_t rows;
};

static bool hold_nothing(void *ctx, const char *column)
{
	(void)ctx;
	(void)column;
	return false;
}

/* The metadata of a record besides the head of its segment: custom keys, and yc keys that
 * no earlier record had. */
static int find_travels(struct passing *p, const struct yc_record *rec)
{
	int status = yc_meta_runs_of(&p->travels, &rec->meta);

	for (size_t i = 0; status == YC_OK && i < rec->meta.n; i++) {
		const struct yc_pair *pair = &rec->meta.pair[i];

		if (strncmp(pair->key, "yc.", 3) == 0 &&
			!yc_meta_get(&p->segment.meta, pair->key) &&
			!yc_key_of_record(pair->key))
			status = yc_meta_append(&p->travels, pair->key, pair->value);
	}
	return status;
}

/* The head of a segment has all keys of its first record; a record of another kind keeps
 * the rest of its keys. */
static int begin_segment(struct passing *p, const struct yc_record *rec)
{
	const bool passthrough = yc_record_is_passthrough(rec);
	const char *history = yc_meta_get(&rec->meta, "yc.history");
	struct yc_meta *meta = &p->segment.meta;
	int status = YC_OK;

	yc_set_release(&p->segment);
	p->segment.head = *yc_reader_head(p->reader);
	for (int ours = 1; ours >= 0; ours--)
		for (size_t i = 0; status == YC_OK && !passthrough && i < rec->meta.n;
			i++) {
			const struct yc_pair *pair = &rec->meta.pair[i];

			if (!yc_key_of_record(pair->key) &&
				!strncmp(pair->key, "yc.", 3) == (ours == 1))
				status = yc_meta_append(meta, pair->key, pair->value);
		}
	if (status == YC_OK && passthrough && history)
		status = yc_meta_set(meta, "yc.history", history);
	yc_set_release(&p->written);
	if (status == YC_OK)
		status = yc_meta_copy(&p->written.meta, meta);
	p->written.head = p->segment.head;
	if (status == YC_OK)
		status = p->map->head(p->map->ctx, &p->written);
	yc_set_out_release(&p->out);
	return status == YC_OK && p->writer
		       ? yc_set_out_begin(&p->out, p->writer, &p->written)
		       : status;
}

/* Converts the record to a set, which takes ownership of its tensors. */
static int pass_rows(struct passing *p, struct yc_record *rec, size_t rows)
{
	struct yc_set part = {.head = p->segment.head,
		.rows = rows,
		.ncols = rec->ntensors,
		.col = rec->tensor};
	int status = yc_meta_copy(&part.meta, &p->segment.meta);

	rec->ntensors = 0;
	rec->tensor = NULL;
	if (status == YC_OK && p->travels.n) {
		part.row_meta = yc_calloc(1, sizeof(*part.row_meta));
		part.row_meta_at = yc_calloc(rows, sizeof(*part.row_meta_at));
		if (part.row_meta && part.row_meta_at) {
			part.nmetas = 1;
			part.row_meta[0] = p->travels;
			p->travels = (struct yc_meta){0};
		} else {
			status = YC_FAIL;
		}
	}
	if (status == YC_OK)
		status = p->map->rows(p->map->ctx, &part, &p->out);
	p->rows += rows;
	yc_set_release(&part);
	return status;
}

/* A record of another kind, or one with metadata only. */
static int pass_whole(struct passing *p, const struct yc_record *rec)
{
	int status;

	if (!p->writer)
		return p->map->other ? p->map->other(p->map->ctx, rec) : YC_OK;
	status = yc_set_out_flush(&p->out);
	return status == YC_OK ? yc_writer_put(p->writer, rec) : status;
}

/* The caller reports what is wrong with a stream without rows, before its end is written. */
static int pass_none(struct passing *p)
{
	int more = yc_reader_peek(p->reader);

	return more ? (more < 0 ? more : YC_OK)
		    : p->map->rows(p->map->ctx, &p->seen, &p->out);
}

static int pass(struct passing *p, struct yc_record *rec)
{
	const bool first = yc_reader_first(p->reader), last = yc_reader_last(p->reader);
	const uint64_t rows = yc_reader_rows(p->reader);
	int status = first ? begin_segment(p, rec) : YC_OK;

	if (status == YC_OK && yc_record_is_passthrough(rec)) {
		status = pass_whole(p, rec);
	} else {
		if (status == YC_OK && !first)
			status = find_travels(p, rec);
		if (status == YC_OK && rows)
			status = pass_rows(p, rec, (size_t)rows);
		else if (status == YC_OK && p->travels.n)
			status = pass_whole(
				p, &(const struct yc_record){.meta = p->travels});
		yc_meta_release(&p->travels);
	}
	if (status == YC_OK && last && !p->rows)
		status = pass_none(p);
	return status == YC_OK && last && p->writer ? yc_set_out_end(&p->out, &p->written)
						    : status;
}

int yc_set_map(struct yc_reader *r, struct yc_writer *w, const struct yc_set_map *map)
{
	const struct yc_set_hooks hooks = {.hold = hold_nothing};
	struct passing p = {.map = map,
		.reader = r,
		.writer = w,
		.reading = {.hooks = &hooks, .rows_only = true}};
	struct yc_record *rec;
	int status;

	p.reading.set = &p.seen;
	while ((status = yc_reader_next(r, &rec)) > 0) {
		status = yc_reading_take(&p.reading, r, rec);
		if (status < 0)
			(void)yc_fail_in(status, "%s", yc_reader_where(r));
		yc_reading_show(&p.reading);
		if (status == YC_OK)
			status = pass(&p, rec);
		if (status < 0)
			break;
	}
	yc_set_out_release(&p.out);
	yc_meta_release(&p.travels);
	yc_set_release(&p.segment);
	yc_set_release(&p.written);
	yc_set_release(&p.seen);
	yc_reading_release(&p.reading);
	return status;
}
