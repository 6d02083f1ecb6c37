/* SPDX-License-Identifier: MIT */
/* The summary of yc-info as one JSON object. */
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "yc/dataset.h"
#include "yc/info.h"
#include "yc/mem.h"

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
	json_t *list = yc_info_history(info), *root, *counts;

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
	if (yc_record_find(&info->columns, YC_LABEL_TRUE))
		json_object_set_new(
			root, "noisy_labels", json_integer((json_int_t)info->noisy));
	if (info->per_class)
		json_object_set_new(root, "targets",
			json_string(yc_record_find(&info->columns, "soft") ? "soft"
									   : "hard"));
	if (info->whole && yc_digest_text(info->whole, sum) == YC_OK)
		json_object_set_new(root, "digest", json_string(sum));
	if (root)
		/* In ASCII, since U+0080 to U+009F would reach a terminal unchanged. */
		text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(root);
	if (!text)
		(void)yc_no_memory(0);
	return text;
}
