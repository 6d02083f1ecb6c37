/* SPDX-License-Identifier: MIT */
/*
 * The second pass over a source of picture files, for the pixels: a batch of them at a time
 * is decoded, while the batch before is handed on. Files of a folder are opened when their
 * turn comes. Those of an archive come in its order: they wait, compressed, until all that
 * precede them have been read.
 */
#define _GNU_SOURCE /* qsort_r */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/photo/photo.h"
#include "lib/dataset/photos.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/pool.h"

/* Maximum size of a picture file. */
static const size_t file_max = (size_t)256 << 20;
/* Minimum number of pictures decoded at a time, also for each thread. */
enum { BATCH = 32, BATCH_THREAD = 4 };
/* Bad pictures that are named before they are only counted. */
enum { BAD_NAMED = 10 };

struct waiting {
	unsigned char *data; /* the file */
	size_t size;
	bool ready; /* data or status is there */
	const char *path;
	int status;
	char *cause; /* of a failure, by yc_strdup; NULL: out of memory */
};

/* Rows whose pixels are there. */
struct done {
	size_t at, n;
	int status, error; /* of handing them on, by a worker, with its errno */
	char *cause;
};

struct out {
	const struct yc_set *set;
	const struct yc_photos *photos;
	yc_images_fn *fn;
	void *ctx;
	int threads;
	size_t image, batch, record; /* bytes of a picture; rows decoded and handed on */
	size_t next;		     /* next row to decode */
	struct done done;	     /* decoded, and to hand on */
	size_t bad;		     /* pictures that cannot be read */
	struct waiting *wait;	     /* [rows] */
	size_t *by_path;	     /* [rows] rows, ascending path */
	uint8_t *pixels[2];	     /* [batch] to decode into, and to hand on */
	struct yc_scaler **scaler;   /* [threads] */
};

static int read_direct(const struct out *o, struct waiting *w)
{
	char *path = yc_photos_path(o->photos, w->path);
	int status = path ? yc_file_read(path, file_max, &w->data, &w->size) : YC_FAIL;

	free(path);
	return status;
}

static void decode(struct out *o, size_t i, int worker)
{
	struct waiting *w = &o->wait[o->next + i];

	if (w->status < 0)
		return; /* it could not be read */
	if (o->photos->direct)
		w->status = read_direct(o, w);
	if (w->status == YC_OK)
		w->status =
			yc_photo_fit(o->scaler[worker], w->data, w->size, o->photos->side,
				o->photos->channels, o->pixels[0] + i * o->image);
	if (w->status < 0) /* messages are kept per thread */
		w->cause = yc_strdup(yc_errmsg());
}

/* -- handing on -- */

static int put(const struct out *o, size_t at, size_t n)
{
	const uint64_t side = (uint64_t)o->photos->side,
		       channels = (uint64_t)o->photos->channels;
	/* which nobody changes */
	uint8_t *pixels = o->pixels[1] + at * o->image;
	const struct yc_tensor image = {.dtype = YC_U8,
		.rank = 4,
		.shape = {n, channels, side, side},
		.bytes = n * o->image,
		.data = pixels};

	return o->fn(o->ctx, o->done.at + at, &image);
}

/* Hands on the good ones of the pictures from..to-1 of a batch, which would be a record. */
static int put_good(const struct out *o, size_t from, size_t to)
{
	int status = YC_OK;

	while (from < to && status == YC_OK) {
		size_t n = 0;

		while (from + n < to && o->wait[o->done.at + from + n].status == YC_OK)
			n++;
		if (n)
			status = put(o, from, n);
		from += n + 1;
	}
	return status;
}

static int put_done(const struct out *o)
{
	const size_t n = o->done.n;
	int status = YC_OK;

	for (size_t at = 0; at < n && status == YC_OK; at += o->record)
		status = put_good(o, at, n - at < o->record ? n : at + o->record);
	return status;
}

/* Unit 0 hands on the batch before, the others decode. */
static void work(void *ctx, int unit, int worker)
{
	struct out *o = ctx;

	if (unit) {
		decode(o, (size_t)unit - 1, worker);
		return;
	}
	o->done.status = put_done(o);
	if (o->done.status < 0) {
		o->done.error = errno;
		o->done.cause = yc_strdup(yc_errmsg());
	}
}

static int handed_on(struct out *o)
{
	const int status = o->done.status;

	if (status == YC_OK)
		return YC_OK;
	(void)yc_fail(status, "%s", o->done.cause ? o->done.cause : "out of memory");
	yc_free(o->done.cause);
	errno = o->done.error; /* tools tell EPIPE from the rest */
	return status;
}

static int note_bad(struct out *o, const struct waiting *w)
{
	const struct yc_photos *p = o->photos;
	const char *cause = w->cause ? w->cause : "out of memory";

	if (!p->skip_bad)
		return yc_fail(w->status, "%s: %s: " YC_PHOTO_SKIP_HINT, w->path, cause);
	if (++o->bad <= BAD_NAMED && !*p->bad_told)
		yc_load_note(&p->what, "left out: %s: %s", w->path, cause);
	return YC_OK;
}

/* Decodes the next n rows, all of which have been read. */
static int flush(struct out *o, size_t n)
{
	uint8_t *pixels = o->pixels[0];
	int status;

	yc_parallel(1 + (int)n, o->threads, work, o);
	status = handed_on(o);
	for (size_t i = 0; i < n; i++) {
		struct waiting *w = &o->wait[o->next + i];

		if (status == YC_OK && w->status < 0)
			status = note_bad(o, w);
		yc_free(w->data);
		yc_free(w->cause);
		w->data = NULL;
		w->cause = NULL;
	}
	o->done = (struct done){.at = o->next, .n = n};
	o->pixels[0] = o->pixels[1];
	o->pixels[1] = pixels;
	o->next += n;
	return status;
}

static int flush_ready(struct out *o)
{
	size_t rows = o->set->rows;

	while (o->next < rows) {
		size_t most = rows - o->next < o->batch ? rows - o->next : o->batch;
		int status;

		for (size_t i = 0; i < most && !o->photos->direct; i++)
			if (!o->wait[o->next + i].ready)
				return YC_OK;
		if ((status = flush(o, most)) < 0)
			return status;
	}
	return 1; /* everything is decoded */
}

static struct waiting *find(struct out *o, const char *path)
{
	size_t lo = 0, hi = o->set->rows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct waiting *w = &o->wait[o->by_path[mid]];
		int d = strcmp(path, w->path);

		if (d == 0)
			return w;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int read_member(struct yc_member *m, struct waiting *w)
{
	int status = m->read(m, file_max, &w->data, &w->size);

	if (status == YC_OK && m->size != UINT64_MAX && m->size != w->size)
		return yc_fail(YC_FAIL, "%zu of %llu bytes", w->size,
			(unsigned long long)m->size);
	return status;
}

static int take(void *ctx, struct yc_member *m)
{
	struct out *o = ctx;
	struct waiting *w = find(o, m->name);

	if (!w || w->ready)
		return YC_OK;
	w->status = read_member(m, w);
	if (w->status < 0 && !o->photos->skip_bad)
		return yc_fail_in(w->status, "%s", m->name);
	if (w->status < 0)
		w->cause = yc_strdup(yc_errmsg());
	w->ready = true;
	return flush_ready(o);
}

static int by_path(const void *x, const void *y, void *ctx)
{
	const struct out *o = ctx;

	return strcmp(o->wait[*(const size_t *)x].path, o->wait[*(const size_t *)y].path);
}

static int out_new(struct out *o)
{
	const int64_t *id = yc_set_col(o->set, "id")->data;
	size_t rows = o->set->rows, side = (size_t)o->photos->side,
	       least = BATCH_THREAD * (size_t)o->threads;

	o->image = (size_t)o->photos->channels * side * side;
	o->record = o->image < YC_RECORD_ROWS_BYTES ? YC_RECORD_ROWS_BYTES / o->image : 1;
	/* whole records, so that these do not depend on the number of threads */
	least = least > BATCH ? least : BATCH;
	o->batch = (least + o->record - 1) / o->record * o->record;
	o->wait = yc_calloc(rows, sizeof *o->wait);
	o->by_path = yc_calloc(rows, sizeof *o->by_path);
	for (int i = 0; i < 2; i++)
		o->pixels[i] = yc_grow(NULL, 0, yc_size_mul(o->batch, o->image));
	o->scaler = yc_calloc((size_t)o->threads, sizeof *o->scaler);
	if (!o->wait || !o->by_path || !o->pixels[0] || !o->pixels[1] || !o->scaler)
		return YC_FAIL;
	for (int i = 0; i < o->threads; i++)
		if (!(o->scaler[i] = yc_scaler_new()))
			return YC_FAIL;
	for (size_t i = 0; i < rows; i++) {
		const struct yc_photo_file *f = &o->photos->found.file[id[i]];

		o->wait[i].path = f->path;
		if (f->missing) {
			o->wait[i].ready = true;
			o->wait[i].status = YC_FAIL;
			o->wait[i].cause = yc_strdup("not in the archive");
		}
		o->by_path[i] = i;
	}
	qsort_r(o->by_path, rows, sizeof *o->by_path, by_path, o);
	return YC_OK;
}

static int walk(struct out *o)
{
	const struct yc_walk w = {.ctx = o, .file = take, .tar_is_folder = true};
	/* All may be missing. */
	int status = flush_ready(o);

	if (status != YC_OK)
		return status < 0 ? status : YC_OK;
	status = yc_archive_visit(o->photos->source, &w);
	if (status == YC_OK && o->next < o->set->rows) {
		size_t gone = o->next;

		while (o->wait[gone].ready)
			gone++;
		status = yc_fail(YC_FAIL, "%s: %s: no longer there",
			yc_infile_name(o->photos->source), o->wait[gone].path);
	}
	return status;
}

/* Names the classes none of whose pictures could be read. */
static int note_emptied(const struct out *o)
{
	const int64_t *label = yc_set_col(o->set, "label")->data;
	const size_t classes = (size_t)o->set->head.classes;
	unsigned char *seen = yc_calloc(classes, 1); /* 1: only bad ones; 2: others */
	char list[256] = "";
	struct yc_names names;
	size_t n = 0;

	if (!seen)
		return YC_FAIL;
	if (yc_names_read(&names, &o->set->meta) < 0) {
		yc_free(seen);
		return YC_FAIL;
	}
	for (size_t i = 0; i < o->set->rows; i++)
		if (o->wait[i].status == YC_OK)
			seen[label[i]] = 2;
		else if (!seen[label[i]])
			seen[label[i]] = 1;
	for (size_t c = 0; c < classes; c++) {
		if (seen[c] != 1)
			continue;
		n++;
		yc_photos_append(list, sizeof list, c, yc_names_of(&names, (int)c));
	}
	if (n)
		yc_load_note(&o->photos->what,
			"%zu of %zu classes %s no pictures that can be read: %s", n,
			classes, n == 1 ? "has" : "have", list);
	yc_names_release(&names);
	yc_free(seen);
	return YC_OK;
}

static int each(struct out *o)
{
	const char *name = yc_infile_name(o->photos->source);
	int status;

	if (o->photos->direct) {
		status = flush_ready(o);
		status = status < 0 ? yc_fail_in(status, "%s", name) : YC_OK;
	} else {
		status = walk(o);
	}
	if (status == YC_OK && (status = put_done(o)) < 0)
		return yc_fail_in(status, "%s", name);
	if (status == YC_OK && o->bad && o->bad == o->set->rows)
		return yc_fail(
			YC_FAIL, "%s: none of %zu pictures can be read", name, o->bad);
	if (status == YC_OK && o->bad && !*o->photos->bad_told) {
		status = note_emptied(o);
		yc_load_note(&o->photos->what,
			"%zu of %zu pictures could not be read and %s left out%s", o->bad,
			o->set->rows, o->bad == 1 ? "is" : "are",
			o->bad > BAD_NAMED ? ", of which the first are named above" : "");
		*o->photos->bad_told = true;
	}
	return status;
}

int yc_photos_each(const struct yc_set *set, const struct yc_photos *photos, int threads,
	yc_images_fn *fn, void *ctx)
{
	struct out o = {
		.set = set, .photos = photos, .fn = fn, .ctx = ctx, .threads = threads};
	int status = out_new(&o);

	if (status == YC_OK)
		status = each(&o);
	for (size_t i = 0; o.wait && i < set->rows; i++) {
		yc_free(o.wait[i].data);
		yc_free(o.wait[i].cause);
	}
	yc_free(o.wait);
	yc_free(o.by_path);
	yc_free(o.pixels[0]);
	yc_free(o.pixels[1]);
	for (int i = 0; o.scaler && i < threads; i++)
		yc_scaler_free(o.scaler[i]);
	yc_free(o.scaler);
	return status;
}
