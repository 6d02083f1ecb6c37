/* SPDX-License-Identifier: MIT */
/*
 * Text and numbers of a picture. The reader's font is unknown, so text that has to fit is
 * measured by the widest letters of common fonts.
 */
#include <math.h>
#include <string.h>

#include "lib/plot/internal.h"
#include "yc/number.h"

/* Length in bytes of the UTF-8 character at s, 0 if XML does not allow it. */
static int character(const unsigned char *s)
{
	const int n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	unsigned v = n == 1 ? *s : *s & (0x7fu >> n);
	static const unsigned least[] = {0, ' ', 0x80, 0x800, 0x10000};

	if (*s >= 0x80 && (*s < 0xc2 || *s > 0xf4))
		return 0;
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3fu);
	}
	return v < least[n] || (v >= 0xd800 && v < 0xe000) || v > 0x10ffff ||
			       (v & 0xfffe) == 0xfffe || v == 0x7f
		       ? 0
		       : n;
}

void yc_plot_text(FILE *f, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + n;

	while (s < end) {
		const int bytes = character(s);

		if (*s == '&' || *s == '<' || *s == '>')
			(void)fputs(*s == '&' ? "&amp;" : *s == '<' ? "&lt;" : "&gt;", f);
		else if (bytes)
			(void)fwrite(s, 1, (size_t)bytes, f);
		else
			(void)fputs("\xef\xbf\xbd", f); /* U+FFFD */
		s += bytes ? bytes : 1;
	}
}

/* Width of the character of n bytes (0: shown as U+FFFD) at s, in hundredths of the
 * height. */
static int advance(const char *s, int n)
{
	/* The larger of DejaVu Sans and Liberation Sans, which is as wide as Arial. */
	static const unsigned char ascii[] = {32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50,
		84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
		84, 84, 56, 102, 69, 69, 73, 78, 67, 62, 78, 76, 30, 50, 67, 56, 87, 75,
		79, 67, 79, 73, 67, 62, 74, 69, 99, 69, 67, 69, 40, 34, 40, 84, 56, 50,
		62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42,
		53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};

	if (n == 1)
		return ascii[*s - ' '];
	/* Accented, Greek and Cyrillic letters; ideograms; rarer ideograms and emoji. */
	return n == 2 ? 110 : n == 4 ? 130 : 105;
}

double yc_plot_widest(const char *text)
{
	double width;

	(void)yc_plot_break(text, INFINITY, &width);
	return width;
}

size_t yc_plot_break(const char *text, double available, double *width)
{
	size_t at = 0, space = 0;
	double before_space = 0;

	*width = 0;
	while (text[at]) {
		const int n = character((const unsigned char *)text + at);
		const double more = PLOT_TEXT * advance(text + at, n) / 100.;

		if (text[at] == ' ') {
			space = at;
			before_space = *width;
		} else if (*width + more > available && at) {
			*width = space ? before_space : *width;
			return space ? space : at;
		}
		*width += more;
		at += n ? (size_t)n : 1;
	}
	return at;
}

int yc_plot_tell(double v, double from)
{
	char text[PLOT_NUMBER], other[PLOT_NUMBER];
	int digits = PLOT_DIGITS;
	double value = 0;

	(void)snprintf(text, sizeof text, "%.*g", digits, v);
	(void)snprintf(other, sizeof other, "%.*g", digits, from);
	if (strcmp(text, other) != 0)
		return digits;
	/* 17 digits represent every double. */
	do
		(void)snprintf(text, sizeof text, "%.*g", ++digits, v);
	while (digits < 17 && yc_parse_double(text, &value) == YC_NUMBER &&
		fabs(value - v) > fabs(v - from) / 8);
	return digits;
}

double yc_plot_typical(const char *s, size_t n)
{
	int letters = 0;

	for (size_t i = 0; i < n; i++)
		letters += ((unsigned char)s[i] & 0xc0) != 0x80;
	return PLOT_LETTER * letters;
}

int yc_plot_count_lines(const char *text, double available)
{
	int n = 0;

	for (double width; n == 0 || *text; n++) {
		text += yc_plot_break(text, available, &width);
		text += strspn(text, " ");
	}
	return n;
}
