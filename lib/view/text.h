/* SPDX-License-Identifier: MIT */
#ifndef YC_VIEW_TEXT_H
#define YC_VIEW_TEXT_H

#include "yc/view.h"
#include "yc/watch.h"

/*
 * Text of sheets, black, in one of two fonts for the whole sheet: the built-in one while all names
 * are ASCII, else the fonts of the machine by Pango, which shapes every script and finds for each
 * letter a font that has it.
 */
enum {
	YC_GLYPH_WIDTH = 6,
	YC_GLYPH_HEIGHT = 8
}; /* dots of a character, its gap included */

struct yc_text_box {
	int scale;    /* pixels of a dot; letters are YC_GLYPH_HEIGHT of them high */
	size_t chars; /* maximum width of a line, in characters of the built-in font */
	size_t lines; /* maximum; what does not fit ends in dots */
};

struct yc_text_at {
	struct yc_text_box box;
	struct yc_canvas *canvas; /* NULL: only measure */
	int x, y;		  /* of the upper left corner */
};

struct yc_text {
	struct yc_pango *pango; /* NULL: the built-in font */
};

/* Chooses the font for these names. What no font has is drawn as boxes; a note names the letters,
 * and packages that have them. */
int yc_text_open(struct yc_text *t, const char *const *name, size_t n,
	struct yc_watch *watch) YC_CHECKED;
/* Draws or measures; width and height, which may be NULL, are those of the text in pixels. */
void yc_text_put(const struct yc_text *t, const struct yc_text_at *at, const char *s,
	int *width, int *height);
void yc_text_close(struct yc_text *t);

/* The two fonts. */
void yc_font_text(const struct yc_text_at *at, const char *s, int *width, int *height);
/* NULL: no font is installed. */
struct yc_pango *yc_pango_new(void);
void yc_pango_text(struct yc_pango *p, const struct yc_text_at *at, const char *s,
	int *width, int *height);
/* Calls `each` with every letter of a name that no font has. */
void yc_pango_missing(struct yc_pango *p, const char *s,
	void (*each)(void *ctx, uint32_t letter), void *ctx);
/* The Debian package with a font for a letter; NULL for what is no letter: controls, spaces. */
const char *yc_pango_package(uint32_t letter);
void yc_pango_free(struct yc_pango *p);

#endif
