/* SPDX-License-Identifier: MIT */
/* The summary of yc-info as text. */
#define _GNU_SOURCE /* open_memstream */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/stream/internal.h"
#include "lib/view/info_networks.h"
#include "yc/dataset.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/real.h"

static const char *string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* History and metadata are untrusted UTF-8: control characters are shown as '?', U+0080
 * to U+009F included. */
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

static void print_entry(FILE *f, const json_t *entry)
{
	const json_t *parts = json_object_get(entry, "parts");
	json_t *value;
	const char *key;

	put(f, string_of(entry, "tool"));
	if (json_is_array(parts))
		(void)fprintf(f, " of %zu parts", json_array_size(parts));
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

/* The parts of a joined history are indented below `cat`; the reader has limited the
 * depth. */
static void print_history(FILE *f, const json_t *list, int depth)
{
	const json_t *entry, *parts, *part;
	size_t i, k;

	json_array_foreach(list, i, entry)
	{
		(void)fprintf(f, "%-10s%*s", i || depth ? "" : "history", 2 * depth, "");
		print_entry(f, entry);
		parts = json_object_get(entry, "parts");
		json_array_foreach(parts, k, part) print_history(f, part, depth + 1);
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

/* The targets of training. */
static void print_targets(FILE *f, const struct yc_info *info)
{
	const bool soft = yc_record_find(&info->columns, "soft");

	(void)fprintf(f, "%-10s%s\n", "targets",
		soft ? "soft labels, column soft" : "hard labels");
}

static void print_classes(
	FILE *f, const struct yc_info *info, const struct yc_names *names)
{
	bool same = true;

	for (int c = 1; c < info->head.classes; c++)
		same = same && info->per_class[c] == info->per_class[0];
	if (same)
		(void)fprintf(
			f, "%-10s%" PRIu64 " of each\n", "labels", info->per_class[0]);
	for (int c = 0; c < info->head.classes; c++) {
		const char *name = yc_names_of(names, c);

		if (same && !name)
			break;
		(void)fprintf(f, "%-10s%d: %" PRIu64, "class", c, info->per_class[c]);
		if (name) {
			(void)fputc(' ', f);
			put(f, name);
		}
		(void)fputc('\n', f);
	}
	for (size_t i = 1; i < info->nheads; i++)
		if (yc_names_match(&info->heads[i], &info->heads[0], "the first one") < 0)
			(void)fprintf(
				f, "%-10ssegment %zu: %s\n", "names", i + 1, yc_errmsg());
	if (info->stray)
		(void)fprintf(f, "%-10s%" PRIu64 " outside of the classes\n", "labels",
			info->stray);
	if (yc_record_find(&info->columns, YC_LABEL_TRUE))
		(void)fprintf(f,
			"%-10s%" PRIu64 " of %" PRIu64
			" labels are not those of " YC_LABEL_TRUE "\n",
			"noise", info->noisy, info->rows);
}

/* Keys of the head without a line of their own. */
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
	json_t *list = yc_info_history(info);
	struct yc_names names = {0};
	FILE *f = NULL;
	bool bad;

	if (list && yc_names_read(&names, &info->heads[0]) == YC_OK)
		f = open_memstream(&text, &size);
	if (!f) {
		json_decref(list);
		yc_names_release(&names);
		return NULL;
	}
	print_head(f, info);
	for (size_t i = 0; i < info->columns.ntensors; i++)
		print_tensor(f, "column", &info->columns.tensor[i]);
	for (size_t i = 0; i < info->nother; i++) {
		if (info->head.classes && !yc_info_is_network(info, &info->other[i]))
			print_other(f, &info->other[i]);
		for (size_t k = 0; !info->head.classes && k < info->other[i].ntensors;
			k++)
			print_tensor(f, "tensor", &info->other[i].tensor[k]);
	}
	bad = yc_info_networks(f, info) < 0;
	if (info->per_class)
		print_targets(f, info);
	if (info->per_class)
		print_classes(f, info, &names);
	print_history(f, list, 0);
	if (info->whole && yc_digest_text(info->whole, sum) == YC_OK)
		(void)fprintf(f, "%-10s%s\n", "digest", sum);
	json_decref(list);
	yc_names_release(&names);
	if (fclose(f) != 0 || bad) {
		free(text);
		(void)yc_no_memory(0);
		return NULL;
	}
	return text;
}
