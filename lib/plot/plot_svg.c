/* SPDX-License-Identifier: MIT */
/* Draws a plot. Names are at the ends of their lines instead of in a legend. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/plot_frame.h"
#include "yc/mem.h"

static void put_y_axis(FILE *f, const struct plot_frame *fr)
{
	for (size_t i = 0; i < fr->ny; i++) {
		const double y = yc_plot_level(fr, fr->yt[i].at);

		yc_plot_put_rule(f, i ? "g" : "a", fr->left, y, fr->right, y);
		yc_plot_put_label(
			f, " class=\"u n\"", fr->left - 8, y + 4.5, fr->yt[i].text);
	}
}

static void put_ticks(FILE *f, const struct plot_frame *fr)
{
	double taken = -INFINITY;

	for (size_t i = 0; i < fr->nx; i++) {
		const double at = yc_plot_place(fr, fr->xt[i].at),
			     half = yc_plot_half(fr->xt[i].text);

		yc_plot_put_rule(f, "a", at, fr->bottom, at, fr->bottom + 5);
		if (at - half < taken)
			continue;
		yc_plot_put_label(
			f, " class=\"u m\"", at, fr->bottom + ROW, fr->xt[i].text);
		taken = at + half;
	}
}

static void put_words(FILE *f, const struct plot_frame *fr, const struct yc_plot *p)
{
	for (size_t i = 0; i < p->nwords; i++) {
		const double x = yc_plot_place(fr, (double)i);
		char slanted[80];

		if (!fr->slanted) {
			yc_plot_put_label(
				f, " class=\"u m\"", x, fr->bottom + ROW, p->word[i]);
			continue;
		}
		/* The middle of the word's end is below the column. */
		(void)snprintf(slanted, sizeof slanted,
			" class=\"u n\" transform=\"rotate(-45 %.1f %.1f)\"", x + 4,
			fr->bottom + 14);
		yc_plot_put_label(f, slanted, x + 4, fr->bottom + 14, p->word[i]);
	}
}

/* Lines */

/* The tooltip of a marker. */
static void put_hint(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l, size_t i)
{
	const struct plot_point *at = p->point + l->from + i;
	char x[PLOT_NUMBER];

	(void)snprintf(x, sizeof x, "%.*g",
		yc_plot_digits(
			i ? &at[-1].x : NULL, at->x, i + 1 < l->n ? &at[1].x : NULL),
		at->x);
	(void)fputs("<title>", f);
	yc_plot_put_text(f, l->name);
	(void)fputs(", ", f);
	yc_plot_put_text(f, p->cfg->words ? p->word[(size_t)at->x] : x);
	(void)fprintf(f, ": %.*g", fr->digits, at->mean);
	if (at->deviation > 0)
		(void)fprintf(f, " \xc2\xb1 %.3g", at->deviation);
	(void)fputs("</title>", f);
}

static void put_bar(
	FILE *f, const struct plot_frame *fr, const struct plot_point *at, double x)
{
	const double low = yc_plot_level(fr, at->mean - at->deviation),
		     high = yc_plot_level(fr, at->mean + at->deviation);

	if (at->deviation > 0)
		(void)fprintf(f,
			"<path class=\"e\" d=\"M%.1f %.1fL%.1f %.1fm-3.5 0h7M%.1f "
			"%.1fh7\"/>\n",
			x, low, x, high, x - 3.5, low);
}

static void put_points(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	const struct plot_point *at = p->point + l->from;

	for (size_t i = 0; i < l->n; i++) {
		const double x = yc_plot_spot(fr, l, at[i].x);

		if (!l->reference)
			put_bar(f, fr, &at[i], x);
		if (!yc_plot_is_marked(p, fr, l))
			continue;
		yc_plot_put_marker(f, l, at[i].hollow, x, yc_plot_level(fr, at[i].mean));
		(void)fputs(">", f);
		put_hint(f, p, fr, l, i);
		(void)fputs("</path>\n", f);
	}
}

static void put_curve(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	const struct plot_point *at = p->point + l->from;

	if (!p->cfg->words)
		(void)fprintf(f, "<path class=\"l\"%s d=\"", yc_plot_dashes(l));
	for (size_t i = 0; i < l->n && !p->cfg->words; i++)
		(void)fprintf(f, "%s%.1f %.1f%s", i ? "L" : "M",
			yc_plot_spot(fr, l, at[i].x), yc_plot_level(fr, at[i].mean),
			i + 1 < l->n ? "" : "\"/>\n");
	put_points(f, p, fr, l);
}

/* Vertices of a reference: of its line, or of one side of its band. */
static void put_corners(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l, double sign, bool first)
{
	const struct plot_point *at = p->point + l->from;
	const size_t n = yc_plot_is_level(l) ? 2 : l->n;

	for (size_t i = 0; i < n; i++) {
		const size_t k = sign < 0 ? n - 1 - i : i;
		const struct plot_point *o = yc_plot_is_level(l) ? at : at + k;
		const double x = !yc_plot_is_level(l) ? yc_plot_place(fr, o->x)
				 : k		      ? fr->right
						      : fr->left;

		(void)fprintf(f, "%s%.1f %.1f", first && i == 0 ? "M" : "L", x,
			yc_plot_level(fr, o->mean + sign * o->deviation));
	}
}

static void put_reference(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	bool deviates = false;

	for (size_t i = 0; i < l->n; i++)
		deviates |= p->point[l->from + i].deviation > 0;
	if (deviates) {
		(void)fputs("<path class=\"b\" d=\"", f);
		put_corners(f, p, fr, l, 1, true);
		put_corners(f, p, fr, l, -1, false);
		(void)fputs("z\"/>\n", f);
	}
	(void)fprintf(f, "<path class=\"r\"%s d=\"", yc_plot_dashes(l));
	put_corners(f, p, fr, l, 0, true);
	(void)fputs("\"><title>", f);
	yc_plot_put_text(f, l->name);
	(void)fputs("</title></path>\n", f);
	if (!yc_plot_is_level(l))
		put_points(f, p, fr, l);
}

static void put_line(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	(void)fprintf(f, "<g class=\"c%d\">\n", l->colour);
	(l->reference ? put_reference : put_curve)(f, p, fr, l);
	(void)fputs("</g>\n", f);
}

static void put_headings(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	const char *title = p->cfg->title, *label = yc_plot_label_y(p);
	const double space = yc_plot_space_y(fr);

	if (title)
		yc_plot_put_lines(f, " class=\"h\"", PAD, PAD + PLOT_TEXT + 2, title,
			space / PLOT_TITLE, TITLE_ROW);
	yc_plot_put_lines(f, " class=\"u\"", PAD,
		fr->top - 14 - ROW * (yc_plot_count_lines(label, space) - 1), label,
		space, ROW);
}

/* The label of x, and what explains the picture. */
static void put_foot(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	const double y = fr->bottom + fr->depth + TICK_ROOM + 14,
		     space = yc_plot_space_x(fr);
	const char *label = yc_plot_label_x(p);

	yc_plot_put_lines(
		f, " class=\"m\"", (fr->left + fr->right) / 2, y, label, space, ROW);
	if (fr->note[0])
		yc_plot_put_lines(f, " class=\"u\"", PAD,
			y + ROW * yc_plot_count_lines(label, space) + NOTE_GAP, fr->note,
			yc_plot_space_y(fr), ROW);
}

static void put_lines(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	for (int i = 0; i < p->nlines; i++)
		if (p->line[i].reference)
			put_line(f, p, fr, &p->line[i]);
	/* The first line is drawn on top of the others. */
	for (int i = p->nlines - 1; i >= 0; i--)
		if (!p->line[i].reference)
			put_line(f, p, fr, &p->line[i]);
}

static void put_plot(FILE *f, struct yc_plot *p, double *x)
{
	const char *title = p->cfg->title;
	struct plot_frame fr = {0};
	size_t n = yc_plot_distinct(p, x);

	yc_plot_lay_out(&fr, p, x, n);
	(void)fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
		"height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
		fr.width, fr.height, fr.width, fr.height);
	yc_plot_put_text(f, title ? title : yc_plot_label_y(p));
	(void)fprintf(f,
		"</title>\n%s<rect class=\"p\" width=\"100%%\" height=\"100%%\"/>\n",
		yc_plot_css);
	put_headings(f, p, &fr);
	put_y_axis(f, &fr);
	if (p->cfg->words)
		put_words(f, &fr, p);
	else
		put_ticks(f, &fr);
	put_foot(f, p, &fr);
	put_lines(f, p, &fr);
	yc_plot_put_names(f, p, &fr);
	(void)fputs("</svg>\n", f);
}

int yc_plot_svg(struct yc_plot *p, FILE *f)
{
	int status = yc_plot_gather(p);
	double *x = status == YC_OK ? yc_calloc(p->npoints, sizeof *x) : NULL;

	if (!x)
		return YC_FAIL;
	put_plot(f, p, x);
	yc_free(x);
	return ferror(f) ? yc_fail(YC_FAIL, "write error:") : YC_OK;
}
