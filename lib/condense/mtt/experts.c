/* SPDX-License-Identifier: MIT */
/* Where the trajectories of experts are kept. */
#include <string.h>

#include "lib/condense/mtt/mtt.h"

static size_t snapshots(const struct yc_experts *e)
{
	return (size_t)e->epochs + 1;
}

int yc_experts_new(struct yc_experts *e, const struct yc_net *net, int n, int epochs)
{
	*e = (struct yc_experts){
		.net = net, .n = n, .epochs = epochs, .spill = {.fd = -1}};
	if (!n)
		return YC_OK;
	e->all = yc_calloc(yc_size_mul((size_t)n, snapshots(e)),
		yc_size_mul(yc_net_size(net), sizeof(*e->all)));
	return e->all ? YC_OK : YC_FAIL;
}

void yc_experts_release(struct yc_experts *e)
{
	yc_free(e->all);
	yc_free(e->at);
	yc_spill_release(&e->spill);
	*e = (struct yc_experts){0};
}

/* The sink of a part of the file: a vector that is filled. */
struct filled {
	unsigned char *p;
};

static int take(void *ctx, const void *p, size_t n)
{
	struct filled *to = ctx;

	memcpy(to->p, p, n);
	to->p += n;
	return YC_OK;
}

int yc_experts_get(struct yc_experts *e, int expert, int epoch, yc_real *w)
{
	const size_t i = (size_t)expert * snapshots(e) + (size_t)epoch,
		     bytes = yc_net_size(e->net) * sizeof(*w);
	struct filled to = {(unsigned char *)w};
	const struct yc_sink sink = {.ctx = &to, .write = take};

	if (!e->all)
		return yc_spill_copy(&e->spill, e->at[i] - 1, bytes, &sink);
	memcpy(w, e->all + i * yc_net_size(e->net), bytes);
	return YC_OK;
}
