/* SPDX-License-Identifier: MIT */
#ifndef YC_PLOT_H
#define YC_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "yc/fail.h"

/*
 * Plots a table of tab-separated values: one line for every value of a column, in a colour
 * and with a marker that belong to this value. Rows of the same line with the same x are one
 * point: their mean, with their standard deviation as an error bar; the marker is hollow where
 * that is not known. A line of text below the plot says so.
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
	const char *unit;	/* what a row is, for the text below: "network" */
	uint32_t width, height; /* of the picture; it grows if labels need space */
	bool log;		/* logarithmic x */
	bool words;		/* x values are words, in order of first appearance */
	bool sample_deviation;	/* of a sample (n - 1), not of a population */
};

/* Rows of a table that were left out, since x or y is empty, NaN, NA or a dash. */
struct yc_plot_gap {
	size_t rows, line; /* line: the number of the first */
};

/* Borrows cfg and its strings until yc_plot_free. NULL with yc_fail. */
struct yc_plot *yc_plot_new(const struct yc_plot_cfg *cfg);
/* Adds a table: a line of column names, then rows. Messages name the line. */
int yc_plot_read(struct yc_plot *p, FILE *f, struct yc_plot_gap *gap) YC_CHECKED;
/* Writes the picture as SVG, the same bytes for the same tables; the caller flushes and
 * closes f. */
int yc_plot_svg(struct yc_plot *p, FILE *f) YC_CHECKED;
void yc_plot_free(struct yc_plot *p);

#endif
