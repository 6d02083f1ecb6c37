/* SPDX-License-Identifier: MIT */
/*
 * Which arrays of a file are the images and the labels of a split: by the names that they
 * usually have, in any case and with any punctuation (x_train, train_images, Y, data/0),
 * else by their shapes; a choice is made only where there is one candidate.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/dataset/arrays.h"
#include "yc/real.h"

enum role { NEITHER, IMAGES, LABELS };

struct meaning {
	enum role role;
	const char *split; /* NULL: none in its name */
};

static const struct {
	const char *word;
	enum role role;
	const char *split;
} words[] = {{"images", IMAGES, NULL}, {"image", IMAGES, NULL}, {"imgs", IMAGES, NULL},
	{"img", IMAGES, NULL}, {"x", IMAGES, NULL}, {"data", IMAGES, NULL},
	{"inputs", IMAGES, NULL}, {"labels", LABELS, NULL}, {"label", LABELS, NULL},
	{"targets", LABELS, NULL}, {"target", LABELS, NULL}, {"y", LABELS, NULL},
	{"train", NEITHER, "train"}, {"training", NEITHER, "train"},
	{"val", NEITHER, "val"}, {"valid", NEITHER, "val"},
	{"validation", NEITHER, "val"}, {"test", NEITHER, "test"},
	{"testing", NEITHER, "test"}, {"t10k", NEITHER, "test"}};

/* Adds a word of a name; false if a name with it says nothing. */
static bool understand(struct meaning *m, const char *word, size_t n)
{
	for (size_t i = 0; i < YC_COUNT(words); i++) {
		if (strlen(words[i].word) != n ||
			strncasecmp(words[i].word, word, n) != 0)
			continue;
		if (words[i].role ? m->role != NEITHER : m->split != NULL)
			return false;
		m->role = words[i].role ? words[i].role : m->role;
		m->split = words[i].split ? words[i].split : m->split;
		return true;
	}
	return false;
}

static struct meaning meaning_of(const char *name)
{
	struct meaning m = {NEITHER, NULL};

	while (*name) {
		size_t n = 0;

		while (isalnum((unsigned char)name[n]))
			n++;
		if (n && !understand(&m, name, n))
			return (struct meaning){NEITHER, NULL};
		name += n;
		name += *name && !isalnum((unsigned char)*name);
	}
	return m;
}

static bool same_split(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Could an array be images, or the labels of so many? */
static bool fits(const struct yc_array *a, const struct yc_array *images)
{
	const struct yc_strided *v = &a->v;

	if (!images)
		return !v->text && (v->rank == 3 || v->rank == 4);
	return a != images && v->rank >= 1 && v->rank <= 2 &&
	       v->shape[0] == images->v.shape[0];
}

/* The number of arrays whose names mean this; *one is the last of them. */
static int count(const struct yc_array_file *f, enum role role, const char *split,
	const struct yc_array **one)
{
	int n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct meaning m = meaning_of(f->array[i].name);

		if (m.role != role || !same_split(m.split, split) ||
			(role == IMAGES && !fits(&f->array[i], NULL)))
			continue;
		*one = &f->array[i];
		n++;
	}
	return n;
}

static int count_shapes(const struct yc_array_file *f, const struct yc_array *images,
	const struct yc_array **one)
{
	int n = 0;

	for (size_t i = 0; i < f->n; i++) {
		/* What belongs to another split was found by its name. */
		if (!fits(&f->array[i], images) || meaning_of(f->array[i].name).split)
			continue;
		*one = &f->array[i];
		n++;
	}
	return n;
}

static void describe(const struct yc_array_file *f, char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < f->n && at < size; i++) {
		const struct yc_strided *v = &f->array[i].v;

		if (i == 8) {
			(void)snprintf(text + at, size - at, ", ...");
			return;
		}
		if (f->array[i].name[0])
			at += (size_t)snprintf(text + at, size - at, "%s'%.64s' ",
				i ? ", " : "", f->array[i].name);
		else
			at += (size_t)snprintf(text + at, size - at, "only one array, ");
		if (at >= size)
			return;
		at += (size_t)snprintf(text + at, size - at, "%s [",
			v->text ? "text" : yc_dtype_name(v->dtype));
		for (int k = 0; k < v->rank && at < size; k++)
			at += (size_t)snprintf(text + at, size - at, "%s%llu",
				k ? "," : "", (unsigned long long)v->shape[k]);
		if (at < size)
			at += (size_t)snprintf(text + at, size - at, "]");
	}
	if (f->odd && at < size)
		(void)snprintf(text + at, size - at,
			"%s'%.64s', neither numbers nor text", f->n ? ", and " : "",
			f->odd);
}

static int unclear(const struct yc_array_file *f, const char *what, const char *split)
{
	char text[600] = "nothing";

	describe(f, text, sizeof text);
	if (f->n == 1 && !f->array[0].name[0])
		return yc_fail(YC_FAIL, "%s: no array with the %s: %s: the file has %s",
			f->name, what,
			strcmp(what, "labels") ? "are images and labels swapped"
					       : "--labels FILE gives another file with "
						 "them",
			text);
	return yc_fail(YC_FAIL,
		"%s: which array holds the %s%s%s%s? name it with --%s: the file has %s",
		f->name, what, strcmp(split, "train") ? " of the split '" : "",
		strcmp(split, "train") ? split : "", strcmp(split, "train") ? "'" : "",
		what, text);
}

static int given(const struct yc_array_file *f, const char *option, const char *name,
	const struct yc_array **one)
{
	char text[600] = "nothing";

	*one = yc_array_find(f, name);
	if (*one)
		return YC_OK;
	describe(f, text, sizeof text);
	return yc_fail(YC_FAIL, "%s: --%s: no array '%.64s' in it: it has %s", f->name,
		option, name, text);
}

static int pick(const struct yc_array_file *f, enum role role, const char *split,
	const struct yc_array *images, const struct yc_array **one)
{
	const bool train = strcmp(split, "train") == 0;
	int n = count(f, role, split, one);

	/* Arrays without a split are all there is: those of train. */
	if (n == 0 && train)
		n = count(f, role, NULL, one);
	if (n == 0 && (train || images))
		n = count_shapes(f, images, one);
	return n == 1 ? YC_OK : unclear(f, role == IMAGES ? "images" : "labels", split);
}

int yc_array_pick_images(const struct yc_array_file *f, const struct yc_arrays_cfg *cfg,
	const char *split, const struct yc_array **images)
{
	return cfg->images ? given(f, "images", cfg->images, images)
			   : pick(f, IMAGES, split, NULL, images);
}

int yc_array_pick_labels(const struct yc_array_file *f, const struct yc_arrays_cfg *cfg,
	const char *split, const struct yc_array *images, const struct yc_array **labels)
{
	return cfg->labels ? given(f, "labels", cfg->labels, labels)
			   : pick(f, LABELS, split, images, labels);
}
