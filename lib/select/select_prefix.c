/* SPDX-License-Identifier: MIT */
#include "lib/select/internal.h"
#include "yc/mem.h"

/*
 * A prefix of a stream that --order wrote: it equals direct selection of that size by the
 * rule of the order, without scores, ranking, or the rest of the stream. So a device
 * downloads as much as it can afford, and the end of the stream, with yc.end, may be
 * missing.
 */

struct reading {
	const struct yc_select_cfg *cfg;
	struct yc_order order; /* of all */
	size_t rows;	       /* size; 0 until the first rows are read */
};

/* The order, as described by its head and first rows. */
static int look(struct reading *in, const struct yc_set *s)
{
	const struct yc_select_cfg *cfg = in->cfg;
	struct yc_candidates cand;
	size_t all;
	int status = yc_order_parse(&s->meta, &in->order, s->head.classes);

	if (!status && s->head.factor > 1)
		status = yc_fail(YC_FAIL, "condensed images are not ordered: tiles are");
	if (!status)
		status = yc_candidates_new(&cand, s, NULL);
	if (status < 0)
		return status;
	cand.n = all = in->order.rows;
	if (cfg->ipc || cfg->tiles)
		in->rows = yc_size_mul((size_t)in->order.classes,
			cfg->ipc ? yc_size_mul(cfg->ipc, (size_t)cand.tiles_per_image)
				 : cfg->tiles);
	else
		status = yc_size_in_all(&cand, cfg, &in->rows);
	if (!status && in->rows > all)
		status = yc_fail(YC_FAIL,
			"the size is %zu images, but there are only %zu", in->rows, all);
	yc_candidates_release(&cand);
	return status;
}

static int enough(void *ctx, const struct yc_set *s)
{
	struct reading *in = ctx;
	int status = in->rows ? YC_OK : look(in, s);

	return status < 0 ? status : s->rows >= in->rows;
}

/* An exhausted class is skipped in the order, which --ipc and --tiles do not allow. The
 * labels are those of the rows that are taken. */
static int check_classes(
	const struct yc_head *head, const int64_t *label, size_t rows, int classes)
{
	const size_t each = rows / (size_t)classes;
	size_t *count = yc_calloc((size_t)head->classes, sizeof(*count));
	int present = 0, status = YC_OK;

	if (!count)
		return YC_FAIL;
	for (size_t i = 0; i < rows; i++)
		present += !count[label[i]]++;
	for (int c = 0; !status && c < head->classes; c++)
		if (count[c] < each && (count[c] || classes == head->classes))
			status = yc_fail(YC_FAIL,
				"the size is %zu images per class, but class %d has only "
				"%zu",
				each, c, count[c]);
	if (!status && present != classes)
		status = yc_fail(YC_FAIL,
			"the head promises an order of %d classes, but there are %d",
			classes, present);
	yc_free(count);
	return status;
}

static int choose(
	struct yc_selection *sel, const struct yc_set *from, const struct reading *in)
{
	/* no mark: the rows are from several segments, each with its own order */
	if (from->rows < in->rows || !in->rows || !yc_meta_get(&from->meta, "yc.order"))
		return yc_fail(
			YC_FAIL, "the head promises more ordered rows than there are");
	*sel = (struct yc_selection){.whole_rows = true,
		.order = true,
		.rule.balanced = in->order.balanced,
		.classes = in->order.classes,
		.n = in->rows,
		.chosen = yc_calloc(in->rows, sizeof(*sel->chosen))};
	if (!sel->chosen)
		return YC_FAIL;
	for (size_t i = 0; i < in->rows; i++)
		sel->chosen[i] = i;
	if (!in->order.balanced || (!in->cfg->ipc && !in->cfg->tiles))
		return YC_OK;
	return check_classes(&from->head, yc_set_col(from, "label")->data, in->rows,
		in->order.classes);
}

static bool hold(void *ctx, const char *column)
{
	struct yc_select_cfg none = {0};

	(void)ctx;
	return yc_select_hold(&none, column);
}

static int read_prefix(struct yc_selection *sel, struct yc_rows *from,
	struct yc_reader *r, struct yc_select_cfg *cfg, struct yc_watch *watch)
{
	struct reading in = {.cfg = cfg};
	const struct yc_set_hooks hooks = {.ctx = &in, .hold = hold, .enough = enough};
	int status = yc_rows_read(from, r, &hooks, watch);

	*sel = (struct yc_selection){0};
	if (status < 0)
		return status;
	status = choose(sel, &from->set, &in);
	if (status < 0) {
		yc_selection_release(sel);
		yc_rows_release(from);
	}
	*(in.order.balanced ? &cfg->balance : &cfg->imbalance) = true;
	return status;
}

const struct yc_selector yc_select_prefix = {
	.method = {.name = "prefix",
		.summary =
			"keep a prefix of a stream that --order wrote, reading no more"},
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION | YC_NO_BALANCE | YC_NO_ORDER,
	.read = read_prefix,
};
