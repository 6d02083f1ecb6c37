/* SPDX-License-Identifier: MIT */
/* Scores as YOCO keeps them: a pickled dict of tensors, one value for each decoded image in
 * the decoded order, yc-methods(7), "Decoded order". */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/save_torch.h"
#include "yc/mem.h"
#include "yc/tiles.h"

enum { SCORE_NAME = YC_NAME_MAX + 1 };

/* Value of an option of LBPE; "": the history does not tell. */
static const char *lbpe_option(
	const struct yc_meta *head, const char *option, char value[16])
{
	char of_list[32];

	(void)snprintf(of_list, sizeof of_list, "lbpe.%s", option);
	if (!yc_history_option(head, "yc-score", option, value, 16) &&
		!yc_history_option(head, "yc-score", of_list, value, 16))
		value[0] = '\0';
	return value;
}

/* The name that YOCO's code has for it; of LBPE it has the number of epochs. */
static void yoco_name(
	const struct yc_meta *head, const char *score, char name[SCORE_NAME])
{
	char top[16], by_loss[16];

	if (strcmp(score, "aum") == 0)
		snprintf(name, SCORE_NAME, "accumulated_margin");
	else if (strcmp(score, "lbpe") == 0 && *lbpe_option(head, "top", top))
		snprintf(name, SCORE_NAME, "%sLBPE_top%s",
			strcmp(lbpe_option(head, "by-loss", by_loss), "true") == 0
				? "loss_"
				: "",
			top);
	else
		snprintf(name, SCORE_NAME, "%s", score);
}

static bool is_score(const struct yc_tensor *t)
{
	return yc_score_name(t->name) && t->dtype == YC_F32 && t->rank == 2 &&
	       t->shape[1];
}

static bool wanted(const struct yc_tensor *t)
{
	return is_score(t) || strcmp(t->name, "label") == 0;
}

/* Nobody misses the images of a file of scores. */
bool yc_scores_hold(const struct yc_tensor *column)
{
	return wanted(column) || strcmp(column->name, "image") == 0 ||
	       strcmp(column->name, "id") == 0;
}

int yc_scores_begin(struct yc_saving *s, struct yc_set *all, const struct yc_set *first)
{
	const int f = first->head.factor;
	size_t scores = 0;

	all->head = first->head;
	all->col = yc_calloc(first->ncols, sizeof *all->col);
	if (!all->col)
		return YC_FAIL;
	for (size_t i = 0; i < first->ncols; i++) {
		const struct yc_tensor *t = &first->col[i];
		struct yc_tensor *to = &all->col[all->ncols];

		if (!wanted(t))
			continue;
		if (is_score(t) && t->shape[1] != (uint64_t)(f * f))
			return yc_fail(YC_FAIL,
				"'%s' has %llu values per row, an image has %d tiles",
				t->name, (unsigned long long)t->shape[1], f * f);
		*to = *t;
		to->data = NULL;
		to->bytes = 0;
		to->shape[0] = 0;
		to->name = yc_strdup(t->name);
		all->ncols++;
		if (!to->name)
			return YC_FAIL;
		scores += is_score(t);
	}
	(void)s;
	return scores ? YC_OK
		      : yc_fail(YC_FAIL, "no scores in the stream: yc-score adds them");
}

int yc_scores_rows(struct yc_set *all, const struct yc_set *part)
{
	for (size_t i = 0; i < all->ncols; i++) {
		struct yc_tensor *to = &all->col[i];
		const struct yc_tensor *t = yc_set_col(part, to->name);
		void *grown = yc_grow(to->data, to->bytes, to->bytes + t->bytes);

		to->data = grown;
		if (!grown)
			return YC_FAIL;
		memcpy((char *)grown + to->bytes, t->data, t->bytes);
		to->bytes += t->bytes;
		to->shape[0] += part->rows;
	}
	all->rows += part->rows;
	return YC_OK;
}

/* A column in the order of the tiles. */
struct order {
	const struct yc_tensor *column;
	const struct yc_tile *tile;
	int n;
	char name[SCORE_NAME]; /* in the file */
};

static int put(void *ctx, const struct yc_sink *to)
{
	const struct order *o = ctx;
	const struct yc_tensor *t = o->column;
	size_t size = yc_dtype_size(t->dtype),
	       per = t->rank == 2 ? (size_t)t->shape[1] : 1;
	int status = YC_OK;

	for (int i = 0; status == YC_OK && i < o->n; i++) {
		size_t k = per == 1 ? 0 : (size_t)o->tile[i].position;

		status = to->write(to->ctx,
			(const char *)t->data + ((size_t)o->tile[i].row * per + k) * size,
			size);
	}
	return status;
}

int yc_scores_end(struct yc_saving *s, struct yc_set *all)
{
	const struct yc_sink sink = yc_pack_sink(s->pack);
	struct yc_tensor_out *t = yc_calloc(all->ncols, sizeof *t);
	struct order *o = yc_calloc(all->ncols, sizeof *o);
	struct yc_tile *tile = NULL;
	int n = 0, status = t && o ? YC_OK : YC_FAIL;

	if (status == YC_OK)
		status = yc_set_tiles(all, YC_DECODE_SINGLE, 0, &tile, &n);
	for (size_t i = 0; status == YC_OK && i < all->ncols; i++) {
		const struct yc_tensor *c = &all->col[i];

		o[i] = (struct order){c, tile, n, "targets"};
		if (is_score(c))
			yoco_name(&s->head.meta, yc_score_name(c->name), o[i].name);
		t[i] = (struct yc_tensor_out){.name = o[i].name,
			.dtype = c->dtype,
			.rank = 1,
			.shape = {(uint64_t)n},
			.data = put,
			.ctx = &o[i]};
	}
	if (status == YC_OK)
		status = yc_pack_file(s->pack, "data-score.pickle", UINT64_MAX);
	if (status == YC_OK)
		status = yc_torch_dict_pickle(t, all->ncols, &sink);
	yc_free(tile);
	yc_free(t);
	yc_free(o);
	return status;
}
