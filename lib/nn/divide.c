/* SPDX-License-Identifier: MIT */
/*
 * The shards of a batch, divided among ranks: all take the same passes with the same
 * arguments, and each runs a range of the shards. What a pass gives for images is then copied
 * from who has it. Gradients are added in the order of shards, whatever their ranks: the
 * sum so far goes from rank to rank, and the last one tells all.
 */
#include <string.h>

#include "lib/nn/executor.h"
#include "yc/kern.h"
#include "yc/mem.h"

static size_t sums_of(const struct yc_net *net)
{
	size_t n = 0;

	for (int i = 0; i < net->nlayers; i++)
		n += net->layer[i].ngrad;
	return n;
}

size_t yc_exec_sums(const struct yc_net *net)
{
	return sums_of(net) * sizeof(yc_real);
}

int yc_exec_divide(struct yc_exec *k, struct yc_ranks *ranks)
{
	int status = YC_OK;

	/* Statistics of a batch would have to be agreed on layer by layer. */
	if (!ranks || !k || k->coupled || k->net->cfg.frozen)
		return YC_OK;
	k->sums = yc_calloc(sums_of(k->net), sizeof(*k->sums));
	if (!k->sums)
		status = YC_FAIL;
	status = yc_ranks_agree(ranks, status, NULL, NULL);
	k->ranks = status ? NULL : ranks;
	return status;
}

int yc_divide_first(const struct yc_exec *k, int rank)
{
	return yc_ranks_begin(k->ranks, rank, k->shards);
}

/* Rows of p, one for each image. */
static void share_images(struct yc_exec *k, void *p, size_t row)
{
	for (int rank = 0; p && rank < k->ranks->count; rank++) {
		const size_t n = (size_t)k->n, shards = (size_t)k->shards,
			     lo = n * (size_t)yc_divide_first(k, rank) / shards,
			     hi = n * (size_t)yc_divide_first(k, rank + 1) / shards;

		yc_ranks_broadcast(k->ranks, rank, (char *)p + lo * row, (hi - lo) * row);
	}
}

void yc_divide_share(struct yc_exec *k)
{
	const struct yc_net_cfg *c = &k->net->cfg;
	const size_t real = sizeof(yc_real), logits = (size_t)c->classes * real;

	share_images(k, k->logits, logits);
	if (k->tangent)
		share_images(k, k->tlogits, logits);
	share_images(k, k->embed, (size_t)yc_net_embedding(k->net) * real);
	share_images(
		k, k->dx, (size_t)c->side * (size_t)c->side * (size_t)c->channels * real);
	for (int rank = 0; rank < k->ranks->count; rank++)
		yc_ranks_broadcast(k->ranks, rank, k->loss + yc_divide_first(k, rank),
			(size_t)(yc_divide_first(k, rank + 1) -
				 yc_divide_first(k, rank)) *
				sizeof(*k->loss));
}

/* The nearest rank before or behind this one that has shards, or -1. */
static int neighbour(const struct yc_exec *k, int step)
{
	int rank = k->ranks->rank + step;

	while (rank >= 0 && rank < k->ranks->count &&
		yc_divide_first(k, rank) == yc_divide_first(k, rank + 1))
		rank += step;
	return rank < k->ranks->count ? rank : -1;
}

static int last_of(const struct yc_exec *k)
{
	int rank = k->ranks->count - 1;

	while (yc_divide_first(k, rank) == k->shards)
		rank--;
	return rank;
}

void yc_divide_reduce(struct yc_exec *k)
{
	struct yc_ranks *r = k->ranks;
	const size_t bytes = yc_exec_sums(k->net);
	const int first = yc_divide_first(k, r->rank),
		  end = yc_divide_first(k, r->rank + 1), before = neighbour(k, -1),
		  behind = neighbour(k, 1);
	yc_real *sum = k->sums;

	if (end > first && before >= 0)
		(void)r->receive(r, before, YC_CHANNEL_SUMS, k->sums, bytes);
	else if (end > first)
		memset(k->sums, 0, bytes);
	for (int i = 0; end > first && i < k->net->nlayers; i++) {
		const size_t n = k->net->layer[i].ngrad;

		for (int shard = first; i < k->layers && shard < end; shard++)
			if (shard == 0)
				memcpy(sum, k->node[i].grad, n * sizeof(*sum));
			else
				yc_kern_get()->add(
					sum, k->node[i].grad + (size_t)shard * n, n);
		sum += n;
	}
	if (end > first && behind >= 0)
		(void)r->sent(r->send(r, behind, YC_CHANNEL_SUMS, k->sums, bytes), true);
	yc_ranks_broadcast(r, last_of(k), k->sums, bytes);
	sum = k->sums;
	for (int i = 0; i < k->net->nlayers; i++) {
		const size_t n = k->net->layer[i].ngrad;

		if (i < k->layers)
			memcpy(k->node[i].grad, sum, n * sizeof(*sum));
		sum += n;
	}
}
