/* SPDX-License-Identifier: MIT */
/* Sizes class by class from a file: lines of a class, by number or name, and a count. */
#define _GNU_SOURCE /* getline */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/select/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/number.h"

/* Class of that name; -1: there is none. */
static int class_named(const struct yc_set *s, const char *word)
{
	const char *text = yc_meta_get(&s->meta, "yc.names");
	json_t *names = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	int found = -1;

	for (int c = 0; found < 0 && c < s->head.classes; c++) {
		const char *name = json_string_value(json_array_get(names, (size_t)c));

		if (name && !strcmp(name, word))
			found = c;
	}
	json_decref(names);
	return found;
}

/* Names can be numbers, those of folders often are, and other numbers than their classes
 * have: to guess which is meant would select the wrong class in silence. */
static int find_class(int *class, const struct yc_set *s, const char *word)
{
	uint64_t number;
	int named = class_named(s, word);

	*class = named;
	if (yc_parse_u64(word, (uint64_t)s->head.classes - 1, &number) == YC_NUMBER)
		*class = (int)number;
	if (*class < 0)
		return yc_fail(YC_FAIL, "'%s' is no class of the stream", word);
	if (named >= 0 && named != *class)
		return yc_fail(YC_FAIL,
			"'%s' is the number of class %d and the name of class %d: name "
			"either by its number with another 0 before it",
			word, *class, named);
	return YC_OK;
}

static char *trim(char *text)
{
	size_t n = strlen(text);

	while (n && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	return text + strspn(text, " \t");
}

/* Names may have blanks: the count is the last word. */
static int line(size_t *take, bool *seen, const struct yc_set *s, char *text)
{
	uint64_t count;
	char *word = trim(text), *last = word + strlen(word);
	int c, status;

	if (!*word)
		return YC_OK;
	while (last > word && !isspace((unsigned char)last[-1]))
		last--;
	if (last == word || yc_parse_u64(last, INT32_MAX, &count) != YC_NUMBER)
		return yc_fail(YC_FAIL, "not \"class count\"");
	last[-1] = '\0';
	word = trim(word);
	status = find_class(&c, s, word);
	if (status < 0)
		return status;
	if (seen[c])
		return yc_fail(YC_FAIL, "class %d for the second time", c);
	seen[c] = true;
	take[c] = (size_t)count;
	return YC_OK;
}

static int lines(size_t *take, bool *seen, const struct yc_set *s, FILE *f)
{
	char *text = NULL;
	size_t size = 0, at = 0;
	ssize_t len;
	int status = YC_OK;

	while (!status && (len = getline(&text, &size, f)) >= 0) {
		at++;
		if (strlen(text) != (size_t)len) {
			status = yc_fail(YC_FAIL, "not text");
		} else {
			text[strcspn(text, "#")] = '\0';
			status = line(take, seen, s, text);
		}
		if (status < 0)
			status = yc_fail_in(status, "line %zu", at);
	}
	if (!status && ferror(f))
		status = yc_fail(YC_FAIL, "reading:");
	free(text);
	return status;
}

int yc_budget_read(size_t *take, const struct yc_set *s, const char *path)
{
	bool *seen = yc_calloc((size_t)s->head.classes, sizeof(*seen));
	size_t total = 0;
	FILE *f;
	int status;

	if (!seen)
		return YC_FAIL;
	f = yc_infile_text(path);
	status = f ? lines(take, seen, s, f) : YC_FAIL;
	if (f)
		fclose(f);
	yc_free(seen);
	for (int c = 0; !status && c < s->head.classes; c++)
		total += take[c];
	if (!status && !total)
		status = yc_fail(YC_FAIL, "keeps nothing");
	return status ? yc_fail_in(status, "%s", yc_infile_name(path)) : YC_OK;
}
