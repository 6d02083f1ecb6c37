/* SPDX-License-Identifier: MIT */
/* What ranks say to each other, over the hooks of what started them. */
#include <stdio.h>

#include "yc/ranks.h"

int yc_ranks_agree(
	struct yc_ranks *r, int status, bool (*spare)(void *ctx, int *status), void *ctx)
{
	struct {
		int32_t status;
		char text[1024];
	} failure;
	int32_t first;

	if (!r || r->failed)
		return status;
	r->arrive(r);
	while (!r->arrived(r))
		while (status >= 0 && spare && !r->arrived(r) && spare(ctx, &status))
			;
	first = status < 0 ? r->rank : r->count;
	r->least(r, &first, 1);
	if (first == r->count)
		return status;
	failure.status = status;
	(void)snprintf(failure.text, sizeof(failure.text), "%s", yc_errmsg());
	r->broadcast(r, first, &failure, sizeof(failure));
	r->failed = true;
	return r->rank == first ? status : yc_fail(failure.status, "%s", failure.text);
}

void yc_ranks_broadcast(struct yc_ranks *r, int from, void *p, size_t bytes)
{
	if (r && bytes)
		r->broadcast(r, from, p, bytes);
}

void yc_ranks_share(
	struct yc_ranks *r, void *p, size_t unit, int units, const int32_t *owner)
{
	for (int i = 0, end; r && i < units; i = end) {
		end = i + 1;
		while (end < units && owner[end] == owner[i])
			end++;
		yc_ranks_broadcast(r, owner[i], (char *)p + (size_t)i * unit,
			(size_t)(end - i) * unit);
	}
}
