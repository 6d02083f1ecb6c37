/* SPDX-License-Identifier: MIT */
/* Writes a set, whole or in parts: the records are the same. Rows that do not fill a
 * record yet are pending. */
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/metadata_runs.h"
#include "yc/mem.h"
#include "yc/set.h"

static int write_head(const struct yc_set *s, struct yc_writer *w)
{
	struct yc_record head = {0};
	int status = yc_meta_copy(&head.meta, &s->meta);

	if (status == YC_OK)
		status = yc_head_store(&s->head, &head.meta);
	if (status == YC_OK)
		status = yc_writer_put(w, &head);
	yc_record_release(&head);
	return status;
}

static int write_extras(const struct yc_set *s, struct yc_writer *w)
{
	int status = YC_OK;

	for (size_t i = 0; status == YC_OK && i < s->npassthrough; i++)
		status = yc_writer_put(w, &s->passthrough[i]);
	return status;
}

/* If readers may stop early, records are as small as the steps of --ipc. */
static size_t rows_of_record(const struct yc_set_out *o, const struct yc_set *s)
{
	const struct yc_tensor *image = yc_set_col(s, "image");
	size_t row_bytes = 0, step, ordered;

	for (size_t i = 0; i < s->ncols; i++)
		row_bytes += yc_tensor_row_bytes(&s->col[i]);
	step = row_bytes ? YC_RECORD_TARGET / row_bytes : YC_RECORD_TARGET;

	if (o->ordered && image && image->rank == 4 && image->shape[2] > 0 &&
		image->shape[2] <= (uint64_t)s->head.side) {
		ordered = yc_size_mul(
			(size_t)s->head.classes, (size_t)yc_set_tiles_per_image(s));
		step = ordered < step ? ordered : step;
	}
	return step ? step : 1;
}

int yc_set_out_begin(struct yc_set_out *o, struct yc_writer *w, const struct yc_set *s)
{
	int status = write_head(s, w);

	*o = (struct yc_set_out){
		.writer = w, .ordered = yc_meta_get(&s->meta, "yc.order") != NULL};
	if (status == YC_OK && o->ordered)
		status = write_extras(s, w);
	return status;
}

/* Writes n rows of the part from `at` on as a record, without pending ones. */
static int write_record(
	struct yc_set_out *o, const struct yc_set *part, size_t at, size_t n)
{
	struct yc_record rec = {.ntensors = part->ncols};
	int status;

	rec.tensor = yc_calloc(part->ncols, sizeof(*rec.tensor));
	if (!rec.tensor)
		return YC_FAIL;
	if (n)
		rec.meta = *yc_set_row_meta(part, at);
	for (size_t i = 0; i < part->ncols; i++) {
		size_t bytes = yc_tensor_row_bytes(&part->col[i]);

		rec.tensor[i] = part->col[i];
		rec.tensor[i].shape[0] = n;
		rec.tensor[i].data = (char *)part->col[i].data + at * bytes;
		rec.tensor[i].bytes = n * bytes;
	}
	status = yc_writer_put(o->writer, &rec);
	yc_free(rec.tensor); /* names, data and metadata are the part's */
	o->any = true;
	return status;
}

/* An empty set of the columns of a part, with capacity for a record. */
static int rest_new(struct yc_set_out *o, const struct yc_set *part)
{
	struct yc_set *rest = &o->rest;

	rest->col = yc_calloc(part->ncols, sizeof(*rest->col));
	if (!rest->col)
		return YC_FAIL;
	for (size_t i = 0; i < part->ncols; i++) {
		const struct yc_tensor *from = &part->col[i];
		struct yc_tensor *to = &rest->col[rest->ncols];

		*to = *from;
		to->shape[0] = to->bytes = 0;
		to->name = yc_strdup(from->name);
		to->data =
			yc_grow(NULL, 0, yc_size_mul(o->step, yc_tensor_row_bytes(from)));
		rest->ncols++;
		if (!to->name || !to->data)
			return YC_FAIL;
	}
	return YC_OK;
}

int yc_set_out_flush(struct yc_set_out *o)
{
	struct yc_set *rest = &o->rest;
	int status = rest->rows ? write_record(o, rest, 0, rest->rows) : YC_OK;

	for (size_t i = 0; i < rest->ncols; i++)
		rest->col[i].shape[0] = rest->col[i].bytes = 0;
	rest->rows = 0;
	yc_set_drop_row_meta(rest);
	return status;
}

/* All pending rows have the same metadata. */
static int rest_metadata(struct yc_set_out *o, const struct yc_meta *m)
{
	struct yc_set *rest = &o->rest;

	if (!m->n)
		return YC_OK;
	rest->row_meta = yc_calloc(1, sizeof(*rest->row_meta));
	rest->row_meta_at = yc_calloc(1, sizeof(*rest->row_meta_at));
	if (!rest->row_meta || !rest->row_meta_at)
		return YC_FAIL;
	rest->nmetas = 1;
	return yc_meta_copy(rest->row_meta, m);
}

/* Appends rows of a part to the pending ones, which have the same metadata. */
static int wait_rows(struct yc_set_out *o, const struct yc_set *part, size_t at, size_t n)
{
	struct yc_set *rest = &o->rest;
	int status = rest->ncols ? YC_OK : rest_new(o, part);

	if (status == YC_OK && !rest->rows)
		status = rest_metadata(o, yc_set_row_meta(part, at));
	if (status < 0)
		return status;
	for (size_t i = 0; i < rest->ncols; i++) {
		struct yc_tensor *to = &rest->col[i];
		const struct yc_tensor *from = yc_set_col(part, to->name);
		size_t bytes = from ? yc_tensor_row_bytes(from) : 0;

		if (!from || part->ncols != rest->ncols || !yc_tensor_same_rows(to, from))
			return yc_fail(YC_FAIL,
				"tensor '%s' differs from that of earlier rows",
				to->name);
		if (bytes)
			memcpy((char *)to->data + to->bytes,
				(const char *)from->data + at * bytes, n * bytes);
		to->bytes += n * bytes;
		to->shape[0] += n;
	}
	rest->rows += n;
	return rest->rows == o->step ? yc_set_out_flush(o) : YC_OK;
}

int yc_set_out_rows(struct yc_set_out *o, const struct yc_set *part)
{
	size_t at = 0;
	int status = YC_OK;

	if (!o->step && part->rows)
		o->step = rows_of_record(o, part);
	while (status == YC_OK && at < part->rows) {
		size_t n = part->rows - at, run;

		if (o->rest.rows && !yc_meta_runs_same(yc_set_row_meta(&o->rest, 0),
					    yc_set_row_meta(part, at)))
			status = yc_set_out_flush(o);
		if (status < 0)
			break;
		n = n < o->step - o->rest.rows ? n : o->step - o->rest.rows;
		run = yc_set_meta_run(part, at, n);
		if (!o->rest.rows && (run == o->step || run < n))
			status = write_record(o, part, at, run);
		else
			status = wait_rows(o, part, at, run);
		at += run;
	}
	return status;
}

void yc_set_out_release(struct yc_set_out *o)
{
	yc_set_release(&o->rest);
}

int yc_set_out_end(struct yc_set_out *o, const struct yc_set *s)
{
	int status = yc_set_out_flush(o);

	/* Columns are written even without rows. */
	if (status == YC_OK && !o->any && s->ncols && !s->rows)
		status = write_record(o, s, 0, 0);
	if (status == YC_OK && !o->ordered)
		status = write_extras(s, o->writer);
	return status == YC_OK ? yc_writer_end(o->writer) : status;
}

int yc_set_write(const struct yc_set *s, struct yc_writer *w)
{
	struct yc_set_out out;
	int status = yc_set_out_begin(&out, w, s);

	if (status == YC_OK)
		status = yc_set_out_rows(&out, s);
	if (status == YC_OK)
		status = yc_set_out_end(&out, s);
	yc_set_out_release(&out);
	return status;
}
