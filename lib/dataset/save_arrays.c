/* SPDX-License-Identifier: MIT */
/* What the kinds npz and npy share: every column as an array, and from the head mean, std
 * and the class names. */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"

enum { MORE = 4 }; /* arrays besides the columns: mean, std, computed, names */

bool yc_arrays_hold(const void *cfg, const struct yc_tensor *column)
{
	(void)cfg;
	return yc_npy_writes(column->dtype);
}

/* NumPy's users know images and labels in the plural. */
static const char *array_name(const char *column, char room[YC_FILE_NAME_MAX + 1])
{
	if (strcmp(column, "image") == 0)
		return "images";
	if (strcmp(column, "label") == 0)
		return "labels";
	yc_file_name(column, room);
	return room;
}

static bool converts(const struct yc_saving *s, const struct yc_set *part)
{
	const struct yc_arrays_cfg *cfg = s->cfg;

	return cfg->normalised || yc_head_normalised(&part->meta);
}

int yc_arrays_begin(struct yc_saving *s, const struct yc_set *first)
{
	struct yc_columns *c = s->state;

	return yc_columns_begin(c, s, first, converts(s, first) ? YC_F32 : YC_OTHER);
}

int yc_arrays_rows(struct yc_saving *s, struct yc_set *part)
{
	const struct yc_arrays_cfg *cfg = s->cfg;
	struct yc_pixels p;
	int status;

	if (!converts(s, part))
		return yc_columns_add(s->state, part, NULL, false);
	status = yc_pixels_of(&p, part, cfg->normalised);
	return status == YC_OK ? yc_columns_add(s->state, part, &p, cfg->normalised)
			       : status;
}

/* -- what the head becomes -- */

struct memory {
	const void *p;
	size_t n;
};

static int put_memory(void *ctx, const struct yc_sink *to)
{
	const struct memory *m = ctx;

	return to->write(to->ctx, m->p, m->n);
}

static struct yc_tensor_out numbers(
	const char *name, const double *x, int n, struct memory *m)
{
	*m = (struct memory){x, (size_t)n * sizeof *x};
	return (struct yc_tensor_out){.name = name,
		.dtype = YC_F64,
		.rank = 1,
		.shape = {(uint64_t)n},
		.data = put_memory,
		.ctx = m};
}

/* Decodes one character of valid UTF-8. */
static uint32_t next_character(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	int more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	uint32_t c = more ? p[0] & (0x3fu >> more) : p[0];

	for (int i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*s += 1 + more;
	return c;
}

static size_t characters(const char *s)
{
	size_t n = 0;

	while (*s) {
		(void)next_character(&s);
		n++;
	}
	return n;
}

/* A text array of NumPy: UTF-32, padded with zeros to the longest. */
static int text_array(
	const struct yc_names *names, struct yc_tensor_out *t, struct memory *m)
{
	size_t width = 1;
	unsigned char *p;

	for (size_t i = 0; i < names->n; i++) {
		size_t n = names->name[i] ? characters(names->name[i]) : 0;

		width = n > width ? n : width;
	}
	p = yc_calloc(yc_size_mul(names->n, 4), width);
	if (!p)
		return YC_FAIL;
	*m = (struct memory){p, names->n * 4 * width};
	for (size_t i = 0; i < names->n; i++) {
		const char *s = names->name[i] ? names->name[i] : "";

		for (unsigned char *at = p + i * 4 * width; *s; at += 4) {
			uint32_t c = next_character(&s);

			for (int b = 0; b < 4; b++)
				at[b] = (unsigned char)(c >> (8 * b));
		}
	}
	*t = (struct yc_tensor_out){.name = "names",
		.characters = width,
		.rank = 1,
		.shape = {names->n},
		.data = put_memory,
		.ctx = m};
	return YC_OK;
}

static bool taken(const struct yc_tensor_out *t, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].name, name) == 0)
			return true;
	return false;
}

static int call(struct yc_saving *s, struct yc_tensor_out *t,
	int (*fn)(struct yc_saving *s, const struct yc_tensor_out *t, size_t n),
	char (*room)[YC_FILE_NAME_MAX + 1])
{
	const struct yc_columns *c = s->state;
	const struct yc_head *h = &s->head.head;
	struct memory m[MORE] = {{0}};
	static const double yes = 1;
	struct yc_names names = {0};
	size_t n = c->n;
	int status = yc_names_read(&names, &s->head.meta);

	for (size_t i = 0; status == YC_OK && i < c->n; i++) {
		t[i].name = array_name(t[i].name, room[i]);
		if (taken(t, i, t[i].name))
			status = yc_fail(
				YC_FAIL, "two columns would be called '%s'", t[i].name);
	}
	if (h->nmean && !taken(t, n, "mean") && !taken(t, n, "std")) {
		t[n] = numbers("mean", h->mean, h->nmean, &m[0]);
		t[n + 1] = numbers("std", h->std, h->nmean, &m[1]);
		n += 2;
		/* Without it, yc-load would take them for those of the dataset. */
		if (yc_head_computed(&s->head.meta) && !taken(t, n, "computed"))
			t[n++] = numbers("computed", &yes, 1, &m[3]);
	}
	if (status == YC_OK && names.n && !taken(t, n, "names"))
		status = text_array(&names, &t[n++], &m[2]);
	if (status == YC_OK)
		status = fn(s, t, n);
	yc_free((void *)(uintptr_t)m[2].p);
	yc_names_release(&names);
	return status;
}

int yc_arrays_end(struct yc_saving *s,
	int (*fn)(struct yc_saving *s, const struct yc_tensor_out *t, size_t n))
{
	struct yc_columns *c = s->state;
	struct yc_tensor_out *t = yc_calloc(c->n + MORE, sizeof *t);
	char(*room)[YC_FILE_NAME_MAX + 1] = yc_calloc(c->n, sizeof *room);
	int status = t && room ? YC_OK : YC_FAIL;

	if (status == YC_OK) {
		yc_columns_out(c, t);
		status = call(s, t, fn, room);
	}
	yc_free(t);
	yc_free(room);
	return status;
}

void yc_arrays_release(struct yc_saving *s)
{
	yc_columns_release(s->state);
}
