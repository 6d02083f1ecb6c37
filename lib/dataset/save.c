/* SPDX-License-Identifier: MIT */
/* Saves a stream: reads it record by record, hands the rows to a kind, and tells what the
 * kind has no place for. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"
#include "yc/tiles.h"

enum { NOTE_MAX = 900 };

struct run {
	struct yc_saving s;
	bool begun, keys;	/* keys: metadata of single rows, or of some segments */
	size_t others;		/* records of other kinds than log */
	bool log;		/* of a condensation */
	char columns[NOTE_MAX]; /* that are left out */
	size_t nhistory;
	struct yc_meta *history; /* [nhistory] of each segment */
};

void yc_saving_note(const struct yc_saving *s, const char *fmt, ...)
{
	struct yc_watch *watch = s->what->watch;
	char text[1024];
	va_list ap;

	if (!watch || !watch->note)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	watch->note(watch, text);
}

const char *yc_saver_file(const struct yc_method *kind, const void *cfg)
{
	const struct yc_saver *k = (const struct yc_saver *)kind;

	return k->file ? k->file(cfg) : NULL;
}

static void add_word(char list[NOTE_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add_word(char list[NOTE_MAX], const char *fmt, ...)
{
	size_t n = strlen(list);
	va_list ap;

	if (n + 2 >= NOTE_MAX)
		return;
	n += (size_t)snprintf(list + n, NOTE_MAX - n, "%s", n ? ", " : "");
	va_start(ap, fmt);
	(void)vsnprintf(list + n, NOTE_MAX - n, fmt, ap);
	va_end(ap);
}

/* The segments agree in all that matters; their histories are merged at the end, and other
 * keys are kept if they are the same. */
static int head(void *ctx, struct yc_set *segment)
{
	struct run *r = ctx;
	struct yc_meta *mine = &r->s.head.meta, *grown;
	const char *history = yc_meta_get(&segment->meta, "yc.history");

	grown = yc_grow_list(r->history, r->nhistory, sizeof *grown);
	if (!grown)
		return YC_FAIL;
	r->history = grown;
	grown[r->nhistory] = (struct yc_meta){0};
	if (history && yc_meta_set(&grown[r->nhistory], "yc.history", history) < 0)
		return YC_FAIL;
	if (r->nhistory++ == 0) {
		r->s.head.head = segment->head;
		return yc_meta_copy(mine, &segment->meta);
	}
	/* An order belongs to one segment. */
	yc_meta_drop(mine, "yc.order");
	for (size_t i = mine->n; i-- > 0;) {
		const struct yc_pair *p = &mine->pair[i];
		const char *other = yc_meta_get(&segment->meta, p->key);

		if (strncmp(p->key, "yc.", 3) == 0 ||
			(other && strcmp(other, p->value) == 0))
			continue;
		r->keys = true;
		yc_meta_drop(mine, p->key);
	}
	return YC_OK;
}

static void note_tiles(const struct run *r, const struct yc_set *first)
{
	const struct yc_tensor *image = yc_set_col(first, "image");
	const int f = first->head.factor, side = (int)image->shape[2];

	if (r->s.kind->holds_head || !r->s.kind->holds(r->s.cfg, image))
		return;
	if (f > 1 && !r->s.kind->holds_tiles)
		yc_saving_note(&r->s,
			"each image is %d x %d tiles and is saved like that: what "
			"networks "
			"see is yc-decode's output",
			f, f);
	else if (f == 1 && side < first->head.side)
		yc_saving_note(&r->s,
			"the images are tiles of %d pixels that networks see with %d: "
			"that is yc-decode's output",
			side, first->head.side);
}

static int begin(struct run *r, const struct yc_set *first)
{
	const struct yc_pack_cfg cfg = {.path = r->s.what->path,
		.single = yc_saver_file(&r->s.kind->method, r->s.cfg),
		.replace = r->s.what->replace,
		.ours = &r->s.kind->ours,
		.scratch = r->s.what->scratch};
	int status;

	for (size_t i = 0; i < first->ncols; i++)
		if (!r->s.kind->holds(r->s.cfg, &first->col[i]))
			add_word(r->columns, "%s", first->col[i].name);
	note_tiles(r, first);
	status = yc_pack_open(&r->s.pack, &cfg);
	r->begun = status == YC_OK;
	return status == YC_OK ? r->s.kind->begin(&r->s, first) : status;
}

static int rows(void *ctx, struct yc_set *part, struct yc_set_out *out)
{
	struct run *r = ctx;
	int status = yc_set_check_images(part);

	(void)out;
	r->keys |= part->nmetas > 0;
	if (status == YC_OK && !r->begun)
		status = begin(r, part);
	if (status == YC_OK)
		status = r->s.kind->rows(&r->s, part);
	r->s.rows += part->rows;
	return status;
}

static int other(void *ctx, const struct yc_record *rec)
{
	struct run *r = ctx;

	const char *kind = yc_meta_get(&rec->meta, "yc.kind");

	if (kind && strcmp(kind, "log") == 0)
		r->log = true;
	else if (rec->ntensors || kind)
		r->others++;
	else
		r->keys = true;
	return YC_OK;
}

static int merge_history(struct run *r)
{
	const struct yc_meta **heads = yc_calloc(r->nhistory, sizeof *heads);
	int status = heads ? YC_OK : YC_FAIL;

	for (size_t i = 0; heads && i < r->nhistory; i++)
		heads[i] = &r->history[i];
	if (status == YC_OK && r->nhistory > 1)
		status = yc_history_merge(&r->s.head.meta, heads, r->nhistory);
	yc_free(heads);
	return status;
}

static void note_left_out(struct run *r)
{
	const struct yc_meta *m = &r->s.head.meta;
	char list[NOTE_MAX];

	memcpy(list, r->columns, sizeof list);
	if (r->log)
		add_word(list, "the log of the condensation");
	if (r->others)
		add_word(list, "%zu record%s that hold%s no rows", r->others,
			r->others == 1 ? "" : "s", r->others == 1 ? "s" : "");
	if (r->keys)
		add_word(list, "metadata of single rows");
	if (!r->s.kind->holds_head && !r->s.kind->holds_norm && yc_meta_get(m, "yc.mean"))
		add_word(list, "mean and std");
	if (!r->s.kind->holds_head && yc_meta_get(m, "yc.history"))
		add_word(list, "the history");
	if (*list)
		yc_saving_note(&r->s, "left out, since %s has no place for it: %s",
			r->s.kind->method.name, list);
	if (r->s.clipped)
		yc_saving_note(&r->s, "%" PRIu64 " value%s outside 0..1 became 0 or 1",
			r->s.clipped, r->s.clipped == 1 ? "" : "s");
}

int yc_save(const struct yc_method *kind, const void *cfg, const struct yc_save *what,
	struct yc_reader *reader)
{
	const struct yc_saving begun = {
		.kind = (const struct yc_saver *)kind, .cfg = cfg, .what = what};
	struct run r = {.s = begun};
	const struct yc_set_map map = {
		.ctx = &r, .head = head, .rows = rows, .other = other};
	int status;

	r.s.state = yc_calloc(1, r.s.kind->state_size);
	status = r.s.state ? yc_set_map(reader, NULL, &map) : YC_FAIL;
	if (status == YC_OK)
		status = merge_history(&r);
	if (status == YC_OK)
		status = r.s.kind->end(&r.s);
	if (r.begun && r.s.kind->release)
		r.s.kind->release(&r.s);
	if (status == YC_OK) {
		note_left_out(&r);
		status = yc_pack_commit(r.s.pack);
	} else {
		yc_pack_abort(r.s.pack);
	}
	for (size_t i = 0; i < r.nhistory; i++)
		yc_meta_release(&r.history[i]);
	yc_free(r.history);
	yc_set_release(&r.s.head);
	yc_free(r.s.state);
	return status;
}
