/* SPDX-License-Identifier: MIT */
/* How many images of each class are kept, for every way to say it. */
#include <math.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/mem.h"

static const char *what(const struct yc_units *u)
{
	return u->cost > 1 ? "tiles" : "images";
}

/* So many of every class that is there: a stream may have been restricted to some. */
static int each(struct yc_rule *r, const struct yc_units *u, size_t n)
{
	size_t all = yc_size_mul((size_t)u->present, n);

	if (!r->balanced && all > u->n)
		return yc_fail(YC_FAIL,
			"%zu %s wanted, %zu of each of %d classes, but there are only "
			"%zu",
			all, what(u), n, u->present, u->n);
	for (int c = 0; r->balanced && c < u->classes; c++) {
		if (!u->count[c])
			continue;
		if (n > u->count[c])
			return yc_fail(YC_FAIL,
				"%zu %s of every class wanted, but class %d has only %zu",
				n, what(u), c, u->count[c]);
		r->take[c] = n;
	}
	r->total = all;
	return YC_OK;
}

/* So many in all, dealt to the classes in turn as --order deals them; a class that has no
 * more is passed over. */
static void in_all(struct yc_rule *r, const struct yc_units *u, size_t n)
{
	r->total = n;
	while (r->balanced && n) {
		for (int c = 0; c < u->classes && n; c++) {
			if (r->take[c] == u->count[c])
				continue;
			r->take[c]++;
			n--;
		}
	}
}

/* As a file says. */
static int listed(struct yc_rule *r, const struct yc_units *u, const struct yc_set *s,
	const char *path)
{
	int status = yc_budget_read(r->take, s, path);

	r->total = 0;
	for (int c = 0; !status && c < u->classes; c++) {
		if (r->take[c] > u->count[c])
			status = yc_fail(YC_FAIL,
				"%zu %s of class %d wanted, but it has only %zu",
				r->take[c], what(u), c, u->count[c]);
		else
			r->total += r->take[c];
	}
	return status;
}

int yc_size_in_all(const struct yc_units *u, const struct yc_select_cfg *cfg, size_t *n)
{
	uint64_t fit;

	if (cfg->keep > 0) {
		*n = (size_t)llround(cfg->keep * (double)u->n);
		if (!*n)
			return yc_fail(YC_FAIL, "%g of %zu %s is none", cfg->keep, u->n,
				what(u));
		return YC_OK;
	}
	fit = cfg->bytes / u->bytes;
	*n = fit < u->n ? (size_t)fit : u->n;
	if (!*n)
		return yc_fail(YC_FAIL,
			"%llu bytes are less than one of %zu %s needs: %zu",
			(unsigned long long)cfg->bytes, u->n, what(u), u->bytes);
	return YC_OK;
}

int yc_select_size(struct yc_rule *r, const struct yc_units *u, const struct yc_set *s,
	const struct yc_select_cfg *cfg)
{
	size_t n;
	int status;

	if (cfg->budget)
		return listed(r, u, s, cfg->budget);
	if (cfg->ipc || cfg->tiles)
		return each(r, u,
			cfg->ipc ? yc_size_mul(cfg->ipc, (size_t)u->cost) : cfg->tiles);
	if (cfg->keep > 0 || cfg->bytes) {
		status = yc_size_in_all(u, cfg, &n);
		if (status < 0)
			return status;
		in_all(r, u, n);
		return YC_OK;
	}
	/* --order alone */
	memcpy(r->take, u->count, (size_t)u->classes * sizeof(*r->take));
	r->total = u->n;
	return YC_OK;
}
