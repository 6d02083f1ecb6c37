/* SPDX-License-Identifier: MIT */
/* Metadata of a record: keys and values, in order. */
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"

static struct yc_pair *meta_find(const struct yc_meta *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->pair[i].key, key))
			return &m->pair[i];
	return NULL;
}

const char *yc_meta_get(const struct yc_meta *m, const char *key)
{
	const struct yc_pair *p = meta_find(m, key);

	return p ? p->value : NULL;
}

int yc_meta_append(struct yc_meta *m, const char *key, const char *value)
{
	struct yc_pair *grown;
	struct yc_pair p = {yc_strdup(key), yc_strdup(value)};

	if (!p.key || !p.value)
		goto fail;
	grown = yc_grow_list(m->pair, m->n, sizeof(*grown));
	if (!grown)
		goto fail;
	m->pair = grown;
	m->pair[m->n++] = p;
	return YC_OK;
fail:
	yc_free(p.key);
	yc_free(p.value);
	return YC_FAIL;
}

int yc_meta_set(struct yc_meta *m, const char *key, const char *value)
{
	struct yc_pair *p = meta_find(m, key);
	char *copy;

	if (!p)
		return yc_meta_append(m, key, value);
	copy = yc_strdup(value);
	if (!copy)
		return YC_FAIL;
	yc_free(p->value);
	p->value = copy;
	return YC_OK;
}

void yc_meta_drop(struct yc_meta *m, const char *key)
{
	struct yc_pair *p = meta_find(m, key);

	if (!p)
		return;
	yc_free(p->key);
	yc_free(p->value);
	memmove(p, p + 1, (size_t)(m->pair + m->n - (p + 1)) * sizeof(*p));
	m->n--;
}

int yc_meta_copy(struct yc_meta *to, const struct yc_meta *from)
{
	*to = (struct yc_meta){0};
	for (size_t i = 0; i < from->n; i++) {
		if (yc_meta_append(to, from->pair[i].key, from->pair[i].value) < 0) {
			yc_meta_release(to);
			return YC_FAIL;
		}
	}
	return YC_OK;
}

void yc_meta_release(struct yc_meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		yc_free(m->pair[i].key);
		yc_free(m->pair[i].value);
	}
	yc_free(m->pair);
	*m = (struct yc_meta){0};
}
