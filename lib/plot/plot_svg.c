/* SPDX-License-Identifier: MIT */
/*
 * Draws a plot. Names are at the ends of their lines instead of in a legend; colours are
 * those of Okabe and Ito (Color Universal Design, 2008) without yellow, which is
 * invisible on white, and each line also has a marker. Background and text follow the
 * reader's preference for light or dark.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/plot_frame.h"
#include "yc/mem.h"
#include "yc/real.h"

static const char style[] =
	"<style>text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,"
	"'Liberation Sans',sans-serif;fill:#1f2328}.h{font-weight:600;font-size:16px}"
	".u{fill:#59636e}.n{text-anchor:end}.m{text-anchor:middle}.p{fill:#fff}"
	".g{stroke:#e4e8ec}.a{stroke:#818b98}.q{stroke:#b4bcc5}"
	".l{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}"
	".e{stroke:currentColor;stroke-width:1.5}.k{fill:currentColor;stroke:#fff;stroke-"
	"width:.6}"
	".r{fill:none;stroke:#59636e;stroke-width:1.5}.b{fill:#59636e;opacity:.13}"
	".c0{color:#0072b2}.c1{color:#d55e00}.c2{color:#009e73}.c3{color:#cc79a7}"
	".c4{color:#56b4e9}.c5{color:#e69f00}.c6{color:#1f2328}"
	"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.u{fill:#9198a1}"
	".p{fill:#0d1117}.g{stroke:#262c36}.a{stroke:#656c76}.q{stroke:#3d444d}"
	".k{stroke:#0d1117}.r{stroke:#9198a1}.b{fill:#9198a1;opacity:.2}"
	".c0{color:#3d9be0}.c6{color:#e6edf3}}</style>\n";

/* Dash patterns of references, by style. */
static const char *dashes(const struct plot_line *l)
{
	static const char *const pattern[] = {"7 4", "2 3", "9 3 2 3", "12 4"};

	return pattern[l->style % (int)YC_COUNT(pattern)];
}

/* Text */

static void put_text(FILE *f, const char *text)
{
	yc_plot_text(f, text, strlen(text));
}

static void put_label(FILE *f, const char *classes, double x, double y, const char *text)
{
	(void)fprintf(f, "<text%s x=\"%.1f\" y=\"%.1f\">", classes, x, y);
	put_text(f, text);
	(void)fputs("</text>\n", f);
}

/* Writes a text in as many lines as it needs, `pitch` apart, the first at y. */
static void put_lines(FILE *f, const char *classes, double x, double y, const char *text,
	double space, double pitch)
{
	do {
		double width;
		const size_t n = yc_plot_break(text, space, &width);

		(void)fprintf(f, "<text%s x=\"%.1f\" y=\"%.1f\">", classes, x, y);
		yc_plot_text(f, text, n);
		(void)fputs("</text>\n", f);
		text += n + strspn(text + n, " ");
		y += pitch;
	} while (*text);
}

static void put_rule(
	FILE *f, const char *class, double x1, double y1, double x2, double y2)
{
	(void)fprintf(f, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1,
		y1, x2, y2);
}

static void put_y_axis(FILE *f, const struct plot_frame *fr)
{
	char text[PLOT_NUMBER];

	for (int i = 0; i <= yc_plot_last_tick(fr); i++) {
		const double y = yc_plot_level(fr, fr->y0 + i * fr->step);

		yc_plot_write_tick_y(text, fr, i);
		put_rule(f, i ? "g" : "a", fr->left, y, fr->right, y);
		put_label(f, " class=\"u n\"", fr->left - 8, y + 4.5, text);
	}
}

/* Half the distance that a number needs from the next. */
static double half_of(const char *number)
{
	return fmax(yc_plot_typical(number) + PLOT_LETTER, yc_plot_widest(number) + 1) /
	       2;
}

static void put_ticks(FILE *f, const struct plot_frame *fr, const double *x, size_t n)
{
	struct plot_tick tick[PLOT_TICKS];
	double taken = -INFINITY;

	n = yc_plot_ticks(fr, x, n, tick);
	for (size_t i = 0; i < n; i++) {
		const double at = yc_plot_place(fr, tick[i].x),
			     half = half_of(tick[i].text);

		put_rule(f, "a", at, fr->bottom, at, fr->bottom + 5);
		if (at - half < taken)
			continue;
		put_label(f, " class=\"u m\"", at, fr->bottom + ROW, tick[i].text);
		taken = at + half;
	}
}

static void put_words(FILE *f, const struct plot_frame *fr, const struct yc_plot *p)
{
	for (size_t i = 0; i < p->nwords; i++) {
		const double x = yc_plot_place(fr, (double)i);
		char slanted[80];

		if (!fr->slanted) {
			put_label(f, " class=\"u m\"", x, fr->bottom + ROW, p->word[i]);
			continue;
		}
		/* The middle of the word's end is below the column. */
		(void)snprintf(slanted, sizeof slanted,
			" class=\"u n\" transform=\"rotate(-45 %.1f %.1f)\"", x + 4,
			fr->bottom + 14);
		put_label(f, slanted, x + 4, fr->bottom + 14, p->word[i]);
	}
}

/* Lines */

static void put_marker(FILE *f, int style_number, double x, double y)
{
	static const char *const shape[PLOT_MARKERS] = {
		"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0", /* disc */
		"m-3.2-3.2h6.4v6.4h-6.4z",		       /* square */
		"m0-4.3l4.1 7.3h-8.2z",			       /* triangle */
		"m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",	       /* diamond */
		"m0 4.3l4.1-7.3h-8.2z",			       /* on its tip */
		"m-1.4-4.2h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8v-2.8h2.8z", /* plus */
		"m0-4.8l1.4 3.1l3.3.4l-2.4 2.3l.6 3.3l-2.9-1.6l-2.9 "
		"1.6l.6-3.3l-2.4-2.3l3.3-.4z",
	};
	const int marker = (style_number + style_number / PLOT_COLOURS) % PLOT_MARKERS;

	(void)fprintf(f, "<path class=\"k\" d=\"M%.1f %.1f%s\"", x, y, shape[marker]);
}

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
	put_text(f, l->name);
	(void)fputs(", ", f);
	put_text(f, p->cfg->words ? p->word[(size_t)at->x] : x);
	(void)fprintf(f, ": %.*g", fr->digits, at->mean);
	if (at->deviation > 0)
		(void)fprintf(f, " \xc2\xb1 %.3g", at->deviation);
	(void)fputs("</title>", f);
}

/* Markers that touch would hide their line. */
static bool is_marked(
	const struct yc_plot *p, const struct plot_frame *fr, const struct plot_line *l)
{
	return p->cfg->words || 14. * (double)l->n < fr->right - fr->left;
}

static void put_curve(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	const struct plot_point *at = p->point + l->from;

	(void)fprintf(f, "<g class=\"c%d\">\n", l->style % PLOT_COLOURS);
	for (size_t i = 0; i < l->n && !p->cfg->words; i++)
		(void)fprintf(f, "%s%.1f %.1f%s", i ? "L" : "<path class=\"l\" d=\"M",
			yc_plot_spot(fr, l, at[i].x), yc_plot_level(fr, at[i].mean),
			i + 1 < l->n ? "" : "\"/>\n");
	for (size_t i = 0; i < l->n; i++) {
		const double x = yc_plot_spot(fr, l, at[i].x);

		if (at[i].deviation > 0)
			put_rule(f, "e", x,
				yc_plot_level(fr, at[i].mean - at[i].deviation), x,
				yc_plot_level(fr, at[i].mean + at[i].deviation));
		if (!is_marked(p, fr, l))
			continue;
		put_marker(f, l->style, x, yc_plot_level(fr, at[i].mean));
		(void)fputs(">", f);
		put_hint(f, p, fr, l, i);
		(void)fputs("</path>\n", f);
	}
	(void)fputs("</g>\n", f);
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
	(void)fprintf(f, "<path class=\"r\" stroke-dasharray=\"%s\" d=\"", dashes(l));
	put_corners(f, p, fr, l, 0, true);
	(void)fputs("\"><title>", f);
	put_text(f, l->name);
	(void)fputs("</title></path>\n", f);
}

/* Names at the ends of lines */

struct label {
	const struct plot_line *line;
	double want, y; /* end of its line, position of the label */
};

static int by_want(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->want < y->want || x->want > y->want)
		return x->want < y->want ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

/* Moves labels, sorted by `want`, by the smallest amounts that keep them ROW apart:
 * touching ones form a block, which is centred on the mean of the wanted positions. */
static void spread(struct label *l, int n, double top, double bottom)
{
	for (int i = 0, from; i < n; i++) {
		double sum = 0, y;

		l[i].y = l[i].want;
		for (from = i; from >= 0; from--) {
			sum += l[from].want - ROW * from;
			if (from == 0 ||
				l[from - 1].y + ROW <= sum / (i - from + 1) + ROW * from)
				break;
		}
		y = fmin(fmax(sum / (i - from + 1) + ROW * from, top + ROW * from),
			bottom - ROW * (n - 1 - from));
		for (int k = from; k <= i; k++)
			l[k].y = y + ROW * (k - from);
	}
}

/* A sample of each line in front of its name. */
static void put_key(FILE *f, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l, double x, double y)
{
	if (l->reference) {
		(void)fprintf(f,
			"<path class=\"r\" stroke-dasharray=\"%s\" "
			"d=\"M%.1f %.1fh22\"/>\n",
			dashes(l), x, y);
		return;
	}
	(void)fprintf(f, "<g class=\"c%d\">", l->style % PLOT_COLOURS);
	if (!p->cfg->words)
		(void)fprintf(f, "<path class=\"l\" d=\"M%.1f %.1fh22\"/>", x, y);
	if (is_marked(p, fr, l)) {
		put_marker(f, l->style, x + 11, y);
		(void)fputs("/>", f);
	}
	(void)fputs("</g>\n", f);
}

static void put_names(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	struct label label[PLOT_LINES_MAX];

	for (int i = 0; i < p->nlines; i++) {
		const struct plot_line *l = &p->line[i];

		label[i] = (struct label){
			l, yc_plot_level(fr, p->point[l->from + l->n - 1].mean), 0};
	}
	qsort(label, (size_t)p->nlines, sizeof *label, by_want);
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
			put_rule(f, "q", end + 7, label[i].want, x - 4, y);
		put_key(f, p, fr, l, x, y);
		put_label(f, "", x + KEY, y + 4.5, l->name);
	}
}

static void put_headings(FILE *f, const struct yc_plot *p, const struct plot_frame *fr)
{
	const char *title = p->cfg->title, *label = yc_plot_label_y(p);
	const double space = yc_plot_space_y(fr);

	if (title)
		put_lines(f, " class=\"h\"", PAD, PAD + PLOT_TEXT + 2, title,
			space / PLOT_TITLE, TITLE_ROW);
	put_lines(f, " class=\"u\"", PAD,
		fr->top - 14 - ROW * (yc_plot_count_lines(label, space) - 1), label,
		space, ROW);
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
	put_text(f, title ? title : yc_plot_label_y(p));
	(void)fprintf(f,
		"</title>\n%s<rect class=\"p\" width=\"100%%\" height=\"100%%\"/>\n",
		style);
	put_headings(f, p, &fr);
	put_y_axis(f, &fr);
	if (p->cfg->words)
		put_words(f, &fr, p);
	else
		put_ticks(f, &fr, x, n);
	put_lines(f, " class=\"m\"", (fr.left + fr.right) / 2,
		fr.bottom + fr.depth + TICK_ROOM + 14, yc_plot_label_x(p),
		yc_plot_space_x(&fr), ROW);
	for (int i = 0; i < p->nlines; i++)
		if (p->line[i].reference)
			put_reference(f, p, &fr, &p->line[i]);
	/* The first line is drawn on top of the others. */
	for (int i = p->nlines - 1; i >= 0; i--)
		if (!p->line[i].reference)
			put_curve(f, p, &fr, &p->line[i]);
	put_names(f, p, &fr);
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
