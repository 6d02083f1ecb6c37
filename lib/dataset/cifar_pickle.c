/* SPDX-License-Identifier: MIT */
/* Reads the pickles of CIFAR's Python distribution. */
#include <stdlib.h>

#include "lib/dataset/internal.h"
#include "lib/tensorfile/pickle.h"
#include "yc/mem.h"

enum { PIXELS = 3072 };

static int get_pixels(const struct yc_pickle *m, struct yc_cifar_pickle *out)
{
	const struct yc_pickle_value *v = yc_pickle_find(m, yc_pickle_root(m), "data");
	const struct yc_pickle_tensor *a;

	a = v && v->kind == V_ARRAY ? &m->tensor[v->box] : NULL;
	if (!a || a->data.kind == V_UNSET)
		return yc_pickle_odd("no array 'data'");
	if (a->dtype != YC_U8)
		return yc_pickle_odd("'data' is not an array of unsigned bytes");
	if (a->rank != 2 || a->shape[0] < 1 || a->shape[1] != PIXELS)
		return yc_pickle_odd("the shape of the array is not rows x 3072");
	if (a->stride[1] != 1)
		return yc_pickle_odd("the array is in Fortran order");
	out->rows = (size_t)a->shape[0];
	out->pixels = m->data + a->data.at;
	if (a->data.kind == V_BYTES)
		return YC_OK;
	out->own = yc_grow(NULL, 0, out->rows * PIXELS);
	if (!out->own)
		return YC_FAIL;
	out->pixels = out->own;
	return yc_pickle_latin1(m, &a->data, out->own, out->rows * PIXELS);
}

static int get_labels(const struct yc_pickle *m, struct yc_cifar_pickle *out)
{
	const struct yc_pickle_value *root = yc_pickle_root(m),
				     *v = yc_pickle_find(m, root, "fine_labels");
	const struct yc_pickle_box *list;
	uint32_t c;

	if (!v)
		v = yc_pickle_find(m, root, "labels");
	if (!v || v->kind != V_LIST)
		return yc_pickle_odd("no list 'labels' or 'fine_labels'");
	list = &m->box[v->box];
	if (list->count != out->rows)
		return yc_fail(YC_FAIL, "pickle: %zu images but %u labels", out->rows,
			(unsigned)list->count);
	out->label = yc_calloc(out->rows, sizeof(*out->label));
	if (!out->label)
		return YC_FAIL;
	c = list->first;
	for (size_t i = 0; i < out->rows; i++, c = m->cell[c].next) {
		v = &m->cell[c].v;
		if (v->kind != V_INT || v->number < INT32_MIN || v->number > INT32_MAX)
			return yc_fail(
				YC_FAIL, "pickle: label %zu is not a small integer", i);
		out->label[i] = (int32_t)v->number;
	}
	return YC_OK;
}

/* Runs a pickle that contains a dict. */
static int run(struct yc_pickle *m, const unsigned char *data, size_t n)
{
	if (yc_pickle_run(m, data, n) < 0)
		return YC_FAIL;
	return yc_pickle_root(m)->kind == V_DICT
		       ? YC_OK
		       : yc_pickle_odd("does not contain a dict");
}

int yc_cifar_unpickle(const unsigned char *data, size_t n, struct yc_cifar_pickle *out)
{
	struct yc_pickle m;
	int status;

	*out = (struct yc_cifar_pickle){0};
	status = run(&m, data, n);
	if (status == YC_OK)
		status = get_pixels(&m, out);
	if (status == YC_OK)
		status = get_labels(&m, out);
	yc_pickle_release(&m);
	if (status < 0)
		yc_cifar_pickle_release(out);
	return status;
}

void yc_cifar_pickle_release(struct yc_cifar_pickle *p)
{
	yc_free(p->own);
	yc_free(p->label);
	*p = (struct yc_cifar_pickle){0};
}

static int get_names(const struct yc_pickle *m, const struct yc_pickle_box *list,
	struct yc_names *names)
{
	uint32_t c = list->first;
	int status = YC_OK;

	for (uint32_t i = 0; status == YC_OK && i < list->count;
		i++, c = m->cell[c].next) {
		const struct yc_pickle_value *v = &m->cell[c].v;

		if (!yc_pickle_is_string(v) ||
			yc_names_add(names, (const char *)m->data + v->at, v->n) < 0)
			status = yc_pickle_odd("a class name is not UTF-8 text");
	}
	return status;
}

int yc_cifar_unpickle_names(const unsigned char *data, size_t n, struct yc_names *names)
{
	struct yc_pickle m;
	const struct yc_pickle_value *v;
	int status;

	*names = (struct yc_names){0};
	status = run(&m, data, n);
	if (status == YC_OK) {
		v = yc_pickle_find(&m, yc_pickle_root(&m), "fine_label_names");
		if (!v)
			v = yc_pickle_find(&m, yc_pickle_root(&m), "label_names");
		if (v && v->kind == V_LIST)
			status = get_names(&m, &m.box[v->box], names);
	}
	yc_pickle_release(&m);
	if (status < 0)
		yc_names_release(names);
	return status;
}
