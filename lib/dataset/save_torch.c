/* SPDX-License-Identifier: MIT */
/* The kind torch: a list of images and labels by torch.save, as IDC, DREAM and DSA have
 * them; with --scores a pickle of scores for YOCO. */
#include <string.h>

#include "lib/dataset/save_torch.h"
#include "yc/real.h"

struct cfg {
	bool normalised, scores;
};
struct state {
	struct yc_columns columns;
	struct yc_set all; /* with --scores: labels and scores */
};

static const struct yc_opt opts[] = {
	YC_NORMALISED_ROW(struct cfg, normalised),
	YC_OPT(struct cfg, scores, .name = "scores",
		.help = "write a pickle of the scores as YOCO reads them, without "
			"images"),
};

static const char *file(const void *cfg)
{
	return ((const struct cfg *)cfg)->scores ? "data-score.pickle" : "data.pt";
}

static bool holds(const void *cfg, const struct yc_tensor *column)
{
	if (((const struct cfg *)cfg)->scores)
		return yc_scores_hold(column);
	return strcmp(column->name, "image") == 0 || strcmp(column->name, "label") == 0;
}

static int begin(struct yc_saving *s, const struct yc_set *first)
{
	const struct cfg *cfg = s->cfg;
	struct state *st = s->state;

	if (cfg->scores && cfg->normalised)
		return yc_fail(YC_USAGE, "--scores writes no pixels for --normalised");
	if (cfg->scores)
		return yc_scores_begin(s, &st->all, first);
	return yc_columns_begin(&st->columns, s, first, YC_F32);
}

static int rows(struct yc_saving *s, struct yc_set *part)
{
	const struct cfg *cfg = s->cfg;
	struct state *st = s->state;
	struct yc_pixels p;
	int status;

	if (cfg->scores)
		return yc_scores_rows(&st->all, part);
	status = yc_pixels_of(&p, part, cfg->normalised);
	return status == YC_OK ? yc_columns_add(&st->columns, part, &p, cfg->normalised)
			       : status;
}

static int end(struct yc_saving *s)
{
	const struct cfg *cfg = s->cfg;
	struct state *st = s->state;
	struct yc_columns *c = &st->columns;
	const struct yc_sink sink = yc_pack_sink(s->pack);
	struct yc_tensor_out t[2], list[2];
	int status;

	if (cfg->scores)
		return yc_scores_end(s, &st->all);
	yc_columns_out(c, t);
	list[0] = t[yc_columns_find(c, "image")];
	list[1] = t[yc_columns_find(c, "label")];
	status = yc_pack_file(s->pack, file(cfg), UINT64_MAX);
	return status == YC_OK ? yc_torch_list_write(list, 2, &sink) : status;
}

static void release(struct yc_saving *s)
{
	struct state *st = s->state;

	yc_columns_release(&st->columns);
	yc_set_release(&st->all);
}

const struct yc_saver yc_save_torch = {
	.method = {.name = "torch",
		.summary = "PyTorch's [images, labels], as IDC, DREAM and DSA save them",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.state_size = sizeof(struct state),
	.file = file,
	.holds = holds,
	.holds_tiles = true,
	.begin = begin,
	.rows = rows,
	.end = end,
	.release = release,
};
