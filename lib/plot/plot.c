/* SPDX-License-Identifier: MIT */
/* Reads tables of numbers: lines, columns and rows of a plot. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/plot/internal.h"
#include "yc/mem.h"
#include "yc/near.h"
#include "yc/number.h"
#include "yc/real.h"

enum { TEXT_MAX = 65536, FIELDS_MAX = 1024 };

struct yc_plot *yc_plot_new(const struct yc_plot_cfg *cfg)
{
	struct yc_plot *p = yc_calloc(1, sizeof *p);

	if (p)
		p->cfg = cfg;
	return p;
}

void yc_plot_free(struct yc_plot *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->nlines; i++)
		yc_free(p->line[i].name);
	for (size_t i = 0; i < p->nwords; i++)
		yc_free(p->word[i]);
	yc_free(p->word);
	yc_free(p->row);
	yc_free(p->point);
	yc_free(p->x_name);
	yc_free(p->y_name);
	yc_free(p);
}

/* Lines and fields */

/* A table being read: one line at a time, split into fields in place. */
struct table {
	FILE *f;
	size_t line; /* number of the current line */
	int nfields;
	char *field[FIELDS_MAX];
	int x, y, by, deviation; /* columns, -1: none */
	char text[TEXT_MAX];
};

static int complain(const struct table *t, const char *what)
{
	return yc_fail(YC_FAIL, "line %zu: %s", t->line, what);
}

/* Splits the line at its tabs. */
static int cut(struct table *t)
{
	char *s = t->text;

	for (t->nfields = 0; s; t->nfields++) {
		char *tab = strchr(s, '\t');

		if (t->nfields == FIELDS_MAX)
			return complain(t, "more than 1024 fields");
		t->field[t->nfields] = s;
		if (tab)
			*tab = '\0';
		s = tab ? tab + 1 : NULL;
	}
	return YC_OK;
}

/* 1: a line, 0: the end. */
static int next_line(struct table *t)
{
	size_t n = 0;
	int c;

	while ((c = getc(t->f)) != EOF && c != '\n') {
		if (n == 0)
			t->line++;
		if (c == '\0')
			return complain(t, "a zero byte: not a text table");
		if (n == TEXT_MAX - 1)
			return complain(t, "longer than 65535 bytes");
		t->text[n++] = (char)c;
	}
	if (ferror(t->f))
		return yc_fail(YC_FAIL, "read error:");
	if (n == 0 && c == EOF)
		return 0;
	t->line += n == 0;
	t->text[n - (n > 0 && t->text[n - 1] == '\r')] = '\0';
	return cut(t) < 0 ? YC_FAIL : 1;
}

/* Index of a column, or `otherwise` if no name is given. */
static int column(const struct table *t, const char *name, int otherwise)
{
	char names[256] = "", meant[YC_NEAR_TEXT];
	struct yc_near near;

	if (!name)
		return otherwise;
	yc_near_begin(&near, name, strlen(name));
	for (int i = 0; i < t->nfields; i++) {
		if (strcmp(t->field[i], name) == 0)
			return i;
		yc_near_try(&near, t->field[i], strlen(t->field[i]));
	}
	for (int i = 0; i < t->nfields; i++) {
		const size_t n = strlen(names);

		(void)snprintf(
			names + n, sizeof names - n, "%s%s", i ? ", " : "", t->field[i]);
	}
	return yc_fail(YC_FAIL, "line 1: no column '%s' among %s%s", name, names,
		yc_near_text(&near, "", meant));
}

static int read_heading(struct yc_plot *p, struct table *t)
{
	const struct yc_plot_cfg *c = p->cfg;
	const int more = next_line(t);

	if (more <= 0)
		return more ? more : yc_fail(YC_FAIL, "empty: no line of column names");
	if (t->nfields < 2)
		return complain(t, "one column: x and y need two, separated by a tab");
	if ((t->x = column(t, c->x, 0)) < 0 || (t->y = column(t, c->y, 1)) < 0)
		return YC_FAIL;
	if (c->by && (t->by = column(t, c->by, -1)) < 0)
		return YC_FAIL;
	if (c->deviation && (t->deviation = column(t, c->deviation, -1)) < 0)
		return YC_FAIL;
	if (!p->x_name) {
		p->x_name = yc_strdup(t->field[t->x]);
		p->y_name = yc_strdup(t->field[t->y]);
	}
	return p->x_name && p->y_name ? YC_OK : YC_FAIL;
}

/* Rows */

bool yc_plot_is_number(const char *s, double *v)
{
	return yc_parse_double(s + strspn(s, " "), v) == YC_NUMBER;
}

/* A cell without a value, as programs write it. */
static bool is_missing(const char *s)
{
	static const char *const missing[] = {"", "nan", "-nan", "na", "\xe2\x80\x93"};

	s += strspn(s, " ");
	for (size_t i = 0; i < YC_COUNT(missing); i++)
		if (strcasecmp(s, missing[i]) == 0)
			return true;
	return s[0] == '-' && !s[1];
}

/* *v is NAN for a cell without a value. */
static int number(const struct table *t, const char *heading, int col, double *v)
{
	if (is_missing(t->field[col])) {
		*v = NAN;
		return YC_OK;
	}
	if (yc_plot_is_number(t->field[col], v) && fabs(*v) <= PLOT_LARGEST)
		return YC_OK;
	if (yc_plot_is_number(t->field[col], v))
		return yc_fail(YC_FAIL, "line %zu: %s %.3g is too large to draw", t->line,
			heading, *v);
	return yc_fail(YC_FAIL, "line %zu: %s '%.40s' is not a number%s", t->line,
		heading, t->field[col],
		col == t->x ? ": omit such rows, or --words takes this column as words"
			    : "");
}

/* Index of the line with this name, -1: none. */
int yc_plot_line_called(const struct yc_plot *p, const char *name)
{
	for (int i = 0; i < p->nlines; i++)
		if (strcmp(p->line[i].name, name) == 0)
			return i;
	return -1;
}

/* The same, but the line is added if it is new. */
int yc_plot_find_line(struct yc_plot *p, const char *name)
{
	const int i = yc_plot_line_called(p, name);

	if (i >= 0)
		return i;
	if (p->nlines == PLOT_LINES_MAX)
		return yc_fail(YC_FAIL, "more than %d lines could not be distinguished",
			PLOT_LINES_MAX);
	p->line[p->nlines].name = yc_strdup(name);
	return p->line[p->nlines].name ? p->nlines++ : YC_FAIL;
}

/* Grows an array of n elements by one of `size` bytes. */
static void *one_more(void *at, size_t n, size_t size)
{
	/* At powers of two the capacity is used up. */
	return n & (n - 1) ? at : yc_grow(at, n * size, (n ? 2 * n : 1) * size);
}

static int find_word(struct yc_plot *p, const char *text, double *x)
{
	for (size_t i = 0; i < p->nwords; i++) {
		*x = (double)i;
		if (strcmp(p->word[i], text) == 0)
			return YC_OK;
	}
	char **word = one_more(p->word, p->nwords, sizeof *word);
	if (!word) {
		p->word = NULL;
		p->nwords = 0;
		return YC_FAIL;
	}
	p->word = word;
	*x = (double)p->nwords;
	word[p->nwords] = yc_strdup(text);
	return word[p->nwords] ? (p->nwords++, YC_OK) : YC_FAIL;
}

int yc_plot_add_row(struct yc_plot *p, struct plot_row row)
{
	struct plot_row *all = one_more(p->row, p->nrows, sizeof *all);

	p->row = all;
	if (!all) {
		p->nrows = 0;
		return YC_FAIL;
	}
	row.number = p->nrows;
	all[p->nrows++] = row;
	return YC_OK;
}

/* 1: a row, 0: one that lacks a number. */
static int read_row(struct yc_plot *p, const struct table *t)
{
	const struct yc_plot_cfg *c = p->cfg;
	const char *name = t->by >= 0 ? t->field[t->by] : p->y_name;
	struct plot_row row = {.deviation = NAN};
	int status = number(t, c->y ? c->y : p->y_name, t->y, &row.y);

	if (status == YC_OK && c->words)
		status = find_word(p, t->field[t->x], &row.x);
	else if (status == YC_OK)
		status = number(t, c->x ? c->x : p->x_name, t->x, &row.x);
	if (status == YC_OK && t->deviation >= 0)
		status = number(t, c->deviation, t->deviation, &row.deviation);
	if (status < 0)
		return status;
	if (isnan(row.x) || isnan(row.y))
		return 0;
	if (c->log && row.x <= 0)
		return yc_fail(YC_FAIL, "line %zu: %g has no logarithm", t->line, row.x);
	if (row.deviation < 0)
		return complain(t, "a negative deviation");
	if ((row.line = yc_plot_find_line(p, *name ? name : "(no name)")) < 0)
		return YC_FAIL;
	return yc_plot_add_row(p, row) < 0 ? YC_FAIL : 1;
}

static int read_table(struct yc_plot *p, struct table *t, struct yc_plot_gap *gap)
{
	int status = read_heading(p, t), columns = t->nfields;

	while (status >= 0 && (status = next_line(t)) > 0) {
		if (t->nfields != columns)
			return yc_fail(YC_FAIL,
				"line %zu: has %d field%s, the heading has %d", t->line,
				t->nfields, t->nfields == 1 ? "" : "s", columns);
		status = read_row(p, t);
		if (status == 0 && gap->rows++ == 0)
			gap->line = t->line;
	}
	p->left_out += gap->rows;
	return status;
}

int yc_plot_read(struct yc_plot *p, FILE *f, struct yc_plot_gap *gap)
{
	struct table *t = yc_calloc(1, sizeof *t);
	int status;

	if (!t)
		return YC_FAIL;
	t->f = f;
	t->by = t->deviation = -1;
	*gap = (struct yc_plot_gap){0};
	status = read_table(p, t, gap);
	yc_free(t);
	return status;
}
