/* SPDX-License-Identifier: MIT */
/* Number of images per class to keep, for every way to give the size. */
#include <math.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/mem.h"

static const char *what(const struct yc_candidates *cand)
{
	return cand->tiles_per_image > 1 ? "tiles" : "images";
}

/* The same number of every class that is present: a stream may have been restricted to
 * some. */
static int each(struct yc_rule *r, const struct yc_candidates *cand, size_t n)
{
	size_t all = yc_size_mul((size_t)cand->present, n);

	if (!r->balanced && all > cand->n)
		return yc_fail(YC_FAIL,
			"the size is %zu %s, %zu of each of %d classes, but there are "
			"only %zu",
			all, what(cand), n, cand->present, cand->n);
	for (int c = 0; r->balanced && c < cand->classes; c++) {
		if (!cand->count[c])
			continue;
		if (n > cand->count[c])
			return yc_fail(YC_FAIL,
				"the size is %zu %s per class, but class %d has only %zu",
				n, what(cand), c, cand->count[c]);
		r->take[c] = n;
	}
	r->total = all;
	return YC_OK;
}

/* A total, distributed over the classes round-robin as by --order; exhausted classes are
 * skipped. */
static void in_all(struct yc_rule *r, const struct yc_candidates *cand, size_t n)
{
	r->total = n;
	while (r->balanced && n) {
		for (int c = 0; c < cand->classes && n; c++) {
			if (r->take[c] == cand->count[c])
				continue;
			r->take[c]++;
			n--;
		}
	}
}

/* Sizes from a file. */
static int listed(struct yc_rule *r, const struct yc_candidates *cand,
	const struct yc_set *s, const char *path)
{
	int status = yc_budget_read(r->take, s, path);

	r->total = 0;
	for (int c = 0; !status && c < cand->classes; c++) {
		if (r->take[c] > cand->count[c])
			status = yc_fail(YC_FAIL,
				"the size is %zu %s of class %d, but it has only %zu",
				r->take[c], what(cand), c, cand->count[c]);
		else
			r->total += r->take[c];
	}
	return status;
}

int yc_size_in_all(
	const struct yc_candidates *cand, const struct yc_select_cfg *cfg, size_t *n)
{
	uint64_t fit;

	if (cfg->keep > 0) {
		*n = (size_t)llround(cfg->keep * (double)cand->n);
		if (!*n)
			return yc_fail(YC_FAIL, "%g of %zu %s is none", cfg->keep,
				cand->n, what(cand));
		return YC_OK;
	}
	fit = cfg->bytes / cand->bytes;
	*n = fit < cand->n ? (size_t)fit : cand->n;
	if (!*n)
		return yc_fail(YC_FAIL,
			"%llu bytes are less than one of %zu %s needs: %zu",
			(unsigned long long)cfg->bytes, cand->n, what(cand), cand->bytes);
	return YC_OK;
}

int yc_select_size(struct yc_rule *r, const struct yc_candidates *cand,
	const struct yc_set *s, const struct yc_select_cfg *cfg)
{
	size_t n;
	int status;

	if (cfg->budget)
		return listed(r, cand, s, cfg->budget);
	if (cfg->ipc || cfg->tiles)
		return each(r, cand,
			cfg->ipc ? yc_size_mul(cfg->ipc, (size_t)cand->tiles_per_image)
				 : cfg->tiles);
	if (cfg->keep > 0 || cfg->bytes) {
		status = yc_size_in_all(cand, cfg, &n);
		if (status < 0)
			return status;
		in_all(r, cand, n);
		return YC_OK;
	}
	/* --order alone */
	memcpy(r->take, cand->count, (size_t)cand->classes * sizeof(*r->take));
	r->total = cand->n;
	return YC_OK;
}
