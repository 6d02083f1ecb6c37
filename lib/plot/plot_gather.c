/* SPDX-License-Identifier: MIT */
/* Makes lines and points of the rows that plot.c read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/internal.h"
#include "yc/mem.h"

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
	const int known = p->nlines, line = yc_plot_find_line(p, name);

	if (line >= 0 && line < known)
		return yc_fail(YC_FAIL, "--reference: '%s' is a line of the table", name);
	return line < 0 ? YC_FAIL
			: yc_plot_add_row(
				  p, (struct plot_row){line, 0, p->row[0].x, y, NAN});
}

static int refer_to(struct yc_plot *p, char *item, int index)
{
	char *equals = strrchr(item, '=');
	double y;

	if (equals && yc_plot_is_number(equals + 1, &y) && fabs(y) <= PLOT_LARGEST) {
		*equals = '\0';
		if (add_level(p, item, y) < 0)
			return YC_FAIL;
	}
	const int line = yc_plot_line_called(p, item);

	if (line < 0)
		return yc_fail(YC_FAIL, "--reference: no line is called '%s'", item);
	p->line[line].reference = true;
	p->line[line].index = index;
	return YC_OK;
}

/* Where the first item of a list ends. Names may have commas: "el2n (hard, balanced)". */
static char *end_of(const struct yc_plot *p, char *item)
{
	for (char *end = strchr(item, ','); end; end = strchr(end + 1, ',')) {
		*end = '\0';
		const bool known = yc_plot_line_called(p, item) >= 0;
		*end = ',';
		if (known)
			return end;
	}
	return yc_plot_line_called(p, item) >= 0 ? NULL : strchr(item, ',');
}

static int refer(struct yc_plot *p)
{
	char *list = yc_strdup(p->cfg->reference), *item = list;
	int status = list ? YC_OK : YC_FAIL, index = 0;

	while (item && status == YC_OK) {
		char *comma = end_of(p, item);

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
