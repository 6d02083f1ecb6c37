/* SPDX-License-Identifier: MIT */
/* Also of TESLA and DATM, whose labels are soft. */
#include "lib/dataset/condensed.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CONDENSED_ROWS};

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const files[] = {"images_best.pt", "images.pt", NULL};
	static const char *const place[] = {"", NULL};
	static const struct yc_condensed_kind kind = {.name = "mtt",
		.files = files,
		.images = place,
		.labels = place,
		.apart = true,
		.normalised = true};
	struct yc_condensed_cfg cfg = *(const struct yc_condensed_cfg *)config;

	(void)photos;
	cfg.factor = 1;
	return yc_condensed_load(&kind, &cfg, what, out);
}

const struct yc_loader yc_load_mtt = {
	.method = {.name = "mtt",
		.summary = "a set condensed by MTT: images_best.pt, labels_best.pt",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_condensed_cfg)},
	.whole = true,
	.load = load,
};
