/* SPDX-License-Identifier: MIT */
#ifndef YC_PLOT_H
#define YC_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "yc/fail.h"

/*
 * Plots a table of tab-separated values: one line for every value of a column. Rows of
 * the same line with the same x are one point: their mean, with their population standard
 * deviation as an error bar.
 */
struct yc_plot_cfg {
	const char *x, *y; /* columns; NULL: the first, the second */
	const char *by;	   /* column whose values are the lines; NULL: one line */
	/* column of error bars; NULL: the standard deviation of the rows of a point */
	const char *deviation;
	/* Reference lines, separated by commas: values of `by`, or NAME=NUMBER for a
	 * horizontal line. NULL: none. */
	const char *reference;
	const char *title, *x_label, *y_label; /* NULL: none, names of the columns */
	uint32_t width, height; /* of the picture; it grows if labels need space */
	bool log;		/* logarithmic x */
	bool words;		/* x values are words, in order of first appearance */
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
