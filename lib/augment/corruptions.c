/* SPDX-License-Identifier: MIT */
/* The table of corruptions, and chains of augmentations and corruptions. */
#include <string.h>

#include "lib/augment/internal.h"
#include "yc/net.h"

#define DECLARE(name) extern const struct yc_corruption yc_corrupt_##name;
#define ENTRY(name) &yc_corrupt_##name.method,

YC_CORRUPTIONS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_corruptions[] = {YC_CORRUPTIONS(ENTRY) NULL};
/* clang-format on */

const struct yc_opt yc_corruption_opts[1] = {
	YC_OPT(struct yc_corruption_cfg, severity, .name = "severity", .arg = "n",
		.def = "1", .min = 1, .max = YC_SEVERITIES,
		.help = "how strong, from 1 to 5"),
};

static const struct yc_corruption *corruption(const struct yc_method *m)
{
	for (size_t i = 0; yc_corruptions[i]; i++)
		if (yc_corruptions[i] == m)
			return (const struct yc_corruption *)m;
	return NULL;
}

int yc_corrupt(const struct yc_corruption *c, const struct yc_corruption_cfg *cfg,
	const struct yc_aug_shape *s, struct yc_rng rng, yc_real *x, yc_real *tmp)
{
	const double *table = s->side > YC_SIDE_SMALL ? c->large : c->small;
	int status = c->apply(s, table[cfg->severity - 1], &rng, x, tmp);

	for (int i = 0; i < yc_aug_count(s); i++)
		x[i] = x[i] < 0 ? 0 : x[i] > 1 ? 1 : x[i];
	return status < 0 ? yc_fail_in(status, "%s", c->method.name) : YC_OK;
}

int yc_chain_new(struct yc_chain *c, const struct yc_method *const *word,
	void *const *cfg, int n, int side, int channels)
{
	int first = 0;

	*c = (struct yc_chain){0};
	if (n > YC_AUG_OPS_MAX)
		return yc_fail(YC_USAGE, "more than %d operations", YC_AUG_OPS_MAX);
	for (int i = 0; i <= n; i++) {
		const struct yc_corruption *then = i < n ? corruption(word[i]) : NULL;
		struct yc_chain_part *p = &c->part[c->n];
		int status;

		if (i < n && !then)
			continue;
		status = yc_aug_chain(&p->aug, word + first, i - first, side, channels);
		if (status < 0)
			return status;
		p->then = then;
		p->cfg = then ? cfg[i] : NULL;
		c->n++;
		first = i + 1;
	}
	return YC_OK;
}

static void to_pixels(const struct yc_aug *a, yc_real *x)
{
	const int channels = a->shape.channels, n = yc_aug_count(&a->shape);

	for (int i = 0; i < n; i++) {
		double v = (double)x[i] * a->std[i % channels] + a->mean[i % channels];

		x[i] = (yc_real)(v < 0 ? 0 : v > 1 ? 1 : v);
	}
}

static void to_normalised(const struct yc_aug *a, yc_real *x)
{
	const int channels = a->shape.channels, n = yc_aug_count(&a->shape);

	for (int i = 0; i < n; i++)
		x[i] = (yc_real)(((double)x[i] - a->mean[i % channels]) /
				 a->std[i % channels]);
}

int yc_chain_apply(const struct yc_chain *c, struct yc_rng rng, yc_real *x, yc_real *tmp,
	bool *pixels)
{
	*pixels = false;
	for (int k = 0; k < c->n; k++) {
		const struct yc_chain_part *p = &c->part[k];
		int status;

		if (p->aug.nops && *pixels)
			to_normalised(&p->aug, x);
		if (p->aug.nops) {
			yc_aug_alone(&p->aug,
				k ? yc_rng_fork(&rng, "part", (uint64_t)k) : rng, x, tmp);
			*pixels = false;
		}
		if (!p->then)
			continue;
		if (!*pixels)
			to_pixels(&p->aug, x);
		*pixels = true;
		status = yc_corrupt(p->then, p->cfg, &p->aug.shape,
			yc_rng_fork(&rng, "corrupt", (uint64_t)k), x, tmp);
		if (status < 0)
			return status;
	}
	return YC_OK;
}
