/* SPDX-License-Identifier: MIT */
#ifndef PLOT_PLOT_FRAME_H
#define PLOT_PLOT_FRAME_H

#include "lib/plot/internal.h"

/* The geometry that plot_scale.c, plot_ticks.c and plot_layout.c compute, and plot_svg.c and
 * plot_names.c draw with the means of plot_draw.c. */

/* Pixels. */
enum {
	PAD = 16,
	EDGE = 4, /* margin between the widest text and the edge of the picture */
	ROW = 18,
	TITLE_ROW = 22,
	TICK_ROOM = 26,
	GAP = 18,
	NOTE_GAP = 4,
	KEY = 28,
	NAME = 240,	 /* longer names are broken into lines */
	PLOT_TICKS = 32, /* at most */
	PLOT_NOTE = 600
};
/* Differences that are smaller are no differences. */
#define PLOT_LEAST 1e-200
/* Width of titles, 16 pixels and bold, relative to other text. */
#define PLOT_TITLE (16. / PLOT_TEXT * 1.16)

/* A number at an axis. */
struct plot_tick {
	double at;
	char text[PLOT_NUMBER];
};

/* Positions of all elements. */
struct plot_frame {
	double width, height, left, right, top,
		bottom;	       /* the last four are those of the plot area */
	double x0, x1, y0, y1; /* values at left+inset and right-inset, bottom and top */
	double inset;
	/* shift from one line to the next, so that error bars do not overlap */
	double dodge;
	bool log;
	int ndata; /* lines other than references */
	struct plot_tick xt[PLOT_TICKS], yt[PLOT_TICKS];
	size_t nx, ny;
	int digits;	      /* that tell the ticks of y apart */
	char note[PLOT_NOTE]; /* below the label of x */
	bool slanted;	      /* slanted words, which would not fit side by side */
	double depth;	      /* by which they extend below numbers */
};

/* plot_scale.c. Stores the distinct x of all lines except horizontal ones, ascending;
 * returns their number. */
size_t yc_plot_distinct(const struct yc_plot *p, double *x);
void yc_plot_scale_x(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
/* Whether there is nothing to scale between lo and hi. */
bool yc_plot_is_close(double lo, double hi);
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
/* Digits of a value between its neighbours, NULL: none. */
int yc_plot_digits(const double *before, double v, const double *after);

/* plot_ticks.c. Sets the ticks of y and the axis from the first to the last, and those of x,
 * for numbers that do not touch if x0 and x1 are so many pixels apart. */
void yc_plot_ticks_y(struct plot_frame *fr, double lo, double hi);
void yc_plot_ticks_x(struct plot_frame *fr, const double *x, size_t n, double pixels);
/* Half the distance that a number needs from the next. */
double yc_plot_half(const char *number);

/* plot_note.c. Explains error bars, bands and hollow points, and counts rows left out; "" if
 * there is nothing to explain. */
void yc_plot_note(struct plot_frame *fr, const struct yc_plot *p);

/* plot_layout.c. Fills fr, which is zero, for n distinct x. */
void yc_plot_lay_out(
	struct plot_frame *fr, const struct yc_plot *p, const double *x, size_t n);
/* Rows of text that a line's name takes at its end. */
int yc_plot_name_rows(const struct plot_line *l);
const char *yc_plot_label_x(const struct yc_plot *p);
const char *yc_plot_label_y(const struct yc_plot *p);
/* Pixels available to the label of x, and to title and label of y. */
double yc_plot_space_x(const struct plot_frame *fr);
double yc_plot_space_y(const struct plot_frame *fr);

/* plot_draw.c */
extern const char yc_plot_css[];
void yc_plot_put_text(FILE *f, const char *text);
void yc_plot_put_label(
	FILE *f, const char *classes, double x, double y, const char *text);
/* Writes a text in as many lines of at most `space` pixels as it needs, `pitch` apart, the
 * first at y. */
void yc_plot_put_lines(FILE *f, const char *classes, double x, double y, const char *text,
	double space, double pitch);
void yc_plot_put_rule(
	FILE *f, const char *class, double x1, double y1, double x2, double y2);
/* The dashes of a line, as an attribute; "" for those that are not dashed. */
const char *yc_plot_dashes(const struct plot_line *l);
/* The start tag of a marker, but for its closing bracket. */
void yc_plot_put_marker(
	FILE *f, const struct plot_line *l, bool hollow, double x, double y);
/* Markers that touch would hide their line. */
bool yc_plot_is_marked(
	const struct yc_plot *p, const struct plot_frame *fr, const struct plot_line *l);

/* plot_names.c. The names of all lines, at their ends. */
void yc_plot_put_names(FILE *f, const struct yc_plot *p, const struct plot_frame *fr);

#endif
