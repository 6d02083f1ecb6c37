/* SPDX-License-Identifier: MIT */
/*
 * The kind png: a picture for each image in one folder per class. Programs that read such
 * folders number classes by the order of the folders' names, so these are the class names
 * only if they sort like the labels; else a number precedes them. What pictures have no
 * place for is in labels.csv, a line for each row in the order of the stream, and in
 * classes.txt.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/dataset/internal.h"
#include "lib/dataset/save_folders.h"
#include "lib/photo/photo.h"
#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/real.h"

struct cfg {
	const char *bits;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, bits, .name = "bits", .arg = "8|16", .unit = YC_CHOICE,
		.def = "8", .help = "bits of each channel of a pixel"),
};

struct state {
	struct yc_class_folders folders;
	struct yc_file_counts counts;
	struct yc_spill list; /* labels.csv */
	bool tiles;
};

static bool holds(const void *cfg, const struct yc_tensor *column)
{
	static const char *const names[] = {"image", "label", "id", "tile"};

	(void)cfg;
	for (size_t i = 0; i < YC_COUNT(names); i++)
		if (strcmp(column->name, names[i]) == 0)
			return true;
	return false;
}

static const int64_t *numbers(const struct yc_set *part, const char *name)
{
	const struct yc_tensor *t = yc_set_col(part, name);

	return t && t->dtype == YC_I64 && t->rank == 1 ? t->data : NULL;
}

static int begin(struct yc_saving *s, const struct yc_set *first)
{
	const uint64_t channels = yc_set_col(first, "image")->shape[1];
	struct state *st = s->state;
	char *text = NULL;
	size_t n = 0;
	int status;

	st->list.fd = -1;
	st->tiles = numbers(first, "tile");
	if (channels != 1 && channels != 3)
		return yc_fail(YC_FAIL, "images of %d channels: pictures have 1 or 3",
			(int)channels);
	status = yc_class_folders(&st->folders, s);
	for (size_t c = 0; status == YC_OK && c < st->folders.n; c++)
		status = yc_pack_folder(s->pack, st->folders.name[c]);
	if (status == YC_OK)
		status = yc_names_text(&s->head, &text, &n);
	if (status == YC_OK && n)
		status = yc_pack_put(s->pack, "classes.txt", text, n);
	yc_free(text);
	if (status == YC_OK)
		status = yc_spill_open(&st->list, yc_pack_scratch(s->pack));
	if (status == YC_OK) {
		const char *line =
			st->tiles ? YC_SAVED_LIST ",tile\n" : YC_SAVED_LIST "\n";

		status = yc_spill_write(&st->list, line, strlen(line));
	}
	return status;
}

/* -- the pictures of a part, encoded by all threads -- */

struct picture {
	unsigned char *data;
	size_t n, clipped;
	int status;
	char cause[256];
};

struct part {
	const struct yc_pixels *pixels;
	unsigned bits;
	size_t at, n;		 /* rows that are encoded at once */
	struct picture *picture; /* [n] */
	uint8_t *planes;	 /* [threads] */
	size_t bytes;		 /* of planes, for one thread */
};

static void encode(void *ctx, int unit, int worker)
{
	const struct part *p = ctx;
	struct picture *to = &p->picture[unit];
	const size_t row = p->at + (size_t)unit;
	uint8_t *planes = p->planes + (size_t)worker * p->bytes;
	const size_t side = (size_t)p->pixels->image->shape[2];
	const struct yc_png image = {
		planes, side, side, p->pixels->channels, p->bits, .planar = true};

	to->clipped = p->bits == 8 ? yc_pixels_u8(p->pixels, row, planes)
				   : yc_pixels_u16(p->pixels, row, planes);
	to->status = yc_png_encode(&image, &to->data, &to->n);
	if (to->status < 0) /* messages are kept per thread */
		snprintf(to->cause, sizeof to->cause, "%s", yc_errmsg());
}

/* "3/0000017-2.png": class, id, tile; ".1" and so on for a row that was there before. */
static int name_of(
	struct state *st, const struct yc_file_key *key, char *name, size_t size)
{
	uint32_t before = 0;
	char tile[32] = "", again[16] = "";

	if (yc_file_count(&st->counts, key, &before) < 0)
		return YC_FAIL;
	if (st->tiles)
		snprintf(tile, sizeof tile, "-%" PRId64, key->tile);
	if (before)
		snprintf(again, sizeof again, ".%" PRIu32, before);
	snprintf(name, size, "%s/%07" PRId64 "%s%s.png", st->folders.name[key->label],
		key->id, tile, again);
	return YC_OK;
}

static int list(struct state *st, const struct yc_file_key *key, const char *name)
{
	/* file names have no '"' */
	const char *quote = strchr(name, ',') ? "\"" : "";
	char line[YC_FILE_NAME_MAX + 200];
	int n = snprintf(line, sizeof line, "%s%s%s,%" PRId64 ",%" PRId64, quote, name,
		quote, key->label, key->id);

	if (st->tiles)
		n += snprintf(line + n, sizeof line - (size_t)n, ",%" PRId64, key->tile);
	line[n++] = '\n';
	return yc_spill_write(&st->list, line, (size_t)n);
}

static int put(
	struct yc_saving *s, const struct yc_set *part, size_t i, struct picture *p)
{
	const int64_t *id = numbers(part, "id"), *tile = numbers(part, "tile");
	struct state *st = s->state;
	const struct yc_file_key key = {numbers(part, "label")[i],
		id ? id[i] : (int64_t)(s->rows + i), st->tiles && tile ? tile[i] : 0};
	char name[YC_FILE_NAME_MAX + 100];
	int status = p->status < 0 ? yc_fail(p->status, "%s", p->cause) : YC_OK;

	if (status == YC_OK)
		status = name_of(st, &key, name, sizeof name);
	if (status == YC_OK)
		status = yc_pack_put(s->pack, name, p->data, p->n);
	if (status == YC_OK)
		status = list(st, &key, name);
	s->clipped += p->clipped;
	return status;
}

/* Encodes and writes n rows from row `at` on. */
static int some(struct yc_saving *s, const struct yc_set *part, struct part *p)
{
	int status = YC_OK;

	yc_parallel((int)p->n, s->what->threads, encode, p);
	for (size_t i = 0; i < p->n; i++) {
		if (status == YC_OK)
			status = put(s, part, p->at + i, &p->picture[i]);
		yc_free(p->picture[i].data);
	}
	return status;
}

static int rows(struct yc_saving *s, struct yc_set *part)
{
	enum { AT_ONCE = 1024 }; /* pictures in memory */
	const struct cfg *cfg = s->cfg;
	struct yc_pixels pixels;
	struct part p = {.pixels = &pixels, .bits = strcmp(cfg->bits, "16") ? 8 : 16};
	int status = yc_pixels_of(&pixels, part, false);

	if (status < 0)
		return status;
	p.bytes = pixels.channels * pixels.plane * p.bits / 8;
	p.planes = yc_calloc((size_t)s->what->threads, p.bytes);
	p.picture = yc_calloc(AT_ONCE, sizeof *p.picture);
	if (!p.planes || !p.picture)
		status = YC_FAIL;
	for (; status == YC_OK && p.at < part->rows; p.at += p.n) {
		p.n = part->rows - p.at < AT_ONCE ? part->rows - p.at : AT_ONCE;
		status = some(s, part, &p);
	}
	yc_free(p.picture);
	yc_free(p.planes);
	return status;
}

static int end(struct yc_saving *s)
{
	struct state *st = s->state;
	const struct yc_sink sink = yc_pack_sink(s->pack);
	int status = yc_pack_file(s->pack, "labels.csv", st->list.bytes);

	return status == YC_OK ? yc_spill_copy(&st->list, 0, st->list.bytes, &sink)
			       : status;
}

static void release(struct yc_saving *s)
{
	struct state *st = s->state;

	yc_class_folders_release(&st->folders);
	yc_free(st->counts.slot);
	yc_spill_release(&st->list);
}

static const char *const names[] = {".png", "labels.csv", "classes.txt", NULL};

const struct yc_saver yc_save_png = {
	.method = {.name = "png",
		.summary = "PNG pictures in one folder per class",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.state_size = sizeof(struct state),
	.ours = {names, "labels.csv", YC_SAVED_LIST},
	.holds = holds,
	.begin = begin,
	.rows = rows,
	.end = end,
	.release = release,
};
