/* SPDX-License-Identifier: MIT */
/* The text below a plot: what its bars, bands and hollow points are, and what is left out. */
#include <stdarg.h>
#include <string.h>

#include "lib/plot/plot_frame.h"

/* What there is in a plot to explain. */
struct content {
	bool bars, bands, filled, hollow;
	int least, most; /* rows of a point, of those with several */
};

static void look(struct content *c, const struct yc_plot *p, const struct plot_frame *fr,
	const struct plot_line *l)
{
	const bool marked = yc_plot_is_marked(p, fr, l) && !yc_plot_is_level(l);

	for (size_t i = 0; i < l->n; i++) {
		const struct plot_point *at = &p->point[l->from + i];

		if (at->deviation > 0)
			*(l->reference ? &c->bands : &c->bars) = true;
		*(at->hollow ? &c->hollow : &c->filled) |= marked;
		if (at->rows > 1) {
			c->least = c->most && c->least < at->rows ? c->least : at->rows;
			c->most = c->most > at->rows ? c->most : at->rows;
		}
	}
}

__attribute__((format(printf, 2, 3))) static void add(
	char note[PLOT_NOTE], const char *fmt, ...)
{
	const size_t n = strlen(note);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(note + n, PLOT_NOTE - n, fmt, ap);
	va_end(ap);
}

/* "3 networks" or "2 to 9 networks". */
static void add_count(char note[PLOT_NOTE], const struct content *c, const char *unit)
{
	if (c->least < c->most)
		add(note, "%d to ", c->least);
	add(note, "%d %ss", c->most, unit);
}

void yc_plot_note(struct plot_frame *fr, const struct yc_plot *p)
{
	char *const note = fr->note;
	const char *const unit = p->cfg->unit ? p->cfg->unit : "row";
	struct content c = {0};
	const char *what;

	for (int i = 0; i < p->nlines; i++)
		look(&c, p, fr, &p->line[i]);
	what = c.bars && c.bands ? "Bars and bands" : c.bars ? "Bars" : "Bands";
	note[0] = '\0';
	if ((c.bars || c.bands) && p->cfg->deviation) {
		add(note, "%s: \xc2\xb1 %.100s. ", what, p->cfg->deviation);
	} else if (c.bars || c.bands) {
		add(note, "%s: mean \xc2\xb1 %sstandard deviation of ", what,
			p->cfg->sample_deviation ? "sample " : "");
		add_count(note, &c, unit);
		add(note, ". ");
	} else if (c.most) {
		add(note, "Points: mean of ");
		add_count(note, &c, unit);
		add(note, ". ");
	}
	if (c.hollow && p->cfg->deviation)
		add(note, "Hollow: no deviation known. ");
	else if (c.hollow)
		add(note, "%s: one %.40s%s, no deviation known. ",
			c.filled ? "Hollow" : "Hollow points", unit,
			c.filled ? "" : " each");
	if (p->left_out)
		add(note, "%zu row%s without a number left out.", p->left_out,
			p->left_out == 1 ? "" : "s");
	if (note[0] && note[strlen(note) - 1] == ' ')
		note[strlen(note) - 1] = '\0';
}
