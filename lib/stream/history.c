/* SPDX-License-Identifier: MIT */
/* The list yc.history in the head: an entry for each tool, lists of several inputs
 * merged, options looked up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"

static const char key[] = "yc.history";

/* The list in a head, a new reference; empty if there is none. */
static json_t *parse(const struct yc_meta *m)
{
	const char *text = yc_meta_get(m, key);
	json_t *list =
		text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : json_array();

	if (!json_is_array(list)) {
		json_decref(list);
		(void)yc_fail(YC_FAIL, "yc.history is not a JSON list");
		return NULL;
	}
	return list;
}

int yc_history_check(const struct yc_meta *m)
{
	json_t *list = parse(m);

	json_decref(list);
	return list ? YC_OK : YC_FAIL;
}

/* Stores the list and drops the reference. */
static int store(struct yc_meta *m, json_t *list)
{
	char *text = json_dumps(list, JSON_COMPACT);
	int status = text ? yc_meta_set(m, key, text)
			  : yc_fail(YC_FAIL, "cannot write yc.history");

	free(text);
	json_decref(list);
	return status;
}

static json_t *options(const struct yc_opts *group, size_t ngroups)
{
	json_t *object = json_object();

	for (size_t g = 0; g < ngroups; g++) {
		for (size_t i = 0; i < group[g].n; i++) {
			const struct yc_opt *row = &group[g].row[i];
			char value[4096];

			if (row->run_only)
				continue;
			yc_opt_value(&group[g], row, value, sizeof(value));
			if (value[0])
				json_object_set_new(
					object, row->name, json_string(value));
		}
	}
	return object;
}

int yc_history_add(struct yc_meta *head, const char *tool, const char *method,
	const struct yc_opts *group, size_t ngroups, const char *kernel)
{
	json_t *list = parse(head), *entry;

	if (!list)
		return YC_FAIL;
	entry = json_pack("{s:s, s:s, s:s*, s:o, s:s*}", "tool", tool, "version",
		yc_version, "method", method, "options", options(group, ngroups),
		"kernel", kernel);
	if (!entry || json_array_append_new(list, entry) < 0) {
		json_decref(list);
		return yc_fail(YC_FAIL, "cannot add to yc.history");
	}
	return store(head, list);
}

bool yc_history_option(const struct yc_meta *head, const char *tool, const char *option,
	char *buf, size_t size)
{
	json_t *list = parse(head);
	const char *value = NULL;

	for (size_t i = json_array_size(list); i > 0 && !value; i--) {
		const json_t *entry = json_array_get(list, i - 1);
		const char *name = json_string_value(json_object_get(entry, "tool"));

		if (name && strcmp(name, tool) == 0)
			value = json_string_value(json_object_get(
				json_object_get(entry, "options"), option));
	}
	if (value)
		snprintf(buf, size, "%s", value);
	json_decref(list);
	return value != NULL;
}

/* Length of the common prefix of all lists. */
static size_t common(json_t *const *list, size_t n)
{
	size_t k = 0;

	for (;; k++) {
		json_t *first = json_array_get(list[0], k);

		for (size_t i = 0; i < n; i++)
			if (!first || !json_equal(first, json_array_get(list[i], k)))
				return k;
	}
}

int yc_history_follow(struct yc_meta *head, const struct yc_meta *other)
{
	json_t *list[2] = {parse(head), parse(other)};
	int n = 0, status = list[0] && list[1] ? YC_OK : YC_FAIL;

	for (size_t k = status < 0 ? 0 : common(list, 2); k < json_array_size(list[1]);
		k++, n++)
		if (status == YC_OK &&
			json_array_append(list[0], json_array_get(list[1], k)) < 0)
			status = yc_fail(YC_FAIL, "cannot add to yc.history");
	json_decref(list[1]);
	if (status < 0) {
		json_decref(list[0]);
		return status;
	}
	status = store(head, list[0]);
	return status < 0 ? status : n;
}

/*
 * The common prefix of the segments is kept; after it one entry holds the rest of each,
 * in stream order. So nothing is lost, and a hundred parts of one load do not repeat it a
 * hundred times.
 */
static json_t *fold(json_t *const *list, size_t n)
{
	json_t *out = json_array(), *parts = json_array();
	size_t shared = common(list, n);
	bool parted = false;

	for (size_t k = 0; k < shared; k++)
		json_array_append(out, json_array_get(list[0], k));
	for (size_t i = 0; i < n; i++) {
		json_t *rest = json_array();

		for (size_t k = shared; k < json_array_size(list[i]); k++)
			json_array_append(rest, json_array_get(list[i], k));
		parted = parted || json_array_size(rest) > 0;
		json_array_append_new(parts, rest);
	}
	if (parted)
		json_array_append_new(
			out, json_pack("{s:s, s:O}", "tool", "cat", "parts", parts));
	json_decref(parts);
	return out;
}

int yc_history_merge(struct yc_meta *head, const struct yc_meta *const *heads, size_t n)
{
	json_t **list;
	bool any = false;
	int status = YC_OK;

	for (size_t i = 0; i < n; i++)
		any = any || yc_meta_get(heads[i], key);
	if (!any) {
		yc_meta_drop(head, key);
		return YC_OK;
	}
	list = yc_calloc(n, sizeof(json_t *));
	if (!list)
		return YC_FAIL;
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		list[i] = parse(heads[i]);
		if (!list[i])
			status = YC_FAIL;
	}
	if (status == YC_OK)
		status = store(head, fold(list, n));
	for (size_t i = 0; i < n; i++)
		json_decref(list[i]);
	yc_free(list);
	return status;
}

static bool says(const json_t *entry, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text && strcmp(text, value) == 0;
}

/* Parts of a list are lists; the reader has limited the depth. */
static bool has(const json_t *list, const char *tool, const char *method)
{
	const json_t *entry, *parts;
	size_t i, k;

	json_array_foreach(list, i, entry)
	{
		if (says(entry, "tool", tool) && says(entry, "method", method))
			return true;
		parts = json_object_get(entry, "parts");
		for (k = 0; k < json_array_size(parts); k++)
			if (has(json_array_get(parts, k), tool, method))
				return true;
	}
	return false;
}

bool yc_history_has(const struct yc_meta *head, const char *tool, const char *method)
{
	json_t *list = parse(head);
	const bool found = list && has(list, tool, method);

	json_decref(list);
	return found;
}

/* The newest entry of the tool, NULL: none. Parts of a list are lists, as above. */
static const json_t *newest(const json_t *list, const char *tool)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *entry = json_array_get(list, i - 1),
			     *parts = json_object_get(entry, "parts"), *found = NULL;

		if (says(entry, "tool", tool))
			return entry;
		for (size_t k = 0; k < json_array_size(parts) && !found; k++)
			found = newest(json_array_get(parts, k), tool);
		if (found)
			return found;
	}
	return NULL;
}

static void copy_text(const json_t *value, char text[YC_HISTORY_TEXT])
{
	const char *from = json_string_value(value);

	text[0] = 0;
	if (from && strlen(from) < YC_HISTORY_TEXT)
		strcpy(text, from);
}

bool yc_history_newest(const struct yc_meta *head, const char *tool, const char *option,
	char method[YC_HISTORY_TEXT], char value[YC_HISTORY_TEXT])
{
	json_t *list = parse(head);
	const json_t *entry = newest(list, tool);

	copy_text(json_object_get(entry, "method"), method);
	copy_text(json_object_get(json_object_get(entry, "options"), option), value);
	json_decref(list);
	return entry != NULL;
}
