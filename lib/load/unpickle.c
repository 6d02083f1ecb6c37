/* SPDX-License-Identifier: MIT */
/* What the pickles of CIFAR's Python distribution hold. */
#include <jansson.h>
#include <stdlib.h>

#include "lib/load/parts.h"
#include "lib/load/pickle.h"
#include "yc/mem.h"

/* Latin-1 out of UTF-8, exactly n characters. */
static int decode(const unsigned char *from, size_t bytes, unsigned char *to, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < bytes; i++, k++) {
		unsigned c = from[i];

		if (c >= 0x80) {
			/* C2 and C3 begin U+0080 to U+00FF. */
			if ((c != 0xc2 && c != 0xc3) || i + 1 == bytes ||
				(from[i + 1] & 0xc0) != 0x80)
				return yc_pickle_odd("the pixels are no Latin-1 text");
			c = (c & 3) << 6 | (from[++i] & 0x3f);
		}
		if (k == n)
			return yc_pickle_odd("the array has more bytes than its shape");
		to[k] = (unsigned char)c;
	}
	return k == n ? YC_OK : yc_pickle_odd("the array has fewer bytes than its shape");
}

static int get_pixels(const struct yc_pickle *m, struct yc_cifar_pickle *out)
{
	const struct yc_pickle_value *v = yc_pickle_find(m, "data");
	const struct yc_pickle_box *b;

	if (!v || v->kind != V_ARRAY || m->box[v->box].pixels.kind == V_UNSET)
		return yc_pickle_odd("no array 'data'");
	b = &m->box[v->box];
	out->rows = b->rows;
	out->pixels = m->data + b->pixels.at;
	if (b->pixels.kind == V_BYTES)
		return YC_OK;
	out->own = yc_grow(NULL, 0, b->rows * YC_PICKLE_PIXELS);
	if (!out->own)
		return YC_FAIL;
	out->pixels = out->own;
	return decode(m->data + b->pixels.at, b->pixels.n, out->own,
		b->rows * YC_PICKLE_PIXELS);
}

static int get_labels(const struct yc_pickle *m, struct yc_cifar_pickle *out)
{
	const struct yc_pickle_value *v = yc_pickle_find(m, "fine_labels");
	const struct yc_pickle_box *list;
	uint32_t c;

	if (!v)
		v = yc_pickle_find(m, "labels");
	if (!v || v->kind != V_LIST)
		return yc_pickle_odd("no list 'labels' or 'fine_labels'");
	list = &m->box[v->box];
	if (list->count != out->rows)
		return yc_fail(YC_FAIL, "pickle: %zu images but %u labels", out->rows,
			(unsigned)list->count);
	out->label = yc_alloc(out->rows, sizeof(*out->label));
	if (!out->label)
		return YC_FAIL;
	c = list->first;
	for (size_t i = 0; i < out->rows; i++, c = m->cell[c].next) {
		v = &m->cell[c].v;
		if (v->kind != V_INT || v->number < INT32_MIN || v->number > INT32_MAX)
			return yc_fail(
				YC_FAIL, "pickle: label %zu is no small number", i);
		out->label[i] = (int32_t)v->number;
	}
	return YC_OK;
}

int yc_cifar_unpickle(const unsigned char *data, size_t n, struct yc_cifar_pickle *out)
{
	struct yc_pickle m;
	int err;

	*out = (struct yc_cifar_pickle){0};
	err = yc_pickle_run(&m, data, n);
	if (err == YC_OK)
		err = get_pixels(&m, out);
	if (err == YC_OK)
		err = get_labels(&m, out);
	yc_pickle_release(&m);
	if (err < 0)
		yc_cifar_pickle_release(out);
	return err;
}

void yc_cifar_pickle_release(struct yc_cifar_pickle *p)
{
	yc_free(p->own);
	yc_free(p->label);
	*p = (struct yc_cifar_pickle){0};
}

static int names_json(
	const struct yc_pickle *m, const struct yc_pickle_box *list, char **json)
{
	json_t *names = json_array();
	uint32_t c = list->first;
	int err = names ? YC_OK : yc_fail(YC_FAIL, "out of memory");

	for (uint32_t i = 0; err == YC_OK && i < list->count; i++, c = m->cell[c].next) {
		const struct yc_pickle_value *v = &m->cell[c].v;

		if (!yc_pickle_is_string(v) ||
			json_array_append_new(names,
				json_stringn((const char *)m->data + v->at, v->n)) < 0)
			err = yc_pickle_odd("a class name is no UTF-8 text");
	}
	if (err == YC_OK) {
		*json = json_dumps(names, JSON_COMPACT);
		if (!*json)
			err = yc_fail(YC_FAIL, "out of memory");
	}
	json_decref(names);
	return err;
}

int yc_cifar_unpickle_names(const unsigned char *data, size_t n, char **json)
{
	struct yc_pickle m;
	const struct yc_pickle_value *v;
	int err;

	*json = NULL;
	err = yc_pickle_run(&m, data, n);
	if (err == YC_OK) {
		v = yc_pickle_find(&m, "fine_label_names");
		if (!v)
			v = yc_pickle_find(&m, "label_names");
		if (v && v->kind == V_LIST)
			err = names_json(&m, &m.box[v->box], json);
	}
	yc_pickle_release(&m);
	return err;
}
