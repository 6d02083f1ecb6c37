/* SPDX-License-Identifier: MIT */
/* Tables of comma-separated values. Fields are unquoted in place: they never grow. */
#include <stdbool.h>
#include <string.h>

#include "lib/dataset/csv.h"
#include "yc/mem.h"

struct parse {
	struct yc_csv *t;
	const char *p, *end;
	char *to; /* the next byte of the text, at most as far as p */
	size_t line;
};

static void *grown(void *list, size_t n, size_t *capacity, size_t size)
{
	const size_t more = *capacity ? 2 * *capacity : 1024;
	void *to = list;

	if (n == *capacity) {
		to = yc_realloc(list, n * size, more, size);
		if (to)
			*capacity = more;
	}
	return to;
}

static int add_field(struct yc_csv *t, const char *text)
{
	const char **list =
		grown(t->field, t->fields, &t->field_capacity, sizeof *t->field);

	if (!list)
		return YC_FAIL;
	t->field = list;
	t->field[t->fields++] = text;
	t->row[t->rows - 1].n++;
	return YC_OK;
}

static int add_row(struct yc_csv *t, size_t line)
{
	struct yc_csv_row *list =
		grown(t->row, t->rows, &t->row_capacity, sizeof *t->row);

	if (!list)
		return YC_FAIL;
	t->row = list;
	t->row[t->rows++] = (struct yc_csv_row){line, t->fields, 0};
	return YC_OK;
}

/* Is there an end of a line, or of the file? */
static bool at_end(const struct parse *s)
{
	return s->p == s->end || *s->p == '\n' ||
	       (*s->p == '\r' && s->end - s->p > 1 && s->p[1] == '\n');
}

static void skip_end(struct parse *s)
{
	if (s->p < s->end && *s->p == '\r')
		s->p++;
	if (s->p < s->end)
		s->p++;
	s->line++;
}

/* After the quote that begins it. */
static int take_quoted(struct parse *s)
{
	const size_t began = s->line;

	for (; s->p < s->end; s->p++) {
		if (*s->p == '"' && (s->end - s->p < 2 || s->p[1] != '"')) {
			s->p++;
			return YC_OK;
		}
		s->p += *s->p == '"';
		s->line += *s->p == '\n';
		*s->to++ = *s->p;
	}
	return yc_fail(YC_FAIL, "line %zu: a quote that is not closed", began);
}

static int take_field(struct parse *s)
{
	const char *text = s->to;
	int status = YC_OK;

	if (s->p < s->end && *s->p == '"') {
		s->p++;
		status = take_quoted(s);
		if (status == YC_OK && !at_end(s) && *s->p != ',')
			status = yc_fail(YC_FAIL,
				"line %zu: text after the quote that ends a field",
				s->line);
	} else {
		while (!at_end(s) && *s->p != ',')
			*s->to++ = *s->p++;
	}
	return status == YC_OK ? add_field(s->t, text) : status;
}

static int take_row(struct parse *s)
{
	int status = add_row(s->t, s->line);
	bool more = true;

	while (status == YC_OK && more) {
		status = take_field(s);
		if (status < 0)
			break;
		more = !at_end(s); /* at a comma */
		if (more)
			s->p++;
		else
			skip_end(s);
		/* In place of what was skipped, or after the text. */
		*s->to++ = '\0';
	}
	return status;
}

int yc_csv_parse(struct yc_csv *t, const char *data, size_t n)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct parse s = {.t = t, .line = 1};
	int status = YC_OK;

	*t = (struct yc_csv){0};
	if (n && memchr(data, '\0', n))
		return yc_fail(YC_FAIL, "not a text file");
	t->text = yc_calloc(n + 1, 1);
	if (!t->text)
		return YC_FAIL;
	memcpy(t->text, data, n);
	s.p = s.to = t->text;
	s.end = t->text + n;
	if (n >= 3 && memcmp(s.p, mark, 3) == 0)
		s.p += 3;
	while (status == YC_OK && s.p < s.end) {
		if (at_end(&s))
			skip_end(&s);
		else
			status = take_row(&s);
	}
	return status;
}

void yc_csv_release(struct yc_csv *t)
{
	yc_free(t->text);
	yc_free(t->row);
	yc_free(t->field);
	*t = (struct yc_csv){0};
}
