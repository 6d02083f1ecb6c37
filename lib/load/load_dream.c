/* SPDX-License-Identifier: MIT */
#include "lib/load/condensed.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CONDENSED_FACTOR_ROW, YC_CONDENSED_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const files[] = {"data_best.pt", "data.pt", "data*.pt", NULL};
	static const char *const images[] = {"0", NULL}, *const labels[] = {"1", NULL};
	static const struct yc_condensed_kind kind = {
		.name = "dream", .files = files, .images = images, .labels = labels};

	(void)photos;
	return yc_condensed_load(&kind, cfg, what, out);
}

const struct yc_loader yc_load_dream = {
	.method = {.name = "dream",
		.summary = "a set condensed by DREAM: data.pt",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_condensed_cfg)},
	.whole = true,
	.load = load,
};
