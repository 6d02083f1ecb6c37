/* SPDX-License-Identifier: MIT */
/* Draws a sheet of classes, whatever is in its cells. */
#include <stdio.h>
#include <string.h>

#include "lib/view/layout.h"
#include "lib/view/sheet.h"
#include "yc/mem.h"
#include "yc/names.h"

enum {
	NAME_CHARS = 20, /* in a line */
	NAME_BYTES = 1024,
	TEXT_SCALE_MAX = 64,
	IMAGE_MAX = 1 << 20,
	WIDTH_PER_DOT = 1440, /* pixels of the sheet, likewise */
	CELL_PER_DOT = 48, /* pixels of a cell for which the dots of text grow by one */
	LINE_DOTS = 10,	   /* a line of names */
	CAPTION_SPACE = 3, /* dots between captions */
	CAPTION_ROWS = 10  /* dots: a line of text, space above and below */
};

struct drawing {
	const struct yc_sheet *s;
	struct yc_text text;
	const char **name; /* [classes] */
	char (*number)[24];
	struct yc_names names;
	struct yc_view_layout layout;
	int scale, dot;	 /* pixels per image pixel, per dot of text */
	int image;	 /* pixels of one image */
	int caption_dot; /* 0: no captions */
	int tag_width;	 /* of the longest word of the stack */
};

/* The beginning of a name, more than a sheet has space for. */
static void shorten(char *name)
{
	size_t n = strnlen(name, NAME_BYTES);

	while (n == NAME_BYTES && n && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	name[n] = '\0';
}

static int name_classes(struct drawing *d)
{
	const size_t classes = (size_t)d->s->classes;

	if (yc_names_read(&d->names, d->s->meta) < 0)
		return YC_FAIL;
	d->name = yc_calloc(classes, sizeof(*d->name));
	d->number = yc_calloc(classes, sizeof(*d->number));
	if (!d->name || !d->number)
		return YC_FAIL;
	for (size_t c = 0; c < classes; c++) {
		char *name = c < d->names.n ? d->names.name[c] : NULL;

		(void)snprintf(d->number[c], sizeof(*d->number), "%zu", c);
		if (name)
			shorten(name);
		d->name[c] = name ? name : d->number[c];
	}
	return yc_text_open(&d->text, d->name, classes, d->s->watch);
}

static size_t stack_of(const struct yc_sheet *s)
{
	size_t n = 0;

	while (s->stack && s->stack[n])
		n++;
	return n ? n : 1;
}

/* As many lines as fit beside one cell. */
static struct yc_text_box name_box(const struct drawing *d)
{
	int lines = (int)stack_of(d->s) * d->image / (LINE_DOTS * d->dot);

	return (struct yc_text_box){.scale = d->dot,
		.chars = NAME_CHARS,
		.lines = (size_t)(lines > 1 ? lines : 1)};
}

static size_t longest_caption(const struct drawing *d)
{
	size_t longest = 0;
	char text[32];

	for (int c = 0; c < d->s->classes; c++)
		for (size_t i = 0; i < d->s->shown[c]; i++) {
			d->s->caption(d->s->ctx, c, i, text);
			longest = strlen(text) > longest ? strlen(text) : longest;
		}
	return longest;
}

/* Captions are as large as names if they are hardly wider than the images, which then move apart,
 * else smaller. */
static void measure_cell(struct drawing *d)
{
	struct yc_view_layout *l = &d->layout;
	const size_t stack = stack_of(d->s);

	l->cell_width = (size_t)d->image;
	l->cell_height = stack * (size_t)d->image + (stack - 1) * YC_VIEW_GAP;
	if (d->s->caption) {
		size_t width = longest_caption(d) * YC_GLYPH_WIDTH + CAPTION_SPACE;

		d->caption_dot = d->dot;
		while (d->caption_dot > 1 && width * (size_t)d->caption_dot >
						     l->cell_width + l->cell_width / 8)
			d->caption_dot--;
		width *= (size_t)d->caption_dot;
		l->cell_width = width > l->cell_width ? width : l->cell_width;
		l->cell_height += (size_t)(CAPTION_ROWS * d->caption_dot);
	}
}

static void measure(struct drawing *d)
{
	const struct yc_sheet *s = d->s;
	struct yc_view_layout *l = &d->layout;
	const struct yc_text_at name = {.box = name_box(d)};
	size_t more = 0;

	*l = (struct yc_view_layout){.gutter = (size_t)(2 * YC_GLYPH_HEIGHT * d->dot)};
	d->tag_width = 0;
	measure_cell(d);
	l->classes = (size_t)s->classes;
	l->across = s->cfg->across;
	l->space = s->stack ? 2 * YC_VIEW_MARGIN : YC_VIEW_GAP;
	for (int c = 0; c < s->classes; c++) {
		int width, height;

		yc_text_put(&d->text, &name, d->name[c], &width, &height);
		if ((size_t)width > l->name_width)
			l->name_width = (size_t)width;
		if ((size_t)height > l->name_height)
			l->name_height = (size_t)height;
		if (s->shown[c] > l->images)
			l->images = s->shown[c];
		if (s->all[c] - s->shown[c] > more)
			more = s->all[c] - s->shown[c];
	}
	for (size_t i = 0; s->stack && s->stack[i]; i++) {
		int width = (int)(strlen(s->stack[i]) + 1) * YC_GLYPH_WIDTH * d->dot;

		d->tag_width = width > d->tag_width ? width : d->tag_width;
	}
	l->name_width += (size_t)(YC_GLYPH_WIDTH * d->dot + d->tag_width);
	if (more)
		l->more_width = (size_t)(snprintf(NULL, 0, " +%zu", more) *
					 YC_GLYPH_WIDTH * d->dot);
	yc_view_lay_out(l);
}

/* Letters of large sheets, which are seen from further away, grow as far as a line of text fits
 * beside an image and names are not wider than the images. */
static void lay_out(struct drawing *d)
{
	measure(d);
	while (d->dot < TEXT_SCALE_MAX &&
		(size_t)d->dot * WIDTH_PER_DOT < d->layout.width &&
		(d->dot + 1) * LINE_DOTS <= d->image &&
		d->layout.name_width / (size_t)d->dot * (size_t)(d->dot + 1) <=
			d->layout.images * d->layout.cell_width) {
		d->dot++;
		measure(d);
	}
}

static int pick_scales(struct drawing *d)
{
	const struct yc_sheet *s = d->s;
	const size_t thumb = s->side < YC_VIEW_SIDE ? (size_t)(YC_VIEW_SIDE / s->side)
						    : 1,
		     scale = s->cfg->scale ? s->cfg->scale : thumb,
		     image = yc_size_mul((size_t)s->side, scale);

	if (image > IMAGE_MAX)
		return yc_fail(YC_FAIL,
			"an image of %d pixels per side, drawn %zu times as large, is "
			"too "
			"large",
			s->side, scale);
	d->scale = (int)scale;
	d->image = (int)image;
	d->dot = d->image / CELL_PER_DOT;
	if (d->dot < 2)
		d->dot = d->image < 4 * YC_GLYPH_HEIGHT ? 1 : 2;
	if (d->dot > TEXT_SCALE_MAX)
		d->dot = TEXT_SCALE_MAX;
	return YC_OK;
}

/* ASCII in the built-in font. */
static void label(struct yc_canvas *c, int x, int y, int dot, const char *s)
{
	const struct yc_text_at at = {
		.box = {.scale = dot, .chars = strlen(s), .lines = 1},
		.canvas = c,
		.x = x,
		.y = y};
	int width, height;

	yc_font_text(&at, s, &width, &height);
}

static void draw_name(const struct drawing *d, struct yc_canvas *canvas, int class)
{
	const struct yc_view_layout *l = &d->layout;
	struct yc_text_at at = {.box = name_box(d)};
	int height, inner = (int)(l->block_height - l->space);
	int letter = YC_GLYPH_HEIGHT * d->dot;
	size_t x, y;

	yc_view_block_at(l, (size_t) class, &x, &y);
	yc_text_put(&d->text, &at, d->name[class], NULL, &height);
	at.canvas = canvas;
	at.x = (int)x;
	at.y = (int)y + (inner - height) / 2;
	yc_text_put(&d->text, &at, d->name[class], NULL, NULL);
	for (int i = 0; d->s->stack && d->s->stack[i]; i++)
		label(canvas, (int)(x + l->name_width) - d->tag_width,
			(int)y + i * (d->image + YC_VIEW_GAP) + (d->image - letter) / 2,
			d->dot, d->s->stack[i]);
}

/* How many images are not drawn, after the last one. */
static void draw_more(const struct drawing *d, struct yc_canvas *canvas, int class)
{
	const struct yc_sheet *s = d->s;
	const struct yc_view_layout *l = &d->layout;
	const size_t last = s->shown[class] ? s->shown[class] - 1 : 0;
	int height = l->images > l->per_line ? (int)l->cell_height
					     : (int)(l->block_height - l->space);
	char text[32];
	size_t x, y;

	if (s->all[class] == s->shown[class])
		return;
	(void)snprintf(text, sizeof(text), " +%zu", s->all[class] - s->shown[class]);
	yc_view_cell_at(l, (size_t) class, last, &x, &y);
	label(canvas, (int)(x + l->cell_width + YC_VIEW_GAP),
		(int)y + (height - YC_GLYPH_HEIGHT * d->dot) / 2, d->dot, text);
}

static int draw_cells(const struct drawing *d, struct yc_canvas *canvas, int class)
{
	const struct yc_sheet *s = d->s;
	const struct yc_view_layout *l = &d->layout;
	char text[32];

	for (size_t i = 0; i < s->shown[class]; i++) {
		size_t x, y;
		int status, width;

		yc_view_cell_at(l, (size_t) class, i, &x, &y);
		status = s->cell(s->ctx, canvas, class, i, d->scale,
			(int)(x + (l->cell_width - (size_t)d->image) / 2), (int)y);
		if (status < 0)
			return status;
		if (!d->caption_dot)
			continue;
		s->caption(s->ctx, class, i, text);
		width = (int)strlen(text) * YC_GLYPH_WIDTH * d->caption_dot;
		label(canvas, (int)x + ((int)l->cell_width - width) / 2,
			(int)(y + l->cell_height) - (CAPTION_ROWS - 1) * d->caption_dot,
			d->caption_dot, text);
	}
	return YC_OK;
}

int yc_sheet_draw(const struct yc_sheet *s, struct yc_canvas *canvas)
{
	struct drawing d = {.s = s};
	int status = name_classes(&d);

	if (!status)
		status = pick_scales(&d);
	if (!status) {
		lay_out(&d);
		status = yc_canvas_new(canvas, d.layout.width, d.layout.height);
	}
	for (int c = 0; !status && c < s->classes; c++) {
		draw_name(&d, canvas, c);
		draw_more(&d, canvas, c);
		status = draw_cells(&d, canvas, c);
	}
	yc_text_close(&d.text);
	yc_names_release(&d.names);
	yc_free(d.name);
	yc_free(d.number);
	return status;
}

static uint8_t byte_of(yc_real v)
{
	return v <= 0 ? 0 : v >= 1 ? 255 : (uint8_t)(v * 255 + (yc_real)0.5);
}

void yc_view_rgb(const yc_real *x, int channels, uint8_t rgb[3])
{
	const int colour = channels >= 3;

	rgb[0] = byte_of(x[0]);
	rgb[1] = byte_of(x[colour]);
	rgb[2] = byte_of(x[2 * colour]);
}

void yc_canvas_image(struct yc_canvas *c, int x, int y, int scale, int side, int channels,
	const yc_real *image)
{
	uint8_t rgb[3];

	for (int i = 0; i < side; i++)
		for (int j = 0; j < side; j++, image += channels) {
			yc_view_rgb(image, channels, rgb);
			yc_canvas_fill(c, x + j * scale, y + i * scale, scale, rgb);
		}
}
