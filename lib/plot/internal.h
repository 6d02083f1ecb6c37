/* SPDX-License-Identifier: MIT */
#ifndef PLOT_INTERNAL_H
#define PLOT_INTERNAL_H

#include <stddef.h>

#include "yc/plot.h"

/* What plot.c gathers and plot_svg.c draws, in the frame of plot_frame.h, with text by
 * plot_text.c. */

enum {
	PLOT_COLOURS = 7,
	PLOT_MARKERS = 7,
	PLOT_LINES_MAX = PLOT_COLOURS * PLOT_MARKERS, /* more could not be told apart */
	PLOT_TEXT = 13,				      /* pixels that text is high */
	PLOT_LETTER =
		7, /* pixels that letters of a usual sans-serif font are wide on average */
	PLOT_DIGITS = 6, /* of numbers, where they do */
	PLOT_NUMBER = 32 /* bytes of the longest number */
};

struct plot_row {
	int line;
	size_t number; /* of rows, in the order of reading */
	double x, y, deviation;
};

struct plot_point {
	double x, mean, deviation;
	int rows;
};

struct plot_line {
	char *name;
	bool reference;
	int style;	/* number among those of its kind */
	size_t from, n; /* points of the plot, by ascending x */
};

struct yc_plot {
	const struct yc_plot_cfg *cfg;
	char *x_name, *y_name; /* of the first table */
	size_t nrows, nwords, npoints;
	int nlines;
	struct plot_row *row;
	struct plot_line line[PLOT_LINES_MAX];
	char **word; /* [nwords] values of x; x is their number */
	struct plot_point *point;
	bool bars; /* a point of a line that is no reference deviates */
};

/* Sorts rows into points and lines; once, after the last row. */
int yc_plot_gather(struct yc_plot *p) YC_CHECKED;

/* Writes the n bytes of a text so that the XML is valid, whatever they are. */
void yc_plot_text(FILE *f, const char *text, size_t n);
/* Pixels that a text takes at most, and usually. */
double yc_plot_widest(const char *text);
double yc_plot_usual(const char *text);
/* Lines that a text takes where each has `room` pixels. */
int yc_plot_count_lines(const char *text, double room);
/* Bytes of text that fit into `room` pixels, up to a space if one is there, one character at
 * least; width: what they take at most. */
size_t yc_plot_break(const char *text, double room, double *width);
/* Digits that tell v from a neighbour: PLOT_DIGITS where they do, else so many that v is
 * written to an eighth of the distance. */
int yc_plot_tell(double v, double from);

#endif
