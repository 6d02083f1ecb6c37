/* SPDX-License-Identifier: MIT */
/*
 * ImageNet-10: ten classes of ILSVRC-2012, labels by their position in the list of
 * yc-methods(7), "Images". The labels of the challenge's test pictures are not public, so
 * tests use the validation pictures.
 */
#include <string.h>

#include "lib/dataset/photos.h"
#include "yc/real.h"

struct cfg {
	uint32_t side;
	bool skip_bad;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, side, .name = "side", .arg = "n",
		.def = YC_TEXT(YC_PHOTO_SIDE), .min = 1, .max = YC_PHOTO_SIDE_MAX,
		.help = "pixels per side that pictures are scaled and cropped to"),
	YC_PHOTO_SKIP_ROW(struct cfg, skip_bad),
};

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const struct yc_photo_class class[] = {
		{"n02869837", "bonnet"},
		{"n01749939", "green mamba"},
		{"n02488291", "langur"},
		{"n02107142", "Doberman"},
		{"n13037406", "gyromitra"},
		{"n02091831", "Saluki"},
		{"n04517823", "vacuum cleaner"},
		{"n04589890", "window screen"},
		{"n03062245", "cocktail shaker"},
		{"n01773797", "garden spider"},
	};
	const struct cfg *cfg = config;
	const struct yc_photo_kind kind = {.name = "imagenet10",
		.side = cfg->side,
		.channels = 3,
		.skip_bad = cfg->skip_bad,
		.class = class,
		.classes = YC_COUNT(class)};

	return yc_photos_list(&kind, what,
		strcmp(what->split, "test") == 0 ? "val" : what->split, out, photos);
}

const struct yc_loader yc_load_imagenet10 = {
	.method = {.name = "imagenet10",
		.summary =
			"ten classes of ILSVRC-2012, folders train and val of pictures",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.val = true,
	.load = load,
};
