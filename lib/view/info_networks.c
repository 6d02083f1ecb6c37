/* SPDX-License-Identifier: MIT */
/* The networks in a stream, for yc-info: one line for all of the same architecture. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/view/info_networks.h"
#include "yc/mem.h"
#include "yc/nets.h"

struct entry {
	struct yc_snapshot s;
	uint64_t bytes;
	bool printed;
};

static bool same_shape(const struct yc_net_cfg *a, const struct yc_net_cfg *b)
{
	return strcmp(a->name, b->name) == 0 && a->width == b->width &&
	       a->depth == b->depth && a->channels == b->channels;
}

static int ascending(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Sorts and removes duplicates; returns the number left. */
static size_t distinct(int *v, size_t n)
{
	size_t k = 0;

	qsort(v, n, sizeof *v, ascending);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || v[i] != v[k - 1])
			v[k++] = v[i];
	return k;
}

/* 0,5,10-20 */
static void put_ranges(FILE *f, const int *v, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t k = i;

		while (k + 1 < n && v[k + 1] == v[k] + 1)
			k++;
		(void)fprintf(f, "%s%d", i ? "," : "", v[i]);
		if (k > i)
			(void)fprintf(f, "%c%d", k == i + 1 ? ',' : '-', v[k]);
		i = k + 1;
	}
}

/* Collects all entries with the architecture of the first. */
static void put_shape(FILE *f, struct entry *e, size_t n, int *network, int *epoch)
{
	size_t count = 0, networks, epochs;

	for (size_t i = 0; i < n; i++) {
		if (e[i].printed || !same_shape(&e[i].s.cfg, &e[0].s.cfg))
			continue;
		e[i].printed = true;
		network[count] = e[i].s.network;
		epoch[count++] = e[i].s.epoch;
	}
	networks = distinct(network, count);
	epochs = distinct(epoch, count);
	(void)fprintf(f,
		"%-10s%zu, %s, width %d, depth %d, %" PRIu64 " bytes each, epoch%s ",
		"networks", networks, e[0].s.cfg.name, e[0].s.cfg.width, e[0].s.cfg.depth,
		e[0].bytes, epochs == 1 ? "" : "s");
	put_ranges(f, epoch, epochs);
	(void)fprintf(f, ": %zu snapshot%s\n", count, count == 1 ? "" : "s");
}

bool yc_info_is_network(const struct yc_info *info, const struct yc_record *r)
{
	struct yc_snapshot s;

	return yc_snapshot_is(r) && yc_snapshot_describe(&s, r, &info->head) == YC_OK;
}

int yc_info_networks(FILE *f, const struct yc_info *info)
{
	struct entry *e = yc_calloc(info->nother, sizeof *e);
	int *network = yc_calloc(info->nother, sizeof *network),
	    *epoch = yc_calloc(info->nother, sizeof *epoch);
	const bool ok = e && network && epoch;
	size_t n = 0;

	for (size_t i = 0; ok && i < info->nother; i++) {
		const struct yc_record *r = &info->other[i];

		if (!yc_snapshot_is(r) ||
			yc_snapshot_describe(&e[n].s, r, &info->head) < 0)
			continue;
		for (size_t t = 0; t < r->ntensors; t++)
			e[n].bytes += r->tensor[t].bytes;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		if (!e[i].printed)
			put_shape(f, e + i, n - i, network, epoch);
	yc_free(e);
	yc_free(network);
	yc_free(epoch);
	return ok ? YC_OK : YC_FAIL;
}
