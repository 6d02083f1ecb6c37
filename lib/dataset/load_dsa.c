/* SPDX-License-Identifier: MIT */
/* Also of DC and DM, which write the same files. */
#include <stdio.h>

#include "lib/dataset/condensed.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_condensed_cfg, run, .name = "run", .arg = "n", .def = "0",
		.max = 1000, .help = "which of the runs in the file, from 0"),
	YC_CONDENSED_ROWS};

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const files[] = {"res_*.pt", "data.pt", NULL};
	struct yc_condensed_cfg cfg = *(const struct yc_condensed_cfg *)config;
	char image[32], label[32];
	const char *const images[] = {image, NULL}, *const labels[] = {label, NULL};
	const struct yc_condensed_kind kind = {.name = "dsa",
		.files = files,
		.images = images,
		.labels = labels,
		.runs = "data",
		.normalised = true,
		.other_norm = true};

	(void)photos;
	(void)snprintf(image, sizeof image, "data/%u/0", (unsigned)cfg.run);
	(void)snprintf(label, sizeof label, "data/%u/1", (unsigned)cfg.run);
	cfg.factor = 1;
	return yc_condensed_load(&kind, &cfg, what, out);
}

const struct yc_loader yc_load_dsa = {
	.method = {.name = "dsa",
		.summary = "a set condensed by DSA, DC or DM: res_*.pt",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_condensed_cfg)},
	.whole = true,
	.load = load,
};
