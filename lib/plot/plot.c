/* SPDX-License-Identifier: MIT */
/* Reads tables of numbers: lines, columns and points of a plot, before anything is drawn. */
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
static const double largest = 1e100; /* so that no sum, square or difference overflows */

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

static bool is_number(const char *s, double *v)
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
	if (is_number(t->field[col], v) && fabs(*v) <= largest)
		return YC_OK;
	if (is_number(t->field[col], v))
		return yc_fail(YC_FAIL, "line %zu: %s %.3g is too large to draw", t->line,
			heading, *v);
	return yc_fail(YC_FAIL, "line %zu: %s '%.40s' is not a number", t->line, heading,
		t->field[col]);
}

/* Index of the line with this name, which is added if it is new. */
static int find_line(struct yc_plot *p, const char *name)
{
	for (int i = 0; i < p->nlines; i++)
		if (strcmp(p->line[i].name, name) == 0)
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

static int add_row(struct yc_plot *p, struct plot_row row)
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
	if ((row.line = find_line(p, *name ? name : "(no name)")) < 0)
		return YC_FAIL;
	return add_row(p, row) < 0 ? YC_FAIL : 1;
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

/* Points */

static int by_place(const void *a, const void *b)
{
	const struct plot_row *r = a, *s = b;

	if (r->line != s->line)
		return r->line < s->line ? -1 : 1;
	if (r->x < s->x || r->x > s->x)
		return r->x < s->x ? -1 : 1;
	return r->number < s->number ? -1 : 1;
}

/* NAME=NUMBER is a line with one point, at any x. */
static int add_level(struct yc_plot *p, const char *name, double y)
{
	const int known = p->nlines, line = find_line(p, name);

	if (line >= 0 && line < known)
		return yc_fail(YC_FAIL, "--reference: '%s' is a line of the table", name);
	return line < 0 ? YC_FAIL
			: add_row(p, (struct plot_row){line, 0, p->row[0].x, y, NAN});
}

static int refer_to(struct yc_plot *p, char *item, int index)
{
	char *equals = strrchr(item, '=');
	double y;

	if (equals && is_number(equals + 1, &y) && fabs(y) <= largest) {
		*equals = '\0';
		if (add_level(p, item, y) < 0)
			return YC_FAIL;
	}
	for (int i = 0; i < p->nlines; i++) {
		if (strcmp(p->line[i].name, item) == 0) {
			p->line[i].reference = true;
			p->line[i].index = index;
			return YC_OK;
		}
	}
	return yc_fail(YC_FAIL, "--reference: no line is called '%s'", item);
}

static int refer(struct yc_plot *p)
{
	char *list = yc_strdup(p->cfg->reference), *item = list;
	int status = list ? YC_OK : YC_FAIL, index = 0;

	while (item && status == YC_OK) {
		char *comma = strchr(item, ',');

		if (comma)
			*comma = '\0';
		status = refer_to(p, item, index++);
		item = comma ? comma + 1 : NULL;
	}
	yc_free(list);
	return status;
}

/* Rows of a line with the same x become a point. */
static int merge(
	struct yc_plot *p, struct plot_point *point, const struct plot_row *row, size_t n)
{
	double sum = 0, squares = 0;

	if (p->cfg->deviation && n > 1)
		return yc_fail(YC_FAIL,
			"%zu rows of '%s' at the same %s: with --deviation a point is "
			"one row",
			n, p->line[row->line].name, p->x_name);
	/* Relative to the first value, so that equal rows have a deviation of exactly 0. */
	for (size_t i = 0; i < n; i++) {
		const double d = row[i].y - row->y;

		sum += d;
		squares += d * d;
	}
	const double mean = sum / (double)n;
	double deviation = sqrt(fmax(0, squares / (double)n - mean * mean));
	if (p->cfg->sample_deviation && n > 1)
		deviation *= sqrt((double)n / (double)(n - 1));
	if (p->cfg->deviation)
		deviation = row->deviation;
	point->x = row->x;
	point->mean = row->y + mean;
	point->rows = (int)n;
	point->hollow = p->cfg->deviation ? isnan(deviation) : n == 1;
	point->deviation = point->hollow ? 0 : deviation;
	return YC_OK;
}

int yc_plot_gather(struct yc_plot *p)
{
	int index = 0;

	if (!p->nrows)
		return yc_fail(YC_FAIL, "no rows%s: there is nothing to draw",
			p->left_out ? " with numbers" : "");
	if (p->cfg->reference && refer(p) < 0)
		return YC_FAIL;
	for (int i = 0; i < p->nlines; i++)
		if (!p->line[i].reference)
			p->line[i].index = index++;
	yc_plot_dress(p);
	qsort(p->row, p->nrows, sizeof *p->row, by_place);
	p->point = yc_calloc(p->nrows, sizeof *p->point);
	if (!p->point)
		return YC_FAIL;
	for (size_t i = 0, n; i < p->nrows; i += n) {
		const struct plot_row *r = &p->row[i];
		struct plot_line *line = &p->line[r->line];

		for (n = 1; i + n < p->nrows && r[n].line == r->line && r[n].x <= r->x;)
			n++;
		if (line->n++ == 0)
			line->from = p->npoints;
		if (merge(p, &p->point[p->npoints], r, n) < 0)
			return YC_FAIL;
		if (p->cfg->words && line->reference && line->n > 1)
			return yc_fail(YC_FAIL,
				"--reference: '%s' has several points, and words are not "
				"joined by a line",
				line->name);
		p->bars |= !line->reference && p->point[p->npoints].deviation > 0;
		p->npoints++;
	}
	return YC_OK;
}
