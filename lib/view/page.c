/* SPDX-License-Identifier: MIT */
/* A page for browsers, written while the stream is read: page.html, then data as calls of its
 * functions. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <nettle/base64.h>

#include "lib/photo/photo.h"
#include "lib/view/images.h"
#include "lib/view/sheet.h"
#include "yc/mem.h"
#include "yc/names.h"

/* The file, as it is. */
__asm__(".pushsection .rodata\n"
	"yc_page_html: .incbin \"lib/view/page.html\"\n"
	".byte 0\n"
	".popsection\n");
extern const char yc_page_html[];

enum { SOFT_SHOWN = 3 };

struct page {
	FILE *f;
	const struct yc_view_cfg *cfg;
	struct yc_watch *watch;
	struct yc_set set; /* head and columns, without rows */
	bool begun;
	char (*score)[YC_NAME_MAX + 1]; /* [scores] columns */
	size_t scores;
	size_t *seen; /* [classes] */
	uint64_t bytes, images, left;
	uint8_t *rgb;
	char *text; /* base64 */
	size_t capacity;
};

/* JSON inside of a script: nothing in it can end the script. */
static int put_json(struct page *p, json_t *value)
{
	char *text = value ? json_dumps(value,
				     JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY)
			   : NULL;

	json_decref(value);
	if (!text)
		return yc_no_memory(0);
	for (const char *s = text; *s; s++)
		if (*s == '<')
			(void)fputs("\\u003c", p->f);
		else
			(void)fputc(*s, p->f);
	free(text);
	return YC_OK;
}

/* Text from outside, a file name: what is not UTF-8 becomes '?'. */
static json_t *any_text(const char *s)
{
	json_t *text = json_string(s);
	char *safe = text ? NULL : yc_strdup(s);

	for (char *c = safe; c && *c; c++)
		if (*c & 0x80)
			*c = '?';
	if (safe)
		text = json_string(safe);
	yc_free(safe);
	return text;
}

static int find_scores(struct page *p, const struct yc_set *part)
{
	p->score = yc_calloc(part->ncols, sizeof(*p->score));
	if (!p->score)
		return YC_FAIL;
	for (size_t i = 0; i < part->ncols; i++)
		if (yc_view_is_score(&part->col[i]))
			(void)snprintf(p->score[p->scores++], sizeof(*p->score), "%s",
				part->col[i].name);
	return YC_OK;
}

/* The file, with a title that a browser shows from the beginning. */
static void put_page(struct page *p)
{
	const char *at = strstr(yc_page_html, "<title>") + strlen("<title>");
	const char *title = p->cfg->title ? p->cfg->title : "";

	(void)fwrite(yc_page_html, 1, (size_t)(at - yc_page_html), p->f);
	for (; *title; title++)
		if (*title == '<' || *title == '&')
			(void)fputs(*title == '<' ? "&lt;" : "&amp;", p->f);
		else
			(void)fputc(*title, p->f);
	(void)fputs(p->cfg->title ? " - " : "", p->f);
	(void)fputs(at, p->f);
}

/* Calls begin({...}), which knows everything but the images. */
static int put_head(struct page *p, int side)
{
	struct yc_names names;
	json_t *head = json_object(), *list = json_array(), *scores = json_array();
	int status = yc_names_read(&names, &p->set.meta);

	for (int c = 0; !status && c < p->set.head.classes; c++) {
		const char *name = yc_names_of(&names, c);

		json_array_append_new(list, name ? json_string(name) : json_null());
	}
	for (size_t i = 0; i < p->scores; i++)
		json_array_append_new(scores, json_string(yc_score_name(p->score[i])));
	json_object_set_new(head, "title", any_text(p->cfg->title ? p->cfg->title : ""));
	json_object_set_new(head, "names", list);
	json_object_set_new(head, "scores", scores);
	json_object_set_new(
		head, "sort", p->cfg->score ? any_text(p->cfg->score) : json_null());
	json_object_set_new(head, "side", json_integer(side));
	json_object_set_new(head, "scale", json_integer(p->cfg->scale));
	put_page(p);
	(void)fputs("<script>begin(", p->f);
	if (!status)
		status = put_json(p, head);
	else
		json_decref(head);
	(void)fputs(")</script>\n", p->f);
	yc_names_release(&names);
	return status;
}

static int begin(struct page *p, const struct yc_set *part, int side)
{
	p->begun = true;
	p->seen = yc_calloc((size_t)p->set.head.classes, sizeof(*p->seen));
	if (!p->seen || find_scores(p, part) < 0)
		return YC_FAIL;
	return put_head(p, side);
}

/* A PNG as base64. */
static int put_image(struct page *p, const struct yc_view_images *v, const yc_real *x)
{
	const size_t side = (size_t)v->side;
	const struct yc_png image = {p->rgb, side, side, .channels = 3, .bits = 8};
	unsigned char *png;
	size_t size, need;

	for (size_t i = 0; i < side * side; i++)
		yc_view_rgb(x + i * (size_t)v->channels, v->channels, p->rgb + 3 * i);
	if (yc_png_encode(&image, &png, &size) < 0)
		return YC_FAIL;
	need = BASE64_ENCODE_RAW_LENGTH(size);
	if (need > p->capacity) {
		p->text = yc_grow(p->text, 0, need);
		p->capacity = p->text ? need : 0;
	}
	if (p->text) {
		base64_encode_raw(p->text, size, png);
		(void)fwrite(p->text, 1, need, p->f);
		p->bytes += need;
	}
	yc_free(png);
	return p->text ? YC_OK : YC_FAIL;
}

/* Whole numbers beyond those of JavaScript are text. */
static void put_int(struct page *p, int64_t v)
{
	const char *quote = v > 1LL << 53 || v < -(1LL << 53) ? "\"" : "";

	(void)fprintf(p->f, "%s%" PRId64 "%s", quote, v, quote);
}

/* The largest soft labels, as class and weight in turn. */
static void put_soft(struct page *p, const struct yc_set *part, int32_t row)
{
	const struct yc_tensor *t = yc_set_col(part, "soft");
	size_t n, chosen[SOFT_SHOWN], put = 0;
	const float *soft;

	if (!t || t->dtype != YC_F32 || t->rank != 2)
		return;
	n = (size_t)t->shape[1];
	soft = (const float *)t->data + (size_t)row * n;
	for (; put < SOFT_SHOWN; put++) {
		size_t best = n;

		for (size_t c = 0; c < n; c++) {
			bool done = !(soft[c] > 0);

			for (size_t i = 0; i < put; i++)
				done |= chosen[i] == c;
			if (!done && (best == n || soft[c] > soft[best]))
				best = c;
		}
		if (best == n)
			break;
		chosen[put] = best;
		(void)fprintf(
			p->f, "%s%zu,%.4g", put ? "," : "", best, (double)soft[best]);
	}
}

static int put_row(struct page *p, struct yc_view_images *v, const struct yc_tile *t)
{
	const struct yc_set *part = v->set;

	(void)fprintf(p->f, "[%" PRId64 ",",
		((const int64_t *)yc_set_col(part, "label")->data)[t->row]);
	if (yc_set_col(part, "id"))
		put_int(p, yc_view_images_id(v, t));
	else
		(void)fprintf(p->f, "null");
	(void)fprintf(p->f, ",%" PRId64 ",[", yc_view_images_position(v, t));
	for (size_t i = 0; i < p->scores; i++) {
		const struct yc_tensor *column = yc_set_col(part, p->score[i]);
		double s = NAN;

		/* whether records have the same columns is checked after this */
		if (column && yc_view_is_score(column))
			s = yc_view_images_score(column, t);

		(void)fputs(i ? "," : "", p->f);
		if (isnan(s))
			(void)fputs("null", p->f);
		else if (isinf(s))
			(void)fputs(s > 0 ? "Infinity" : "-Infinity", p->f);
		else
			(void)fprintf(p->f, "%.7g", s);
	}
	(void)fputs("],[", p->f);
	put_soft(p, part, t->row);
	(void)fputs("],\"", p->f);
	if (put_image(p, v, yc_view_images_get(v, t)) < 0)
		return YC_FAIL;
	(void)fputs("\"],\n", p->f);
	p->images++;
	return YC_OK;
}

static bool wanted(struct page *p, int64_t label)
{
	if (p->cfg->columns && p->seen[label] >= p->cfg->columns)
		return false;
	p->seen[label]++;
	if (p->bytes >= YC_VIEW_PAGE_BYTES) {
		p->left++;
		return false;
	}
	return true;
}

/* Calls add([...]). */
static int put_list(
	struct page *p, struct yc_view_images *v, const struct yc_tile *tile, size_t n)
{
	const int64_t *label = yc_set_col(v->set, "label")->data;
	int status = YC_OK;

	(void)fputs("<script>add([\n", p->f);
	for (size_t i = 0; !status && i < n; i++)
		if (wanted(p, label[tile[i].row]))
			status = put_row(p, v, &tile[i]);
	(void)fputs("])</script>\n", p->f);
	return status;
}

static int put_rows(struct page *p, const struct yc_set *part)
{
	struct yc_view_images v = {0};
	struct yc_tile *tile = NULL;
	size_t n = 0;
	int status = yc_set_check_images(part);

	if (!status)
		status = yc_view_images_open(&v, part,
			p->cfg->decode || yc_view_tiles_have_scores(part), p->cfg->score);
	if (!status)
		status = yc_view_images_list(&v, &tile, &n);
	if (!status && !p->begun)
		status = begin(p, part, v.side);
	/* for each record: only afterwards is it compared with earlier ones */
	p->rgb = status ? NULL : yc_calloc((size_t)v.side * (size_t)v.side, 3);
	if (!status && !p->rgb)
		status = YC_FAIL;
	if (!status)
		status = put_list(p, &v, tile, n);
	yc_free(p->rgb);
	p->rgb = NULL;
	yc_view_images_close(&v);
	yc_free(tile);
	return status;
}

/* Writes the rows of a record, and keeps none. */
static int take(
	void *ctx, const struct yc_record *rec, size_t n, size_t *row, size_t *nrow)
{
	struct page *p = ctx;
	const struct yc_set part = {.meta = p->set.meta,
		.head = p->set.head,
		.rows = n,
		.ncols = rec->ntensors,
		.col = rec->tensor};

	(void)row;
	*nrow = 0;
	return put_rows(p, &part);
}

static void tell(const struct page *p)
{
	char text[160];

	if (!p->left || !p->watch || !p->watch->note)
		return;
	(void)snprintf(text, sizeof(text),
		"the page has %" PRIu64 " images of %" PRIu64
		": more than 1 GiB is too much for browsers; --columns and yc-select "
		"take "
		"fewer",
		p->images, p->images + p->left);
	p->watch->note(p->watch, text);
}

int yc_view_page(FILE *f, struct yc_reader *r, const struct yc_view_cfg *cfg,
	struct yc_watch *watch)
{
	struct page p = {.f = f, .cfg = cfg, .watch = watch};
	const struct yc_set_hooks hooks = {.ctx = &p, .rows = take};
	int status = yc_set_read_with(&p.set, r, &hooks);

	/* reports what is wrong with a stream without rows */
	if (!status && !p.begun)
		status = yc_set_check_images(&p.set);
	if (!status) {
		(void)fprintf(f, "<script>end(%" PRIu64 ")</script>\n", p.left);
		tell(&p);
	}
	yc_set_release(&p.set);
	yc_free(p.score);
	yc_free(p.seen);
	yc_free(p.text);
	return status;
}
