/* SPDX-License-Identifier: MIT */
/* The kind safetensors: all rows in one record, which is a plain .safetensors file and a
 * stream at once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"

static const char *file(const void *cfg)
{
	(void)cfg;
	return "data.safetensors";
}

static bool holds(const void *cfg, const struct yc_tensor *column)
{
	(void)cfg;
	(void)column;
	return true;
}

static int begin(struct yc_saving *s, const struct yc_set *first)
{
	return yc_columns_begin(s->state, s, first, YC_OTHER);
}

static int rows(struct yc_saving *s, struct yc_set *part)
{
	return yc_columns_add(s->state, part, NULL, false);
}

static int write(struct yc_saving *s, const struct yc_record *rec, size_t *order)
{
	struct yc_columns *c = s->state;
	const struct yc_sink sink = yc_pack_sink(s->pack);
	unsigned char *head = NULL;
	uint64_t total;
	size_t bytes;
	int status = yc_record_encode_head(rec, order, &head, &bytes);

	if (status < 0)
		return status;
	total = bytes;
	for (size_t i = 0; i < c->n; i++)
		total += c->col[i].spill.bytes;
	if (total > YC_RECORD_BYTES)
		yc_saving_note(s,
			"the file has %.1f GiB in one record: tools that read it need "
			"--memory",
			(double)total / (double)(1 << 30));
	status = yc_pack_file(s->pack, file(NULL), total);
	if (status == YC_OK)
		status = yc_pack_write(s->pack, head, bytes);
	for (size_t i = 0; status == YC_OK && i < c->n; i++) {
		struct yc_spill *spill = &c->col[order[i]].spill;

		status = yc_spill_copy(spill, 0, spill->bytes, &sink);
	}
	yc_free(head);
	return status;
}

static int end(struct yc_saving *s)
{
	struct yc_columns *c = s->state;
	struct yc_record rec = {.ntensors = c->n};
	size_t *order = yc_calloc(c->n, sizeof *order);
	char count[32];
	int status = order ? yc_meta_copy(&rec.meta, &s->head.meta) : YC_FAIL;

	snprintf(count, sizeof count, "%" PRIu64, s->rows);
	if (status == YC_OK)
		status = yc_meta_set(&rec.meta, "yc.end", count);
	if (status == YC_OK) {
		rec.tensor = yc_calloc(c->n, sizeof *rec.tensor);
		status = rec.tensor ? YC_OK : YC_FAIL;
	}
	for (size_t i = 0; status == YC_OK && i < c->n; i++)
		rec.tensor[i] = c->col[i].shape; /* names are the columns' */
	if (status == YC_OK)
		status = write(s, &rec, order);
	yc_free(rec.tensor);
	yc_meta_release(&rec.meta);
	yc_free(order);
	return status;
}

static void release(struct yc_saving *s)
{
	yc_columns_release(s->state);
}

const struct yc_saver yc_save_safetensors = {
	.method = {.name = "safetensors",
		.summary =
			"one plain safetensors file: every column, and the head; also a "
			"stream"},
	.state_size = sizeof(struct yc_columns),
	.file = file,
	.holds = holds,
	.holds_head = true,
	.holds_tiles = true,
	.begin = begin,
	.rows = rows,
	.end = end,
	.release = release,
};
