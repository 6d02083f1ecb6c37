/* SPDX-License-Identifier: MIT */
/* Turns the selection into a set, written part by part, so that only the images of one
 * yc_rows_fetch are in memory. */
#include <stdio.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/mem.h"

enum {
	PIECE_BYTES = 4 << 20, /* written at a time */
	MANY_PASSES = 4	       /* that go without saying */
};

int yc_select_take(struct yc_set *to, const struct yc_set *from,
	const struct yc_selection *sel, size_t at, size_t n, const size_t *row)
{
	const struct yc_order order = {.balanced = sel->rule.balanced,
		.rows = sel->order ? sel->n : 0,
		.classes = sel->classes};
	const size_t *chosen = sel->chosen + at;
	int status = sel->whole_rows ? yc_set_pick(to, from, row ? row : chosen, n)
				     : yc_candidates_take(to, from, &sel->candidates,
					       chosen, row, n);

	if (status < 0)
		return status;
	status = yc_order_store(&to->meta, &order, from->head.classes);
	if (status < 0)
		yc_set_release(to);
	return status;
}

static size_t rows_of_piece(const struct yc_set *part)
{
	size_t bytes = 0;

	for (size_t i = 0; part->rows && i < part->ncols; i++)
		bytes += part->col[i].bytes / part->rows;
	return bytes && bytes < PIECE_BYTES ? PIECE_BYTES / bytes : 1;
}

/* chosen[at..at+n-1], whose rows are row[0..n-1] of the part. */
static int write_part(struct yc_set_out *out, const struct yc_set *part,
	const struct yc_selection *sel, size_t at, const size_t *row, size_t n)
{
	struct yc_set rows_only = *part;
	size_t most = rows_of_piece(part);
	int status = YC_OK;

	rows_only.npassthrough = 0;
	for (size_t i = 0, m; status == YC_OK && i < n; i += m) {
		struct yc_set piece;

		m = n - i < most ? n - i : most;
		status = yc_select_take(&piece, &rows_only, sel, at + i, m, row + i);
		if (status < 0)
			return status;
		status = yc_set_out_rows(out, &piece);
		yc_set_release(&piece);
	}
	return status;
}

static void note_passes(struct yc_watch *watch, size_t passes)
{
	char text[96];

	if (!watch || !watch->note || passes <= MANY_PASSES)
		return;
	(void)snprintf(text, sizeof(text),
		"in this order the images are read in %zu passes over the input", passes);
	watch->note(watch, text);
}

static int write_rows(struct yc_set_out *out, struct yc_rows *from,
	const struct yc_selection *sel, const size_t *row, size_t *in_part)
{
	int status = YC_OK;

	for (size_t at = 0, n; status == YC_OK && at < sel->n; at += n) {
		const struct yc_set *part;

		n = sel->n - at;
		status = yc_rows_fetch(from, row + at, &n, &part, in_part);
		if (status == YC_OK)
			status = write_part(out, part, sel, at, in_part, n);
	}
	return status;
}

int yc_select_write(const struct yc_set *head, struct yc_rows *from,
	const struct yc_selection *sel, struct yc_writer *w, struct yc_watch *watch)
{
	size_t *row = yc_calloc(sel->n, sizeof(*row));
	size_t *in_part = yc_calloc(sel->n, sizeof(*in_part));
	struct yc_set_out out = {0};
	int status = row && in_part ? yc_set_out_begin(&out, w, head) : YC_FAIL;

	for (size_t i = 0; status == YC_OK && i < sel->n; i++)
		row[i] = sel->whole_rows
				 ? sel->chosen[i]
				 : (size_t)sel->candidates.tile[sel->chosen[i]].row;
	if (status == YC_OK) {
		note_passes(watch, yc_rows_passes(from, row, sel->n));
		status = write_rows(&out, from, sel, row, in_part);
	}
	if (status == YC_OK)
		status = yc_set_out_end(&out, head);
	yc_set_out_release(&out);
	yc_free(row);
	yc_free(in_part);
	return status;
}
