/* SPDX-License-Identifier: MIT */
#ifndef PLOT_INTERNAL_H
#define PLOT_INTERNAL_H

#include <stddef.h>

#include "yc/plot.h"

/* The data that plot.c reads, plot_gather.c sorts and plot_svg.c draws, in the frame of plot_frame.h, in the
 * colours of plot_style.c, with text by plot_text.c. */

enum {
	PLOT_COLOURS = 12,
	PLOT_MARKERS = 10,
	PLOT_LINES_MAX = 49, /* more could not be distinguished */
	PLOT_TEXT = 13,	     /* height of text in pixels */
	PLOT_LETTER =
		7, /* average width of letters of a common sans-serif font, in pixels */
	PLOT_DIGITS = 6, /* significant digits of numbers, by default */
	PLOT_NUMBER = 32 /* maximum bytes of a number */
};

struct plot_row {
	int line;
	size_t number;		/* of rows, in input order */
	double x, y, deviation; /* deviation: NAN if the table has none */
};

struct plot_point {
	double x, mean, deviation;
	int rows;
	bool hollow; /* the deviation is not known: it is of one row */
};

struct plot_line {
	char *name;
	bool reference;
	int index; /* among lines of its kind */
	int colour, marker;
	int dash;	/* number of earlier lines of its kind and colour */
	size_t from, n; /* points of the plot, by ascending x */
};

struct yc_plot {
	const struct yc_plot_cfg *cfg;
	char *x_name, *y_name; /* of the first table */
	size_t nrows, nwords, npoints;
	size_t left_out; /* rows that lack a number */
	int nlines;
	struct plot_row *row;
	struct plot_line line[PLOT_LINES_MAX];
	char **word; /* [nwords] values of x, which is then the index */
	struct plot_point *point;
	bool bars; /* a line other than a reference has error bars */
};

/* Numbers up to here have no sum, square or difference that overflows. */
#define PLOT_LARGEST 1e100

/* plot.c. Index of the line with a name, -1: none; the same, but it is added if it is new. */
int yc_plot_line_called(const struct yc_plot *p, const char *name);
int yc_plot_find_line(struct yc_plot *p, const char *name);
int yc_plot_add_row(struct yc_plot *p, struct plot_row row) YC_CHECKED;
bool yc_plot_is_number(const char *s, double *v);

/* plot_gather.c. Sorts rows into points and lines; once, after the last row. */
int yc_plot_gather(struct yc_plot *p) YC_CHECKED;

/* plot_style.c. Colour and marker that belong to a name; false if they are hashed, as for any name but those
 * of rules, condensers and networks. */
bool yc_plot_style(const char *name, int *colour, int *marker);
/* Gives every line its colour, marker and dash pattern. */
void yc_plot_dress(struct yc_plot *p);

/* plot_text.c. Writes the n bytes of a text so that the XML is valid, whatever they are. */
void yc_plot_text(FILE *f, const char *text, size_t n);
/* Maximum and typical width of a text in pixels. */
double yc_plot_widest(const char *text);
double yc_plot_typical(const char *text, size_t n);
/* Number of lines of a text if each has `available` pixels. */
int yc_plot_count_lines(const char *text, double available);
/* Bytes of text that fit into `available` pixels, broken at a space if there is one, at least
 * one character; width: their maximum width. */
size_t yc_plot_break(const char *text, double available, double *width);
/* Digits that distinguish v from a neighbour: PLOT_DIGITS if they suffice, else enough to
 * write v to within an eighth of the distance. */
int yc_plot_tell(double v, double from);

#endif
