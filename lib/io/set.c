/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "lib/io/io.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/set.h"

static struct yc_record columns_of(const struct yc_set *s)
{
	return (struct yc_record){.ntensors = s->ncols, .tensor = s->col};
}

void yc_set_release(struct yc_set *s)
{
	struct yc_record cols = columns_of(s);

	yc_record_release(&cols);
	for (size_t i = 0; i < s->nextra; i++)
		yc_record_release(&s->extra[i]);
	yc_free(s->extra);
	yc_meta_release(&s->meta);
	*s = (struct yc_set){0};
}

struct yc_tensor *yc_set_col(const struct yc_set *s, const char *name)
{
	struct yc_record cols = columns_of(s);

	return yc_record_find(&cols, name);
}

struct yc_tensor *yc_set_put(struct yc_set *s, const char *name, enum yc_dtype type,
	int rank, const uint64_t *shape, const void *data)
{
	struct yc_record cols = columns_of(s);
	struct yc_tensor *t;

	if (rank < 1 || (s->ncols && shape[0] != s->rows)) {
		(void)yc_fail(
			YC_FAIL, "column '%s' does not have %zu rows", name, s->rows);
		return NULL;
	}
	t = yc_record_add(&cols, name, type, rank, shape, data);
	s->col = cols.tensor;
	s->ncols = cols.ntensors;
	if (t)
		s->rows = (size_t)shape[0];
	return t;
}

/* -- reading -- */

/* A set while it is read: columns have room ahead, heads wait for their histories to be
 * merged. */
struct reading {
	struct yc_set *set;
	struct yc_record cols;
	size_t *room;	       /* [ncols] bytes */
	struct yc_meta *heads; /* of every segment, the history only */
	size_t nheads;
	struct yc_meta head; /* of this segment */
};

/* Each takes memory: what has more was made to exhaust it. */
enum { SEGMENTS_MAX = 65536, EXTRA_MAX = 65536 };

/* Room for one more behind n elements; it doubles, so that many stay linear. */
static void *grow(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	return yc_realloc(p, n * size, n ? 2 * n : 1, size);
}

static int add_head(
	struct reading *in, const struct yc_record *rec, const struct yc_head *head)
{
	const char *text = yc_meta_get(&rec->meta, "yc.history");
	struct yc_meta *grown;

	if (in->nheads == SEGMENTS_MAX)
		return yc_fail(YC_FAIL, "more than %d segments", SEGMENTS_MAX);
	grown = grow(in->heads, in->nheads, sizeof(*grown));
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

static bool is_one_of(const char *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], key))
			return true;
	return false;
}

static bool same_json(const char *a, const char *b)
{
	json_t *ja = json_loads(a, 0, NULL), *jb = json_loads(b, 0, NULL);
	bool same = ja && jb && json_equal(ja, jb);

	json_decref(ja);
	json_decref(jb);
	return same;
}

/* May a record say `value` where `have` was said before? */
static bool agrees(const char *key, const char *have, const char *value)
{
	if (!strcmp(have, value))
		return true;
	/* Which source had which rows is lost in any case; the history has the rest. */
	if (!strcmp(key, "yc.source"))
		return true;
	return !strcmp(key, "yc.names") && same_json(have, value);
}

/*
 * A set has one head for everything, so a key has one value, whatever record it sits on.
 * Two values cannot both be kept, and to drop one in silence would be a lie.
 */
static int keep_key(struct reading *in, const struct yc_pair *p, bool first)
{
	static const char *const travel[] = {"yc.kind", "yc.end", "yc.digest"};
	static const char *const ours[] = {"yc.version", "yc.classes", "yc.side",
		"yc.factor", "yc.mean", "yc.std", "yc.normalised", "yc.history"};
	struct yc_meta *to = &in->set->meta;
	const char *have = yc_meta_get(to, p->key);

	if (is_one_of(travel, YC_COUNT(travel), p->key))
		return YC_OK;
	if (is_one_of(ours, YC_COUNT(ours), p->key)) {
		/* The reader has compared the heads, by value and not by text. */
		if (first)
			return have ? YC_OK : yc_meta_set(to, p->key, p->value);
		have = yc_meta_get(&in->head, p->key);
		if (!have)
			return yc_fail(YC_FAIL, "%s belongs into the head", p->key);
	}
	if (have && !agrees(p->key, have, p->value))
		return yc_fail(YC_FAIL,
			"metadata '%s' is '%.64s', the records before have '%.64s'",
			p->key, p->value, have);
	if (have)
		return YC_OK;
	if (to->n == YC_META_MAX)
		return yc_fail(YC_FAIL, "more than %d metadata keys in all", YC_META_MAX);
	return yc_meta_set(to, p->key, p->value);
}

static int keep_keys(struct reading *in, const struct yc_meta *from, bool first)
{
	for (size_t i = 0; i < from->n; i++)
		if (keep_key(in, &from->pair[i], first) < 0)
			return YC_FAIL;
	return YC_OK;
}

/* The caller has made room. */
static int add_extra(struct yc_set *s, const struct yc_record *rec)
{
	if (yc_record_copy(&s->extra[s->nextra], rec) < 0)
		return YC_FAIL;
	yc_meta_drop(&s->extra[s->nextra].meta, "yc.end");
	yc_meta_drop(&s->extra[s->nextra].meta, "yc.digest");
	s->nextra++;
	return YC_OK;
}

static int more_extra(struct yc_set *s, const struct yc_record *rec)
{
	struct yc_record *grown;

	if (s->nextra == EXTRA_MAX)
		return yc_fail(YC_FAIL, "more than %d records without rows", EXTRA_MAX);
	grown = grow(s->extra, s->nextra, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	s->extra = grown;
	return add_extra(s, rec);
}

/* The first data record becomes the columns. */
static int first_rows(struct reading *in, struct yc_record *rec)
{
	in->room = yc_alloc(rec->ntensors, sizeof(*in->room));
	if (!in->room)
		return YC_FAIL;
	for (size_t i = 0; i < rec->ntensors; i++) {
		struct yc_tensor *t = yc_record_append(&in->cols);

		if (!t)
			return YC_FAIL;
		*t = rec->tensor[i];
		rec->tensor[i].data = NULL;
		in->room[i] = t->bytes;
		t->name = yc_strdup(t->name);
		if (!t->name)
			return YC_FAIL;
	}
	return YC_OK;
}

static int append(struct yc_tensor *to, size_t *room, const struct yc_tensor *from)
{
	size_t need;

	if (!yc_tensor_same_rows(to, from))
		return yc_fail(YC_FAIL,
			"tensor '%s' differs in dtype or shape from the records before",
			from->name);
	if (__builtin_add_overflow(to->bytes, from->bytes, &need))
		return yc_fail(YC_FAIL, "tensor '%s' is too large", from->name);
	if (need > *room) {
		/* Room that stays untouched costs no memory, see yc_grow. */
		size_t more = need > SIZE_MAX / 2 ? need : need / 2 * 3;

		to->data = yc_grow(to->data, to->bytes, more > need ? more : need);
		if (!to->data)
			return YC_FAIL;
		*room = more > need ? more : need;
	}
	if (from->bytes)
		memcpy((char *)to->data + to->bytes, from->data, from->bytes);
	to->bytes = need;
	to->shape[0] += from->shape[0];
	return YC_OK;
}

static int more_rows(struct reading *in, struct yc_record *rec)
{
	if (!in->cols.ntensors)
		return first_rows(in, rec);
	if (rec->ntensors != in->cols.ntensors)
		return yc_fail(YC_FAIL, "%zu tensors, the records before have %zu",
			rec->ntensors, in->cols.ntensors);
	for (size_t i = 0; i < rec->ntensors; i++) {
		struct yc_tensor *t = yc_record_find(&in->cols, rec->tensor[i].name);

		if (!t)
			return yc_fail(YC_FAIL,
				"tensor '%s' is not in the records before",
				rec->tensor[i].name);
		if (append(t, &in->room[t - in->cols.tensor], &rec->tensor[i]) < 0)
			return YC_FAIL;
	}
	return YC_OK;
}

static int take(struct reading *in, struct yc_reader *r, struct yc_record *rec)
{
	int err = YC_OK;

	if (yc_reader_first(r))
		err = add_head(in, rec, yc_reader_head(r));
	if (err == YC_OK && yc_record_is_extra(rec))
		return more_extra(in->set, rec);
	if (err == YC_OK)
		err = keep_keys(in, &rec->meta, yc_reader_first(r));
	if (err == YC_OK && yc_reader_is_data(r))
		err = more_rows(in, rec);
	return err;
}

static int finish(struct reading *in)
{
	struct yc_set *s = in->set;
	const struct yc_meta **heads;
	int err;

	for (size_t i = 0; i < in->cols.ntensors; i++) {
		struct yc_tensor *t = &in->cols.tensor[i];

		if (in->room[i] == t->bytes)
			continue;
		t->data = yc_grow(t->data, t->bytes, t->bytes);
		if (!t->data)
			return YC_FAIL;
	}
	if (in->cols.ntensors)
		s->rows = (size_t)in->cols.tensor[0].shape[0];
	heads = yc_alloc(in->nheads, sizeof(*heads));
	if (!heads)
		return YC_FAIL;
	for (size_t i = 0; i < in->nheads; i++)
		heads[i] = &in->heads[i];
	err = yc_history_merge(&s->meta, heads, in->nheads);
	yc_free(heads);
	return err;
}

int yc_set_read(struct yc_set *s, struct yc_reader *r)
{
	struct reading in = {.set = s};
	struct yc_record *rec;
	int err;

	*s = (struct yc_set){0};
	while ((err = yc_reader_next(r, &rec)) > 0) {
		err = take(&in, r, rec);
		if (err < 0) {
			(void)yc_fail_in(err, "%s", yc_reader_where(r));
			break;
		}
	}
	if (err == 0)
		err = finish(&in);
	s->col = in.cols.tensor;
	s->ncols = in.cols.ntensors;
	for (size_t i = 0; i < in.nheads; i++)
		yc_meta_release(&in.heads[i]);
	yc_free(in.heads);
	yc_meta_release(&in.head);
	yc_free(in.room);
	if (err < 0)
		yc_set_release(s);
	return err;
}

/* -- writing -- */

static int write_head(const struct yc_set *s, struct yc_writer *w)
{
	struct yc_record head = {0};
	int err = yc_meta_copy(&head.meta, &s->meta);

	if (err == YC_OK)
		err = yc_head_store(&s->head, &head.meta);
	if (err == YC_OK)
		err = yc_writer_put(w, &head);
	yc_record_release(&head);
	return err;
}

static int write_rows(const struct yc_set *s, struct yc_writer *w)
{
	struct yc_record rec = {.ntensors = s->ncols};
	size_t row_bytes = 0, step, at = 0;
	int err = YC_OK;

	if (!s->ncols)
		return YC_OK;
	rec.tensor = yc_alloc(s->ncols, sizeof(*rec.tensor));
	if (!rec.tensor)
		return YC_FAIL;
	for (size_t i = 0; i < s->ncols; i++)
		row_bytes += yc_tensor_row_bytes(&s->col[i]);
	step = row_bytes ? YC_RECORD_TARGET / row_bytes : YC_RECORD_TARGET;
	if (!step)
		step = 1;
	do {
		size_t n = s->rows - at < step ? s->rows - at : step;

		for (size_t i = 0; i < s->ncols; i++) {
			size_t bytes = yc_tensor_row_bytes(&s->col[i]);

			rec.tensor[i] = s->col[i];
			rec.tensor[i].shape[0] = n;
			rec.tensor[i].data = (char *)s->col[i].data + at * bytes;
			rec.tensor[i].bytes = n * bytes;
		}
		err = yc_writer_put(w, &rec);
		at += n;
	} while (err == YC_OK && at < s->rows);
	yc_free(rec.tensor); /* names and data are the set's */
	return err;
}

int yc_set_write(const struct yc_set *s, struct yc_writer *w)
{
	int err = write_head(s, w);

	if (err == YC_OK)
		err = write_rows(s, w);
	for (size_t i = 0; err == YC_OK && i < s->nextra; i++)
		err = yc_writer_put(w, &s->extra[i]);
	if (err == YC_OK)
		err = yc_writer_end(w);
	return err;
}

/* -- picking rows -- */

static int pick_column(
	struct yc_tensor *to, const struct yc_tensor *from, const size_t *row, size_t n)
{
	size_t bytes = yc_tensor_row_bytes(from);

	*to = *from;
	to->data = NULL;
	to->name = yc_strdup(from->name);
	if (!to->name)
		return YC_FAIL;
	to->shape[0] = n;
	to->bytes = yc_mul(n, bytes);
	to->data = yc_grow(NULL, 0, to->bytes);
	if (!to->data)
		return YC_FAIL;
	for (size_t i = 0; bytes && i < n; i++)
		memcpy((char *)to->data + i * bytes,
			(const char *)from->data + row[i] * bytes, bytes);
	return YC_OK;
}

int yc_set_pick(struct yc_set *to, const struct yc_set *from, const size_t *row, size_t n)
{
	struct yc_record cols = {0};
	int err;

	*to = (struct yc_set){.head = from->head, .rows = n};
	for (size_t i = 0; i < n; i++)
		if (row[i] >= from->rows)
			return yc_fail(YC_FAIL, "row %zu of %zu", row[i], from->rows);
	err = yc_meta_copy(&to->meta, &from->meta);
	for (size_t i = 0; err == YC_OK && i < from->ncols; i++) {
		struct yc_tensor *t = yc_record_append(&cols);

		err = t ? pick_column(t, &from->col[i], row, n) : YC_FAIL;
	}
	to->col = cols.tensor;
	to->ncols = cols.ntensors;
	to->extra = yc_alloc(from->nextra, sizeof(*to->extra));
	if (!to->extra)
		err = YC_FAIL;
	for (size_t i = 0; err == YC_OK && i < from->nextra; i++)
		err = add_extra(to, &from->extra[i]);
	if (err < 0)
		yc_set_release(to);
	return err;
}

/* -- checking -- */

static bool all_finite(const float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!__builtin_isfinite(v[i]))
			return false;
	return true;
}

static int check_image(const struct yc_head *h, const struct yc_tensor *t)
{
	uint64_t high, wide;

	if (!t)
		return yc_fail(YC_FAIL, "no tensor 'image'");
	if (t->dtype != YC_U8 && t->dtype != YC_F32)
		return yc_fail(YC_FAIL, "'image' is %s, not U8 or F32", t->dtype_name);
	if (t->rank != 4)
		return yc_fail(YC_FAIL, "'image' has %d dimensions, not 4", t->rank);
	if (t->shape[1] < 1 || t->shape[1] > YC_CHANNELS_MAX)
		return yc_fail(YC_FAIL, "'image' has %" PRIu64 " channels, not 1..%d",
			t->shape[1], YC_CHANNELS_MAX);
	if (h->nmean && (uint64_t)h->nmean != t->shape[1])
		return yc_fail(YC_FAIL, "yc.mean has %d numbers for %" PRIu64 " channels",
			h->nmean, t->shape[1]);
	high = t->shape[2];
	wide = t->shape[3];
	/* Tiles have factor 1 and are smaller than what they decode to. */
	if (high != wide || high < 1 ||
		(h->factor > 1 ? high != (uint64_t)h->side : high > (uint64_t)h->side))
		return yc_fail(YC_FAIL,
			"images of %" PRIu64 "x%" PRIu64
			" do not fit yc.side %d and yc.factor %d",
			high, wide, h->side, h->factor);
	if (t->dtype == YC_F32 && !all_finite(t->data, t->bytes / sizeof(float)))
		return yc_fail(YC_FAIL, "'image' has values that are not finite");
	return YC_OK;
}

int yc_set_check_images(const struct yc_set *s)
{
	const struct yc_tensor *label = yc_set_col(s, "label");
	const int64_t *l;
	int err;

	if (s->head.classes < 1)
		return yc_fail(YC_FAIL, "the head has no key yc.classes");
	err = check_image(&s->head, yc_set_col(s, "image"));
	if (err < 0)
		return err;
	if (s->rows < 1)
		return yc_fail(YC_FAIL, "the stream has no images");
	if (!label || label->dtype != YC_I64 || label->rank != 1)
		return yc_fail(YC_FAIL, "no tensor 'label' of I64 [N]");
	l = label->data;
	for (size_t i = 0; i < s->rows; i++)
		if (l[i] < 0 || l[i] >= s->head.classes)
			return yc_fail(YC_FAIL,
				"row %zu: label %" PRId64 " is not in 0..%d", i, l[i],
				s->head.classes - 1);
	return YC_OK;
}
