/* SPDX-License-Identifier: MIT */
#include "lib/select/internal.h"
#include "yc/mem.h"

/*
 * The beginning of a stream that --order wrote: what direct selection of that size by the
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
	struct yc_units u;
	size_t all;
	int err = yc_order_parse(&s->meta, &in->order, s->head.classes);

	if (!err && s->head.factor > 1)
		err = yc_fail(YC_FAIL, "sheets of several tiles are in no order");
	if (!err)
		err = yc_units_new(&u, s, NULL);
	if (err < 0)
		return err;
	u.n = all = in->order.rows;
	if (cfg->ipc || cfg->tiles)
		in->rows = yc_size_mul((size_t)in->order.classes,
			cfg->ipc ? yc_size_mul(cfg->ipc, (size_t)u.cost) : cfg->tiles);
	else
		err = yc_size_in_all(&u, cfg, &in->rows);
	if (!err && in->rows > all)
		err = yc_fail(YC_FAIL, "%zu images wanted, but there are only %zu",
			in->rows, all);
	yc_units_release(&u);
	return err;
}

static int enough(void *ctx, const struct yc_set *s)
{
	struct reading *in = ctx;
	int err = in->rows ? YC_OK : look(in, s);

	return err < 0 ? err : s->rows >= in->rows;
}

/* A class that has no more is passed over in the order, which --ipc and --tiles do not
 * allow. */
static int check_classes(const struct yc_set *s, int classes, size_t each)
{
	struct yc_units u;
	int err = yc_units_new(&u, s, NULL);

	if (err < 0)
		return err;
	for (int c = 0; !err && c < u.classes; c++)
		if (u.count[c] < each && (u.count[c] || classes == u.classes))
			err = yc_fail(YC_FAIL,
				"%zu images of every class wanted, but class %d has only "
				"%zu",
				each, c, u.count[c]);
	if (!err && u.present != classes)
		err = yc_fail(YC_FAIL,
			"the head promises an order of %d classes, but %d came", classes,
			u.present);
	yc_units_release(&u);
	return err;
}

static int cut(struct yc_set *to, const struct yc_set *from, const struct reading *in)
{
	struct yc_order order = in->order;
	size_t *row = yc_calloc(in->rows, sizeof(*row));
	int err;

	if (!row)
		return YC_FAIL;
	for (size_t i = 0; i < in->rows; i++)
		row[i] = i;
	err = yc_set_pick(to, from, row, in->rows);
	yc_free(row);
	if (err < 0)
		return err;
	order.rows = in->rows;
	err = yc_order_store(&to->meta, &order, to->head.classes);
	if (!err && order.balanced && (in->cfg->ipc || in->cfg->tiles))
		err = check_classes(to, order.classes, in->rows / (size_t)order.classes);
	if (err < 0)
		yc_set_release(to);
	return err;
}

static int read_prefix(struct yc_set *to, struct yc_reader *r, struct yc_select_cfg *cfg)
{
	struct reading in = {.cfg = cfg};
	struct yc_set from;
	int err = yc_set_read_until(&from, r, enough, &in);

	if (err < 0)
		return err;
	/* no mark: the rows are of several segments, each in its order */
	if (from.rows < in.rows || !in.rows || !yc_meta_get(&from.meta, "yc.order"))
		err = yc_fail(YC_FAIL, "the head promises more rows in order than came");
	if (!err)
		err = cut(to, &from, &in);
	yc_set_release(&from);
	*(in.order.balanced ? &cfg->balance : &cfg->imbalance) = true;
	return err;
}

const struct yc_selector yc_select_prefix = {
	.method = {.name = "prefix",
		.summary =
			"the beginning of a stream that --order wrote, reading no more"},
	.refuses = YC_NO_SCORE | YC_NO_DIRECTION | YC_NO_BALANCE | YC_NO_ORDER,
	.read = read_prefix,
};
