/* SPDX-License-Identifier: MIT */
/* The summary that yc-info prints: gathered record by record, without keeping data. */
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "yc/dataset.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/names.h"

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

/* Each takes memory: a stream with more was made to exhaust it. */
enum { SEGMENTS_MAX = 65536, OTHER_MAX = 65536 };

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

/* Of later heads only the history and other names of classes are shown. */
static int add_head(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	const char *text = yc_meta_get(&rec->meta, "yc.history"),
		   *names = yc_meta_get(&rec->meta, YC_NAMES_KEY);
	struct yc_meta *grown;

	if (info->nheads == SEGMENTS_MAX)
		return yc_fail(YC_FAIL, "more than %d segments", SEGMENTS_MAX);
	grown = yc_grow_list(info->heads, info->nheads, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	info->heads = grown;
	grown += info->nheads++;
	*grown = (struct yc_meta){0};
	info->segments++;
	if (info->nheads > 1) {
		if (names && yc_meta_set(grown, YC_NAMES_KEY, names) < 0)
			return YC_FAIL;
		return text ? yc_meta_set(grown, "yc.history", text) : YC_OK;
	}
	info->head = *yc_reader_head(r);
	return yc_meta_copy(grown, &rec->meta);
}

static int add_other(struct yc_info *info, const struct yc_record *rec)
{
	struct yc_record *grown;

	if (info->nother == OTHER_MAX)
		return yc_fail(YC_FAIL, "more than %d records without rows", OTHER_MAX);
	grown = yc_grow_list(info->other, info->nother, sizeof(*grown));
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
			yc_calloc((size_t)info->head.classes, sizeof(*info->per_class));
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

/* Labels that yc-load --label-noise changed. */
static void count_noise(struct yc_info *info, const struct yc_record *rec)
{
	const struct yc_tensor *label = yc_record_find(rec, "label"),
			       *truth = yc_record_find(rec, YC_LABEL_TRUE);

	if (!label || label->dtype != YC_I64 || label->rank != 1 || !truth ||
		truth->dtype != YC_I64 || truth->rank != 1)
		return;
	for (uint64_t i = 0; i < label->shape[0]; i++)
		info->noisy += ((const int64_t *)label->data)[i] !=
			       ((const int64_t *)truth->data)[i];
}

/* The first data record determines the columns of the whole stream. */
static int first_data(struct yc_info *info, const struct yc_record *rec)
{
	for (size_t i = 0; i < rec->ntensors; i++)
		if (!add_outline(&info->columns, &rec->tensor[i]))
			return YC_FAIL;
	return YC_OK;
}

static int more_data(struct yc_info *info, const struct yc_record *rec)
{
	int status = yc_record_same_columns(rec, &info->columns);

	for (size_t i = 0; status == YC_OK && i < rec->ntensors; i++) {
		const struct yc_tensor *t = &rec->tensor[i];
		struct yc_tensor *have = yc_record_find(&info->columns, t->name);

		have->shape[0] += t->shape[0];
		have->bytes += t->bytes;
	}
	return status;
}

static int add_data(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	int status =
		info->columns.ntensors ? more_data(info, rec) : first_data(info, rec);

	info->rows += yc_reader_rows(r);
	count_noise(info, rec);
	return status < 0 ? status : count_labels(info, rec);
}

static int digest(struct yc_digest **d, const struct yc_record *rec)
{
	if (!*d)
		*d = yc_digest_new();
	return *d ? yc_digest_add(*d, rec) : YC_FAIL;
}

/* The end of a segment: does its digest match? */
static int compare(struct yc_info *info, const struct yc_record *rec)
{
	int status = yc_digest_compare(info->part, rec);

	yc_digest_free(info->part);
	info->part = NULL;
	if (status > 0)
		info->checked++;
	return status < 0 ? status : YC_OK;
}

int yc_info_add(
	struct yc_info *info, const struct yc_reader *r, const struct yc_record *rec)
{
	const bool plain = !yc_reader_head(r)->classes;
	int status = YC_OK;

	info->records++;
	for (size_t i = 0; i < rec->ntensors; i++)
		info->bytes += rec->tensor[i].bytes;
	if (yc_reader_first(r))
		status = add_head(info, r, rec);
	if (status == YC_OK && yc_reader_is_data(r))
		status = add_data(info, r, rec);
	else if (status == YC_OK && (yc_record_is_passthrough(rec) || rec->ntensors))
		status = add_other(info, rec);
	if (status == YC_OK && info->want_digest && plain)
		status = yc_fail(YC_FAIL,
			"a plain safetensors file without a head; digests are of "
			"streams");
	if (status == YC_OK && info->want_digest)
		status = digest(&info->whole, rec);
	if (status == YC_OK && info->want_check && !plain)
		status = digest(&info->part, rec);
	if (status == YC_OK && info->want_check && !plain && yc_reader_last(r))
		status = compare(info, rec);
	return status == YC_OK ? status : yc_fail_in(status, "%s", yc_reader_where(r));
}

json_t *yc_info_history(const struct yc_info *info)
{
	const struct yc_meta **heads = yc_calloc(info->nheads, sizeof(*heads));
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
