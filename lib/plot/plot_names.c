/* SPDX-License-Identifier: MIT */
/* Names at the ends of lines, instead of a legend. */
#include <math.h>
#include <stdlib.h>

#include "lib/plot/plot_frame.h"

struct label {
	const struct plot_line *line;
	double want, y;	 /* end of its line, first row of the name */
	int rows, above; /* of the name, of the names above it */
};

static int by_want(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->want < y->want || x->want > y->want)
		return x->want < y->want ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

/* Where the first row of the first name would be for that of l to be where it should. */
static double wanted(const struct label *l)
{
	return l->want - ROW * (l->rows - 1) / 2. - ROW * l->above;
}

/* Moves labels, sorted by `want`, by the smallest amounts that keep their rows apart:
 * touching ones form a block, which is centred on the mean of the wanted positions. */
static void spread(struct label *l, int n, double top, double bottom)
{
	const int rows = l[n - 1].above + l[n - 1].rows;

	for (int i = 0, from; i < n; i++) {
		double sum = 0, first;

		for (from = i; from >= 0; from--) {
			sum += wanted(&l[from]);
			if (from == 0 || l[from - 1].y - ROW * l[from - 1].above <=
						 sum / (i - from + 1))
				break;
		}
		first = fmin(fmax(sum / (i - from + 1), top), bottom - ROW * (rows - 1));
		for (int k = from; k <= i; k++)
			l[k].y = first + ROW * l[k].above;
	}
}

/* A sample of each line in front of its name. */
static void put_key(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l, double x, double y)
{
	const struct plot_point *last = &p->point[l->from + l->n - 1];

	(void)fprintf(f, "<g class=\"c%d\">", l->colour);
	if (!p->cfg->words || l->reference)
		(void)fprintf(f, "<path class=\"%s\"%s d=\"M%.1f %.1fh22\"/>",
			l->reference ? "r" : "l", yc_plot_dashes(l), x, y);
	if (yc_plot_is_marked(p, fr, l) && !yc_plot_is_level(l)) {
		yc_plot_put_marker(f, l, last->hollow, x + 11, y);
		(void)fputs("/>", f);
	}
	(void)fputs("</g>\n", f);
}

void yc_plot_put_names(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	struct label label[PLOT_LINES_MAX];

	for (int i = 0; i < p->nlines; i++) {
		const struct plot_line *l = &p->line[i];

		label[i] = (struct label){
			.line = l,
			.want = yc_plot_level(fr, p->point[l->from + l->n - 1].mean),
			.rows = yc_plot_name_rows(l),
		};
	}
	qsort(label, (size_t)p->nlines, sizeof *label, by_want);
	for (int i = 1; i < p->nlines; i++)
		label[i].above = label[i - 1].above + label[i - 1].rows;
	spread(label, p->nlines, fr->top, fr->bottom);
	for (int i = 0; i < p->nlines; i++) {
		const struct plot_line *l = label[i].line;
		const double x = fr->right + GAP, y = label[i].y;
		const double end =
			yc_plot_is_level(l)
				? fr->right
				: yc_plot_spot(fr, l, p->point[l->from + l->n - 1].x);

		/* If lines end in several columns the leaders would cross each other. */
		if (yc_plot_is_level(l) || !p->cfg->words)
			yc_plot_put_rule(f, "q", end + 7, label[i].want, x - 4, y);
		put_key(f, p, fr, l, x, y);
		yc_plot_put_lines(f, "", x + KEY, y + 4.5, l->name, NAME, ROW);
	}
}
