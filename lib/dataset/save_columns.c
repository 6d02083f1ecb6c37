/* SPDX-License-Identifier: MIT */
/* Whole columns of a stream, collected on disk: arrays need the number of their rows
 * before the first, and columns one after the other. */
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"

static int add_column(struct yc_columns *c, const struct yc_saving *s,
	const struct yc_tensor *from, enum yc_dtype dtype)
{
	struct yc_column *to = &c->col[c->n++];

	to->spill.fd = -1;
	to->shape = *from;
	to->shape.data = NULL;
	to->shape.shape[0] = 0;
	to->shape.dtype = dtype;
	if (dtype != YC_OTHER)
		(void)strcpy(to->shape.dtype_name, yc_dtype_name(dtype));
	to->shape.name = yc_strdup(from->name);
	if (!to->shape.name)
		return YC_FAIL;
	return yc_spill_open(&to->spill, yc_pack_scratch(s->pack));
}

int yc_columns_begin(struct yc_columns *c, const struct yc_saving *s,
	const struct yc_set *part, enum yc_dtype image)
{
	int status = YC_OK;

	c->col = yc_calloc(part->ncols, sizeof *c->col);
	if (!c->col)
		return YC_FAIL;
	for (size_t i = 0; status == YC_OK && i < part->ncols; i++) {
		const struct yc_tensor *t = &part->col[i];
		bool is_image = strcmp(t->name, "image") == 0;

		if (s->kind->holds(s->cfg, t))
			status = add_column(c, s, t,
				is_image && image != YC_OTHER ? image : t->dtype);
	}
	return status;
}

size_t yc_columns_find(const struct yc_columns *c, const char *name)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->col[i].shape.name, name) != 0)
		i++;
	return i;
}

/* Row by row: a record of bytes becomes four times as large. */
static int add_pixels(struct yc_spill *to, const struct yc_pixels *p, bool normalise)
{
	const size_t n = p->channels * p->plane;
	float *row = yc_calloc(n, sizeof *row);
	int status = row ? YC_OK : YC_FAIL;

	for (size_t i = 0; status == YC_OK && i < p->image->shape[0]; i++) {
		yc_pixels_f32(p, i, normalise, row);
		status = yc_spill_write(to, row, n * sizeof *row);
	}
	yc_free(row);
	return status;
}

int yc_columns_add(struct yc_columns *c, const struct yc_set *part,
	const struct yc_pixels *pixels, bool normalise)
{
	int status = YC_OK;

	for (size_t i = 0; status == YC_OK && i < c->n; i++) {
		struct yc_column *to = &c->col[i];
		const struct yc_tensor *t = yc_set_col(part, to->shape.name);

		if (pixels && t == pixels->image)
			status = add_pixels(&to->spill, pixels, normalise);
		else
			status = yc_spill_write(&to->spill, t->data, t->bytes);
		to->shape.shape[0] += part->rows;
		to->shape.bytes = (size_t)to->spill.bytes;
	}
	return status;
}

static int copy(void *ctx, const struct yc_sink *to)
{
	struct yc_column *c = ctx;

	return yc_spill_copy(&c->spill, 0, c->spill.bytes, to);
}

void yc_columns_out(struct yc_columns *c, struct yc_tensor_out *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct yc_tensor *t = &c->col[i].shape;

		out[i] = (struct yc_tensor_out){.name = t->name,
			.dtype = t->dtype,
			.rank = t->rank,
			.data = copy,
			.ctx = &c->col[i]};
		memcpy(out[i].shape, t->shape, sizeof out[i].shape);
	}
}

void yc_columns_release(struct yc_columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		yc_spill_release(&c->col[i].spill);
		yc_free(c->col[i].shape.name);
	}
	yc_free(c->col);
	*c = (struct yc_columns){0};
}
