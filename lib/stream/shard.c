/* SPDX-License-Identifier: MIT */
/* Parts of the rows of a stream that can be worked on apart, and whether all are there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "yc/mem.h"
#include "yc/number.h"
#include "yc/shard.h"

static bool parse(struct yc_shard *s, const char *text)
{
	uint64_t i, n;

	if (yc_take_u64(&text, YC_SHARDS_MAX, &i) != YC_NUMBER || *text++ != '/' ||
		yc_take_u64(&text, YC_SHARDS_MAX, &n) != YC_NUMBER || *text || i < 1 ||
		i > n)
		return false;
	s->i = (uint32_t)i;
	s->n = (uint32_t)n;
	return true;
}

int yc_shard_resolve(struct yc_shard *s, struct yc_shard_cfg *cfg)
{
	*s = (struct yc_shard){0};
	if (!cfg->shard)
		return cfg->by ? yc_fail(YC_USAGE, "--by says how --shard divides")
			       : YC_OK;
	if (!parse(s, cfg->shard))
		return yc_fail(YC_USAGE,
			"--shard '%.40s': i/n, such as 1/4 to 4/4, with n up to %d",
			cfg->shard, YC_SHARDS_MAX);
	if (!cfg->by)
		cfg->by = "rows";
	s->classes = strcmp(cfg->by, "classes") == 0;
	return YC_OK;
}

void yc_shard_text(const struct yc_shard *s, char text[YC_SHARD_TEXT])
{
	(void)snprintf(text, YC_SHARD_TEXT, "%" PRIu32 "/%" PRIu32 " by %s", s->i, s->n,
		s->classes ? "classes" : "rows");
}

/* all i/n, rounded down, of so many that the product may not fit. */
static uint64_t bound(uint64_t all, uint32_t i, uint32_t n)
{
	return all / n * i + all % n * i / n;
}

size_t yc_shard_pick(const struct yc_shard *s, uint64_t rows, int classes, uint64_t at,
	size_t n, const int64_t *label, size_t *row)
{
	const uint64_t all = s->classes ? (uint64_t)classes : rows,
		       from = s->n ? bound(all, s->i - 1, s->n) : 0,
		       to = s->n ? bound(all, s->i, s->n) : all;
	size_t taken = 0;

	for (size_t k = 0; k < n; k++) {
		const uint64_t place = s->classes ? (uint64_t)label[k] : at + k;

		if (place >= from && place < to)
			row[taken++] = k;
	}
	return taken;
}

struct yc_shard yc_shard_of(const struct yc_meta *head)
{
	static const char *const tool[] = {"yc-cat", "yc-load"};
	struct yc_shard s = {0};
	char text[40], by[16];

	/* The newest: what is loaded as a shard may be divided further. */
	for (size_t i = 0; i < YC_COUNT(tool) && !s.n; i++)
		if (yc_history_option(head, tool[i], "shard", text, sizeof(text)) &&
			parse(&s, text))
			s.classes =
				yc_history_option(head, tool[i], "by", by, sizeof(by)) &&
				strcmp(by, "classes") == 0;
	return s;
}

static int complain(const struct yc_shard *s, const char *what)
{
	char text[YC_SHARD_TEXT];

	yc_shard_text(s, text);
	return yc_fail(YC_FAIL,
		"these are shards, and %s %s, or --partial joins them as they are", text,
		what);
}

int yc_shards_complete(const struct yc_shard *shard, size_t n)
{
	uint32_t *count;
	int status = YC_OK;

	for (size_t k = 0; k < n; k++)
		if (!shard[k].n)
			return YC_OK;
	if (n < 2)
		return YC_OK;
	for (size_t k = 1; k < n; k++)
		if (shard[k].n != shard[0].n || shard[k].classes != shard[0].classes)
			return complain(&shard[k], "is of another division than the "
						   "first: join those of one");
	count = yc_calloc(shard[0].n, sizeof(*count));
	if (!count)
		return YC_FAIL;
	for (size_t k = 0; k < n; k++)
		count[shard[k].i - 1]++;
	for (uint32_t i = 0; status == YC_OK && i < shard[0].n; i++) {
		const struct yc_shard s = {i + 1, shard[0].n, shard[0].classes};

		if (count[i] != 1)
			status = complain(&s, count[i] ? "is there twice: name each once"
						       : "is missing: add it");
	}
	for (size_t k = 1; status == YC_OK && k < n; k++)
		if (shard[k].i < shard[k - 1].i)
			status = complain(&shard[k], "comes after a later one: name them "
						     "in order, as ls -v sorts");
	yc_free(count);
	return status;
}
