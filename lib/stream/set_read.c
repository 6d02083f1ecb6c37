/* SPDX-License-Identifier: MIT */
/* Reads a stream into a set: joins segments, checks that heads agree, grows columns. */
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/set_reading.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/real.h"

/* Each takes memory: a stream with more was made to exhaust it. */
enum { SEGMENTS_MAX = 65536 };

static int add_head(
	struct yc_reading *in, const struct yc_record *rec, const struct yc_head *head)
{
	const char *text = yc_meta_get(&rec->meta, "yc.history");
	struct yc_meta *grown;

	if (in->nheads == SEGMENTS_MAX)
		return yc_fail(YC_FAIL, "more than %d segments", SEGMENTS_MAX);
	grown = yc_grow_list(in->heads, in->nheads, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	in->heads = grown;
	grown += in->nheads++;
	*grown = (struct yc_meta){0};
	if (text && yc_meta_set(grown, "yc.history", text) < 0)
		return YC_FAIL;
	yc_meta_release(&in->head);
	if (yc_meta_copy(&in->head, &rec->meta) < 0)
		return YC_FAIL;
	if (in->nheads == 1) {
		in->set->head = *head;
		return YC_OK;
	}
	if (!in->set->head.nmean) {
		memcpy(in->set->head.mean, head->mean, sizeof(head->mean));
		memcpy(in->set->head.std, head->std, sizeof(head->std));
		in->set->head.nmean = head->nmean;
	}
	return YC_OK;
}

bool yc_key_of_record(const char *key)
{
	return !strcmp(key, "yc.kind") || !strcmp(key, "yc.end") ||
	       !strcmp(key, "yc.digest");
}

static bool is_one_of(const char *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], key))
			return true;
	return false;
}

/* May a key have `value` after `have` in an earlier record? */
static bool agrees(const char *key, const char *have, const char *value)
{
	if (!strcmp(have, value))
		return true;
	/* Which rows came from which source is lost in any case; the history has the
	 * rest. */
	if (!strcmp(key, "yc.source"))
		return true;
	return !strcmp(key, YC_NAMES_KEY) && yc_names_same(have, value);
}

/*
 * A set has a single head, so a yc key has one value, whichever record it is on. Two
 * values cannot both be kept, and dropping one silently would falsify the data.
 */
static int keep_key(struct yc_reading *in, const struct yc_pair *p, bool first)
{
	static const char *const ours[] = {"yc.version", "yc.classes", "yc.side",
		"yc.factor", "yc.mean", "yc.std", "yc.normalised", "yc.history",
		"yc.order"};
	struct yc_meta *to = &in->set->meta;
	const char *have = yc_meta_get(to, p->key);

	if (yc_key_of_record(p->key))
		return YC_OK;
	if (is_one_of(ours, YC_COUNT(ours), p->key)) {
		/* The reader has compared the heads by value. */
		if (first)
			return have ? YC_OK : yc_meta_set(to, p->key, p->value);
		have = yc_meta_get(&in->head, p->key);
		if (!have)
			return yc_fail(YC_FAIL, "%s belongs into the head", p->key);
	}
	if (have && !strcmp(p->key, YC_NAMES_KEY)) {
		struct yc_pair pair = *p;
		const struct yc_meta names = {.n = 1, .pair = &pair};

		if (yc_names_match(&names, to, "earlier records") < 0)
			return YC_FAIL;
	}
	if (have && !agrees(p->key, have, p->value))
		return yc_fail(YC_FAIL,
			"metadata '%s' is '%.64s', earlier records have '%.64s'", p->key,
			p->value, have);
	if (have)
		return YC_OK;
	if (to->n == YC_META_MAX)
		return yc_fail(YC_FAIL, "more than %d metadata keys in all", YC_META_MAX);
	return yc_meta_set(to, p->key, p->value);
}

static int keep_keys(struct yc_reading *in, const struct yc_meta *from, bool first)
{
	for (size_t i = 0; i < from->n; i++)
		if (!strncmp(from->pair[i].key, "yc.", 3) &&
			keep_key(in, &from->pair[i], first) < 0)
			return YC_FAIL;
	return YC_OK;
}

/* A record without rows keeps its metadata. */
static int keep_remark(struct yc_set *s, const struct yc_record *rec)
{
	struct yc_record remark = {0};
	int status = yc_meta_runs_of(&remark.meta, &rec->meta);

	if (status == YC_OK && remark.meta.n)
		status = yc_set_add_passthrough(s, &remark);
	yc_record_release(&remark);
	return status;
}

static int keep_notes(
	struct yc_reading *in, const struct yc_record *rec, bool first, uint64_t rows)
{
	int status = first ? yc_meta_runs_begin(&in->runs, &rec->meta) : YC_OK;

	if (status == YC_OK && rows)
		status = yc_meta_runs_rows(
			&in->runs, first ? NULL : &rec->meta, (size_t)rows);
	else if (status == YC_OK && !first)
		status = keep_remark(in->set, rec);
	return status;
}

static bool held(const struct yc_reading *in, const char *column)
{
	const struct yc_set_hooks *h = in->hooks;

	return !h || !h->hold || h->hold(h->ctx, column);
}

/* The first data record becomes the columns, which take ownership of its data if they
 * keep all of it. */
static int first_rows(struct yc_reading *in, struct yc_record *rec)
{
	in->capacity = yc_calloc(rec->ntensors, sizeof(*in->capacity));
	if (!in->capacity)
		return YC_FAIL;
	for (size_t i = 0; i < rec->ntensors; i++) {
		struct yc_tensor *t = yc_record_append(&in->cols);

		if (!t)
			return YC_FAIL;
		*t = rec->tensor[i];
		t->data = NULL;
		t->name = yc_strdup(t->name);
		if (!t->name)
			return YC_FAIL;
		if (in->row) {
			t->shape[0] = t->bytes = 0;
		} else if (held(in, t->name)) {
			t->data = rec->tensor[i].data;
			rec->tensor[i].data = NULL;
			in->capacity[i] = t->bytes;
		}
	}
	return YC_OK;
}

/* The rows of a record that are kept. */
static void copy_rows(const struct yc_reading *in, char *to, const struct yc_tensor *from,
	size_t row_bytes)
{
	if (!in->row && from->bytes)
		memcpy(to, from->data, from->bytes);
	for (size_t i = 0; row_bytes && in->row && i < in->nrow; i++)
		memcpy(to + i * row_bytes,
			(const char *)from->data + in->row[i] * row_bytes, row_bytes);
}

static int append(struct yc_reading *in, size_t column, const struct yc_tensor *from)
{
	struct yc_tensor *to = &in->cols.tensor[column];
	size_t row_bytes = yc_tensor_row_bytes(from), need;
	uint64_t rows = in->row ? in->nrow : from->shape[0];

	if (__builtin_add_overflow(to->bytes, rows * row_bytes, &need))
		return yc_fail(YC_FAIL, "tensor '%s' is too large", from->name);
	if (held(in, from->name) && need > in->capacity[column]) {
		/* Capacity that stays untouched costs no memory, see yc_grow. */
		size_t more = need > SIZE_MAX / 2 ? need : need / 2 * 3;

		more = more > need ? more : need;
		to->data = yc_grow(to->data, to->bytes, more);
		if (!to->data)
			return YC_FAIL;
		in->capacity[column] = more;
	}
	if (held(in, from->name))
		copy_rows(in, (char *)to->data + to->bytes, from, row_bytes);
	to->bytes = need;
	to->shape[0] += rows;
	return YC_OK;
}

static int more_rows(struct yc_reading *in, struct yc_record *rec)
{
	int status;

	if (!in->cols.ntensors) {
		status = first_rows(in, rec);
		if (status < 0 || !in->row)
			return status;
	}
	status = yc_record_same_columns(rec, &in->cols);
	for (size_t i = 0; status == YC_OK && i < rec->ntensors; i++) {
		const struct yc_tensor *t =
			yc_record_find(&in->cols, rec->tensor[i].name);

		status = append(in, (size_t)(t - in->cols.tensor), &rec->tensor[i]);
	}
	return status;
}

/* Determines the rows of the record that the set keeps. */
static int choose_rows(struct yc_reading *in, const struct yc_record *rec, size_t rows)
{
	const struct yc_set_hooks *h = in->hooks;

	if (!h || !h->rows)
		return YC_OK;
	in->row = yc_grow(in->row, 0, (rows + 1) * sizeof(*in->row));
	if (!in->row)
		return YC_FAIL;
	return h->rows(h->ctx, rec, rows, in->row, &in->nrow);
}

int yc_reading_take(struct yc_reading *in, struct yc_reader *r, struct yc_record *rec)
{
	const bool first = yc_reader_first(r);
	int status = YC_OK;

	if (first)
		status = add_head(in, rec, yc_reader_head(r));
	if (status == YC_OK && yc_record_is_passthrough(rec)) {
		in->set->networks |=
			strcmp(yc_meta_get(&rec->meta, "yc.kind"), YC_KIND_NETWORK) == 0;
		if (in->rows_only)
			return YC_OK;
		/* Its metadata are its own, even if it comes first. */
		if (first)
			status = yc_meta_runs_begin(&in->runs, NULL);
		return status == YC_OK && !(in->hooks && in->hooks->skip_other)
			       ? yc_set_add_passthrough(in->set, rec)
			       : status;
	}
	if (status == YC_OK)
		status = keep_keys(in, &rec->meta, first);
	if (status == YC_OK && !in->rows_only)
		status = keep_notes(in, rec, first, yc_reader_rows(r));
	if (status != YC_OK || !yc_reader_is_data(r))
		return status;
	/* Checked here, where file and record are still known. */
	status = yc_set_check_rows(&in->set->head, yc_record_find(rec, "label"),
		yc_record_find(rec, "image"));
	if (status == YC_OK)
		status = choose_rows(in, rec, (size_t)yc_reader_rows(r));
	if (status == YC_OK)
		status = more_rows(in, rec);
	return status;
}

static int finish(struct yc_reading *in)
{
	struct yc_set *s = in->set;
	const struct yc_meta **heads;
	int status;

	for (size_t i = 0; i < in->cols.ntensors; i++) {
		struct yc_tensor *t = &in->cols.tensor[i];

		if (!t->data || in->capacity[i] == t->bytes)
			continue;
		t->data = yc_grow(t->data, t->bytes, t->bytes);
		if (!t->data)
			return YC_FAIL;
	}
	status = in->rows_only ? YC_OK : yc_meta_runs_finish(&in->runs, s);
	if (status < 0)
		return status;
	if (in->nheads > 1)
		yc_meta_drop(&s->meta, "yc.order"); /* of each one, not of the total */
	heads = yc_calloc(in->nheads, sizeof(*heads));
	if (!heads)
		return YC_FAIL;
	for (size_t i = 0; i < in->nheads; i++)
		heads[i] = &in->heads[i];
	status = yc_history_merge(&s->meta, heads, in->nheads);
	yc_free(heads);
	return status;
}

void yc_reading_show(const struct yc_reading *in)
{
	struct yc_set *s = in->set;

	s->col = in->cols.tensor;
	s->ncols = in->cols.ntensors;
	s->rows = s->ncols ? (size_t)s->col[0].shape[0] : 0;
}

void yc_reading_release(struct yc_reading *in)
{
	for (size_t i = 0; i < in->nheads; i++)
		yc_meta_release(&in->heads[i]);
	yc_free(in->heads);
	yc_meta_release(&in->head);
	yc_meta_runs_release(&in->runs);
	yc_free(in->capacity);
	yc_free(in->row);
}

int yc_set_read_with(
	struct yc_set *s, struct yc_reader *r, const struct yc_set_hooks *hooks)
{
	struct yc_reading in = {
		.set = s, .hooks = hooks, .rows_only = hooks && hooks->rows};
	struct yc_record *rec;
	int status;

	*s = (struct yc_set){0};
	while ((status = yc_reader_next(r, &rec)) > 0) {
		status = hooks && hooks->record ? hooks->record(hooks->ctx, r, rec)
						: YC_OK;
		if (status == YC_OK)
			status = yc_reading_take(&in, r, rec);
		yc_reading_show(&in);
		if (status == YC_OK && hooks && hooks->enough && yc_reader_rows(r))
			status = hooks->enough(hooks->ctx, s);
		if (status < 0)
			(void)yc_fail_in(status, "%s", yc_reader_where(r));
		if (status != YC_OK)
			break;
	}
	if (status >= 0)
		status = finish(&in);
	yc_reading_show(&in);
	yc_reading_release(&in);
	if (status < 0)
		yc_set_release(s);
	return status;
}

int yc_set_read(struct yc_set *s, struct yc_reader *r)
{
	return yc_set_read_with(s, r, NULL);
}

int yc_set_read_file(struct yc_set *s, const char *path)
{
	char *file = yc_strdup(path);
	struct yc_reader *r = NULL;
	int status = file ? yc_reader_open(&r, &file, 1, NULL) : YC_FAIL;

	*s = (struct yc_set){0};
	if (!status)
		status = yc_set_read(s, r);
	yc_reader_close(r);
	yc_free(file);
	return status;
}
