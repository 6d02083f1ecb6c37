/* SPDX-License-Identifier: MIT */
/* Lays out a plot and everything around it, so that nothing is clipped. */
#include <math.h>
#include <string.h>

#include "lib/plot/plot_frame.h"

enum {
	SLANTED = 22, /* from one slanted word to the next */
	LEAST = 160,  /* minimum width of the plot */
	LOWEST = 80   /* minimum height */
};
static const double half_root = 0.70710678118654752; /* sine of 45 degrees */

int yc_plot_name_rows(const struct plot_line *l)
{
	return yc_plot_count_lines(l->name, NAME);
}

/* Space for the names, more if their letters would extend beyond the picture. */
static double names_width(const struct yc_plot *p)
{
	double names = 0;

	for (int i = 0; i < p->nlines; i++) {
		const char *row = p->line[i].name;

		do {
			double widest;
			const size_t n = yc_plot_break(row, NAME, &widest);

			names = fmax(names, KEY + fmax(yc_plot_typical(row, n),
							  widest - PAD + 2 * EDGE));
			row += n + strspn(row + n, " ");
		} while (*row);
	}
	return names;
}

/* Widens the margins left and right of the plot for the numbers of both axes. */
static void fit_numbers(struct plot_frame *fr, const struct yc_plot *p, const double *x,
	size_t n, double *left, double *right)
{
	/* Only margins that have to grow keep EDGE, so that what fits does not change. */
	for (size_t i = 0; i < fr->ny; i++) {
		const double need = yc_plot_widest(fr->yt[i].text) + 8;

		if (need > *left)
			*left = EDGE + need;
	}
	if (p->cfg->words)
		return;
	yc_plot_ticks_x(
		fr, x, n, fmax(LEAST, p->cfg->width - *left - *right) - 2 * fr->inset);
	for (size_t i = 0; i < fr->nx; i++) {
		const double half = yc_plot_widest(fr->xt[i].text) / 2;

		*left = fmax(*left, EDGE + half - fr->inset);
		*right = fmax(*right, EDGE + half - fr->inset);
	}
}

/* Distance of columns such that words fit side by side. */
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

/* Left edge of the plot, at least `left`, such that no slanted word leaves the picture.
 * Its right edge stays unless its columns would be narrower than `column`. */
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

/* Words that do not fit side by side are slanted, which shrinks the plot until its
 * columns have the minimum width; then the picture grows. */
static void fit_words(struct plot_frame *fr, const struct yc_plot *p, double right)
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

const char *yc_plot_label_x(const struct yc_plot *p)
{
	return p->cfg->x_label ? p->cfg->x_label : p->x_name;
}

const char *yc_plot_label_y(const struct yc_plot *p)
{
	return p->cfg->y_label ? p->cfg->y_label : p->y_name;
}

/* From the middle of the plot to the nearer edge of the picture, twice. */
double yc_plot_space_x(const struct plot_frame *fr)
{
	const double middle = (fr->left + fr->right) / 2;

	return 2 * (fmin(middle, fr->width - middle) - EDGE);
}

/* From where titles begin to the edge of the picture. */
double yc_plot_space_y(const struct plot_frame *fr)
{
	return fr->width - PAD - EDGE;
}

void yc_plot_lay_out(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n)
{
	const struct yc_plot_cfg *c = p->cfg;
	double left = PAD + 6 * PLOT_LETTER, right = PAD + GAP + names_width(p), more = 0;
	int rows = 0;

	for (int i = 0; i < p->nlines; i++) {
		fr->ndata += !p->line[i].reference;
		rows += yc_plot_name_rows(&p->line[i]);
	}
	/* Names need their rows, and the plot a minimum height. */
	fr->top = PAD + (c->title ? 2 * ROW : 0) + ROW + 12;
	fr->bottom = fmax((double)c->height - PAD - PLOT_TEXT - TICK_ROOM,
		fr->top + fmax(LOWEST, ROW * rows));
	yc_plot_scale_y(fr, p);
	yc_plot_scale_x(fr, p, x, n);
	fit_numbers(fr, p, x, n, &left, &right);
	fr->left = left;
	fr->right = fmax(c->width - right, left + LEAST);
	if (c->words)
		fit_words(fr, p, right);
	fr->width = fr->right + right;
	yc_plot_shift(fr, p, x, n);
	/* More lines of text make the picture higher and do not change the plot. */
	if (c->title)
		more = TITLE_ROW *
		       (yc_plot_count_lines(c->title, yc_plot_space_y(fr) / PLOT_TITLE) -
			       1);
	more += ROW * (yc_plot_count_lines(yc_plot_label_y(p), yc_plot_space_y(fr)) - 1);
	fr->top += more;
	fr->bottom += more;
	fr->height =
		fr->bottom + TICK_ROOM + fr->depth + PLOT_TEXT + PAD +
		ROW * (yc_plot_count_lines(yc_plot_label_x(p), yc_plot_space_x(fr)) - 1);
	yc_plot_note(fr, p);
	if (fr->note[0])
		fr->height += NOTE_GAP +
			      ROW * yc_plot_count_lines(fr->note, yc_plot_space_y(fr));
}
