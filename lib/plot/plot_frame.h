/* SPDX-License-Identifier: MIT */
#ifndef PLOT_PLOT_FRAME_H
#define PLOT_PLOT_FRAME_H

#include "lib/plot/internal.h"

/* What plot_scale.c and plot_layout.c work out and plot_svg.c draws. */

/* Pixels. */
enum {
	PAD = 16,
	EDGE = 4, /* what the widest of texts keeps from the edge of the picture */
	ROW = 18,
	TITLE_ROW = 22,
	TICK_ROOM = 26,
	GAP = 18,
	KEY = 28,
	PLOT_TICKS = 16 /* at most */
};
/* Of titles, 16 pixels and bold, in comparison with other text. */
#define PLOT_TITLE (16. / PLOT_TEXT * 1.16)

/* Where everything goes. */
struct plot_frame {
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

/* Numbers at the ticks of x. */
struct plot_tick {
	double x;
	char text[PLOT_NUMBER];
};

/* plot_scale.c. The different x of all lines but levels, ascending, into x; their number. */
size_t yc_plot_distinct(const struct yc_plot *p, double *x);
void yc_plot_scale_x(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
void yc_plot_scale_y(struct plot_frame *fr, const struct yc_plot *p);
/* Shifts lines against each other, as far as their points have room. */
void yc_plot_shift(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
double yc_plot_place(const struct plot_frame *fr, double x);
double yc_plot_level(const struct plot_frame *fr, double y);
/* Where a point of line l stands across. */
double yc_plot_spot(const struct plot_frame *fr, const struct plot_line *l, double x);
/* A reference with one point holds everywhere. */
bool yc_plot_is_level(const struct plot_line *l);
/* The ticks of y are 0 ... last. */
int yc_plot_last_tick(const struct plot_frame *fr);
void yc_plot_write_tick_y(char text[PLOT_NUMBER], const struct plot_frame *fr, int i);
/* At most PLOT_TICKS ticks of x; their number. */
size_t yc_plot_ticks(
	const struct plot_frame *fr, const double *x, size_t n, struct plot_tick *out);
/* Digits of a value between others, NULL: none. */
int yc_plot_digits(const double *before, double v, const double *after);

/* plot_layout.c. Fills fr, which is zero, for n different x. */
void yc_plot_lay_out(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
const char *yc_plot_label_x(const struct yc_plot *p);
const char *yc_plot_label_y(const struct yc_plot *p);
/* Pixels that the label of x, and title and label of y, may take. */
double yc_plot_room_x(const struct plot_frame *fr);
double yc_plot_room_y(const struct plot_frame *fr);

#endif
