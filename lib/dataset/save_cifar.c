/* SPDX-License-Identifier: MIT */
/* CIFAR's binary distribution: records of label bytes and 3072 pixels, in as many batches
 * of equal size as the original has. The state is a spill of all records. */
#include <string.h>

#include "lib/dataset/save_cifar.h"
#include "yc/mem.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE };

const char *const yc_cifar_save_files[] = {
	".bin", "batches.meta.txt", "fine_label_names.txt", NULL};

bool yc_cifar_save_holds(const void *cfg, const struct yc_tensor *column)
{
	(void)cfg;
	return strcmp(column->name, "image") == 0 || strcmp(column->name, "label") == 0;
}

int yc_cifar_save_begin(struct yc_saving *s, const struct yc_set *first)
{
	const struct yc_tensor *image = yc_set_col(first, "image");

	((struct yc_spill *)s->state)->fd = -1;
	if (image->shape[1] != 3 || image->shape[2] != SIDE)
		return yc_fail(YC_FAIL,
			"images of %d x %d pixels and %d channel%s: CIFAR's files have "
			"32 "
			"x 32 and 3%s",
			(int)image->shape[2], (int)image->shape[2], (int)image->shape[1],
			image->shape[1] == 1 ? "" : "s",
			first->head.side == SIDE && image->shape[1] == 3
				? " (yc-decode makes them)"
				: "");
	return yc_spill_open(s->state, yc_pack_scratch(s->pack));
}

int yc_cifar_save_rows(struct yc_saving *s, struct yc_set *part)
{
	const struct yc_cifar_save *kind = s->kind->format;
	const int64_t *label = yc_set_col(part, "label")->data;
	struct yc_pixels p;
	int status = yc_pixels_of(&p, part, false);

	for (size_t i = 0; status == YC_OK && i < part->rows; i++) {
		unsigned char record[2 + PIXELS];
		size_t n = 0;

		if (label[i] >= kind->classes)
			return yc_fail(YC_FAIL, "label %d: %s has labels from 0 to %d",
				(int)label[i], kind->name, kind->classes - 1);
		if (kind->coarse)
			record[n++] = kind->coarse[label[i]];
		record[n++] = (unsigned char)label[i];
		s->clipped += yc_pixels_u8(&p, i, record + n);
		status = yc_spill_write(s->state, record, n + PIXELS);
	}
	return status;
}

static int put_names(struct yc_saving *s, const struct yc_cifar_save *kind)
{
	char *text;
	size_t n;
	int status = yc_names_text(&s->head, &text, &n);

	/* readers take names for those of all classes */
	if (status == YC_OK && n && s->head.head.classes == kind->classes)
		status = yc_pack_put(s->pack, kind->names, text, n);
	yc_free(text);
	return status;
}

int yc_cifar_save_end(struct yc_saving *s)
{
	const struct yc_cifar_save *kind = s->kind->format;
	const struct yc_cifar_save_cfg *cfg = s->cfg;
	const char *const *file =
		strcmp(cfg->split, "test") == 0 ? kind->test : kind->train;
	const struct yc_sink sink = yc_pack_sink(s->pack);
	const uint64_t size = (kind->coarse ? 2 : 1) + PIXELS;
	uint64_t files = 0, row = 0;
	int status;

	while (file[files])
		files++;
	if (s->rows < files)
		return yc_fail(YC_FAIL,
			"%d images do not make the %d files of %s: --split test makes "
			"one",
			(int)s->rows, (int)files, kind->name);
	if (s->rows % files)
		yc_saving_note(s,
			"%d images are not %d equal files: yc-load %s wants --uneven",
			(int)s->rows, (int)files, kind->name);
	status = put_names(s, kind);
	for (uint64_t i = 0; status == YC_OK && i < files; i++) {
		uint64_t rows = s->rows / files + (i < s->rows % files);

		status = yc_pack_file(s->pack, file[i], rows * size);
		if (status == YC_OK)
			status = yc_spill_copy(s->state, row * size, rows * size, &sink);
		row += rows;
	}
	return status;
}

void yc_cifar_save_release(struct yc_saving *s)
{
	yc_spill_release(s->state);
}
