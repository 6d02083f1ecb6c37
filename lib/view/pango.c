/* SPDX-License-Identifier: MIT */
/* Text in the fonts of the machine, by Pango on Cairo. */
#include <pango/pangocairo.h>

#include "lib/view/text.h"
#include "yc/mem.h"

struct yc_pango {
	PangoFontMap *map;
	PangoContext *context;
	PangoLayout *layout;
};

/* The library does not print; what matters is in the notes. */
static void swallow(const char *domain, GLogLevelFlags level, const char *text, void *ctx)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)ctx;
}

/* The same dots whatever the desktop prefers: grey edges, no hints, fractional widths. The
 * language decides which forms of Han letters come first. */
static void fix_settings(struct yc_pango *p)
{
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(p->context, options);
	cairo_font_options_destroy(options);
	pango_context_set_language(p->context, pango_language_from_string("en"));
}

void yc_pango_free(struct yc_pango *p)
{
	if (!p)
		return;
	g_clear_object(&p->layout);
	g_clear_object(&p->context);
	g_clear_object(&p->map);
	yc_free(p);
}

static void set_text(struct yc_pango *p, const struct yc_text_box *box, const char *s)
{
	PangoFontDescription *font = pango_font_description_from_string("sans");
	const int unit = box->scale * PANGO_SCALE;

	pango_font_description_set_absolute_size(font, YC_GLYPH_HEIGHT * unit);
	pango_layout_set_font_description(p->layout, font);
	pango_font_description_free(font);
	pango_layout_set_width(p->layout, (int)box->chars * YC_GLYPH_WIDTH * unit);
	pango_layout_set_height(p->layout, -(int)box->lines);
	pango_layout_set_text(p->layout, s, -1);
}

struct yc_pango *yc_pango_new(void)
{
	const struct yc_text_box box = {.scale = 1, .chars = 1, .lines = 1};
	struct yc_pango *p = yc_calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	(void)g_log_set_handler("Pango", G_LOG_LEVEL_MASK, swallow, NULL);
	p->map = pango_cairo_font_map_new();
	p->context = pango_font_map_create_context(p->map);
	fix_settings(p);
	p->layout = pango_layout_new(p->context);
	pango_layout_set_single_paragraph_mode(p->layout, TRUE);
	pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(p->layout, PANGO_ELLIPSIZE_END);
	/* Families are listed even where no font is installed. */
	set_text(p, &box, "a");
	if (pango_layout_get_unknown_glyphs_count(p->layout)) {
		yc_pango_free(p);
		return NULL;
	}
	return p;
}

/* Premultiplied colour over what is there, for letters that have colours (emoji). */
static void blend(struct yc_canvas *c, int x, int y, cairo_surface_t *from)
{
	const int width = cairo_image_surface_get_width(from),
		  height = cairo_image_surface_get_height(from);

	cairo_surface_flush(from);
	for (int i = 0; i < height && y + i < c->height; i++) {
		const unsigned char *line =
			cairo_image_surface_get_data(from) +
			(ptrdiff_t)i * cairo_image_surface_get_stride(from);
		uint8_t *to =
			c->rgb + ((size_t)(y + i) * (size_t)c->width + (size_t)x) * 3;

		for (int j = 0; j < width && x + j < c->width; j++, to += 3) {
			uint32_t p = ((const uint32_t *)(const void *)line)[j];

			for (int k = 0; k < 3; k++) {
				uint32_t over = p >> (16 - 8 * k) & 0xff;

				to[k] = (uint8_t)(over +
						  (to[k] * (255 - (p >> 24)) + 127) /
							  255);
			}
		}
	}
}

void yc_pango_text(struct yc_pango *p, const struct yc_text_at *at, const char *s,
	int *width, int *height)
{
	PangoRectangle ink, box;
	cairo_surface_t *surface;
	cairo_t *cairo;

	set_text(p, &at->box, s);
	pango_layout_get_pixel_extents(p->layout, &ink, &box);
	*width = box.width;
	*height = box.height;
	if (!at->canvas)
		return;
	surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, box.width, box.height);
	cairo = cairo_create(surface);
	/* Right-to-left text is set at the right end of the line's width. */
	cairo_translate(cairo, -box.x, -box.y);
	pango_cairo_show_layout(cairo, p->layout);
	if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
		blend(at->canvas, at->x, at->y, surface);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
}

void yc_pango_missing(struct yc_pango *p, const char *s,
	void (*each)(void *ctx, uint32_t letter), void *ctx)
{
	const struct yc_text_box whole = {.scale = 1, .chars = 100000, .lines = 1};
	PangoLayoutIter *iter;

	set_text(p, &whole, s);
	if (!pango_layout_get_unknown_glyphs_count(p->layout))
		return;
	iter = pango_layout_get_iter(p->layout);
	do {
		PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);

		for (int i = 0; run && i < run->glyphs->num_glyphs; i++) {
			PangoGlyph glyph = run->glyphs->glyphs[i].glyph;

			if (glyph & PANGO_GLYPH_UNKNOWN_FLAG &&
				glyph != PANGO_GLYPH_EMPTY)
				each(ctx, glyph & ~PANGO_GLYPH_UNKNOWN_FLAG);
		}
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
}

const char *yc_pango_package(uint32_t letter)
{
	if (g_unichar_isspace(letter) ||
		(!g_unichar_isgraph(letter) && g_unichar_isdefined(letter)))
		return NULL;
	switch (g_unichar_get_script(letter)) {
	case G_UNICODE_SCRIPT_LATIN:
	case G_UNICODE_SCRIPT_GREEK:
	case G_UNICODE_SCRIPT_CYRILLIC:
	case G_UNICODE_SCRIPT_ARMENIAN:
	case G_UNICODE_SCRIPT_GEORGIAN:
		return "fonts-dejavu-core";
	case G_UNICODE_SCRIPT_HAN:
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
	case G_UNICODE_SCRIPT_HANGUL:
	case G_UNICODE_SCRIPT_BOPOMOFO:
		return "fonts-noto-cjk";
	case G_UNICODE_SCRIPT_COMMON:
		return letter >= 0x1f000 ? "fonts-noto-color-emoji" : "fonts-dejavu-core";
	default:
		return "fonts-noto-core";
	}
}
