/* SPDX-License-Identifier: MIT */
/* The kind folder: pictures in one folder per class, labels by ascending name or as in
 * --names. */
#include <string.h>

#include "lib/dataset/photos.h"
#include "yc/mem.h"
#include "yc/real.h"

struct cfg {
	const char *side, *channels;
	bool skip_bad;
	const char *names;
};

static const struct yc_opt opts[] = {
	YC_PHOTO_SIDE_ROW(struct cfg, side),
	YC_PHOTO_CHANNELS_ROW(struct cfg, channels),
	YC_PHOTO_SKIP_ROW(struct cfg, skip_bad),
	YC_OPT(struct cfg, names, .name = "names", .arg = "list",
		.auto_help = "all, by ascending name",
		.help = "folders to read, joined by commas, in the order of their "
			"labels"),
};

/* Splits a comma list in place, *class by yc_calloc. */
static int split_names(char *list, struct yc_photo_class **class, size_t *n)
{
	size_t commas = 0;

	for (const char *s = list; *s; s++)
		commas += *s == ',';
	*class = yc_calloc(commas + 1, sizeof **class);
	if (!*class)
		return YC_FAIL;
	for (char *s = list; s; (*n)++) {
		char *comma = strchr(s, ',');

		if (comma)
			*comma = '\0';
		(*class)[*n].folder = s;
		if (!*s)
			return yc_fail(YC_USAGE, "--names: an empty name");
		for (size_t i = 0; i < *n; i++)
			if (strcmp((*class)[i].folder, s) == 0)
				return yc_fail(
					YC_USAGE, "--names: '%s' is given twice", s);
		s = comma ? comma + 1 : NULL;
	}
	return YC_OK;
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	const struct cfg *cfg = config;
	struct yc_photo_class *class = NULL;
	struct yc_photo_kind kind = {.name = "folder",
		.channels = cfg->channels[0] == '1' ? 1 : 3,
		.look = true,
		.skip_bad = cfg->skip_bad};
	char *list = cfg->names ? yc_strdup(cfg->names) : NULL;
	int status =
		list || !cfg->names ? yc_photos_side(cfg->side, &kind.side) : YC_FAIL;

	if (status == YC_OK && list)
		status = split_names(list, &class, &kind.classes);
	kind.class = class;
	if (status == YC_OK)
		status = yc_photos_list(&kind, what, what->split, out, photos);
	yc_free(class);
	yc_free(list);
	return status;
}

const struct yc_loader yc_load_folder = {
	.method = {.name = "folder",
		.summary = "JPEG and PNG pictures, one folder per class, in a folder or "
			   "archive",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.val = true,
	.load = load,
};
