/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* open_memstream */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/io/io.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/real.h"

void yc_info_release(struct yc_info *info)
{
	for (size_t i = 0; i < info->nheads; i++)
		yc_meta_release(&info->heads[i]);
	for (size_t i = 0; i < info->nother; i++)
		yc_record_release(&info->other[i]);
	yc_free(info->heads);
	yc_free(info->other);
	yc_free(info->per_class);
	yc_record_release(&info->columns);
	yc_digest_free(info->whole);
	yc_digest_free(info->part);
	*info = (struct yc_info){0};
}

/* -- gathering -- */

/* Each takes memory: what has more was made to exhaust it. */
enum { SEGMENTS_MAX = 65536, OTHER_MAX = 65536 };

/* Room for one more behind n elements; it doubles, so that many stay linear. */
static void *grow(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	return yc_realloc(p, n * size, n ? 2 * n : 1, size);
}

/* Name, dtype and shape; no data. */
static struct yc_tensor *add_outline(struct yc_record *r, const struct yc_tensor *t)
{
	struct yc_tensor *new = yc_record_append(r);

	if (!new)
		return NULL;
	*new = *t;
	new->data = NULL;
	new->name = yc_strdup(t->name);
	return new->name ? new : NULL;
}

/* Of the heads behind the first only the history is shown. */
static int add_head(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	const char *text = yc_meta_get(&rec->meta, "yc.history");
	struct yc_meta *grown;

	if (info->nheads == SEGMENTS_MAX)
		return yc_fail(YC_FAIL, "more than %d segments", SEGMENTS_MAX);
	grown = grow(info->heads, info->nheads, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	info->heads = grown;
	grown += info->nheads++;
	*grown = (struct yc_meta){0};
	info->segments++;
	if (info->nheads > 1)
		return text ? yc_meta_set(grown, "yc.history", text) : YC_OK;
	info->head = *yc_reader_head(r);
	return yc_meta_copy(grown, &rec->meta);
}

static int add_other(struct yc_info *info, const struct yc_record *rec)
{
	struct yc_record *grown;

	if (info->nother == OTHER_MAX)
		return yc_fail(YC_FAIL, "more than %d records without rows", OTHER_MAX);
	grown = grow(info->other, info->nother, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	info->other = grown;
	grown += info->nother++;
	*grown = (struct yc_record){0};
	if (yc_meta_copy(&grown->meta, &rec->meta) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < rec->ntensors; i++)
		if (!add_outline(grown, &rec->tensor[i]))
			return YC_FAIL;
	return YC_OK;
}

static int count_labels(struct yc_info *info, const struct yc_record *rec)
{
	const struct yc_tensor *t = yc_record_find(rec, "label");
	const int64_t *label;

	if (!t || t->dtype != YC_I64 || t->rank != 1 || !info->head.classes)
		return YC_OK;
	if (!info->per_class)
		info->per_class =
			yc_alloc((size_t)info->head.classes, sizeof(*info->per_class));
	if (!info->per_class)
		return YC_FAIL;
	label = t->data;
	for (uint64_t i = 0; i < t->shape[0]; i++) {
		if (label[i] < 0 || label[i] >= info->head.classes)
			info->stray++;
		else
			info->per_class[label[i]]++;
	}
	return YC_OK;
}

/* The first data record says what the columns of the whole stream are. */
static int first_data(struct yc_info *info, const struct yc_record *rec)
{
	for (size_t i = 0; i < rec->ntensors; i++)
		if (!add_outline(&info->columns, &rec->tensor[i]))
			return YC_FAIL;
	return YC_OK;
}

static int more_data(struct yc_info *info, const struct yc_record *rec)
{
	struct yc_record *cols = &info->columns;

	for (size_t i = 0; i < cols->ntensors; i++)
		if (!yc_record_find(rec, cols->tensor[i].name))
			return yc_fail(YC_FAIL,
				"no tensor '%s', which the records before have",
				cols->tensor[i].name);
	for (size_t i = 0; i < rec->ntensors; i++) {
		const struct yc_tensor *t = &rec->tensor[i];
		struct yc_tensor *have = yc_record_find(cols, t->name);

		if (!have)
			return yc_fail(YC_FAIL,
				"tensor '%s' is not in the records before", t->name);
		if (!yc_tensor_same_rows(have, t))
			return yc_fail(YC_FAIL,
				"tensor '%s' differs in dtype or shape from the records "
				"before",
				t->name);
		have->shape[0] += t->shape[0];
		have->bytes += t->bytes;
	}
	return YC_OK;
}

static int add_data(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	int err = info->columns.ntensors ? more_data(info, rec) : first_data(info, rec);

	info->rows += yc_reader_rows(r);
	return err < 0 ? err : count_labels(info, rec);
}

static int digest(struct yc_digest **d, const struct yc_record *rec)
{
	if (!*d)
		*d = yc_digest_new();
	return *d ? yc_digest_add(*d, rec) : YC_FAIL;
}

/* The end of a segment: does its digest agree? */
static int compare(struct yc_info *info, const struct yc_record *rec)
{
	const char *want = yc_meta_get(&rec->meta, "yc.digest");
	char text[YC_DIGEST_TEXT];
	int err = yc_digest_text(info->part, text);

	yc_digest_free(info->part);
	info->part = NULL;
	if (err < 0 || !want)
		return err;
	if (strcmp(want, text) != 0)
		return yc_fail(
			YC_NO, "yc.digest is %.80s but the content has %s", want, text);
	info->checked++;
	return YC_OK;
}

int yc_info_add(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	int err = YC_OK;

	info->records++;
	for (size_t i = 0; i < rec->ntensors; i++)
		info->bytes += rec->tensor[i].bytes;
	if (yc_reader_first(r))
		err = add_head(info, r, rec);
	if (err == YC_OK && yc_reader_is_data(r))
		err = add_data(info, r, rec);
	else if (err == YC_OK && (yc_record_is_extra(rec) || rec->ntensors))
		err = add_other(info, rec);
	if (err == YC_OK && info->want_digest)
		err = digest(&info->whole, rec);
	if (err == YC_OK && info->want_check)
		err = digest(&info->part, rec);
	if (err == YC_OK && info->want_check && yc_reader_last(r))
		err = compare(info, rec);
	return err == YC_OK ? err : yc_fail_in(err, "%s", yc_reader_where(r));
}

/* -- printing -- */

/* The histories of all segments as one list; a new reference. */
static json_t *history(const struct yc_info *info)
{
	const struct yc_meta **heads = yc_alloc(info->nheads, sizeof(*heads));
	struct yc_meta merged = {0};
	json_t *list = NULL;

	if (!heads)
		return NULL;
	for (size_t i = 0; i < info->nheads; i++)
		heads[i] = &info->heads[i];
	if (yc_history_merge(&merged, heads, info->nheads) == YC_OK) {
		const char *text = yc_meta_get(&merged, "yc.history");

		list = text ? json_loads(text, 0, NULL) : json_array();
	}
	yc_meta_release(&merged);
	yc_free(heads);
	return list;
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* History and metadata come from outside, as UTF-8: what would move a cursor is shown as
 * '?', U+0080 to U+009F included. */
static void put(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)s[0], next = (unsigned char)s[1];
		bool c1 = c == 0xc2 && next < 0xa0;

		(void)fputc(c < 0x20 || c == 0x7f || c1 ? '?' : *s, f);
		if (c1 && next)
			s++;
	}
}

static void print_history(FILE *f, json_t *list)
{
	size_t i;
	json_t *entry, *value;
	const char *key;

	json_array_foreach(list, i, entry)
	{
		(void)fprintf(f, "%-10s", i ? "" : "history");
		put(f, string_of(entry, "tool"));
		if (json_is_array(json_object_get(entry, "parts")))
			(void)fprintf(f, " of %zu parts",
				json_array_size(json_object_get(entry, "parts")));
		if (*string_of(entry, "method")) {
			(void)fputc(' ', f);
			put(f, string_of(entry, "method"));
		}
		json_object_foreach(json_object_get(entry, "options"), key, value)
		{
			(void)fputc(' ', f);
			put(f, key);
			(void)fputc('=', f);
			put(f, json_is_string(value) ? json_string_value(value) : "?");
		}
		if (*string_of(entry, "kernel")) {
			(void)fputs(" kernel ", f);
			put(f, string_of(entry, "kernel"));
		}
		if (*string_of(entry, "version")) {
			(void)fputs(" (", f);
			put(f, string_of(entry, "version"));
			(void)fputc(')', f);
		}
		(void)fputc('\n', f);
	}
}

static void print_tensor(FILE *f, const char *word, const struct yc_tensor *t)
{
	(void)fprintf(f, "%-10s%s %s [", word, t->name, t->dtype_name);
	for (int i = 0; i < t->rank; i++)
		(void)fprintf(f, "%s%" PRIu64, i ? "," : "", t->shape[i]);
	(void)fprintf(f, "]\n");
}

static void print_other(FILE *f, const struct yc_record *r)
{
	const char *kind = yc_meta_get(&r->meta, "yc.kind");
	uint64_t bytes = 0;

	for (size_t i = 0; i < r->ntensors; i++)
		bytes += r->tensor[i].bytes;
	(void)fprintf(f, "%-10s", "other");
	put(f, kind ? kind : "(no kind)");
	(void)fprintf(f, ": %zu tensors, %" PRIu64 " bytes\n", r->ntensors, bytes);
}

static void print_classes(FILE *f, const struct yc_info *info)
{
	const char *text = yc_meta_get(&info->heads[0], "yc.names");
	json_t *names = text ? json_loads(text, 0, NULL) : NULL;
	bool same = true;

	for (int c = 1; c < info->head.classes; c++)
		same = same && info->per_class[c] == info->per_class[0];
	if (same)
		(void)fprintf(
			f, "%-10s%" PRIu64 " of each\n", "labels", info->per_class[0]);
	for (int c = 0; c < info->head.classes; c++) {
		const char *name = json_string_value(json_array_get(names, (size_t)c));

		if (same && !name)
			break;
		(void)fprintf(f, "%-10s%d: %" PRIu64, "class", c, info->per_class[c]);
		if (name) {
			(void)fputc(' ', f);
			put(f, name);
		}
		(void)fputc('\n', f);
	}
	if (info->stray)
		(void)fprintf(f, "%-10s%" PRIu64 " outside of the classes\n", "labels",
			info->stray);
	json_decref(names);
}

/* Keys of the head that have no line of their own. */
static bool is_plain_key(const char *key)
{
	static const char *const known[] = {"yc.version", "yc.classes", "yc.side",
		"yc.factor", "yc.names", "yc.history", "yc.end", "yc.digest"};

	for (size_t i = 0; i < YC_COUNT(known); i++)
		if (!strcmp(key, known[i]))
			return false;
	return true;
}

static void print_head(FILE *f, const struct yc_info *info)
{
	const struct yc_head *h = &info->head;
	const struct yc_meta *m = &info->heads[0];
	const char *version = yc_meta_get(m, "yc.version");

	(void)fprintf(f,
		"%-10s%s, %" PRIu64 " segment%s, %" PRIu64 " record%s, %" PRIu64
		" rows\n",
		"format", version ? version : "safetensors", info->segments,
		info->segments == 1 ? "" : "s", info->records,
		info->records == 1 ? "" : "s", info->rows);
	if (h->classes)
		(void)fprintf(f, "%-10s%d classes, side %d, factor %d\n", "head",
			h->classes, h->side, h->factor);
	for (size_t i = 0; i < m->n; i++) {
		const char *key = m->pair[i].key;

		if (!is_plain_key(key))
			continue;
		(void)fprintf(f, "%-10s", !strncmp(key, "yc.", 3) ? key + 3 : key);
		if (strlen(key) >= 10 + (!strncmp(key, "yc.", 3) ? 3U : 0U))
			(void)fputc(' ', f);
		put(f, m->pair[i].value);
		(void)fputc('\n', f);
	}
}

char *yc_info_text(const struct yc_info *info)
{
	char *text = NULL, sum[YC_DIGEST_TEXT];
	size_t size;
	json_t *list = history(info);
	FILE *f = list ? open_memstream(&text, &size) : NULL;

	if (!f) {
		json_decref(list);
		return NULL;
	}
	print_head(f, info);
	for (size_t i = 0; i < info->columns.ntensors; i++)
		print_tensor(f, "column", &info->columns.tensor[i]);
	for (size_t i = 0; i < info->nother; i++) {
		if (info->head.classes)
			print_other(f, &info->other[i]);
		for (size_t k = 0; !info->head.classes && k < info->other[i].ntensors;
			k++)
			print_tensor(f, "tensor", &info->other[i].tensor[k]);
	}
	if (info->per_class)
		print_classes(f, info);
	print_history(f, list);
	if (info->whole && yc_digest_text(info->whole, sum) == YC_OK)
		(void)fprintf(f, "%-10s%s\n", "digest", sum);
	json_decref(list);
	if (fclose(f) != 0) {
		free(text);
		(void)yc_fail(YC_FAIL, "out of memory");
		return NULL;
	}
	return text;
}

static json_t *shape_json(const struct yc_tensor *t)
{
	json_t *shape = json_array();

	for (int i = 0; i < t->rank; i++)
		json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
	return shape;
}

static json_t *tensors_json(const struct yc_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->ntensors; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o}", "name", r->tensor[i].name,
				      "dtype", r->tensor[i].dtype_name, "shape",
				      shape_json(&r->tensor[i])));
	return list;
}

static json_t *meta_json(const struct yc_meta *m)
{
	json_t *object = json_object();

	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->pair[i].key, "yc.history") != 0)
			json_object_set_new(
				object, m->pair[i].key, json_string(m->pair[i].value));
	return object;
}

static json_t *others_json(const struct yc_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->nother; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:o}", "metadata",
				      meta_json(&info->other[i].meta), "tensors",
				      tensors_json(&info->other[i])));
	return list;
}

char *yc_info_json(const struct yc_info *info)
{
	char *text = NULL, sum[YC_DIGEST_TEXT];
	json_t *list = history(info), *root, *counts;

	if (!list)
		return NULL;
	root = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "segments",
		(json_int_t)info->segments, "records", (json_int_t)info->records, "rows",
		(json_int_t)info->rows, "bytes", (json_int_t)info->bytes, "metadata",
		meta_json(&info->heads[0]), "history", list, "columns",
		tensors_json(&info->columns), "other", others_json(info));
	if (info->head.classes) {
		json_object_set_new(root, "classes", json_integer(info->head.classes));
		json_object_set_new(root, "side", json_integer(info->head.side));
		json_object_set_new(root, "factor", json_integer(info->head.factor));
	}
	if (info->per_class) {
		counts = json_array();
		for (int c = 0; c < info->head.classes; c++)
			json_array_append_new(
				counts, json_integer((json_int_t)info->per_class[c]));
		json_object_set_new(root, "per_class", counts);
	}
	if (info->whole && yc_digest_text(info->whole, sum) == YC_OK)
		json_object_set_new(root, "digest", json_string(sum));
	if (root)
		/* In ASCII, or U+0080 to U+009F would reach a terminal as they are. */
		text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(root);
	if (!text)
		(void)yc_fail(YC_FAIL, "out of memory");
	return text;
}

/* -- rows as text -- */

static bool is_score(const struct yc_tensor *t)
{
	return !strncmp(t->name, "score.", 6) &&
	       (t->dtype == YC_F32 || t->dtype == YC_F64) && t->rank <= 2;
}

static bool is_index(const struct yc_tensor *t)
{
	return t->dtype == YC_I64 && t->rank == 1;
}

static uint64_t width(const struct yc_tensor *t)
{
	return t->rank == 2 ? t->shape[1] : 1;
}

static void print_value(FILE *f, const struct yc_tensor *t, uint64_t at)
{
	const char *p = (const char *)t->data + at * yc_dtype_size(t->dtype);
	int64_t i;
	float s;
	double d;

	switch (t->dtype) {
	case YC_I64:
		memcpy(&i, p, sizeof(i));
		(void)fprintf(f, "%" PRId64, i);
		break;
	case YC_F32:
		memcpy(&s, p, sizeof(s));
		(void)fprintf(f, "%.9g", (double)s);
		break;
	default:
		memcpy(&d, p, sizeof(d));
		(void)fprintf(f, "%.17g", d);
	}
}

static int by_name(const void *pa, const void *pb)
{
	const struct yc_tensor *const *a = pa, *const *b = pb;

	return strcmp((*a)->name, (*b)->name);
}

/* The columns to print: the known ones in a fixed order, then scores by name. */
static size_t choose(const struct yc_record *rec, const struct yc_tensor **col)
{
	static const char *const index[] = {"id", "label", "tile"};
	size_t n = 0, scores;

	for (size_t i = 0; i < YC_COUNT(index); i++) {
		const struct yc_tensor *t = yc_record_find(rec, index[i]);

		if (t && is_index(t))
			col[n++] = t;
	}
	scores = n;
	for (size_t i = 0; i < rec->ntensors; i++)
		if (is_score(&rec->tensor[i]))
			col[n++] = &rec->tensor[i];
	qsort(col + scores, n - scores, sizeof(*col), by_name);
	return n;
}

char *yc_info_tsv(const struct yc_record *rec, bool head)
{
	const struct yc_tensor **col = yc_alloc(rec->ntensors, sizeof(*col));
	char *text = NULL;
	size_t size, n;
	FILE *f = col ? open_memstream(&text, &size) : NULL;

	if (!f) {
		yc_free(col);
		return NULL;
	}
	n = choose(rec, col);
	for (size_t c = 0; head && c < n; c++)
		for (uint64_t k = 0; k < width(col[c]); k++) {
			(void)fprintf(f, "%s%s", c || k ? "\t" : "", col[c]->name);
			if (width(col[c]) > 1)
				(void)fprintf(f, ".%" PRIu64, k);
		}
	if (head)
		(void)fputc('\n', f);
	for (uint64_t i = 0; n && i < col[0]->shape[0]; i++) {
		for (size_t c = 0; c < n; c++)
			for (uint64_t k = 0; k < width(col[c]); k++) {
				if (c || k)
					(void)fputc('\t', f);
				print_value(f, col[c], i * width(col[c]) + k);
			}
		(void)fputc('\n', f);
	}
	yc_free(col);
	if (fclose(f) != 0) {
		free(text);
		(void)yc_fail(YC_FAIL, "out of memory");
		return NULL;
	}
	return text;
}
