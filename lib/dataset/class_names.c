/* SPDX-License-Identifier: MIT */
/* Names that users give to classes, and classes that have no images. */
#include <stdio.h>
#include <string.h>

#include "lib/archive/archive.h"
#include "lib/dataset/class_names.h"
#include "yc/infile.h"
#include "yc/mem.h"

static int add(struct yc_names *names, const char *name, size_t n)
{
	int status = yc_names_add(names, name, n);

	if (status < 0)
		return status;
	if (yc_names_find(names, names->name[names->n - 1]) != (int)names->n - 1)
		return yc_fail(
			YC_USAGE, "'%.64s' is given twice", names->name[names->n - 1]);
	return YC_OK;
}

static int split(const char *text, char at, struct yc_names *names)
{
	int status = YC_OK;

	while (text && status == YC_OK) {
		const char *end = strchr(text, at);
		size_t n = end ? (size_t)(end - text) : strlen(text);
		const bool last = !end || (at == '\n' && !end[1]);

		if (n && at == '\n' && text[n - 1] == '\r')
			n--;
		status =
			n ? add(names, text, n)
			  : yc_fail(YC_USAGE, "the name of class %zu is empty", names->n);
		text = last ? NULL : end + 1;
	}
	return status;
}

int yc_class_names(const char *list, struct yc_names *names)
{
	enum { MOST = 1 << 24 };
	unsigned char *data = NULL;
	char *text = NULL;
	size_t n;
	int status;

	*names = (struct yc_names){0};
	if (list[0] != '@') {
		status = split(list, ',', names);
		return status < 0 ? yc_fail_in(YC_USAGE, "--names") : YC_OK;
	}
	status = yc_file_read(list + 1, MOST, &data, &n);
	if (status == YC_OK && memchr(data, '\0', n))
		status = yc_fail(YC_FAIL, "not a text file");
	if (status == YC_OK) {
		text = yc_calloc(n + 1, 1);
		status = text ? YC_OK : YC_FAIL;
	}
	if (status == YC_OK) {
		memcpy(text, data, n);
		status = split(text, '\n', names);
	}
	yc_free(text);
	yc_free(data);
	return status < 0 ? yc_fail_in(YC_FAIL, "--names: %s", list + 1) : YC_OK;
}

int yc_load_note_empty(const struct yc_load *what, const struct yc_set *set)
{
	const int64_t *label = yc_set_col(set, "label")->data;
	bool *there = yc_calloc((size_t)set->head.classes, sizeof *there);
	int empty = 0, first = 0;

	if (!there)
		return YC_FAIL;
	for (size_t i = 0; i < set->rows; i++)
		there[label[i]] = true;
	for (int c = set->head.classes; c-- > 0;) {
		if (!there[c]) {
			empty++;
			first = c;
		}
	}
	yc_free(there);
	if (empty == 1 && first == 0 && set->head.classes > 2)
		yc_load_note(what,
			"class 0 of the %d classes has no images: if the labels begin at "
			"1, subtract 1 from them",
			set->head.classes);
	else if (empty == 1)
		yc_load_note(what, "class %d of the %d classes has no images", first,
			set->head.classes);
	else if (empty > 1)
		yc_load_note(what,
			"%d of the %d classes have no images, the first of them is %d",
			empty, set->head.classes, first);
	return YC_OK;
}
