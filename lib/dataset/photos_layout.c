/* SPDX-License-Identifier: MIT */
/*
 * Datasets of picture files: what folders mean. Those called like a split that contain
 * folders are the splits, and the folders in them the classes; without splits the classes
 * are the folders below the one that has all pictures. Every folder at the level of the
 * classes is one, with pictures or without: otherwise the labels of all that follow would
 * depend on what happens to be in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/dataset/photos.h"
#include "yc/mem.h"

enum { SPLITS = 3, SPLIT_WORDS = 3 };
/* The name of each split, and what else its folder may be called. */
static const char *const splits[SPLITS][SPLIT_WORDS] = {
	{"train", "training"}, {"val", "valid", "validation"}, {"test", "testing"}};

static int split_of(const char *name)
{
	int s = 0;

	while (strcmp(splits[s][0], name) != 0)
		s++;
	return s;
}

/* The split that a folder of this name is; -1: none. */
static int split_named(const char *name, size_t n)
{
	for (int s = 0; s < SPLITS; s++)
		for (int w = 0; w < SPLIT_WORDS && splits[s][w]; w++)
			if (strlen(splits[s][w]) == n &&
				strncasecmp(splits[s][w], name, n) == 0)
				return s;
	return -1;
}

/* The outermost folder that is named like a split and contains folders. */
static void find_split(struct yc_photo_file *f, bool folder)
{
	const char *at = f->path, *slash;

	f->split = -1;
	while ((slash = strchr(at, '/')) != NULL && (folder || strchr(slash + 1, '/'))) {
		f->split = split_named(at, (size_t)(slash - at));
		if (f->split >= 0) {
			f->split_at = (size_t)(at - f->path);
			f->class_at = (size_t)(slash + 1 - f->path);
			return;
		}
		at = slash + 1;
	}
}

/* The common folder of all files, as the length of its path with the last '/'. */
static size_t common_folder(const struct yc_photo_files *list)
{
	const char *first = list->file[0].path, *slash = strrchr(first, '/');
	size_t n = slash ? (size_t)(slash + 1 - first) : 0;

	for (size_t i = 1; i < list->n; i++) {
		size_t k = 0;

		while (k < n && list->file[i].path[k] == first[k])
			k++;
		while (k > 0 && first[k - 1] != '/')
			k--;
		n = k;
	}
	return n;
}

/* Files without a split: classes are the folders below the common one, or the common one
 * itself if there are none. */
static int classes_below(struct yc_photo_files *list)
{
	size_t n = common_folder(list), at = n, folders = 0;

	for (size_t i = 0; i < list->n; i++)
		folders += strchr(list->file[i].path + n, '/') != NULL;
	if (!folders && n) {
		for (at = n - 1; at > 0 && list->file[0].path[at - 1] != '/';)
			at--;
		folders = list->n;
	}
	if (!folders)
		return yc_fail(YC_FAIL,
			"no class folders, only pictures such as '%s': give the folder "
			"whose folders are the classes",
			list->file[0].path);
	for (size_t i = 0; i < list->n; i++) {
		if (folders < list->n && !strchr(list->file[i].path + n, '/'))
			return yc_fail(YC_FAIL,
				"%s: a picture outside of the class folders: move it "
				"into one",
				list->file[i].path);
		list->file[i].class_at = at;
	}
	return YC_OK;
}

/* All splits must be in the same folder, and each in one. */
static int check_splits(const struct yc_photo_files *list)
{
	const struct yc_photo_file *first = NULL, *of[SPLITS] = {NULL};

	for (size_t i = 0; i < list->n; i++) {
		const struct yc_photo_file *f = &list->file[i], *other = NULL;

		if (f->split < 0)
			continue;
		first = first ? first : f;
		if (!of[f->split])
			of[f->split] = f;
		if (f->split_at != first->split_at ||
			memcmp(f->path, first->path, f->split_at) != 0)
			other = first;
		else if (memcmp(f->path, of[f->split]->path, f->class_at) != 0)
			other = of[f->split];
		if (other)
			return yc_fail(YC_FAIL, "splits in two places: '%.*s' and '%.*s'",
				(int)other->class_at - 1, other->path,
				(int)f->class_at - 1, f->path);
	}
	return YC_OK;
}

/* With splits, only files below them are used. */
static int keep_splits(struct yc_photos *p)
{
	struct yc_photo_files *list = &p->found;
	size_t n = 0;
	int status = check_splits(list);

	for (size_t i = 0; status == YC_OK && i < list->n; i++) {
		struct yc_photo_file *f = &list->file[i];

		if (f->split < 0)
			status = yc_photos_leave(p, YC_LEFT_LOOSE, f->path);
	}
	if (status < 0)
		return status;
	for (size_t i = 0; i < list->n; i++) {
		struct yc_photo_file *f = &list->file[i];

		if (f->split < 0)
			yc_free(f->path);
		else
			list->file[n++] = *f;
	}
	list->n = n;
	return YC_OK;
}

static void find_class(struct yc_photo_file *f)
{
	f->class_len = strcspn(f->path + f->class_at, "/");
	f->rest = f->class_at + f->class_len;
	f->rest += f->path[f->rest] == '/';
}

/* Folders that are classes, next to those with pictures; others are dropped. */
static void find_folders(struct yc_photos *p, bool divided)
{
	const struct yc_photo_file *like = &p->found.file[0];
	struct yc_photo_files *list = &p->folders;
	const size_t root = divided ? like->split_at : like->class_at;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct yc_photo_file *f = &list->file[i];

		find_split(f, true);
		if (!divided)
			f->class_at = root;
		bool class = (divided ? f->split >= 0 && f->split_at == root
				      : strlen(f->path) > root) &&
			     memcmp(f->path, like->path, root) == 0;

		if (class)
			find_class(f);
		if (class && f->class_len && !f->path[f->rest])
			list->file[n++] = *f;
		else
			yc_free(f->path);
	}
	list->n = n;
}

static int no_split(int want, const bool there[SPLITS], bool divided)
{
	const char *const *word = splits[want];

	return yc_fail(YC_FAIL,
		"no folder '%s' ('%s'%s%s%s) with one folder per class%s%s%s%s", word[0],
		word[1], word[2] ? ", '" : "", word[2] ? word[2] : "", word[2] ? "'" : "",
		divided ? ", only" : "", there[0] ? " 'train'" : "",
		there[1] ? " 'val'" : "", there[2] ? " 'test'" : "");
}

static int find_classes(struct yc_photos *p, const char *split)
{
	struct yc_photo_files *list = &p->found;
	bool there[SPLITS] = {false}, divided = false;
	int want = split_of(split), status;

	for (size_t i = 0; i < list->n; i++) {
		find_split(&list->file[i], false);
		if (list->file[i].split >= 0)
			divided = there[list->file[i].split] = true;
	}
	if (divided && there[want])
		status = keep_splits(p);
	else if (!divided && want == 0)
		status = classes_below(list);
	else
		status = no_split(want, there, divided);
	for (size_t i = 0; status == YC_OK && i < list->n; i++) {
		find_class(&list->file[i]);
		if (!divided)
			list->file[i].split = want;
	}
	if (status == YC_OK)
		find_folders(p, divided);
	return status;
}

static int compare_classes(const struct yc_photo_file *a, const struct yc_photo_file *b)
{
	size_t n = a->class_len < b->class_len ? a->class_len : b->class_len;
	int d = memcmp(a->path + a->class_at, b->path + b->class_at, n);

	if (d == 0 && a->class_len != b->class_len)
		d = a->class_len < b->class_len ? -1 : 1;
	return d;
}

/* By class, then by the rest of the path. */
static int by_class(const void *x, const void *y)
{
	const struct yc_photo_file *a = x, *b = y;
	int d = compare_classes(a, b);

	return d ? d : strcmp(a->path + a->rest, b->path + b->rest);
}

static void sort(struct yc_photo_files *list)
{
	if (list->n)
		qsort(list->file, list->n, sizeof *list->file, by_class);
}

/* -- labels -- */

static bool is_class(const struct yc_photo_file *f, const char *name)
{
	return strlen(name) == f->class_len &&
	       memcmp(f->path + f->class_at, name, f->class_len) == 0;
}

/* Labels by position in `want`. */
static int label_by_list(struct yc_photos *p, const char *split,
	const struct yc_photo_class *want, size_t n)
{
	char missing[256] = "";
	size_t lacking = 0, len = 0;
	int s = split_of(split);

	for (size_t c = 0; c < n; c++) {
		size_t found = 0;

		for (size_t i = 0; i < p->found.n; i++) {
			struct yc_photo_file *f = &p->found.file[i];

			if (is_class(f, want[c].folder)) {
				f->label = (int64_t)c;
				found += f->split == s;
			}
		}
		if (found)
			continue;
		lacking++;
		if (len < sizeof missing)
			len += (size_t)snprintf(missing + len, sizeof missing - len,
				"%s%s%s%s%s", len ? ", " : "", want[c].folder,
				want[c].name ? " (" : "",
				want[c].name ? want[c].name : "",
				want[c].name ? ")" : "");
	}
	if (lacking)
		return yc_fail(YC_FAIL, "no pictures of %zu of the %zu classes: %s%s",
			lacking, n, missing, len >= sizeof missing ? " ..." : "");
	return YC_OK;
}

static int add_name(struct yc_names *names, const struct yc_photo_file *f)
{
	if (yc_names_add(names, f->path + f->class_at, f->class_len) < 0)
		return yc_fail(YC_FAIL,
			"%.*s: the name of this class folder is not UTF-8: rename it",
			(int)(f->class_at + f->class_len), f->path);
	return YC_OK;
}

/* Labels by ascending name, over all splits, so that they agree, of pictures and folders,
 * which are both in order. */
static int label_by_name(struct yc_photos *p, struct yc_names *names)
{
	const struct yc_photo_file *last = NULL;
	size_t i = 0, k = 0;

	while (i < p->found.n || k < p->folders.n) {
		struct yc_photo_file *f =
			i < p->found.n ? &p->found.file[i] : &p->folders.file[k];

		if (k < p->folders.n && compare_classes(&p->folders.file[k], f) <= 0)
			f = &p->folders.file[k++];
		else
			i++;
		if (!last || compare_classes(last, f) != 0) {
			if (add_name(names, f) < 0)
				return YC_FAIL;
		}
		f->label = (int64_t)names->n - 1;
		last = f;
	}
	return YC_OK;
}

static int label(struct yc_photos *p, const struct yc_photo_kind *kind, const char *split,
	struct yc_names *names)
{
	for (size_t c = 0; c < kind->classes; c++) {
		const struct yc_photo_class *k = &kind->class[c];

		const char *name = k->name ? k->name : k->folder;

		if (yc_names_add(names, name, strlen(name)) < 0)
			return YC_FAIL;
	}
	if (kind->class)
		return label_by_list(p, split, kind->class, kind->classes);
	return label_by_name(p, names);
}

/* Keeps files of the split and of labelled classes. */
static int choose(struct yc_photo_files *list, const char *split)
{
	size_t n = 0;
	int s = split_of(split);

	for (size_t i = 0; i < list->n; i++) {
		struct yc_photo_file *f = &list->file[i];

		if (f->split != s || f->label < 0)
			yc_free(f->path);
		else
			list->file[n++] = *f;
	}
	list->n = n;
	for (size_t i = 1; i < n; i++)
		if (strcmp(list->file[i].path, list->file[i - 1].path) == 0)
			return yc_fail(YC_FAIL, "%s: found twice", list->file[i].path);
	return YC_OK;
}

int yc_photos_layout(struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, struct yc_names *names)
{
	int status = find_classes(p, split);

	if (status < 0)
		return status;
	sort(&p->found);
	sort(&p->folders);
	status = label(p, kind, split, names);
	return status == YC_OK ? choose(&p->found, split) : status;
}
