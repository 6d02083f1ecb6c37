/* SPDX-License-Identifier: MIT */
/* Objects of a pickle one by one, without paths: of lists that are too long to be searched
 * from their beginning for every item. */
#include <string.h>

#include "lib/tensorfile/tensorfile.h"
#include "yc/mem.h"

bool yc_tensorfile_begin(const struct yc_tensorfile *f,
	const struct yc_pickle_value *list, struct yc_tensorfile_cursor *at)
{
	const struct yc_pickle *m = &f->pickle;

	if (list->kind != V_LIST && list->kind != V_TUPLE)
		return false;
	*at = (struct yc_tensorfile_cursor){
		m->box[list->box].first, m->box[list->box].count};
	return true;
}

bool yc_tensorfile_next(const struct yc_tensorfile *f, struct yc_tensorfile_cursor *at,
	struct yc_pickle_value *item)
{
	const struct yc_pickle_cell *cell;

	if (!at->left)
		return false;
	cell = &f->pickle.cell[at->cell];
	*item = cell->v;
	at->cell = cell->next;
	at->left--;
	return true;
}

int yc_tensorfile_entries(const struct yc_tensorfile *f,
	const struct yc_pickle_value *dict,
	int (*fn)(void *ctx, const char *key, const struct yc_pickle_value *value),
	void *ctx)
{
	const struct yc_pickle *m = &f->pickle;
	uint32_t c, n;
	int status = YC_OK;

	if (dict->kind != V_DICT)
		return YC_NO;
	c = m->box[dict->box].first;
	n = m->box[dict->box].count;
	for (uint32_t i = 0; i < n && status == YC_OK; i += 2) {
		const struct yc_pickle_value *key = &m->cell[c].v;
		const struct yc_pickle_cell *value = &m->cell[m->cell[c].next];
		char name[YC_NAME_MAX + 1];

		c = value->next;
		if (!yc_pickle_is_string(key))
			continue;
		if (key->n > YC_NAME_MAX)
			return yc_fail(
				YC_FAIL, "a name of more than %d bytes", YC_NAME_MAX);
		memcpy(name, m->data + key->at, key->n);
		name[key->n] = '\0';
		status = fn(ctx, name, &value->v);
	}
	return status;
}

struct each {
	struct yc_tensorfile *file;
	int (*fn)(void *ctx, const char *name, const struct yc_strided *v);
	void *ctx;
};

static int each_tensor(void *ctx, const char *name, const struct yc_pickle_value *value)
{
	const struct each *e = ctx;
	struct yc_strided v;
	int status = yc_tensorfile_view(e->file, value, &v);

	return status == YC_NO ? YC_OK : status < 0 ? status : e->fn(e->ctx, name, &v);
}

int yc_tensorfile_each(struct yc_tensorfile *f, const char *path,
	int (*fn)(void *ctx, const char *name, const struct yc_strided *v), void *ctx)
{
	struct each e = {f, fn, ctx};
	struct yc_pickle_value at;
	int status = yc_tensorfile_value(f, path, &at)
			     ? yc_tensorfile_entries(f, &at, each_tensor, &e)
			     : YC_NO;

	return status == YC_NO ? YC_OK : status;
}

static int tensor_numbers(const struct yc_strided *v, double **x, size_t *n)
{
	if ((v->rank != 1 && !(v->rank == 2 && v->shape[1] == 1)) || v->dtype == YC_OTHER)
		return YC_NO;
	*n = (size_t)v->shape[0];
	*x = yc_calloc(*n, sizeof **x);
	if (!*x)
		return YC_FAIL;
	for (size_t i = 0; i < *n; i++)
		yc_strided_row(v, i, *x + i);
	return YC_OK;
}

static int list_numbers(const struct yc_tensorfile *f, struct yc_tensorfile_cursor at,
	double **x, size_t *n)
{
	struct yc_pickle_value item;

	*n = 0;
	*x = yc_calloc(at.left, sizeof **x);
	if (!*x)
		return YC_FAIL;
	while (yc_tensorfile_next(f, &at, &item)) {
		if (item.kind != V_INT && item.kind != V_BOOL && item.kind != V_FLOAT) {
			yc_free(*x);
			*x = NULL;
			return YC_NO;
		}
		(*x)[(*n)++] = item.kind == V_FLOAT ? item.real : (double)item.number;
	}
	return YC_OK;
}

int yc_tensorfile_numbers(struct yc_tensorfile *f, const struct yc_pickle_value *value,
	double **x, size_t *n)
{
	struct yc_tensorfile_cursor at;
	struct yc_strided v;
	int status;

	if (yc_tensorfile_begin(f, value, &at))
		return list_numbers(f, at, x, n);
	status = yc_tensorfile_view(f, value, &v);
	return status == YC_OK ? tensor_numbers(&v, x, n) : status;
}
