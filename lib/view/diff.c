/* SPDX-License-Identifier: MIT */
/*
 * Two streams compared: first all ids and tiles are matched, then the images that are shown are
 * fetched from both, and drawn with their difference.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/view/diff.h"
#include "lib/view/layout.h"
#include "lib/view/sheet.h"
#include "yc/mem.h"
#include "yc/names.h"

enum {
	COLUMNS = 20,
	GAINS = 24 /* powers of two */
};

static bool hold(void *ctx, const char *column)
{
	(void)ctx;
	return !strcmp(column, "label") || !strcmp(column, "id") ||
	       !strcmp(column, "tile");
}

static int read_side(struct yc_diff *d, struct yc_diff_side *s, struct yc_reader *r)
{
	const struct yc_set_hooks hooks = {.hold = hold};
	int status = yc_rows_read(&s->rows, r, &hooks, d->watch);

	if (!status)
		status = yc_set_check_images(&s->rows.set);
	return status < 0 ? yc_fail_in(status, "%s", s->word) : YC_OK;
}

static void __attribute__((format(printf, 2, 3)))
note(struct yc_watch *watch, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (!watch || !watch->note)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	watch->note(watch, text);
}

/* -- what is comparable -- */

/* Stored images are compared if both store the same, else decoded ones. */
static int open_sides(struct yc_diff *d)
{
	const struct yc_set *a = &d->a.rows.set, *b = &d->b.rows.set;
	const struct yc_tensor *x = yc_diff_column(&d->a, "image"),
			       *y = yc_diff_column(&d->b, "image");
	bool decode = d->cfg->decode || x->shape[2] != y->shape[2] ||
		      a->head.factor != b->head.factor || yc_head_normalised(&a->meta) ||
		      yc_head_normalised(&b->meta);

	if (a->head.classes != b->head.classes)
		return yc_fail(YC_FAIL, "A has %d classes, B %d", a->head.classes,
			b->head.classes);
	if (!yc_diff_column(&d->a, "id") != !yc_diff_column(&d->b, "id"))
		return yc_fail(YC_FAIL,
			"no column 'id' in %s: images of one stream with "
			"ids cannot be found in one without",
			yc_diff_column(&d->a, "id") ? "B" : "A");
	d->classes = a->head.classes;
	if (yc_view_images_open(&d->a.images, a, decode, NULL) < 0 ||
		yc_view_images_open(&d->b.images, b, decode, NULL) < 0)
		return YC_FAIL;
	if (d->a.images.side != d->b.images.side ||
		d->a.images.channels != d->b.images.channels)
		return yc_fail(YC_FAIL,
			"images of A have %d x %d pixels in %d channels, those of B %d x "
			"%d "
			"in %d",
			d->a.images.side, d->a.images.side, d->a.images.channels,
			d->b.images.side, d->b.images.side, d->b.images.channels);
	d->size = (size_t)d->a.images.side * (size_t)d->a.images.side *
		  (size_t)d->a.images.channels;
	return yc_names_match(&a->meta, &b->meta, "B");
}

/* -- pixels -- */

static int copy_part(struct yc_diff *d, struct yc_diff_side *s, const struct yc_set *part,
	const size_t *row, size_t done, size_t n)
{
	struct yc_view_images images;
	int status = yc_view_images_open(&images, part, s->images.decoded, NULL);

	for (size_t i = 0; !status && i < n; i++) {
		struct yc_tile tile = s->pick[done + i];
		const yc_real *x;
		float *to = s->pixel + (done + i) * d->size;

		tile.row = (int32_t)row[i];
		x = yc_view_images_get(&images, &tile);
		for (size_t k = 0; k < d->size; k++)
			to[k] = (float)x[k];
	}
	yc_view_images_close(&images);
	return status;
}

static int fetch_side(struct yc_diff *d, struct yc_diff_side *s)
{
	size_t *row = yc_calloc(d->npick, 2 * sizeof(*row)), *at = row + d->npick;
	int status = YC_OK;

	s->pixel = yc_calloc(yc_size_mul(d->npick, d->size), sizeof(*s->pixel));
	if (!row || !s->pixel) {
		yc_free(row);
		return YC_FAIL;
	}
	for (size_t i = 0; i < d->npick; i++)
		row[i] = (size_t)s->pick[i].row;
	for (size_t done = 0, n; !status && done < d->npick; done += n) {
		const struct yc_set *part;

		n = d->npick - done;
		status = yc_rows_fetch(&s->rows, row + done, &n, &part, at);
		if (!status)
			status = copy_part(d, s, part, at, done, n);
	}
	yc_free(row);
	return status < 0 ? yc_fail_in(status, "%s", s->word) : YC_OK;
}

/* The largest power of two for which at most a hundredth of the values leave the range: single
 * large differences do not hide the others. */
static double choose_gain(const size_t above[GAINS], size_t values)
{
	int k = 0;

	if (above[GAINS - 1] == 0)
		return 1;
	while (k + 1 < GAINS && above[k + 1] <= values / 100)
		k++;
	return exp2(k);
}

static void measure(struct yc_diff *d)
{
	const size_t values = d->npick * d->size;
	size_t above[GAINS] = {
		0}; /* [k] values that gain 2^k brings to half of the range */
	double sum = 0;

	for (size_t i = 0; i < values; i++) {
		double v = fabs((double)d->b.pixel[i] - (double)d->a.pixel[i]);

		for (int k = GAINS - 1; k >= 0 && v * exp2(k) >= 0.5; k--)
			above[k]++;
		sum += v;
		if (v > d->largest) {
			d->largest = v;
			d->largest_at = i / d->size;
		}
	}
	d->mean = sum / (double)values;
	d->gain = isnan(d->cfg->gain) ? choose_gain(above, values) : d->cfg->gain;
	(void)snprintf(d->tag, sizeof(d->tag), "x%g", d->gain);
}

static int cell(
	void *ctx, struct yc_canvas *canvas, int class, size_t i, int scale, int x, int y)
{
	struct yc_diff *d = ctx;
	const int side = d->a.images.side, channels = d->a.images.channels;
	const size_t at = d->start[class] + i;
	const float *a = d->a.pixel + at * d->size, *b = d->b.pixel + at * d->size;
	yc_real *shown = d->a.images.shown;

	for (int k = 0; k < 3; k++) {
		for (size_t p = 0; p < d->size; p++)
			shown[p] =
				(yc_real)(k == 0 ? (double)a[p]
					  : k == 1
						  ? (double)b[p]
						  : 0.5 + d->gain * ((double)b[p] -
									    (double)a
										    [p]));
		yc_canvas_image(canvas, x, y + k * (side * scale + YC_VIEW_GAP), scale,
			side, channels, shown);
	}
	return YC_OK;
}

static void tell(struct yc_diff *d)
{
	const struct yc_diff_side *side[] = {&d->a, &d->b};
	const struct yc_diff_key *k;

	note(d->watch,
		"%zu images in both, %zu drawn: they differ by %.3g on average, by %.3g "
		"at "
		"most (id %" PRId64 "); drawn times %g",
		d->pairs, d->npick, d->mean, d->largest,
		yc_view_images_id(&d->a.images, &d->a.pick[d->largest_at]), d->gain);
	for (int i = 0; i < 2; i++) {
		k = &side[i]->first;
		if (side[i]->alone && k->position >= 0)
			note(d->watch,
				"%zu images are only in %s, the first is id %" PRId64
				", tile %" PRId64,
				side[i]->alone, side[i]->word, k->id, k->position);
		else if (side[i]->alone)
			note(d->watch,
				"%zu images are only in %s, the first is id %" PRId64,
				side[i]->alone, side[i]->word, k->id);
	}
	if (d->other_label)
		note(d->watch, "%zu images have another label in B", d->other_label);
	if (!yc_diff_column(&d->a, "id"))
		note(d->watch, "no ids: rows are compared in the order of the streams");
}

static int draw(struct yc_diff *d, struct yc_canvas *canvas)
{
	const char *const stack[] = {"A", "B", d->tag, NULL};
	const struct yc_sheet sheet = {.cfg = d->cfg,
		.watch = d->watch,
		.meta = &d->a.rows.set.meta,
		.classes = d->classes,
		.all = d->all,
		.shown = d->shown,
		.side = d->a.images.side,
		.stack = stack,
		.ctx = d,
		.cell = cell};

	measure(d);
	tell(d);
	return yc_sheet_draw(&sheet, canvas);
}

static void release(struct yc_diff_side *s)
{
	yc_view_images_close(&s->images);
	yc_rows_release(&s->rows);
	yc_free(s->tile);
	yc_free(s->key);
	yc_free(s->pick);
	yc_free(s->pixel);
}

int yc_view_diff(struct yc_canvas *canvas, struct yc_reader *a, struct yc_reader *b,
	const struct yc_view_cfg *cfg, struct yc_watch *watch)
{
	struct yc_diff d = {.cfg = cfg,
		.watch = watch,
		.a = {.word = "A"},
		.b = {.word = "B"},
		.columns = cfg->columns ? cfg->columns : COLUMNS};
	int status = read_side(&d, &d.a, a);

	*canvas = (struct yc_canvas){0};
	if (!status)
		status = read_side(&d, &d.b, b);
	if (!status)
		status = open_sides(&d);
	if (!status)
		status = yc_diff_match(&d);
	if (!status)
		status = fetch_side(&d, &d.a);
	if (!status)
		status = fetch_side(&d, &d.b);
	if (!status)
		status = draw(&d, canvas);
	release(&d.a);
	release(&d.b);
	yc_free(d.all);
	yc_free(d.shown);
	yc_free(d.start);
	return status;
}
