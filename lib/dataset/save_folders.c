/* SPDX-License-Identifier: MIT */
/* Names of class folders, and of files that must not have the same name twice. */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/save_folders.h"
#include "yc/mem.h"

static int digits(size_t n)
{
	int d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

/* Do the names ascend, as those who number the folders sort them? */
static bool sorted(const struct yc_class_folders *f)
{
	for (size_t c = 1; c < f->n; c++)
		if (strcmp(f->name[c - 1], f->name[c]) >= 0)
			return false;
	return true;
}

static void number(struct yc_class_folders *f, const struct yc_names *names)
{
	const int width = digits(f->n - 1); /* of at most YC_CLASSES_MAX */

	for (size_t c = 0; c < f->n; c++) {
		const char *name = yc_names_of(names, (int)c);
		char clean[YC_FILE_NAME_MAX + 1], all[YC_FILE_NAME_MAX + 40];

		yc_file_name(name ? name : "", clean);
		if (name)
			snprintf(all, sizeof all, "%0*d-%s", width, (int)c, clean);
		else
			snprintf(all, sizeof all, "%0*d", width, (int)c);
		yc_file_name(all, f->name[c]);
	}
}

int yc_class_folders(struct yc_class_folders *f, const struct yc_saving *s)
{
	struct yc_names names;
	bool named = true;

	f->n = (size_t)s->head.head.classes;
	f->name = yc_calloc(f->n, sizeof *f->name);
	if (!f->name || yc_names_read(&names, &s->head.meta) < 0)
		return YC_FAIL;
	for (size_t c = 0; c < f->n; c++) {
		const char *name = yc_names_of(&names, (int)c);

		named = named && name;
		yc_file_name(name ? name : "", f->name[c]);
	}
	if (!named || !sorted(f)) {
		number(f, &names);
		if (names.n)
			yc_saving_note(s,
				"the class names do not sort like the labels: folders "
				"are "
				"called '%s' and so on",
				f->name[0]);
	}
	yc_names_release(&names);
	return YC_OK;
}

void yc_class_folders_release(struct yc_class_folders *f)
{
	yc_free(f->name);
	*f = (struct yc_class_folders){0};
}

static size_t hash(const struct yc_file_key *k)
{
	uint64_t h = (uint64_t)k->id * 0x9e3779b97f4a7c15u;

	h = (h ^ (h >> 29) ^ (uint64_t)k->tile) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 32) ^ (uint64_t)k->label) * 0x94d049bb133111ebu;
	return (size_t)(h ^ (h >> 31));
}

static struct yc_file_slot *find(
	const struct yc_file_counts *c, const struct yc_file_key *key)
{
	size_t i = hash(key) & (c->capacity - 1);

	while (c->slot[i].count &&
		(c->slot[i].key.id != key->id || c->slot[i].key.tile != key->tile ||
			c->slot[i].key.label != key->label))
		i = (i + 1) & (c->capacity - 1);
	return &c->slot[i];
}

static int grow(struct yc_file_counts *c)
{
	struct yc_file_counts more = {
		.n = c->n, .capacity = c->capacity ? 2 * c->capacity : 1024};

	more.slot = yc_calloc(more.capacity, sizeof *more.slot);
	if (!more.slot)
		return YC_FAIL;
	for (size_t i = 0; i < c->capacity; i++)
		if (c->slot[i].count)
			*find(&more, &c->slot[i].key) = c->slot[i];
	yc_free(c->slot);
	*c = more;
	return YC_OK;
}

int yc_file_count(
	struct yc_file_counts *c, const struct yc_file_key *key, uint32_t *before)
{
	struct yc_file_slot *slot;

	if (4 * c->n >= 3 * c->capacity && grow(c) < 0)
		return YC_FAIL;
	slot = find(c, key);
	c->n += slot->count == 0;
	slot->key = *key;
	*before = slot->count++;
	return YC_OK;
}
