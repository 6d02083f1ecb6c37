/* SPDX-License-Identifier: MIT */
/*
 * The contact sheet. While the stream is read, the first images of every class are kept, as many
 * as the sheet shows.
 */
#include <math.h>
#include <stdio.h>

#include "lib/view/images.h"
#include "lib/view/sheet.h"
#include "yc/group.h"
#include "yc/mem.h"

enum { COLUMNS = 20 };

struct contact {
	struct yc_set set; /* stored images that are kept */
	size_t columns;
	size_t *all, *shown; /* [classes] images in the stream, in the sheet */
	struct yc_view_images images;
	struct yc_tile *tile; /* of the kept images */
	struct yc_groups by_class;
	const struct yc_tensor *score;
	int decimals; /* of captions; -1: powers of ten */
};

/* Keeps the first images of every class. The first tiles of a class are those at the first
 * position of its first images, so more are never needed. */
static int keep_first(
	void *ctx, const struct yc_record *rec, size_t n, size_t *row, size_t *nrow)
{
	struct contact *s = ctx;
	const struct yc_tensor *t = yc_record_find(rec, "label");
	const int64_t *label = t && t->dtype == YC_I64 && t->rank == 1 ? t->data : NULL;

	if (!s->all)
		s->all = yc_calloc((size_t)s->set.head.classes, sizeof(*s->all));
	if (!s->all)
		return YC_FAIL;
	*nrow = 0;
	/* Without labels one row suffices for the error. */
	for (size_t i = 0; i < n; i++)
		if (label ? s->all[label[i]]++ < s->columns : !i)
			row[(*nrow)++] = i;
	return YC_OK;
}

static int read_set(struct contact *s, struct yc_reader *r)
{
	const struct yc_set_hooks hooks = {.ctx = s, .rows = keep_first};
	int status = yc_set_read_with(&s->set, r, &hooks);

	return status ? status : yc_set_check_images(&s->set);
}

static int list_images(struct contact *s, const struct yc_view_cfg *cfg)
{
	const int64_t *label = yc_set_col(&s->set, "label")->data;
	const int classes = s->set.head.classes;
	int status = yc_view_images_open(&s->images, &s->set, cfg->decode, cfg->score);
	int32_t *class;
	size_t n;

	if (status)
		return status;
	status = yc_view_images_list(&s->images, &s->tile, &n);
	if (status)
		return status;
	class = yc_calloc(n, sizeof(*class));
	s->shown = yc_calloc((size_t)classes, sizeof(*s->shown));
	if (!class || !s->shown) {
		yc_free(class);
		return YC_FAIL;
	}
	for (size_t i = 0; i < n; i++)
		class[i] = (int32_t)label[s->tile[i].row];
	status = yc_groups_new(&s->by_class, class, n, classes);
	yc_free(class);
	for (int c = 0; c < classes; c++) {
		s->all[c] *= (size_t)yc_view_images_each(&s->images);
		s->shown[c] = s->all[c] < s->columns ? s->all[c] : s->columns;
	}
	return status;
}

static const struct yc_tile *tile_of(const struct contact *s, int class, size_t i)
{
	return &s->tile[yc_groups_of(&s->by_class, class)[i]];
}

/* One format for all captions: three digits of the largest value, or whole numbers. */
static void choose_decimals(struct contact *s)
{
	double largest = 0;
	bool whole = true;

	for (int c = 0; c < s->set.head.classes; c++)
		for (size_t i = 0; i < s->shown[c]; i++) {
			double v = yc_view_images_score(s->score, tile_of(s, c, i));

			if (!isfinite(v))
				continue;
			whole &= v == trunc(v) && fabs(v) < 1e6;
			largest = fmax(largest, fabs(v));
		}
	s->decimals = 0;
	if (whole)
		return;
	if (largest < 0.01 || largest >= 1e6)
		s->decimals = -1;
	else
		for (double v = largest; v < 100 && s->decimals < 4; v *= 10)
			s->decimals++;
}

static void caption(void *ctx, int class, size_t i, char text[32])
{
	const struct contact *s = ctx;
	double v = yc_view_images_score(s->score, tile_of(s, class, i));

	if (fabs(v) * pow(10, s->decimals) < 0.5 && s->decimals >= 0)
		v = 0; /* without a sign */
	if (s->decimals < 0)
		(void)snprintf(text, 32, "%.2e", v);
	else
		(void)snprintf(text, 32, "%.*f", s->decimals, v);
}

static int cell(
	void *ctx, struct yc_canvas *canvas, int class, size_t i, int scale, int x, int y)
{
	struct contact *s = ctx;

	yc_canvas_image(canvas, x, y, scale, s->images.side, s->images.channels,
		yc_view_images_get(&s->images, tile_of(s, class, i)));
	return YC_OK;
}

static int draw(struct contact *s, struct yc_canvas *canvas,
	const struct yc_view_cfg *cfg, struct yc_watch *watch)
{
	struct yc_sheet sheet = {.cfg = cfg,
		.watch = watch,
		.meta = &s->set.meta,
		.classes = s->set.head.classes,
		.all = s->all,
		.shown = s->shown,
		.side = s->images.side,
		.ctx = s,
		.cell = cell};
	char column[YC_NAME_MAX + 1];

	if (cfg->score) {
		if (yc_score_column(column, cfg->score, 1) < 0)
			return YC_FAIL;
		s->score = yc_set_col(&s->set, column);
		choose_decimals(s);
		sheet.caption = caption;
	}
	return yc_sheet_draw(&sheet, canvas);
}

int yc_view_sheet(struct yc_canvas *canvas, struct yc_reader *r,
	const struct yc_view_cfg *cfg, struct yc_watch *watch)
{
	struct contact s = {.columns = cfg->columns ? cfg->columns : COLUMNS};
	int status = read_set(&s, r);

	*canvas = (struct yc_canvas){0};
	if (!status)
		status = list_images(&s, cfg);
	if (!status)
		status = draw(&s, canvas, cfg, watch);
	yc_view_images_close(&s.images);
	yc_groups_release(&s.by_class);
	yc_free(s.tile);
	yc_free(s.all);
	yc_free(s.shown);
	yc_set_release(&s.set);
	return status;
}
