/* SPDX-License-Identifier: MIT */
/*
 * The picture of a plot. Names stand at the ends of their lines instead of in a legend;
 * colours are those of Okabe and Ito (Color Universal Design, 2008) without their yellow,
 * which white swallows, and each line has a marker besides. Both background and text
 * follow the reader's preference for light or dark.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/io/plot.h"
#include "yc/mem.h"
#include "yc/real.h"

/* Pixels; letters of a usual sans-serif font are LETTER wide on average. */
enum {
	PAD = 16,
	EDGE = 4, /* what the widest of texts keeps from the edge of the picture */
	TEXT = PLOT_TEXT,
	LETTER = 7,
	ROW = 18,
	TITLE_ROW = 22,
	TICK_ROOM = 26,
	GAP = 18,
	KEY = 28,
	SLANTED = 22, /* from one slanted word to the next */
	LEAST = 160,  /* of the plot, from left to right */
	TICKS_MAX = 16
};
/* Of 16 pixels and bold, in comparison with other text. */
static const double title_size = 16. / TEXT * 1.16;
static const double half_root = 0.70710678118654752; /* sine of 45 degrees */

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

/* Of references, by their style. */
static const char *dashes(const struct plot_line *l)
{
	static const char *const pattern[] = {"7 4", "2 3", "9 3 2 3", "12 4"};

	return pattern[l->style % (int)YC_COUNT(pattern)];
}

/* Where everything goes. */
struct frame {
	double width, height, left, right, top,
		bottom; /* the last four of the plot itself */
	double x0, x1, y0,
		y1; /* what left+inset and right-inset, bottom and top stand for */
	double inset;
	double dodge; /* shift from one line to the next, so that bars stay apart */
	bool log;
	int ndata;    /* lines that are no references */
	double step;  /* between the ticks of y */
	int digits;   /* of the ticks of y */
	bool slanted; /* words, which would not fit side by side */
	double depth; /* by which they reach lower than numbers do */
};

/* Text */

static void put_text(FILE *f, const char *text)
{
	yc_plot_text(f, text, strlen(text));
}

static double text_width(const char *s)
{
	int letters = 0;

	for (; *s; s++)
		letters += ((unsigned char)*s & 0xc0) != 0x80;
	return LETTER * letters;
}

static void put_label(FILE *f, const char *classes, double x, double y, const char *text)
{
	(void)fprintf(f, "<text%s x=\"%.1f\" y=\"%.1f\">", classes, x, y);
	put_text(f, text);
	(void)fputs("</text>\n", f);
}

static int count_lines(const char *text, double room)
{
	int n = 0;

	for (double width; n == 0 || *text; n++) {
		text += yc_plot_break(text, room, &width);
		text += strspn(text, " ");
	}
	return n;
}

/* A text in as many lines as it needs, `pitch` apart, the first at y. */
static void put_lines(FILE *f, const char *classes, double x, double y, const char *text,
	double room, double pitch)
{
	do {
		double width;
		const size_t n = yc_plot_break(text, room, &width);

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

/* Scales */

/* The smallest of 1, 2, 5 times a power of ten that is not below v > 0. */
static double round_up(double v)
{
	const double ten = pow(10, floor(log10(v)));

	for (int i = 1; i <= 5; i += i == 1 ? 1 : 3)
		if (v <= i * ten * (1 + 1e-9))
			return i * ten;
	return 10 * ten;
}

static double place(const struct frame *fr, double x)
{
	const double at = fr->log ? log10(x) : x,
		     room = fr->right - fr->left - 2 * fr->inset;

	/* Values that all are the same stand in the middle. */
	return fr->left + fr->inset +
	       room * (fr->x1 > fr->x0 ? (at - fr->x0) / (fr->x1 - fr->x0) : .5);
}

static double level(const struct frame *fr, double y)
{
	return fr->bottom - (fr->bottom - fr->top) * ((y - fr->y0) / (fr->y1 - fr->y0));
}

/* Where a point of line l stands across. */
static double spot(const struct frame *fr, const struct plot_line *l, double x)
{
	const double shift = l->reference ? 0 : l->style - (fr->ndata - 1) / 2.;

	return place(fr, x) + shift * fr->dodge;
}

/* A reference with one point holds everywhere. */
static bool is_level(const struct plot_line *l)
{
	return l->reference && l->n == 1;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int last_tick(const struct frame *fr)
{
	return (int)lround((fr->y1 - fr->y0) / fr->step);
}

static double tick_y(const struct frame *fr, int i)
{
	const double v = fr->y0 + i * fr->step;

	return fabs(v) < 1e-9 * fr->step ? 0 : v;
}

static void scale_y(struct frame *fr, const struct yc_plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < p->npoints; i++) {
		lo = fmin(lo, p->point[i].mean - p->point[i].deviation);
		hi = fmax(hi, p->point[i].mean + p->point[i].deviation);
	}
	/* Differences that double precision does not hold are none. */
	if (hi - lo <= 1e-12 * fmax(fabs(lo), fabs(hi))) {
		const double half = lo != 0 ? fabs(lo) / 2 : 1;

		lo -= half;
		hi += half;
	}
	/* A tick every 40 pixels or more. */
	fr->step = round_up((hi - lo) / fmax(2, (fr->bottom - fr->top) / 40));
	fr->y0 = fr->step * floor(lo / fr->step + 1e-9);
	fr->y1 = fr->step * ceil(hi / fr->step - 1e-9);
	fr->digits = PLOT_DIGITS;
	for (int i = 0; i < last_tick(fr); i++)
		fr->digits = larger(
			fr->digits, yc_plot_tell(tick_y(fr, i), tick_y(fr, i + 1)));
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The different x of all lines but levels, ascending, into x; their number. */
static size_t distinct(const struct yc_plot *p, double *x)
{
	size_t n = 0, m = 0;

	for (int i = 0; i < p->nlines; i++)
		for (size_t k = 0; k < p->line[i].n && !is_level(&p->line[i]); k++)
			x[n++] = p->point[p->line[i].from + k].x;
	if (n == 0)
		x[n++] = p->point[0].x;
	qsort(x, n, sizeof *x, by_value);
	for (size_t i = 0; i < n; i++)
		if (m == 0 || x[i] > x[m - 1])
			x[m++] = x[i];
	return m;
}

static void scale_x(struct frame *fr, const struct yc_plot *p, const double *x, size_t n)
{
	fr->log = p->cfg->log;
	fr->x0 = fr->log ? log10(x[0]) : x[0];
	fr->x1 = fr->log ? log10(x[n - 1]) : x[n - 1];
	fr->inset = 24;
	if (p->cfg->words) { /* half a column at either end */
		fr->x0 = -.5;
		fr->x1 = (double)p->nwords - .5;
		fr->inset = 0;
	}
}

/* Shifts lines against each other, as far as their points have room. */
static void shift_lines(
	struct frame *fr, const struct yc_plot *p, const double *x, size_t n)
{
	double gap;

	if (!p->bars && !p->cfg->words)
		return;
	gap = p->cfg->words ? (fr->right - fr->left) / (double)p->nwords : 2 * fr->inset;
	for (size_t i = 1; i < n && !p->cfg->words; i++)
		gap = fmin(
			i == 1 ? INFINITY : gap, place(fr, x[i]) - place(fr, x[i - 1]));
	if (fr->ndata > 1)
		fr->dodge = p->cfg->words ? fmin(16, .75 * gap / fr->ndata)
					  : fmin(4, .4 * gap / (fr->ndata - 1));
}

static void write_tick_y(char text[PLOT_NUMBER], const struct frame *fr, int i)
{
	(void)snprintf(text, PLOT_NUMBER, "%.*g", fr->digits, tick_y(fr, i));
}

static void put_y_axis(FILE *f, const struct frame *fr)
{
	char text[PLOT_NUMBER];

	for (int i = 0; i <= last_tick(fr); i++) {
		const double y = level(fr, fr->y0 + i * fr->step);

		write_tick_y(text, fr, i);
		put_rule(f, i ? "g" : "a", fr->left, y, fr->right, y);
		put_label(f, " class=\"u n\"", fr->left - 8, y + 4.5, text);
	}
}

/* Ticks where there are points if those are few, else at round numbers. */
static size_t ticks(const struct frame *fr, const double *x, size_t n, double *tick)
{
	size_t m = 0;

	if (n <= TICKS_MAX) {
		memcpy(tick, x, n * sizeof *x);
		return n;
	}
	if (fr->log) {
		for (int e = (int)ceil(fr->x0 - 1e-9);
			e <= fr->x1 + 1e-9 && m < TICKS_MAX; e++)
			tick[m++] = pow(10, e);
		return m;
	}
	const double step = round_up((fr->x1 - fr->x0) / 8);
	for (double v = step * ceil(fr->x0 / step - 1e-9);
		v <= fr->x1 + 1e-9 * step && m < TICKS_MAX; v += step)
		tick[m++] = fabs(v) < 1e-9 * step ? 0 : v;
	return m;
}

/* Digits of a value between others, NULL: none. */
static int neighbours(const double *before, double v, const double *after)
{
	return larger(before ? yc_plot_tell(v, *before) : PLOT_DIGITS,
		after ? yc_plot_tell(v, *after) : PLOT_DIGITS);
}

/* Numbers at the ticks of x. */
struct tick {
	double x;
	char text[PLOT_NUMBER];
};

/* All have the digits that the closest two need, but hardly any double can do without noise in
 * the last two of 17: only those that need them have them. */
static size_t write_ticks(
	const struct frame *fr, const double *x, size_t n, struct tick *out)
{
	double at[TICKS_MAX];
	int own[TICKS_MAX], all = PLOT_DIGITS;

	n = ticks(fr, x, n, at);
	for (size_t i = 0; i < n; i++) {
		own[i] = neighbours(
			i ? &at[i - 1] : NULL, at[i], i + 1 < n ? &at[i + 1] : NULL);
		all = larger(all, own[i]);
	}
	for (size_t i = 0; i < n; i++) {
		out[i].x = at[i];
		(void)snprintf(out[i].text, sizeof out[i].text, "%.*g",
			larger(own[i], all < 15 ? all : 15), at[i]);
	}
	return n;
}

/* Half of what a number takes from the next. */
static double half_of(const char *number)
{
	return fmax(text_width(number) + LETTER, yc_plot_widest(number) + 1) / 2;
}

static void put_ticks(FILE *f, const struct frame *fr, const double *x, size_t n)
{
	struct tick tick[TICKS_MAX];
	double taken = -INFINITY;

	n = write_ticks(fr, x, n, tick);
	for (size_t i = 0; i < n; i++) {
		const double at = place(fr, tick[i].x), half = half_of(tick[i].text);

		put_rule(f, "a", at, fr->bottom, at, fr->bottom + 5);
		if (at - half < taken)
			continue;
		put_label(f, " class=\"u m\"", at, fr->bottom + ROW, tick[i].text);
		taken = at + half;
	}
}

static void put_words(FILE *f, const struct frame *fr, const struct yc_plot *p)
{
	for (size_t i = 0; i < p->nwords; i++) {
		const double x = place(fr, (double)i);
		char slanted[80];

		if (!fr->slanted) {
			put_label(f, " class=\"u m\"", x, fr->bottom + ROW, p->word[i]);
			continue;
		}
		/* The middle of its end is below the column. */
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

/* What a pointer that rests on a marker is told. */
static void put_hint(FILE *f, const struct yc_plot *p, const struct frame *fr,
	const struct plot_line *l, size_t i)
{
	const struct plot_point *at = p->point + l->from + i;
	char x[PLOT_NUMBER];

	(void)snprintf(x, sizeof x, "%.*g",
		neighbours(i ? &at[-1].x : NULL, at->x, i + 1 < l->n ? &at[1].x : NULL),
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
	const struct yc_plot *p, const struct frame *fr, const struct plot_line *l)
{
	return p->cfg->words || 14. * (double)l->n < fr->right - fr->left;
}

static void put_curve(FILE *f, const struct yc_plot *p, const struct frame *fr,
	const struct plot_line *l)
{
	const struct plot_point *at = p->point + l->from;

	(void)fprintf(f, "<g class=\"c%d\">\n", l->style % PLOT_COLOURS);
	for (size_t i = 0; i < l->n && !p->cfg->words; i++)
		(void)fprintf(f, "%s%.1f %.1f%s", i ? "L" : "<path class=\"l\" d=\"M",
			spot(fr, l, at[i].x), level(fr, at[i].mean),
			i + 1 < l->n ? "" : "\"/>\n");
	for (size_t i = 0; i < l->n; i++) {
		const double x = spot(fr, l, at[i].x);

		if (at[i].deviation > 0)
			put_rule(f, "e", x, level(fr, at[i].mean - at[i].deviation), x,
				level(fr, at[i].mean + at[i].deviation));
		if (!is_marked(p, fr, l))
			continue;
		put_marker(f, l->style, x, level(fr, at[i].mean));
		(void)fputs(">", f);
		put_hint(f, p, fr, l, i);
		(void)fputs("</path>\n", f);
	}
	(void)fputs("</g>\n", f);
}

/* Corners of a reference: of its line, or up along one side of its band. */
static void put_corners(FILE *f, const struct yc_plot *p, const struct frame *fr,
	const struct plot_line *l, double sign, bool first)
{
	const struct plot_point *at = p->point + l->from;
	const size_t n = is_level(l) ? 2 : l->n;

	for (size_t i = 0; i < n; i++) {
		const size_t k = sign < 0 ? n - 1 - i : i;
		const struct plot_point *o = is_level(l) ? at : at + k;
		const double x = !is_level(l) ? place(fr, o->x)
				 : k	      ? fr->right
					      : fr->left;

		(void)fprintf(f, "%s%.1f %.1f", first && i == 0 ? "M" : "L", x,
			level(fr, o->mean + sign * o->deviation));
	}
}

static void put_reference(FILE *f, const struct yc_plot *p, const struct frame *fr,
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
	double want, y; /* where its line ends, where there is room */
};

static int by_want(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->want < y->want || x->want > y->want)
		return x->want < y->want ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

/* Moves labels, sorted by `want`, as little as they can be moved to be ROW apart: touching
 * ones form a block, which stands around the middle of what its labels want. */
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

/* What the lines look like, in front of their names. */
static void put_key(FILE *f, const struct yc_plot *p, const struct frame *fr,
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

static void put_names(FILE *f, const struct yc_plot *p, const struct frame *fr)
{
	struct label label[PLOT_LINES_MAX];

	for (int i = 0; i < p->nlines; i++) {
		const struct plot_line *l = &p->line[i];

		label[i] = (struct label){
			l, level(fr, p->point[l->from + l->n - 1].mean), 0};
	}
	qsort(label, (size_t)p->nlines, sizeof *label, by_want);
	spread(label, p->nlines, fr->top, fr->bottom);
	for (int i = 0; i < p->nlines; i++) {
		const struct plot_line *l = label[i].line;
		const double x = fr->right + GAP, y = label[i].y;
		const double end = is_level(l)
					   ? fr->right
					   : spot(fr, l, p->point[l->from + l->n - 1].x);

		/* From several columns of points the leaders would cross each other. */
		if (is_level(l) || !p->cfg->words)
			put_rule(f, "q", end + 7, label[i].want, x - 4, y);
		put_key(f, p, fr, l, x, y);
		put_label(f, "", x + KEY, y + 4.5, l->name);
	}
}

/* Layout */

/* Room for the names, more where their letters would reach out of the picture. */
static double names_width(const struct yc_plot *p)
{
	double names = 0;

	for (int i = 0; i < p->nlines; i++) {
		const double usual = text_width(p->line[i].name),
			     widest = yc_plot_widest(p->line[i].name);

		names = fmax(names,
			KEY + (widest > usual + PAD ? widest - PAD + EDGE : usual));
	}
	return names;
}

/* Widens what is left and right of the plot for the numbers of both axes. */
static void fit_numbers(const struct frame *fr, const struct yc_plot *p, const double *x,
	size_t n, double *left, double *right)
{
	struct tick tick[TICKS_MAX];
	char text[PLOT_NUMBER];

	/* EDGE is kept only by what has to grow, so that what fits stays as it is. */
	for (int i = 0; i <= last_tick(fr); i++) {
		write_tick_y(text, fr, i);
		if (yc_plot_widest(text) + 8 > *left)
			*left = EDGE + yc_plot_widest(text) + 8;
	}
	n = p->cfg->words ? 0 : write_ticks(fr, x, n, tick);
	for (size_t i = 0; i < n; i++) {
		const double half = yc_plot_widest(tick[i].text) / 2;

		*left = fmax(*left, EDGE + half - fr->inset);
		*right = fmax(*right, EDGE + half - fr->inset);
	}
}

/* From one column to the next, so that words fit side by side. */
static double columns_apart(const struct yc_plot *p)
{
	double both = 0; /* of two neighbours */

	for (size_t i = 1; i < p->nwords; i++)
		both = fmax(both,
			yc_plot_widest(p->word[i - 1]) + yc_plot_widest(p->word[i]));
	return both / 2 + EDGE;
}

static bool ends_fit(const struct yc_plot *p, double column, double left, double right)
{
	return yc_plot_widest(p->word[0]) / 2 <= left + column / 2 - EDGE &&
	       yc_plot_widest(p->word[p->nwords - 1]) / 2 <= right + column / 2 - EDGE;
}

/* Where the plot has to begin, at `left` or right of it, so that no slanted word leaves the
 * picture. It keeps its end unless its columns would be narrower than `column`. */
static double left_of_words(
	const struct yc_plot *p, double left, double end, double column)
{
	double squeezed = left, moved = left;

	for (size_t i = 0; i < p->nwords; i++) {
		const double reach = EDGE + half_root * yc_plot_widest(p->word[i]) + 3;
		const double before = (double)i + .5, share = before / (double)p->nwords;

		squeezed = fmax(squeezed, (reach - share * end) / (1 - share));
		moved = fmax(moved, reach - before * column);
	}
	return end - squeezed >= column * (double)p->nwords ? squeezed : moved;
}

/* Words that do not fit side by side are slanted, which takes from the plot until its columns
 * are as narrow as can be; then the picture grows. */
static void fit_words(struct frame *fr, const struct yc_plot *p, double right)
{
	const double n = (double)p->nwords, apart = columns_apart(p);
	double column = (fr->right - fr->left) / n, longest = 0;

	if (column >= apart && ends_fit(p, column, fr->left, right))
		return;
	fr->slanted = apart > SLANTED || p->nwords == 1;
	if (!fr->slanted) { /* short, but many */
		fr->right = fr->left + apart * n;
		return;
	}
	for (size_t i = 0; i < p->nwords; i++)
		longest = fmax(longest, yc_plot_widest(p->word[i]));
	fr->depth = fmax(0, half_root * longest - 5);
	column = fmax(SLANTED, LEAST / n);
	fr->left = left_of_words(p, fr->left, fr->right, column);
	fr->right = fmax(fr->right, fr->left + column * n);
}

static const char *label_x(const struct yc_plot *p)
{
	return p->cfg->x_label ? p->cfg->x_label : p->x_name;
}

static const char *label_y(const struct yc_plot *p)
{
	return p->cfg->y_label ? p->cfg->y_label : p->y_name;
}

/* Up to both edges of the picture from the middle of the plot. */
static double room_x(const struct frame *fr)
{
	const double middle = (fr->left + fr->right) / 2;

	return 2 * (fmin(middle, fr->width - middle) - EDGE);
}

/* From where headings begin to the edge of the picture. */
static double room_y(const struct frame *fr)
{
	return fr->width - PAD - EDGE;
}

static void lay_out(struct frame *fr, const struct yc_plot *p, const double *x, size_t n)
{
	const struct yc_plot_cfg *c = p->cfg;
	double left = PAD + 6 * LETTER, right = PAD + GAP + names_width(p), more = 0;

	for (int i = 0; i < p->nlines; i++)
		fr->ndata += !p->line[i].reference;
	/* Names need their rows, and the plot at least as much room as it takes to see. */
	fr->top = PAD + (c->title ? 2 * ROW : 0) + ROW + 12;
	fr->bottom = fmax(
		(double)c->height - PAD - TEXT - TICK_ROOM, fr->top + ROW * p->nlines);
	scale_y(fr, p);
	scale_x(fr, p, x, n);
	fit_numbers(fr, p, x, n, &left, &right);
	fr->left = left;
	fr->right = fmax(c->width - right, left + LEAST);
	if (c->words)
		fit_words(fr, p, right);
	fr->width = fr->right + right;
	shift_lines(fr, p, x, n);
	/* More lines of text make the picture higher and leave the plot as it is. */
	if (c->title)
		more = TITLE_ROW * (count_lines(c->title, room_y(fr) / title_size) - 1);
	more += ROW * (count_lines(label_y(p), room_y(fr)) - 1);
	fr->top += more;
	fr->bottom += more;
	fr->height = fr->bottom + TICK_ROOM + fr->depth + TEXT + PAD +
		     ROW * (count_lines(label_x(p), room_x(fr)) - 1);
}

static void put_headings(FILE *f, const struct yc_plot *p, const struct frame *fr)
{
	const char *title = p->cfg->title, *label = label_y(p);
	const double room = room_y(fr);

	if (title)
		put_lines(f, " class=\"h\"", PAD, PAD + TEXT + 2, title,
			room / title_size, TITLE_ROW);
	put_lines(f, " class=\"u\"", PAD,
		fr->top - 14 - ROW * (count_lines(label, room) - 1), label, room, ROW);
}

static void put_plot(FILE *f, struct yc_plot *p, double *x)
{
	const char *title = p->cfg->title;
	struct frame fr = {0};
	size_t n = distinct(p, x);

	lay_out(&fr, p, x, n);
	(void)fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
		"height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
		fr.width, fr.height, fr.width, fr.height);
	put_text(f, title ? title : label_y(p));
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
		fr.bottom + fr.depth + TICK_ROOM + 14, label_x(p), room_x(&fr), ROW);
	for (int i = 0; i < p->nlines; i++)
		if (p->line[i].reference)
			put_reference(f, p, &fr, &p->line[i]);
	/* The first line is drawn over the others. */
	for (int i = p->nlines - 1; i >= 0; i--)
		if (!p->line[i].reference)
			put_curve(f, p, &fr, &p->line[i]);
	put_names(f, p, &fr);
	(void)fputs("</svg>\n", f);
}

int yc_plot_svg(struct yc_plot *p, FILE *f)
{
	int err = yc_plot_gather(p);
	double *x = err == YC_OK ? yc_alloc(p->npoints, sizeof *x) : NULL;

	if (!x)
		return YC_FAIL;
	put_plot(f, p, x);
	yc_free(x);
	return ferror(f) ? yc_fail(YC_FAIL, "write error:") : YC_OK;
}
