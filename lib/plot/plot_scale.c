/* SPDX-License-Identifier: MIT */
/* Maps values to positions in the picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/plot_frame.h"

double yc_plot_place(const struct plot_frame *fr, double x)
{
	const double at = fr->log ? log10(x) : x,
		     space = fr->right - fr->left - 2 * fr->inset;

	/* If all values are equal they are in the middle. */
	return fr->left + fr->inset +
	       space * (fr->x1 > fr->x0 ? (at - fr->x0) / (fr->x1 - fr->x0) : .5);
}

double yc_plot_level(const struct plot_frame *fr, double y)
{
	return fr->bottom - (fr->bottom - fr->top) * ((y - fr->y0) / (fr->y1 - fr->y0));
}

/* A reference with one point is a horizontal line. */
bool yc_plot_is_level(const struct plot_line *l)
{
	return l->reference && l->n == 1;
}

/* Horizontal position of a point of line l. */
double yc_plot_spot(const struct plot_frame *fr, const struct plot_line *l, double x)
{
	const double shift = l->reference ? 0 : l->index - (fr->ndata - 1) / 2.;

	return yc_plot_place(fr, x) + shift * fr->dodge;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* Differences below double precision are ignored. */
bool yc_plot_is_close(double lo, double hi)
{
	return hi - lo <= 1e-12 * fmax(fabs(lo), fabs(hi)) + PLOT_LEAST;
}

void yc_plot_scale_y(struct plot_frame *fr, const struct yc_plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < p->npoints; i++) {
		lo = fmin(lo, p->point[i].mean - p->point[i].deviation);
		hi = fmax(hi, p->point[i].mean + p->point[i].deviation);
	}
	if (yc_plot_is_close(lo, hi)) {
		const double half = fabs(lo) > PLOT_LEAST ? fabs(lo) / 2 : 1;

		lo -= half;
		hi += half;
	}
	yc_plot_ticks_y(fr, lo, hi);
	fr->digits = PLOT_DIGITS;
	for (size_t i = 1; i < fr->ny; i++)
		fr->digits =
			larger(fr->digits, yc_plot_tell(fr->yt[i - 1].at, fr->yt[i].at));
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Stores the distinct x of all lines except horizontal ones, ascending; returns their
 * number. */
size_t yc_plot_distinct(const struct yc_plot *p, double *x)
{
	size_t n = 0, m = 0;

	for (int i = 0; i < p->nlines; i++)
		for (size_t k = 0; k < p->line[i].n && !yc_plot_is_level(&p->line[i]);
			k++)
			x[n++] = p->point[p->line[i].from + k].x;
	if (n == 0)
		x[n++] = p->point[0].x;
	qsort(x, n, sizeof *x, by_value);
	for (size_t i = 0; i < n; i++)
		if (m == 0 || x[i] > x[m - 1])
			x[m++] = x[i];
	return m;
}

void yc_plot_scale_x(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n)
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

/* Shifts lines relative to each other, as far as the distance of their points allows and none
 * leaves the plot. */
void yc_plot_shift(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n)
{
	double gap;

	if (!p->bars && !p->cfg->words)
		return;
	gap = p->cfg->words ? (fr->right - fr->left) / (double)p->nwords : 2 * fr->inset;
	for (size_t i = 1; i < n && !p->cfg->words; i++)
		gap = fmin(i == 1 ? INFINITY : gap,
			yc_plot_place(fr, x[i]) - yc_plot_place(fr, x[i - 1]));
	if (fr->ndata > 1)
		fr->dodge = p->cfg->words ? fmin(16, .75 * gap / fr->ndata)
					  : fmin(4, fmin(.4 * gap, 2 * fr->inset - 12) /
							    (fr->ndata - 1));
}

/* Digits of a value between its neighbours, NULL: none. */
int yc_plot_digits(const double *before, double v, const double *after)
{
	return larger(before ? yc_plot_tell(v, *before) : PLOT_DIGITS,
		after ? yc_plot_tell(v, *after) : PLOT_DIGITS);
}
