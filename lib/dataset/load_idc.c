/* SPDX-License-Identifier: MIT */
/* The kind idc: a set condensed by IDC, a list of images and labels. */
#include "lib/dataset/condensed.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CONDENSED_FACTOR_ROW, YC_CONDENSED_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	(void)photos;
	return yc_condensed_list("idc", cfg, what, out);
}

const struct yc_loader yc_load_idc = {
	.method = {.name = "idc",
		.summary = "a set condensed by IDC: data.pt",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_condensed_cfg)},
	.whole = true,
	.load = load,
};
