/* SPDX-License-Identifier: MIT */
/* Training dynamics as a stream: writes the outputs of every epoch, and reads them back
 * for scores without training. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/score/internal.h"
#include "yc/half.h"
#include "yc/names.h"
#include "yc/number.h"
#include "yc/stream.h"

#define DYN_KIND "dynamics"
#define DYN_EPOCHS "yc.dynamics.epochs"
#define DYN_EPOCH "yc.dynamics.epoch"

/* The source row of decoded image g, also if it was cut from a condensed image before. */
static int64_t origin(const struct yc_set *set, const struct yc_data *d, int g)
{
	const struct yc_tensor *id = yc_set_col(set, "id");

	if (id && id->dtype == YC_I64 && id->rank == 1)
		return ((const int64_t *)id->data)[d->row[g]];
	return d->row[g];
}

/* The columns that identify the image of a row of dynamics. */
static const char *const column[] = {"label", "id", "tile"};

static int64_t identity(
	const struct yc_set *set, const struct yc_data *d, int g, size_t c)
{
	return c == 0 ? d->label[g] : c == 1 ? origin(set, d, g) : d->tile[g];
}

static int put_rows(
	struct yc_writer *w, const struct yc_set *set, const struct yc_score_job *job)
{
	const struct yc_data *d = job->data;
	const uint64_t shape[1] = {(uint64_t)d->n};
	struct yc_head head = set->head;
	struct yc_record r = {0};
	char text[24];
	int status = yc_meta_copy(&r.meta, &set->meta);

	/* The rows of this stream are decoded images. */
	head.factor = 1;
	head.side = d->side;
	if (status == YC_OK)
		status = yc_head_store(&head, &r.meta);
	snprintf(text, sizeof text, "%d", job->epochs);
	if (status == YC_OK)
		status = yc_meta_set(&r.meta, DYN_EPOCHS, text);
	for (size_t c = 0; c < YC_COUNT(column) && status == YC_OK; c++) {
		struct yc_tensor *t =
			yc_record_add(&r, column[c], YC_I64, 1, shape, NULL);

		if (!t) {
			status = YC_FAIL;
			break;
		}
		for (int g = 0; g < d->n; g++)
			((int64_t *)t->data)[g] = identity(set, d, g, c);
	}
	if (status == YC_OK)
		status = yc_writer_put(w, &r);
	yc_record_release(&r);
	return status;
}

int yc_dyn_begin(struct yc_dyn_sink *k, const char *path, const struct yc_set *set,
	const struct yc_score_job *job)
{
	const struct yc_writer_cfg cfg = {
		.path = path, .threads = job->threads, .digest = true};
	int status = path ? yc_writer_open(&k->writer, &cfg) : YC_OK;

	return path && status == YC_OK ? put_rows(k->writer, set, job) : status;
}

static int put_logp(struct yc_record *r, const struct yc_scoring *s, bool half)
{
	const uint64_t n = (uint64_t)s->job.data->n, c = (uint64_t)s->job.data->classes;
	const uint64_t shape[2] = {n, c};
	struct yc_tensor *t = yc_record_add(
		r, "logp", half ? YC_F16 : YC_F32, 2, shape, half ? NULL : s->logp);

	if (!t)
		return YC_FAIL;
	for (uint64_t i = 0; half && i < n * c; i++)
		((uint16_t *)t->data)[i] = yc_half_from_float(s->logp[i]);
	return YC_OK;
}

int yc_dyn_epoch(struct yc_dyn_sink *k, const struct yc_scoring *s)
{
	struct yc_record r = {0};
	char text[24];
	int status;

	if (!k->writer)
		return YC_OK;
	snprintf(text, sizeof text, "%d", s->next);
	status = yc_meta_set(&r.meta, "yc.kind", DYN_KIND);
	if (status == YC_OK)
		status = yc_meta_set(&r.meta, DYN_EPOCH, text);
	if (status == YC_OK)
		status = put_logp(&r, s, k->half);
	if (status == YC_OK)
		status = yc_writer_put(k->writer, &r);
	yc_record_release(&r);
	return status;
}

int yc_dyn_end(struct yc_dyn_sink *k)
{
	struct yc_writer *w = k->writer;
	int status = w ? yc_writer_end(w) : YC_OK;

	if (!w || status < 0)
		return status;
	k->writer = NULL;
	return yc_writer_close(w);
}

void yc_dyn_abort(struct yc_dyn_sink *k)
{
	yc_writer_abort(k->writer);
	k->writer = NULL;
}

/* The rows of data records must be the images that are scored. */
static int source_rows(struct yc_dyn_source *d, const struct yc_record *rec)
{
	const size_t rows = (size_t)yc_reader_rows(d->reader);

	if (d->rows + rows > (size_t)d->data->n)
		return yc_fail(YC_FAIL, "%s: dynamics of more images than the %d scored",
			yc_reader_where(d->reader), d->data->n);
	for (size_t c = 0; c < YC_COUNT(column); c++) {
		const struct yc_tensor *t = yc_record_find(rec, column[c]);

		if (!t || t->dtype != YC_I64 || t->rank != 1)
			return yc_fail(YC_FAIL, "%s: no I64 column '%s': not dynamics",
				yc_reader_where(d->reader), column[c]);
		for (size_t i = 0; i < rows; i++) {
			const int g = (int)(d->rows + i);

			if (((const int64_t *)t->data)[i] !=
				identity(d->set, d->data, g, c))
				return yc_fail(YC_FAIL,
					"%s: dynamics of other images: %s of image %d "
					"differs",
					yc_reader_where(d->reader), column[c], g);
		}
	}
	d->rows += rows;
	return YC_OK;
}

/* Parses an integer 0..max; -1 if it is none. */
static int whole(const char *text, int max)
{
	uint64_t v;

	return text && yc_parse_u64(text, (uint64_t)max, &v) == YC_NUMBER ? (int)v : -1;
}

int yc_dyn_open(struct yc_dyn_source *d)
{
	struct yc_record *rec;
	int got = yc_reader_next(d->reader, &rec);

	if (got < 0)
		return got;
	d->rows = 0;
	d->next = 0;
	d->epochs = got ? whole(yc_meta_get(&rec->meta, DYN_EPOCHS), 1000000) : -1;
	if (d->epochs < 1)
		return yc_fail(YC_FAIL, "%s: no %s in the head: not dynamics",
			yc_reader_where(d->reader), DYN_EPOCHS);
	got = yc_names_match(&rec->meta, &d->set->meta, "the images");
	if (got < 0)
		return yc_fail_in(got, "%s", yc_reader_where(d->reader));
	got = yc_history_follow(&d->set->meta, &rec->meta);
	if (got < 0)
		return got;
	d->has_history = got > 0;
	return yc_reader_is_data(d->reader) ? source_rows(d, rec) : YC_OK;
}

static int source_epoch(
	struct yc_dyn_source *d, const struct yc_record *rec, struct yc_scoring *s)
{
	const size_t n = (size_t)s->job.data->n, classes = (size_t)s->job.data->classes;
	const struct yc_tensor *t = yc_record_find(rec, "logp");
	const char *where = yc_reader_where(d->reader);

	if (d->rows != n)
		return yc_fail(YC_FAIL, "%s: dynamics of %zu images, but %zu are scored",
			where, d->rows, n);
	if (whole(yc_meta_get(&rec->meta, DYN_EPOCH), 1000000) != d->next)
		return yc_fail(YC_FAIL, "%s: epoch %d expected", where, d->next);
	if (!t || (t->dtype != YC_F32 && t->dtype != YC_F16) || t->rank != 2 ||
		t->shape[0] != n || t->shape[1] != classes)
		return yc_fail(YC_FAIL, "%s: no F32 or F16 tensor 'logp' of %zu x %zu",
			where, n, classes);
	for (size_t i = 0; i < n * classes; i++) {
		const float logp = t->dtype == YC_F16
					   ? yc_half_to_float(((uint16_t *)t->data)[i])
					   : ((float *)t->data)[i];

		if (!(isfinite(logp) && logp <= 0.001f))
			return yc_fail(YC_FAIL,
				"%s: 'logp' does not hold log-probabilities", where);
		s->logp[i] = logp;
	}
	d->next++;
	return 1;
}

int yc_dyn_next(struct yc_dyn_source *d, struct yc_scoring *s)
{
	struct yc_record *rec;
	int got;

	if (d->pickle)
		return yc_dyn_pickle_next(d, s);
	while ((got = yc_reader_next(d->reader, &rec)) > 0) {
		const char *kind = yc_meta_get(&rec->meta, "yc.kind");
		int status = YC_OK;

		if (kind && strcmp(kind, DYN_KIND) == 0)
			return source_epoch(d, rec, s);
		if (yc_reader_is_data(d->reader) && yc_reader_rows(d->reader))
			status = source_rows(d, rec);
		if (status < 0)
			return status;
	}
	return got;
}
