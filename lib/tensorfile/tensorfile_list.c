/* SPDX-License-Identifier: MIT */
/* Lists the tensors of a file by their paths. */
#include <stdio.h>
#include <string.h>

#include "lib/tensorfile/tensorfile.h"

/* As deep as published files nest them, and as many as are worth a look. */
enum { DEEPEST = 4, PATH_ROOM = 256, ITEMS_MAX = 4096 };

struct each {
	const struct yc_pickle *m;
	int (*fn)(void *ctx, const char *path);
	void *ctx;
	int items;
	char path[PATH_ROOM];
};

static int visit(struct each *e, const struct yc_pickle_value *v, size_t at, int depth);

/* Appends a component to the path, which is `at` long; false: it does not fit, or cannot
 * be part of a path. */
static bool append(struct each *e, size_t at, const char *name, size_t n)
{
	if (n == 0 || n > 63 || at + n + 2 > PATH_ROOM || memchr(name, '/', n) ||
		memchr(name, '\0', n))
		return false;
	if (at)
		e->path[at++] = '/';
	memcpy(e->path + at, name, n);
	e->path[at + n] = '\0';
	return true;
}

static int visit_items(
	struct each *e, const struct yc_pickle_value *v, size_t at, int depth)
{
	const bool dict = v->kind == V_DICT;
	const struct yc_pickle_box *box = &e->m->box[v->box];
	uint32_t c = box->first, n = dict ? box->count / 2 : box->count;
	int status = YC_OK;

	for (uint32_t i = 0; status == YC_OK && i < n && e->items < ITEMS_MAX; i++) {
		const struct yc_pickle_value *key = &e->m->cell[c].v;
		char number[16];
		bool ok;

		if (dict)
			c = e->m->cell[c].next;
		(void)snprintf(number, sizeof number, "%u", i);
		if (!dict)
			ok = append(e, at, number, strlen(number));
		else
			ok = yc_pickle_is_string(key) &&
			     append(e, at, (const char *)e->m->data + key->at, key->n);
		if (ok)
			status = visit(e, &e->m->cell[c].v, strlen(e->path), depth + 1);
		c = e->m->cell[c].next;
		e->path[at] = '\0';
	}
	return status;
}

static int visit(struct each *e, const struct yc_pickle_value *v, size_t at, int depth)
{
	/* Counted, so that lists which contain each other end. */
	e->items++;
	if (yc_pickle_is_tensor(e->m, v))
		return e->fn(e->ctx, e->path);
	if (depth < DEEPEST &&
		(v->kind == V_DICT || v->kind == V_LIST || v->kind == V_TUPLE))
		return visit_items(e, v, at, depth);
	return YC_OK;
}

int yc_tensorfile_list(
	struct yc_tensorfile *f, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct each e = {.m = &f->pickle, .fn = fn, .ctx = ctx};
	int status = YC_OK;

	if (f->pickled)
		return visit(&e, yc_pickle_root(&f->pickle), 0, 0);
	for (size_t i = 0; status == YC_OK && i < f->members; i++) {
		const char *name = f->member[i].name;
		size_t n = strlen(name);

		if (n < 4 || n - 4 >= PATH_ROOM || strcmp(name + n - 4, ".npy") != 0)
			continue;
		(void)snprintf(e.path, PATH_ROOM, "%.*s", (int)(n - 4), name);
		status = fn(ctx, e.path);
	}
	return status;
}
