/* SPDX-License-Identifier: MIT */
/* The kind kip: a set condensed by KIP, an archive of NumPy arrays or the same as a
 * PyTorch file, values normalised. */
#include "lib/dataset/condensed.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CONDENSED_ROWS};

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const files[] = {"*.npz", "kip_*.pt", "data.pt", NULL};
	static const char *const images[] = {"images", "0", NULL}, *const labels[] = {
									   "labels", "1",
									   NULL};
	static const struct yc_condensed_kind kind = {.name = "kip",
		.files = files,
		.images = images,
		.labels = labels,
		.normalised = true};
	struct yc_condensed_cfg cfg = *(const struct yc_condensed_cfg *)config;

	(void)photos;
	cfg.factor = 1;
	return yc_condensed_load(&kind, &cfg, what, out);
}

const struct yc_loader yc_load_kip = {
	.method = {.name = "kip",
		.summary = "a set condensed by KIP: an .npz, or kip_*.pt or data.pt",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_condensed_cfg)},
	.whole = true,
	.load = load,
};
