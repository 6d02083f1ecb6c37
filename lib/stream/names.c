/* SPDX-License-Identifier: MIT */
/* Class names, from the head and into it. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "yc/mem.h"
#include "yc/names.h"

static const char key[] = YC_NAMES_KEY;

int yc_names_add(struct yc_names *names, const char *name, size_t n)
{
	json_t *text = name ? json_stringn(name, n) : NULL;
	bool bad = name && (!text || memchr(name, '\0', n));
	char **grown;

	json_decref(text);
	if (bad)
		return yc_fail(YC_FAIL, "names of classes must be UTF-8 to be written");
	grown = yc_grow_list(names->name, names->n, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	names->name = grown;
	grown[names->n] = NULL;
	if (name) {
		grown[names->n] = yc_calloc(n + 1, 1);
		if (!grown[names->n])
			return YC_FAIL;
		memcpy(grown[names->n], name, n);
	}
	names->n++;
	return YC_OK;
}

int yc_names_read(struct yc_names *names, const struct yc_meta *m)
{
	const char *text = yc_meta_get(m, key);
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	int status = YC_OK;

	*names = (struct yc_names){0};
	for (size_t i = 0; status == YC_OK && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		status = yc_names_add(names, name, name ? strlen(name) : 0);
	}
	json_decref(list);
	if (status < 0)
		yc_names_release(names);
	return status;
}

const char *yc_names_of(const struct yc_names *names, int class)
{
	return class >= 0 && (size_t) class < names->n ? names->name[class] : NULL;
}

int yc_names_find(const struct yc_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->name[i] && strcmp(names->name[i], name) == 0)
			return (int)i;
	return -1;
}

int yc_names_differ(const struct yc_names *a, const struct yc_names *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->name[i] && b->name[i] && strcmp(a->name[i], b->name[i]) != 0)
			return (int)i;
	return -1;
}

int yc_names_match(
	const struct yc_meta *m, const struct yc_meta *other, const char *the_other)
{
	struct yc_names a, b = {0};
	int status = yc_names_read(&a, m), c;

	if (status == YC_OK)
		status = yc_names_read(&b, other);
	c = status == YC_OK ? yc_names_differ(&a, &b) : -1;
	if (c >= 0)
		status = yc_fail(YC_FAIL,
			"class %d is '%.60s', in %s '%.60s': labels must mean the same",
			c, a.name[c], the_other, b.name[c]);
	yc_names_release(&a);
	yc_names_release(&b);
	return status;
}

int yc_names_store(const struct yc_names *names, struct yc_meta *m)
{
	char *text = NULL;
	json_t *list = json_array();
	bool complete = list != NULL;
	int status;

	for (size_t i = 0; complete && i < names->n; i++)
		complete = json_array_append_new(
				   list, names->name[i] ? json_string(names->name[i])
							: json_null()) == 0;
	if (complete)
		text = json_dumps(list, JSON_COMPACT);
	status = text ? yc_meta_set(m, key, text) : yc_no_memory(0);
	free(text);
	json_decref(list);
	return status;
}

void yc_names_release(struct yc_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		yc_free(names->name[i]);
	yc_free(names->name);
	*names = (struct yc_names){0};
}

bool yc_names_same(const char *a, const char *b)
{
	json_t *ja = json_loads(a, 0, NULL), *jb = json_loads(b, 0, NULL);
	bool same = ja && jb && json_equal(ja, jb);

	json_decref(ja);
	json_decref(jb);
	return same;
}
