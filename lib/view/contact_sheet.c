/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "yc/data.h"
#include "yc/group.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/view.h"

/*
 * The contact sheet. While the stream is read, the first images of every class are kept,
 * as many as the sheet has columns. They are shown decoded, by struct yc_data, or as they
 * are stored; both are indexed 0..n-1 and listed class by class.
 */

enum { MARGIN = 8, GAP = 2, NAME_MAX_CHARS = 20 };

struct sheet {
	struct yc_set set; /* stored images that are kept */
	const struct yc_view_cfg *cfg;
	bool decoded; /* pixels come from data */
	struct yc_data data;
	size_t n;
	int classes, side, channels;
	size_t *stored;			      /* [classes] images in the stream */
	int tiles;			      /* images shown per stored image */
	struct yc_groups rows;		      /* images of each class */
	yc_real *image;			      /* [side][side][channels] in 0..1 */
	char (*name)[NAME_MAX_CHARS * 4 + 1]; /* [classes] */
	int scale, text; /* pixels per image pixel, per dot of text */
	size_t columns, name_width, more_width;
};

static void fetch(const struct sheet *s, size_t i)
{
	const struct yc_tensor *t = yc_set_col(&s->set, "image");
	size_t plane = (size_t)s->side * (size_t)s->side, ch = (size_t)s->channels;

	if (s->decoded) {
		yc_data_fetch_raw(&s->data, (int)i, s->image);
		return;
	}
	for (size_t c = 0; c < ch; c++) {
		for (size_t p = 0; p < plane; p++) {
			size_t at = (i * ch + c) * plane + p;

			s->image[p * ch + c] =
				t->dtype == YC_U8
					? (yc_real)((const uint8_t *)t->data)[at] / 255
					: (yc_real)((const float *)t->data)[at];
		}
	}
}

/* Copies at most NAME_MAX_CHARS characters of UTF-8, of at most 4 bytes each. */
static void copy_name(char *to, const char *from)
{
	size_t n = 0, chars = 0;

	for (; from[n] && n < NAME_MAX_CHARS * 4; n++) {
		if (((unsigned char)from[n] & 0xc0) != 0x80 && chars++ == NAME_MAX_CHARS)
			break;
		to[n] = from[n];
	}
	to[n] = '\0';
}

static size_t count_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Class names of the head, or numbers if it has none. */
static int name_classes(struct sheet *s)
{
	struct yc_names names;

	if (yc_names_read(&names, &s->set.meta) < 0)
		return YC_FAIL;
	s->name = yc_calloc((size_t)s->classes, sizeof(*s->name));
	for (int c = 0; s->name && c < s->classes; c++) {
		const char *name = yc_names_of(&names, c);

		if (name)
			copy_name(s->name[c], name);
		else
			snprintf(s->name[c], sizeof(s->name[c]), "%d", c);
	}
	yc_names_release(&names);
	return s->name ? YC_OK : YC_FAIL;
}

static int list_members(struct sheet *s)
{
	if (s->decoded)
		return yc_groups_new(&s->rows, s->data.label, s->n, s->classes);
	return yc_groups_new64(
		&s->rows, yc_set_col(&s->set, "label")->data, s->n, s->classes);
}

/* Images of class c in the whole stream. */
static size_t images(const struct sheet *s, int c)
{
	return s->stored[c] * (size_t)s->tiles;
}

static size_t shown(const struct sheet *s, int c)
{
	return images(s, c) < s->columns ? images(s, c) : s->columns;
}

/* Keeps the first images of every class. The first tiles of a class are those at the first
 * position of its first images, so more are never needed. */
static int keep_first(
	void *ctx, const struct yc_record *rec, size_t n, size_t *row, size_t *nrow)
{
	struct sheet *s = ctx;
	const struct yc_tensor *t = yc_record_find(rec, "label");
	const int64_t *label = t && t->dtype == YC_I64 && t->rank == 1 ? t->data : NULL;

	if (!s->stored)
		s->stored = yc_calloc((size_t)s->set.head.classes, sizeof(*s->stored));
	if (!s->stored)
		return YC_FAIL;
	*nrow = 0;
	/* Without labels one row suffices for the error. */
	for (size_t i = 0; i < n; i++)
		if (label ? s->stored[label[i]]++ < s->columns : !i)
			row[(*nrow)++] = i;
	return YC_OK;
}

static int read_set(struct sheet *s, struct yc_reader *r)
{
	const struct yc_set_hooks hooks = {.ctx = s, .rows = keep_first};
	int status = yc_set_read_with(&s->set, r, &hooks);

	return status ? status : yc_set_check_images(&s->set);
}

/* Decodes the tiles that are shown. */
static int decode(struct sheet *s)
{
	const int64_t *label = yc_set_col(&s->set, "label")->data;
	struct yc_tile *tile;
	size_t *have = yc_calloc((size_t)s->classes, sizeof(*have));
	int n, kept = 0, status;

	if (!have)
		return YC_FAIL;
	status = yc_set_tiles(&s->set, YC_DECODE_SINGLE, 0, &tile, &n);
	for (int i = 0; !status && i < n; i++)
		if (have[label[tile[i].row]]++ < s->columns)
			tile[kept++] = tile[i];
	yc_free(have);
	if (status)
		return status;
	status = yc_data_of_tiles(&s->data, &s->set, tile, kept);
	yc_free(tile);
	return status;
}

static int open_set(struct sheet *s)
{
	const struct yc_head *head = &s->set.head;
	const struct yc_tensor *image = yc_set_col(&s->set, "image");
	int status;

	/* yc_data undoes the normalisation of sets that are stored normalised */
	s->decoded = s->cfg->decode || yc_head_normalised(&s->set.meta);
	s->classes = head->classes;
	s->channels = (int)image->shape[1];
	s->tiles = s->decoded ? head->factor * head->factor : 1;
	if (s->decoded) {
		status = decode(s);
		if (status)
			return status;
		s->n = (size_t)s->data.n;
		s->side = s->data.side;
	} else {
		s->n = s->set.rows;
		s->side = (int)image->shape[2];
	}
	s->image = yc_calloc(yc_size_mul((size_t)s->side, (size_t)s->side),
		(size_t)s->channels * sizeof(*s->image));
	return s->image ? YC_OK : YC_FAIL;
}

/* Sizes of everything, and the canvas. */
static int lay_out(struct sheet *s, struct yc_canvas *canvas)
{
	size_t longest = 0, most = 0, widest = 0, cell, height;

	s->scale = s->cfg->scale ? (int)s->cfg->scale : YC_VIEW_SIDE / s->side;
	if (s->scale < 1)
		s->scale = 1;
	cell = yc_size_mul((size_t)s->side, (size_t)s->scale);
	s->text = cell >= 4 * YC_GLYPH_HEIGHT ? 2 : 1;
	for (int c = 0; c < s->classes; c++) {
		size_t all = images(s, c), chars = count_chars(s->name[c]);

		longest = all > longest ? all : longest;
		widest = chars > widest ? chars : widest;
		most = shown(s, c) > most ? shown(s, c) : most;
	}
	s->name_width = (widest + 1) * YC_GLYPH_WIDTH * (size_t)s->text;
	if (longest > s->columns)
		s->more_width =
			(size_t)(snprintf(NULL, 0, " +%zu", longest - s->columns) *
				 YC_GLYPH_WIDTH * s->text);
	height = cell > YC_GLYPH_HEIGHT ? cell : YC_GLYPH_HEIGHT;
	return yc_canvas_new(canvas,
		2 * MARGIN + s->name_width + yc_size_mul(most, cell + GAP) +
			s->more_width,
		2 * MARGIN + yc_size_mul((size_t)s->classes, height + GAP));
}

static uint8_t byte_of(yc_real v)
{
	return v <= 0 ? 0 : v >= 1 ? 255 : (uint8_t)(v * 255 + (yc_real)0.5);
}

static void draw_image(const struct sheet *s, struct yc_canvas *canvas, int x, int y)
{
	/* grey, grey and alpha, colour, colour and alpha: alpha is ignored */
	int ch = s->channels, colour = ch >= 3;

	for (int i = 0; i < s->side; i++) {
		for (int j = 0; j < s->side; j++) {
			const yc_real *p =
				s->image +
				((size_t)i * (size_t)s->side + (size_t)j) * (size_t)ch;
			uint8_t rgb[3] = {byte_of(p[0]), byte_of(p[colour]),
				byte_of(p[2 * colour])};

			yc_canvas_fill(canvas, x + j * s->scale, y + i * s->scale,
				s->scale, rgb);
		}
	}
}

static void draw(const struct sheet *s, struct yc_canvas *canvas)
{
	int cell = s->side * s->scale, letter = YC_GLYPH_HEIGHT * s->text;
	int height = cell > YC_GLYPH_HEIGHT ? cell : YC_GLYPH_HEIGHT, y = MARGIN;

	for (int c = 0; c < s->classes; c++, y += height + GAP) {
		size_t n = images(s, c);
		int x = MARGIN + (int)s->name_width, middle = y + (height - letter) / 2;
		char more[32];

		yc_canvas_text(canvas, MARGIN, middle, s->text, s->name[c]);
		for (size_t i = 0; i < shown(s, c); i++, x += cell + GAP) {
			fetch(s, (size_t)yc_groups_of(&s->rows, c)[i]);
			draw_image(s, canvas, x, y);
		}
		if (n > s->columns) {
			snprintf(more, sizeof(more), " +%zu", n - s->columns);
			yc_canvas_text(canvas, x, middle, s->text, more);
		}
	}
}

int yc_view_sheet(
	struct yc_canvas *canvas, struct yc_reader *r, const struct yc_view_cfg *cfg)
{
	struct sheet s = {.cfg = cfg, .columns = cfg->columns};
	int status = read_set(&s, r);

	memset(canvas, 0, sizeof(*canvas));
	if (!status)
		status = open_set(&s);
	if (!status)
		status = list_members(&s);
	if (!status)
		status = name_classes(&s);
	if (!status)
		status = lay_out(&s, canvas);
	if (!status)
		draw(&s, canvas);
	yc_groups_release(&s.rows);
	yc_free(s.name);
	yc_free(s.image);
	yc_free(s.stored);
	yc_data_release(&s.data);
	yc_set_release(&s.set);
	return status;
}
