/* SPDX-License-Identifier: MIT */
/* Rows in any order, from files that are read again or from memory. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/metadata_runs.h"
#include "yc/mem.h"
#include "yc/rows.h"

enum {
	PART_BYTES = 64 << 20, /* rows fetched at a time */
	NOTE_MIB = 256	       /* memory for a pipe above which a note is printed */
};

/* -- reading -- */

struct reading {
	const struct yc_set_hooks *hooks;
	struct yc_watch *watch;
	bool held;
	uint64_t noted; /* MiB, of the last note */
};

static bool hold(void *ctx, const char *column)
{
	const struct reading *in = ctx;

	return in->held || in->hooks->hold(in->hooks->ctx, column);
}

static void note(struct reading *in, const struct yc_set *s, bool all)
{
	uint64_t mib = 0;
	char text[160];

	for (size_t i = 0; i < s->ncols; i++)
		mib += s->col[i].bytes >> 20;
	if (!in->held || !in->watch || !in->watch->note || mib < NOTE_MIB ||
		(all ? mib == in->noted : mib < 2 * in->noted))
		return;
	in->noted = mib;
	(void)snprintf(text, sizeof(text),
		"a pipe cannot be read twice: keeping its images takes %" PRIu64
		" MiB%s; a file needs little",
		mib, all ? "" : " so far");
	in->watch->note(in->watch, text);
}

static int enough(void *ctx, const struct yc_set *s)
{
	struct reading *in = ctx;

	note(in, s, false);
	return in->hooks->enough ? in->hooks->enough(in->hooks->ctx, s) : YC_OK;
}

int yc_rows_read(struct yc_rows *r, struct yc_reader *reader,
	const struct yc_set_hooks *hooks, struct yc_watch *watch)
{
	struct reading in = {
		.hooks = hooks, .watch = watch, .held = !yc_reader_again(reader)};
	const struct yc_set_hooks own = {.ctx = &in, .hold = hold, .enough = enough};
	int status;

	*r = (struct yc_rows){.reader = reader, .held = in.held};
	status = yc_set_read_with(&r->set, reader, &own);
	if (status < 0)
		return status;
	note(&in, &r->set, true);
	return YC_OK;
}

void yc_rows_release(struct yc_rows *r)
{
	yc_set_release(&r->part);
	yc_set_release(&r->set);
	yc_free(r->slot);
	yc_free(r->need);
	*r = (struct yc_rows){0};
}

/* -- division into parts -- */

static size_t rows_of_part(const struct yc_rows *r)
{
	size_t bytes = 0, rows;

	for (size_t i = 0; i < r->set.ncols; i++)
		bytes += yc_tensor_row_bytes(&r->set.col[i]);
	rows = bytes && bytes < PART_BYTES ? PART_BYTES / bytes : 1;
	return rows < r->set.rows ? rows : r->set.rows;
}

static int ascending(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int lists(struct yc_rows *r)
{
	if (r->slot)
		return YC_OK;
	r->slot = yc_calloc(r->set.rows, sizeof(*r->slot));
	r->need = yc_calloc(rows_of_part(r), sizeof(*r->need));
	return r->slot && r->need ? YC_OK : YC_FAIL;
}

/* Returns how many of the n rows fit into the next part, and lists the distinct rows that
 * it needs. */
static size_t plan(struct yc_rows *r, const size_t *row, size_t n)
{
	const size_t most = rows_of_part(r);
	size_t taken = 0;

	for (size_t k = 0; k < r->nneed; k++)
		r->slot[r->need[k]] = 0;
	r->nneed = 0;
	for (; taken < n; taken++) {
		if (r->slot[row[taken]])
			continue;
		if (r->nneed == most)
			break;
		r->need[r->nneed++] = row[taken];
		r->slot[row[taken]] = 1;
	}
	qsort(r->need, r->nneed, sizeof(*r->need), ascending);
	for (size_t k = 0; k < r->nneed; k++)
		r->slot[r->need[k]] = (uint32_t)k + 1;
	return taken;
}

size_t yc_rows_passes(struct yc_rows *r, const size_t *row, size_t n)
{
	size_t passes = 1, last = 0;

	if (r->held || lists(r) < 0)
		return 0;
	for (size_t at = 0; at < n;) {
		at += plan(r, row + at, n - at);
		passes += r->need[0] < last;
		last = r->need[r->nneed - 1];
	}
	return passes;
}

/* -- fetching -- */

static int changed(void)
{
	return yc_fail(YC_FAIL, "the input changed while it was read");
}

/* The next record that has rows. */
static int next_rows(struct yc_rows *r)
{
	int status;

	do {
		status = yc_reader_next(r->reader, &r->record);
		if (status <= 0)
			return status < 0 ? status : changed();
	} while (!yc_reader_rows(r->reader));
	r->begin = r->end;
	r->end += (size_t)yc_reader_rows(r->reader);
	return YC_OK;
}

static int copy_held(struct yc_rows *r)
{
	for (size_t i = 0; i < r->set.ncols; i++) {
		const struct yc_tensor *from = &r->set.col[i];
		struct yc_tensor *to = &r->part.col[i];
		size_t bytes = yc_tensor_row_bytes(from);

		for (size_t k = 0; from->data && bytes && k < r->nneed; k++)
			memcpy((char *)to->data + k * bytes,
				(const char *)from->data + r->need[k] * bytes, bytes);
	}
	return yc_meta_runs_pick(&r->part, &r->set, r->need, r->nneed);
}

/* Copies n consecutive rows of the current record, from need[k] on. */
static int copy_run(struct yc_rows *r, size_t k, size_t n)
{
	for (size_t i = 0; i < r->set.ncols; i++) {
		struct yc_tensor *to = &r->part.col[i];
		const struct yc_tensor *from = yc_record_find(r->record, to->name);
		size_t bytes = yc_tensor_row_bytes(to);

		if (!from || !yc_tensor_same_rows(from, to))
			return changed();
		if (!r->set.col[i].data && bytes)
			memcpy((char *)to->data + k * bytes,
				(const char *)from->data +
					(r->need[k] - r->begin) * bytes,
				n * bytes);
	}
	return YC_OK;
}

static int copy_fetched(struct yc_rows *r)
{
	int status = YC_OK;

	if (!r->record || r->need[0] < r->begin) {
		status = yc_reader_rewind(r->reader);
		r->record = NULL;
		r->begin = r->end = 0;
	}
	for (size_t k = 0, n; status == YC_OK && k < r->nneed; k += n) {
		for (n = 0; status == YC_OK && r->need[k] >= r->end;)
			status = next_rows(r);
		if (status < 0)
			break;
		while (k + n < r->nneed && r->need[k + n] == r->need[k] + n &&
			r->need[k + n] < r->end)
			n++;
		status = copy_run(r, k, n);
	}
	return status == YC_OK ? yc_reader_unchanged(r->reader) : status;
}

/* An empty part with capacity for the rows that are needed. */
static int part_new(struct yc_rows *r)
{
	struct yc_set *part = &r->part;
	int status;

	yc_set_release(part);
	status = yc_meta_copy(&part->meta, &r->set.meta);
	part->head = r->set.head;
	part->rows = r->nneed;
	part->col = yc_calloc(r->set.ncols, sizeof(*part->col));
	if (status < 0 || !part->col)
		return YC_FAIL;
	for (size_t i = 0; i < r->set.ncols; i++) {
		struct yc_tensor *to = &part->col[part->ncols++];

		*to = r->set.col[i];
		to->shape[0] = r->nneed;
		to->bytes = r->nneed * yc_tensor_row_bytes(&r->set.col[i]);
		to->name = yc_strdup(to->name);
		to->data = yc_grow(NULL, 0, to->bytes);
		if (!to->name || !to->data)
			return YC_FAIL;
	}
	return YC_OK;
}

int yc_rows_fetch(struct yc_rows *r, const size_t *row, size_t *n,
	const struct yc_set **part, size_t *at)
{
	int status = YC_OK;

	*part = r->held ? &r->set : &r->part;
	for (size_t i = 0; i < *n; i++)
		if (row[i] >= r->set.rows)
			return yc_fail(YC_FAIL, "row %zu of %zu", row[i], r->set.rows);
	if (r->held) {
		memcpy(at, row, *n * sizeof(*at));
		return YC_OK;
	}
	status = lists(r);
	if (status < 0)
		return status;
	*n = plan(r, row, *n);
	for (size_t i = 0; i < *n; i++)
		at[i] = r->slot[row[i]] - 1;
	status = part_new(r);
	if (status == YC_OK)
		status = copy_held(r);
	return status == YC_OK ? copy_fetched(r) : status;
}
