/* SPDX-License-Identifier: MIT */
/* The record of a trajectory: everything that its networks depend on. Kernels are named,
 * too, but differ in rounding only. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/trajectory_id.h"
#include "yc/kern.h"
#include "yc/number.h"

enum { VALUE_MAX = 256 };

struct settings {
	struct yc_trajectory_cfg of;
};
static const struct yc_opt rows[] = {
	YC_INNER_ROW(struct settings, of),
	YC_OPT(struct settings, of.aug_all, .name = "aug-all"),
	YC_TRAJECTORY_ROWS(struct settings, of, .auto_help = ""),
};

static const char *kernels(const struct yc_trajectory_id *id)
{
	return yc_kern_name(yc_precision_of(id->cfg->precision));
}

/* Calls fn for each setting, its default being filled in. */
static int each(const struct yc_trajectory_id *id,
	int (*fn)(struct yc_meta *m, const char *name, const char *value),
	struct yc_meta *m)
{
	const struct yc_net_cfg *net = yc_net_config(id->net);
	struct settings s = {.of = *id->cfg};
	const struct yc_opts group = {.row = rows, .n = YC_COUNT(rows), .cfg = &s};
	char value[VALUE_MAX];
	int status = YC_OK;

	s.of.width = (uint32_t)net->width;
	s.of.depth = (uint32_t)net->depth;
	for (size_t i = 0; i < YC_COUNT(rows) && status == YC_OK; i++) {
		yc_opt_value(&group, &rows[i], value, sizeof value);
		status = fn(m, rows[i].name, value);
	}
	return status;
}

static int put(struct yc_meta *m, const char *name, const char *value)
{
	return yc_option_keep(m, name, value);
}

static int put_number(struct yc_meta *m, const char *name, uint64_t v)
{
	char value[VALUE_MAX];

	(void)snprintf(value, sizeof value, "%" PRIu64, v);
	return yc_option_keep(m, name, value);
}

int yc_trajectory_describe(struct yc_record *r, const struct yc_trajectory_id *id)
{
	struct yc_meta *m = &r->meta;

	if (yc_meta_set(m, "yc.kind", YC_KIND_TRAJECTORY) < 0 ||
		yc_meta_set(m, "yc.kernel", kernels(id)) < 0 ||
		put_number(m, "images", yc_data_fingerprint(id->data)) < 0 ||
		put_number(m, "seed", id->seed) < 0 ||
		put_number(m, "outer", id->outer) < 0)
		return YC_FAIL;
	return each(id, put, m);
}

static int same(struct yc_meta *m, const char *name, const char *value)
{
	const char *was = yc_option_kept(m, name);

	return was && strcmp(was, value) == 0
		       ? YC_OK
		       : yc_option_differs("the networks were", name, was, value);
}

/* 0 if it is missing or no number. */
static uint64_t get_number(const struct yc_meta *m, const char *name)
{
	const char *text = yc_option_kept(m, name);
	uint64_t v;

	return text && yc_parse_u64(text, UINT64_MAX, &v) == YC_NUMBER ? v : 0;
}

int yc_trajectory_same(const struct yc_record *r, const struct yc_trajectory_id *id,
	struct yc_watch *watch)
{
	/* Lookups do not change it. */
	struct yc_meta meta = r->meta;
	const uint64_t seed = get_number(&meta, "seed"),
		       outer = get_number(&meta, "outer");

	if (each(id, same, &meta) < 0)
		return YC_FAIL;
	if (get_number(&meta, "images") != yc_data_fingerprint(id->data))
		return yc_fail(YC_FAIL, "the networks were trained on other images");
	if (seed != id->seed)
		return yc_fail(YC_FAIL,
			"the networks were made with --seed %" PRIu64
			", those of this run with %" PRIu64 ": --net-seed %" PRIu64
			" takes these",
			seed, id->seed, seed);
	if (outer < id->outer)
		return yc_fail(YC_FAIL,
			"networks for %" PRIu64
			" outer iterations, this run has --outer %" PRIu32,
			outer, id->outer);
	yc_kernel_differs("the networks were", &meta, kernels(id), watch);
	return YC_OK;
}
