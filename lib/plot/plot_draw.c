/* SPDX-License-Identifier: MIT */
/*
 * What a plot is drawn with: style sheet, text, markers, dashes. Background and text follow the
 * reader's preference for light or dark.
 *
 * The first eight colours, those of known names, were searched for the largest least distance
 * of any two, in OKLab (Ottosson 2020), as seen by normal, protan, deutan and tritan eyes
 * (Machado et al. 2009), among those with a contrast to the background of at least 3 (WCAG 2.2,
 * 1.4.11); then likewise the other four. The palette of Okabe and Ito has about half that
 * distance, and orange and sky blue with a contrast of 2.
 */
#include <string.h>

#include "lib/plot/plot_frame.h"
#include "yc/real.h"

const char yc_plot_css[] =
	"<style>text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,"
	"'Liberation Sans',sans-serif;fill:#1f2328}.h{font-weight:600;font-size:16px}"
	".u{fill:#59636e}.n{text-anchor:end}.m{text-anchor:middle}.p{fill:#fff}"
	".g{stroke:#e4e8ec}.a{stroke:#818b98}.q{stroke:#b4bcc5}"
	".l{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}"
	".e{fill:none;stroke:currentColor;stroke-width:1.5}"
	".k{fill:currentColor;stroke:#fff;stroke-width:.6}"
	".o{fill:#fff;stroke:currentColor;stroke-width:1.3}"
	".r{fill:none;stroke:currentColor;stroke-width:1.5}"
	".b{fill:currentColor;opacity:.13}"
	".c0{color:#2200ff}.c1{color:#bb8800}.c2{color:#cc1166}.c3{color:#0077aa}"
	".c4{color:#660088}.c5{color:#aa77ff}.c6{color:#006600}.c7{color:#1f2328}"
	".c8{color:#ee6688}.c9{color:#772244}.c10{color:#6699cc}.c11{color:#4444bb}"
	"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.u{fill:#9198a1}"
	".p,.o{fill:#0d1117}.g{stroke:#262c36}.a{stroke:#656c76}.q{stroke:#3d444d}"
	".k{stroke:#0d1117}.b{opacity:.2}"
	".c0{color:#3366ff}.c1{color:#ccaa00}.c2{color:#ee2233}.c3{color:#55ccee}"
	".c4{color:#cc22bb}.c5{color:#aa88ff}.c6{color:#77ff00}.c7{color:#e6edf3}"
	".c8{color:#eeaaaa}.c9{color:#aa6677}.c10{color:#7799bb}.c11{color:#7766cc}"
	"}</style>\n";

const char *yc_plot_dashes(const struct plot_line *l)
{
	/* A line that is not the first of its colour is dashed, references always are. */
	static const char *const line[] = {"", " stroke-dasharray=\"8 3\"",
		" stroke-dasharray=\"3 3\"", " stroke-dasharray=\"8 3 2 3\""};
	static const char *const reference[] = {" stroke-dasharray=\"7 4\"",
		" stroke-dasharray=\"2 3\"", " stroke-dasharray=\"9 3 2 3\"",
		" stroke-dasharray=\"12 4\""};

	return l->reference ? reference[l->dash % (int)YC_COUNT(reference)]
			    : line[l->dash % (int)YC_COUNT(line)];
}

void yc_plot_put_text(FILE *f, const char *text)
{
	yc_plot_text(f, text, strlen(text));
}

void yc_plot_put_label(FILE *f, const char *classes, double x, double y, const char *text)
{
	(void)fprintf(f, "<text%s x=\"%.1f\" y=\"%.1f\">", classes, x, y);
	yc_plot_put_text(f, text);
	(void)fputs("</text>\n", f);
}

/* Writes a text in as many lines as it needs, `pitch` apart, the first at y. */
void yc_plot_put_lines(FILE *f, const char *classes, double x, double y, const char *text,
	double space, double pitch)
{
	do {
		double width;
		const size_t n = yc_plot_break(text, space, &width);

		(void)fprintf(f, "<text%s x=\"%.1f\" y=\"%.1f\">", classes, x, y);
		yc_plot_text(f, text, n);
		(void)fputs("</text>\n", f);
		text += n + strspn(text + n, " ");
		y += pitch;
	} while (*text);
}

void yc_plot_put_rule(
	FILE *f, const char *class, double x1, double y1, double x2, double y2)
{
	(void)fprintf(f, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1,
		y1, x2, y2);
}

void yc_plot_put_marker(
	FILE *f, const struct plot_line *l, bool hollow, double x, double y)
{
	static const char *const shape[PLOT_MARKERS] = {
		"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", /* disc */
		"m-3.6-3.6h7.2v7.2h-7.2z",	      /* square */
		"m0-4.8l4.6 8h-9.2z",		      /* triangle */
		"m0-5.2l5.2 5.2l-5.2 5.2l-5.2-5.2z",  /* diamond */
		"m0 4.8l4.6-8h-9.2z",		      /* on its tip */
		"m-1.8-5.2h3.6v3.4h3.4v3.6h-3.4v3.4h-3.6v-3.4h-3.4v-3.6h3.4z", /* plus */
		"m0-5.6l1.6 3.6l3.9.5l-2.8 2.7l.7 3.9l-3.4-1.9l-3.4 1.9l.7-3.9l-2.8-2.7"
		"l3.9-.5z",	       /* star */
		"m-4.8 0l8 4.6v-9.2z", /* to the left */
		"m4.8 0l-8 4.6v-9.2z", /* to the right */
		"m0-2.5l2.4-2.4l2.5 2.5l-2.4 2.4l2.4 2.4l-2.5 2.5l-2.4-2.4l-2.4 2.4l-2.5"
		"-2.5l2.4-2.4l-2.4-2.4l2.5-2.5z", /* cross */
	};

	(void)fprintf(f, "<path class=\"%s\" d=\"M%.1f %.1f%s\"", hollow ? "o" : "k", x,
		y, shape[l->marker]);
}

bool yc_plot_is_marked(
	const struct yc_plot *p, const struct plot_frame *fr, const struct plot_line *l)
{
	return p->cfg->words || 14. * (double)l->n < fr->right - fr->left;
}
