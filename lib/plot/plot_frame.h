/* SPDX-License-Identifier: MIT */
#ifndef PLOT_PLOT_FRAME_H
#define PLOT_PLOT_FRAME_H

#include "lib/plot/internal.h"

/* The geometry that plot_scale.c and plot_layout.c compute and plot_svg.c draws. */

/* Pixels. */
enum {
	PAD = 16,
	EDGE = 4, /* margin between the widest text and the edge of the picture */
	ROW = 18,
	TITLE_ROW = 22,
	TICK_ROOM = 26,
	GAP = 18,
	KEY = 28,
	PLOT_TICKS = 16 /* at most */
};
/* Width of titles, 16 pixels and bold, relative to other text. */
#define PLOT_TITLE (16. / PLOT_TEXT * 1.16)

/* Positions of all elements. */
struct plot_frame {
	double width, height, left, right, top,
		bottom;	       /* the last four are those of the plot area */
	double x0, x1, y0, y1; /* values at left+inset and right-inset, bottom and top */
	double inset;
	/* shift from one line to the next, so that error bars do not overlap */
	double dodge;
	bool log;
	int ndata;    /* lines other than references */
	double step;  /* distance between the ticks of y */
	int digits;   /* digits of the ticks of y */
	bool slanted; /* slanted words, which would not fit side by side */
	double depth; /* by which they extend below numbers */
};

/* Numbers at the ticks of x. */
struct plot_tick {
	double x;
	char text[PLOT_NUMBER];
};

/* plot_scale.c. Stores the distinct x of all lines except horizontal ones, ascending;
 * returns their number. */
size_t yc_plot_distinct(const struct yc_plot *p, double *x);
void yc_plot_scale_x(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
void yc_plot_scale_y(struct plot_frame *fr, const struct yc_plot *p);
/* Shifts lines relative to each other, as far as the distance of their points allows. */
void yc_plot_shift(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
double yc_plot_place(const struct plot_frame *fr, double x);
double yc_plot_level(const struct plot_frame *fr, double y);
/* Horizontal position of a point of line l. */
double yc_plot_spot(const struct plot_frame *fr, const struct plot_line *l, double x);
/* A reference with one point is a horizontal line. */
bool yc_plot_is_level(const struct plot_line *l);
/* The ticks of y are 0 ... last. */
int yc_plot_last_tick(const struct plot_frame *fr);
void yc_plot_write_tick_y(char text[PLOT_NUMBER], const struct plot_frame *fr, int i);
/* Stores at most PLOT_TICKS ticks of x; returns their number. */
size_t yc_plot_ticks(
	const struct plot_frame *fr, const double *x, size_t n, struct plot_tick *out);
/* Digits of a value between its neighbours, NULL: none. */
int yc_plot_digits(const double *before, double v, const double *after);

/* plot_layout.c. Fills fr, which is zero, for n distinct x. */
void yc_plot_lay_out(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
const char *yc_plot_label_x(const struct yc_plot *p);
const char *yc_plot_label_y(const struct yc_plot *p);
/* Pixels available to the label of x, and to title and label of y. */
double yc_plot_space_x(const struct plot_frame *fr);
double yc_plot_space_y(const struct plot_frame *fr);

#endif
