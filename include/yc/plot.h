/* SPDX-License-Identifier: MIT */
#ifndef YC_PLOT_H
#define YC_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "yc/fail.h"

/*
 * A table of tab-separated values as a picture: one line for every value of a column.
 * Rows with the same place on the same line are one point: their mean, with their
 * population deviation as an error bar.
 */
struct yc_plot_cfg {
	const char *x, *y; /* columns; NULL: the first, the second */
	const char *by;	   /* column whose values are the lines; NULL: one line */
	const char
		*deviation; /* column of deviations; NULL: that of the rows of a point */
	/* Comma list of lines to compare with: values of `by`, or NAME=NUMBER for a level.
	 * NULL: none. */
	const char *reference;
	const char *title, *x_label, *y_label; /* NULL: none, names of the columns */
	uint32_t width, height; /* of the picture; it grows where labels need room */
	bool log;		/* logarithmic x */
	bool words;		/* x is words, in the order of their first rows */
};

/* Borrows cfg and its strings until yc_plot_free. NULL with yc_fail. */
struct yc_plot *yc_plot_new(const struct yc_plot_cfg *cfg);
/* Adds a table: a line of column names, then rows. Messages name the line. */
int yc_plot_read(struct yc_plot *p, FILE *f) YC_CHECKED;
/* Writes the picture as SVG, the same bytes for the same tables; the caller flushes and
 * closes f. */
int yc_plot_svg(struct yc_plot *p, FILE *f) YC_CHECKED;
void yc_plot_free(struct yc_plot *p);

#endif
