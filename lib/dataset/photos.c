/* SPDX-License-Identifier: MIT */
/*
 * Datasets of picture files, one folder per class: the first pass over the source, for
 * the names, which determine split, classes and order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/archive/input.h"
#include "lib/dataset/arrays.h"
#include "lib/dataset/photos.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/normalisation.h"

static const char *const splits[] = {"train", "val", "test"};
enum { SPLITS = 3 };

void yc_photos_free(struct yc_photos *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		yc_free(p->file[i].path);
	yc_free(p->file);
	yc_arrays_free(p->arrays);
	yc_free(p->source);
	yc_free(p);
}

/* -- names -- */

static bool ends_in(const char *name, const char *const *ext)
{
	const char *dot = strrchr(name, '.');

	for (; dot && *ext; ext++)
		if (strcasecmp(dot + 1, *ext) == 0)
			return true;
	return false;
}

/* The outermost folder that is named like a split and contains folders. */
static void find_split(struct yc_photo_file *f)
{
	const char *at = f->path, *slash;

	f->split = -1;
	while ((slash = strchr(at, '/')) != NULL && strchr(slash + 1, '/')) {
		for (int s = 0; s < SPLITS; s++)
			if (strlen(splits[s]) == (size_t)(slash - at) &&
				memcmp(splits[s], at, strlen(splits[s])) == 0) {
				f->split = s;
				f->class_at = (size_t)(slash + 1 - f->path);
				return;
			}
		at = slash + 1;
	}
}

static int note(void *ctx, struct yc_member *m)
{
	static const char *const known[] = {"jpeg", "jpg", "png", NULL},
				 *const other[] = {"bmp", "gif", "heic", "ppm", "tif",
					 "tiff", "webp", NULL};
	struct yc_photos *p = ctx;
	const char *slash = strrchr(m->name, '/'), *base = slash ? slash + 1 : m->name;
	struct yc_photo_file *f;

	if (base[0] == '.')
		return YC_OK;
	if (ends_in(base, other))
		return yc_fail(
			YC_FAIL, "%s: only JPEG and PNG pictures can be read", m->name);
	if (!ends_in(base, known))
		return YC_OK;
	if (p->n == p->capacity) {
		size_t capacity = p->capacity ? 2 * p->capacity : 1024;

		f = yc_realloc(p->file, p->n * sizeof *f, capacity, sizeof *f);
		if (!f)
			return YC_FAIL;
		p->file = f;
		p->capacity = capacity;
	}
	f = &p->file[p->n];
	f->path = yc_strdup(m->name);
	if (!f->path)
		return YC_FAIL;
	p->n++;
	find_split(f);
	return YC_OK;
}

/* The common folder of all files, as the length of its path with the last '/'. */
static size_t common_folder(const struct yc_photos *p)
{
	const char *first = p->file[0].path, *slash = strrchr(first, '/');
	size_t n = slash ? (size_t)(slash + 1 - first) : 0;

	for (size_t i = 1; i < p->n; i++) {
		size_t k = 0;

		while (k < n && p->file[i].path[k] == first[k])
			k++;
		while (k > 0 && first[k - 1] != '/')
			k--;
		n = k;
	}
	return n;
}

/* Files without a split: classes are the folders below the common one, or the common one
 * itself if there are none. */
static int classes_below(struct yc_photos *p)
{
	size_t n = common_folder(p), at = n, folders = 0;

	for (size_t i = 0; i < p->n; i++)
		folders += strchr(p->file[i].path + n, '/') != NULL;
	if (!folders && n) {
		for (at = n - 1; at > 0 && p->file[0].path[at - 1] != '/';)
			at--;
		folders = p->n;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (folders < p->n && !strchr(p->file[i].path + n, '/'))
			return yc_fail(YC_FAIL,
				"%s: a picture outside of the class folders",
				p->file[i].path);
		p->file[i].class_at = at;
	}
	return YC_OK;
}

/* With splits, only files below them are used; all splits must be in the same folder. */
static int keep_split(struct yc_photos *p)
{
	const struct yc_photo_file *first = NULL;
	size_t n = 0, root = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct yc_photo_file *f = &p->file[i];
		size_t here;

		if (f->split < 0) {
			yc_free(f->path);
			continue;
		}
		here = f->class_at - strlen(splits[f->split]) - 1;
		if (!first) {
			first = f;
			root = here;
		}
		p->file[n] = *f;
		if (here != root || memcmp(f->path, first->path, root) != 0) {
			struct yc_photo_file both[2] = {*first, *f};

			p->n = n + 1 + (p->n - i - 1);
			memmove(&p->file[n + 1], &p->file[i + 1],
				(p->n - n - 1) * sizeof *f);
			return yc_fail(YC_FAIL, "splits in two places: '%.*s' and '%.*s'",
				(int)both[0].class_at - 1, both[0].path,
				(int)both[1].class_at - 1, both[1].path);
		}
		n++;
	}
	p->n = n;
	return YC_OK;
}

static int split_of(const char *name)
{
	int s = 0;

	while (strcmp(splits[s], name) != 0)
		s++;
	return s;
}

static int find_classes(struct yc_photos *p, const char *split)
{
	bool there[SPLITS] = {false}, divided = false;
	int want = split_of(split), status;

	for (size_t i = 0; i < p->n; i++) {
		if (p->file[i].split >= 0)
			divided = there[p->file[i].split] = true;
	}
	if (divided && there[want])
		status = keep_split(p);
	else if (divided)
		status = yc_fail(YC_FAIL,
			"no folder '%s' with one folder per class, only%s%s%s", split,
			there[0] ? " 'train'" : "", there[1] ? " 'val'" : "",
			there[2] ? " 'test'" : "");
	else if (want == 0)
		status = classes_below(p);
	else
		status = yc_fail(
			YC_FAIL, "no folder '%s' with one folder per class", split);
	for (size_t i = 0; status == YC_OK && i < p->n; i++) {
		struct yc_photo_file *f = &p->file[i];

		f->class_len = strcspn(f->path + f->class_at, "/");
		f->rest = f->class_at + f->class_len + 1;
		if (!divided)
			f->split = want;
	}
	return status;
}

/* By class, then by the rest of the path. */
static int by_class(const void *x, const void *y)
{
	const struct yc_photo_file *a = x, *b = y;
	size_t n = a->class_len < b->class_len ? a->class_len : b->class_len;
	int d = memcmp(a->path + a->class_at, b->path + b->class_at, n);

	if (d == 0 && a->class_len != b->class_len)
		d = a->class_len < b->class_len ? -1 : 1;
	return d ? d : strcmp(a->path + a->rest, b->path + b->rest);
}

static bool same_class(const struct yc_photo_file *a, const struct yc_photo_file *b)
{
	return a->class_len == b->class_len &&
	       memcmp(a->path + a->class_at, b->path + b->class_at, a->class_len) == 0;
}

/* -- labels -- */

static bool is_class(const struct yc_photo_file *f, const char *name)
{
	return strlen(name) == f->class_len &&
	       memcmp(f->path + f->class_at, name, f->class_len) == 0;
}

/* Labels by position in `want`, -1 for others. */
static int label_by_list(struct yc_photos *p, const char *split,
	const struct yc_photo_class *want, size_t n)
{
	char missing[256] = "";
	size_t lacking = 0, len = 0;
	int s = split_of(split);

	for (size_t c = 0; c < n; c++) {
		size_t found = 0;

		for (size_t i = 0; i < p->n; i++) {
			if (is_class(&p->file[i], want[c].folder)) {
				p->file[i].label = (int64_t)c;
				found += p->file[i].split == s;
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

/* Labels by ascending name, over all splits, so that they agree. */
static int label_by_name(struct yc_photos *p, struct yc_names *names)
{
	int64_t c = -1;

	for (size_t i = 0; i < p->n; i++) {
		struct yc_photo_file *f = &p->file[i];

		if (i == 0 || !same_class(f, f - 1)) {
			c++;
			if (yc_names_add(names, f->path + f->class_at, f->class_len) < 0)
				return YC_FAIL;
		}
		f->label = c;
	}
	return YC_OK;
}

static int label(struct yc_photos *p, const struct yc_photo_kind *kind, const char *split,
	struct yc_names *names)
{
	for (size_t i = 0; i < p->n; i++)
		p->file[i].label = -1;
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
static int choose(struct yc_photos *p, const char *split)
{
	size_t n = 0, all = p->n;
	int s = split_of(split), status = YC_OK;

	for (size_t i = 0; i < all; i++) {
		struct yc_photo_file *f = &p->file[i];

		if (f->split != s || f->label < 0) {
			yc_free(f->path);
			continue;
		}
		p->file[n++] = *f;
	}
	p->n = n;
	for (size_t i = 1; i < n && status == YC_OK; i++)
		if (strcmp(p->file[i].path, p->file[i - 1].path) == 0)
			status = yc_fail(YC_FAIL, "%s: found twice", p->file[i].path);
	return status;
}

/* -- the set -- */

static int fill(const struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, const struct yc_names *names, struct yc_set *out)
{
	const uint64_t shape[] = {p->n};
	char source[64];
	int status;

	out->head =
		(struct yc_head){.classes = (int)names->n, .side = p->side, .factor = 1};
	yc_head_normalise(&out->head, &yc_norm_imagenet);
	snprintf(source, sizeof source, "%s %s", kind->name, split);
	status = yc_head_store(&out->head, &out->meta);
	if (status == YC_OK)
		status = yc_meta_set(&out->meta, "yc.source", source);
	if (status == YC_OK)
		status = yc_names_store(names, &out->meta);
	if (status < 0)
		return status;
	if (!yc_set_put(out, "label", YC_I64, 1, shape, NULL) ||
		!yc_set_put(out, "id", YC_I64, 1, shape, NULL))
		return YC_FAIL;
	for (size_t i = 0; i < p->n; i++) {
		((int64_t *)yc_set_col(out, "label")->data)[i] = p->file[i].label;
		((int64_t *)yc_set_col(out, "id")->data)[i] = (int64_t)i;
	}
	return YC_OK;
}

static int list(struct yc_photos *p, const struct yc_photo_kind *kind, const char *split,
	struct yc_set *out)
{
	struct yc_names names = {0};
	int status = YC_OK;

	if (!p->n)
		status = yc_fail(YC_FAIL, "no JPEG or PNG file in it");
	if (status == YC_OK)
		status = find_classes(p, split);
	if (status == YC_OK) {
		qsort(p->file, p->n, sizeof *p->file, by_class);
		status = label(p, kind, split, &names);
	}
	if (status == YC_OK)
		status = choose(p, split);
	if (status == YC_OK)
		status = fill(p, kind, split, &names, out);
	yc_names_release(&names);
	return status;
}

int yc_photos_list(const struct yc_photo_kind *kind, const struct yc_load *what,
	const char *split, struct yc_set *out, struct yc_photos **photos)
{
	const char *name = yc_infile_name(what->path);
	struct yc_photos *p;
	int status;

	if (!yc_input_again(what->path))
		return yc_fail(YC_FAIL,
			"%s: pictures are read twice, which a pipe does not allow: give "
			"a file or a folder",
			name);
	*photos = p = yc_calloc(1, sizeof *p);
	if (!p)
		return YC_FAIL;
	p->side = (int)kind->side;
	p->source = yc_strdup(what->path);
	if (!p->source)
		return YC_FAIL;
	status = yc_archive_walk(what->path, note, p);
	if (status < 0)
		return status;
	status = list(p, kind, split, out);
	return status < 0 ? yc_fail_in(status, "%s", name) : status;
}
