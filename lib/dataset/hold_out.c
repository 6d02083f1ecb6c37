/* SPDX-License-Identifier: MIT */
/* Holds out a part of the training images of every class, for tests: yc-methods(7), "Held-out
 * images". */
#include <math.h>
#include <stdio.h>

#include "lib/dataset/internal.h"
#include "yc/mem.h"
#include "yc/rng.h"

/* A class keeps an image for training, then one is held out. */
static size_t held_of(double part, size_t n)
{
	size_t held = (size_t)floor(part * (double)n + 0.5);

	if (held == 0 && n > 1)
		held = 1;
	return held < n ? held : n - 1;
}

static void draw(const struct yc_class_image *image, size_t n, double part,
	const struct yc_rng *root, int32_t *perm, bool *held)
{
	for (size_t i = 0, run; i < n; i += run) {
		struct yc_rng rng = yc_rng_fork(root, "class", (uint64_t)image[i].label);

		run = yc_class_run(image, i, n);
		yc_rng_permutation(&rng, perm, (int32_t)run);
		for (size_t k = 0; k < held_of(part, run); k++)
			held[image[i + (size_t)perm[k]].row] = true;
	}
}

/* "folder train, held out", so that the two parts are not taken for one another. */
static int name_source(struct yc_set *set)
{
	const char *source = yc_meta_get(&set->meta, "yc.source");
	char text[256];

	(void)snprintf(text, sizeof text, "%s, held out", source ? source : "");
	return yc_meta_set(&set->meta, "yc.source", text);
}

int yc_load_hold_out(struct yc_set *to, struct yc_set *from, double part, bool want_held,
	uint64_t seed)
{
	const struct yc_rng root = yc_rng_new(seed, "hold-out");
	struct yc_class_image *image = yc_calloc(from->rows, sizeof *image);
	int32_t *perm = yc_calloc(from->rows, sizeof *perm);
	bool *held = yc_calloc(from->rows, sizeof *held);
	size_t *row = yc_calloc(from->rows, sizeof *row), n = 0;
	int status = image && perm && held && row ? YC_OK : YC_FAIL;

	if (status == YC_OK) {
		yc_class_images(from, image);
		draw(image, from->rows, part, &root, perm, held);
		for (size_t i = 0; i < from->rows; i++)
			if (held[i] == want_held)
				row[n++] = i;
		status = n ? yc_set_pick(to, from, row, n)
			   : yc_fail(YC_FAIL,
				     "--hold-out: no class has two images, of which one "
				     "could be held out");
	}
	if (status == YC_OK && want_held)
		status = name_source(to);
	yc_free(image);
	yc_free(perm);
	yc_free(held);
	yc_free(row);
	return status;
}
