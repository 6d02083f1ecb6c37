/* SPDX-License-Identifier: MIT */
/*
 * The second pass over a source of picture files, for the pixels. Compressed files wait
 * until all that precede them have been read; then a batch of them is decoded and handed
 * on.
 */
#define _GNU_SOURCE /* qsort_r */
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
/* Minimum number of pictures decoded at a time: work for many threads. */
enum { BATCH = 32 };

struct waiting {
	unsigned char *data; /* the file, NULL: not read yet */
	size_t size;
	const char *path;
	int status;
	char cause[256];
};

struct out {
	const struct yc_set *set;
	const struct yc_photos *photos;
	yc_images_fn *fn;
	void *ctx;
	int threads;
	size_t image, batch, record; /* bytes of a picture; rows decoded and handed on */
	size_t next;		     /* next row to hand on */
	struct waiting *wait;	     /* [rows] */
	size_t *by_path;	     /* [rows] rows, ascending path */
	uint8_t *pixels;	     /* [batch] */
};

static void decode(void *ctx, int unit, int worker)
{
	struct out *o = ctx;
	struct waiting *w = &o->wait[o->next + (size_t)unit];
	struct yc_photo p;

	(void)worker;
	w->status = yc_photo_decode(w->data, w->size, &p);
	if (w->status == YC_OK)
		w->status = yc_photo_fit(
			&p, o->photos->side, o->pixels + (size_t)unit * o->image);
	if (w->status < 0) /* messages are kept per thread */
		snprintf(w->cause, sizeof w->cause, "%s", yc_errmsg());
	yc_free(p.rgb);
}

static int put(const struct out *o, size_t at, size_t n)
{
	const uint64_t side = (uint64_t)o->photos->side;
	const struct yc_tensor image = {.dtype = YC_U8,
		.rank = 4,
		.shape = {n, 3, side, side},
		.bytes = n * o->image,
		.data = o->pixels + at * o->image};

	return o->fn(o->ctx, o->next + at, &image);
}

/* Hands on the next n rows, all of which have been read. */
static int flush(struct out *o, size_t n)
{
	int status = YC_OK;

	yc_parallel((int)n, o->threads, decode, o);
	for (size_t i = 0; i < n; i++) {
		struct waiting *w = &o->wait[o->next + i];

		if (status == YC_OK && w->status < 0)
			status = yc_fail(w->status, "%s: %s", w->path, w->cause);
		yc_free(w->data);
		w->data = NULL;
	}
	for (size_t at = 0; at < n && status == YC_OK; at += o->record)
		status = put(o, at, n - at < o->record ? n - at : o->record);
	o->next += n;
	return status;
}

static int flush_ready(struct out *o)
{
	size_t rows = o->set->rows;

	while (o->next < rows) {
		size_t most = rows - o->next < o->batch ? rows - o->next : o->batch;
		int status;

		for (size_t i = 0; i < most; i++)
			if (!o->wait[o->next + i].data)
				return YC_OK;
		if ((status = flush(o, most)) < 0)
			return status;
	}
	return 1; /* everything is handed on */
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

static int take(void *ctx, struct yc_member *m)
{
	struct out *o = ctx;
	struct waiting *w = find(o, m->name);
	int status;

	if (!w || w->data)
		return YC_OK;
	if ((status = m->read(m, file_max, &w->data, &w->size)) < 0)
		return yc_fail_in(status, "%s", m->name);
	if (m->size != UINT64_MAX && m->size != w->size)
		return yc_fail(YC_FAIL, "%s: %zu of %llu bytes", m->name, w->size,
			(unsigned long long)m->size);
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
	size_t rows = o->set->rows, side = (size_t)o->photos->side;

	o->image = 3 * side * side;
	o->record = o->image < YC_RECORD_ROWS_BYTES ? YC_RECORD_ROWS_BYTES / o->image : 1;
	o->batch = (BATCH + o->record - 1) / o->record * o->record;
	o->wait = yc_calloc(rows, sizeof *o->wait);
	o->by_path = yc_calloc(rows, sizeof *o->by_path);
	o->pixels = yc_calloc(yc_size_mul(o->batch, o->image), 1);
	if (!o->wait || !o->by_path || !o->pixels)
		return YC_FAIL;
	for (size_t i = 0; i < rows; i++) {
		o->wait[i].path = o->photos->file[id[i]].path;
		o->by_path[i] = i;
	}
	qsort_r(o->by_path, rows, sizeof *o->by_path, by_path, o);
	return YC_OK;
}

static int walk(struct out *o)
{
	int status = yc_archive_walk(o->photos->source, take, o);

	if (status == YC_OK && o->next < o->set->rows) {
		size_t gone = o->next;

		while (o->wait[gone].data)
			gone++;
		status = yc_fail(YC_FAIL, "%s: %s: no longer there",
			yc_infile_name(o->photos->source), o->wait[gone].path);
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
		status = walk(&o);
	for (size_t i = 0; o.wait && i < set->rows; i++)
		yc_free(o.wait[i].data);
	yc_free(o.wait);
	yc_free(o.by_path);
	yc_free(o.pixels);
	return status;
}
