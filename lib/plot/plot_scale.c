/* SPDX-License-Identifier: MIT */
/* Maps values to positions in the picture, and chooses ticks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/plot_frame.h"

/* The smallest of 1, 2, 5 times a power of ten that is not below v > 0. */
static double round_up(double v)
{
	const double ten = pow(10, floor(log10(v)));

	for (int i = 1; i <= 5; i += i == 1 ? 1 : 3)
		if (v <= i * ten * (1 + 1e-9))
			return i * ten;
	return 10 * ten;
}

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
	const double shift = l->reference ? 0 : l->style - (fr->ndata - 1) / 2.;

	return yc_plot_place(fr, x) + shift * fr->dodge;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

int yc_plot_last_tick(const struct plot_frame *fr)
{
	return (int)lround((fr->y1 - fr->y0) / fr->step);
}

static double tick_y(const struct plot_frame *fr, int i)
{
	const double v = fr->y0 + i * fr->step;

	return fabs(v) < 1e-9 * fr->step ? 0 : v;
}

void yc_plot_write_tick_y(char text[PLOT_NUMBER], const struct plot_frame *fr, int i)
{
	(void)snprintf(text, PLOT_NUMBER, "%.*g", fr->digits, tick_y(fr, i));
}

void yc_plot_scale_y(struct plot_frame *fr, const struct yc_plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < p->npoints; i++) {
		lo = fmin(lo, p->point[i].mean - p->point[i].deviation);
		hi = fmax(hi, p->point[i].mean + p->point[i].deviation);
	}
	/* Differences below double precision are ignored. */
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
	for (int i = 0; i < yc_plot_last_tick(fr); i++)
		fr->digits = larger(
			fr->digits, yc_plot_tell(tick_y(fr, i), tick_y(fr, i + 1)));
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

/* Shifts lines relative to each other, as far as the distance of their points allows. */
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
					  : fmin(4, .4 * gap / (fr->ndata - 1));
}

/* Digits of a value between its neighbours, NULL: none. */
int yc_plot_digits(const double *before, double v, const double *after)
{
	return larger(before ? yc_plot_tell(v, *before) : PLOT_DIGITS,
		after ? yc_plot_tell(v, *after) : PLOT_DIGITS);
}

/* Ticks at the points if those are few, else at round numbers. */
static size_t ticks(const struct plot_frame *fr, const double *x, size_t n, double *tick)
{
	size_t m = 0;

	if (n <= PLOT_TICKS) {
		memcpy(tick, x, n * sizeof *x);
		return n;
	}
	if (fr->log) {
		for (int e = (int)ceil(fr->x0 - 1e-9);
			e <= fr->x1 + 1e-9 && m < PLOT_TICKS; e++)
			tick[m++] = pow(10, e);
		return m;
	}
	const double step = round_up((fr->x1 - fr->x0) / 8);
	for (double v = step * ceil(fr->x0 / step - 1e-9);
		v <= fr->x1 + 1e-9 * step && m < PLOT_TICKS; v += step)
		tick[m++] = fabs(v) < 1e-9 * step ? 0 : v;
	return m;
}

/* All have the digits that the closest two need; the last two of 17, which are noise for
 * most doubles, are given only to values that need them. */
size_t yc_plot_ticks(
	const struct plot_frame *fr, const double *x, size_t n, struct plot_tick *out)
{
	double at[PLOT_TICKS];
	int own[PLOT_TICKS], all = PLOT_DIGITS;

	n = ticks(fr, x, n, at);
	for (size_t i = 0; i < n; i++) {
		own[i] = yc_plot_digits(
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
