/* SPDX-License-Identifier: MIT */
#include "lib/select/internal.h"
#include "yc/mem.h"

/*
 * A prefix of a stream that --order wrote: what direct selection of that size by the
 * rule of the order gives, found without scores, without ranking, and without what comes
 * behind it. So a device downloads as much as it can afford, and the end of the stream,
 * with yc.end, need not be there.
 */

struct reading {
	const struct yc_select_cfg *cfg;
	struct yc_order order; /* of all */
	size_t rows;	       /* wanted; 0 until the first rows tell */
};

/* All of the order, as far as its head and first rows tell. */
static int look(struct reading *in, const struct yc_set *s)
{
	const struct yc_select_cfg *cfg = in->cfg;
	struct yc_candidates cand;
	size_t all;
	int status = yc_order_parse(&s->meta, &in->order, s->head.classes);

	if (!status && s->head.factor > 1)
		status = yc_fail(YC_FAIL, "condensed images are in no order: tiles are");
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
		status = yc_fail(YC_FAIL, "%zu images wanted, but there are only %zu",
			in->rows, all);
	yc_candidates_release(&cand);
	return status;
}

static int enough(void *ctx, const struct yc_set *s)
{
	struct reading *in = ctx;
	int status = in->rows ? YC_OK : look(in, s);

	return status < 0 ? status : s->rows >= in->rows;
}

/* A class that has no more is passed over in the order, which --ipc and --tiles do not
 * allow. */
static int check_classes(const struct yc_set *s, int classes, size_t each)
{
	struct yc_candidates cand;
	int status = yc_candidates_new(&cand, s, NULL);

	if (status < 0)
		return status;
	for (int c = 0; !status && c < cand.classes; c++)
		if (cand.count[c] < each && (cand.count[c] || classes == cand.classes))
			status = yc_fail(YC_FAIL,
				"%zu images of every class wanted, but class %d has only "
				"%zu",
				each, c, cand.count[c]);
	if (!status && cand.present != classes)
		status = yc_fail(YC_FAIL,
			"the head promises an order of %d classes, but %d came", classes,
			cand.present);
	yc_candidates_release(&cand);
	return status;
}

static int cut(struct yc_set *to, const struct yc_set *from, const struct reading *in)
{
	struct yc_order order = in->order;
	size_t *row = yc_calloc(in->rows, sizeof(*row));
	int status;

	if (!row)
		return YC_FAIL;
	for (size_t i = 0; i < in->rows; i++)
		row[i] = i;
	status = yc_set_pick(to, from, row, in->rows);
	yc_free(row);
	if (status < 0)
		return status;
	order.rows = in->rows;
	status = yc_order_store(&to->meta, &order, to->head.classes);
	if (!status && order.balanced && (in->cfg->ipc || in->cfg->tiles))
		status = check_classes(
			to, order.classes, in->rows / (size_t)order.classes);
	if (status < 0)
		yc_set_release(to);
	return status;
}

static int read_prefix(struct yc_set *to, struct yc_reader *r, struct yc_select_cfg *cfg)
{
	struct reading in = {.cfg = cfg};
	struct yc_set from;
	const struct yc_set_hooks hooks = {.ctx = &in, .enough = enough};
	int status = yc_set_read_with(&from, r, &hooks);

	if (status < 0)
		return status;
	/* no mark: the rows are of several segments, each in its order */
	if (from.rows < in.rows || !in.rows || !yc_meta_get(&from.meta, "yc.order"))
		status = yc_fail(
			YC_FAIL, "the head promises more rows in order than came");
	if (!status)
		status = cut(to, &from, &in);
	yc_set_release(&from);
	*(in.order.balanced ? &cfg->balance : &cfg->imbalance) = true;
	return status;
}

const struct yc_selector yc_select_prefix = {
	.method = {.name = "prefix",
		.summary = "a prefix of a stream that --order wrote, reading no more"},
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION | YC_NO_BALANCE | YC_NO_ORDER,
	.read = read_prefix,
};
