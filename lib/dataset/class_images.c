/* SPDX-License-Identifier: MIT */
/* The images of a set class by class, for what draws some of every class. */
#include <stdlib.h>

#include "lib/dataset/internal.h"

static int by_class(const void *pa, const void *pb)
{
	const struct yc_class_image *a = pa, *b = pb;

	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

void yc_class_images(const struct yc_set *set, struct yc_class_image *image)
{
	const struct yc_tensor *id = yc_set_col(set, "id");
	const int64_t *label = yc_set_col(set, "label")->data;

	for (size_t i = 0; i < set->rows; i++)
		image[i] = (struct yc_class_image){.label = label[i],
			.id = id ? ((const int64_t *)id->data)[i] : (int64_t)i,
			.row = i};
	qsort(image, set->rows, sizeof *image, by_class);
}

size_t yc_class_run(const struct yc_class_image *image, size_t at, size_t n)
{
	size_t end = at;

	while (end < n && image[end].label == image[at].label)
		end++;
	return end - at;
}
