/* SPDX-License-Identifier: MIT */
/* Gives a part of the labels of every class another class: yc-methods(7), "Label noise". */
#include <math.h>

#include "lib/dataset/internal.h"
#include "yc/mem.h"
#include "yc/rng.h"

struct noise {
	double part;
	struct yc_rng root;
	int32_t *perm;	/* [rows] */
	int64_t *class; /* [classes] those with images, ascending */
	uint32_t classes;
};

/* The n images of a class, which is noise->class[at]. */
static void relabel(struct noise *noise, const struct yc_class_image *image, size_t n,
	uint32_t at, int64_t *label)
{
	struct yc_rng rng =
		yc_rng_fork(&noise->root, "class", (uint64_t)noise->class[at]);
	const size_t change = (size_t)floor(noise->part * (double)n + 0.5);

	yc_rng_permutation(&rng, noise->perm, (int32_t)n);
	for (size_t i = 0; i < change; i++) {
		uint32_t other = yc_rng_below(&rng, noise->classes - 1);

		label[image[noise->perm[i]].row] =
			noise->class[other < at ? other : other + 1];
	}
}

static int run(struct noise *noise, const struct yc_set *set,
	const struct yc_class_image *image, int64_t *label)
{
	for (size_t i = 0; i < set->rows; i++)
		if (!i || image[i].label != image[i - 1].label)
			noise->class[noise->classes++] = image[i].label;
	if (noise->classes < 2)
		return yc_fail(YC_USAGE,
			"--label-noise: images of one class only: there is no other one");
	for (size_t i = 0, at = 0; i < set->rows; at++) {
		size_t n = yc_class_run(image, i, set->rows);

		relabel(noise, image + i, n, (uint32_t)at, label);
		i += n;
	}
	return YC_OK;
}

int yc_load_label_noise(struct yc_set *set, double part, uint64_t seed)
{
	const uint64_t rows = set->rows;
	struct noise noise = {.part = part, .root = yc_rng_new(seed, "label-noise")};
	struct yc_class_image *image;
	int status = YC_FAIL;

	if (!(part > 0))
		return YC_OK;
	if (yc_set_col(set, "soft"))
		return yc_fail(YC_USAGE,
			"--label-noise: the set has soft labels, which would stay");
	/* of a set that has noise already, the labels before all noise */
	if (!yc_set_col(set, YC_LABEL_TRUE) &&
		!yc_set_put(set, YC_LABEL_TRUE, YC_I64, 1, &rows,
			yc_set_col(set, "label")->data))
		return YC_FAIL;
	image = yc_calloc(set->rows, sizeof *image);
	noise.perm = yc_calloc(set->rows, sizeof *noise.perm);
	noise.class = yc_calloc((size_t)set->head.classes, sizeof *noise.class);
	if (image && noise.perm && noise.class) {
		yc_class_images(set, image);
		status = run(&noise, set, image, yc_set_col(set, "label")->data);
	}
	yc_free(image);
	yc_free(noise.perm);
	yc_free(noise.class);
	return status;
}
