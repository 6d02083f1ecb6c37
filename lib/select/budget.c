/* SPDX-License-Identifier: MIT */
/* Sizes per class from a file: each line has a class, by number or name, and a count. */
#define _GNU_SOURCE /* getline */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/number.h"

struct budget {
	struct yc_names names;
	int classes;
	size_t *take; /* [classes] */
	bool *seen;   /* [classes] */
};

/* Class names can be numbers, as names of folders often are, and differ from the class
 * numbers: a guess could silently select the wrong class. */
static int find_class(int *class, const struct budget *b, const char *word)
{
	uint64_t number;
	int named = yc_names_find(&b->names, word);

	if (named >= b->classes)
		named = -1;
	*class = named;
	if (yc_parse_u64(word, (uint64_t)b->classes - 1, &number) == YC_NUMBER)
		*class = (int)number;
	if (*class < 0)
		return yc_fail(YC_FAIL, "'%s' is not a class of the stream", word);
	if (named >= 0 && named != *class)
		return yc_fail(YC_FAIL,
			"'%s' is the number of class %d and the name of class %d: write "
			"either as its number with another leading 0",
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
static int line(struct budget *b, char *text)
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
	status = find_class(&c, b, word);
	if (status < 0)
		return status;
	if (b->seen[c])
		return yc_fail(YC_FAIL, "class %d is listed twice", c);
	b->seen[c] = true;
	b->take[c] = (size_t)count;
	return YC_OK;
}

static int lines(struct budget *b, FILE *f)
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
			status = line(b, text);
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
	struct budget b = {.classes = s->head.classes, .take = take};
	size_t total = 0;
	FILE *f = NULL;
	int status = yc_names_read(&b.names, &s->meta);

	b.seen = yc_calloc((size_t)b.classes, sizeof(*b.seen));
	if (!b.seen)
		status = YC_FAIL;
	if (!status) {
		f = yc_infile_text(path);
		status = f ? lines(&b, f) : YC_FAIL;
	}
	if (f)
		fclose(f);
	yc_free(b.seen);
	yc_names_release(&b.names);
	for (int c = 0; !status && c < b.classes; c++)
		total += take[c];
	if (!status && !total)
		status = yc_fail(YC_FAIL, "keeps nothing");
	return status ? yc_fail_in(status, "%s", yc_infile_name(path)) : YC_OK;
}
