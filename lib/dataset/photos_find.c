/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf */
/*
 * Datasets of picture files: the first pass over the source. It lists pictures, with what
 * their headers say, and folders, and counts everything else: a file that is dropped in
 * silence is a picture missing, or a class, after which all labels are others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/dataset/photos.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/pool.h"

static bool ends_in(const char *name, const char *const *ext)
{
	const char *dot = strrchr(name, '.');

	for (; dot && *ext; ext++)
		if (strcasecmp(dot + 1, *ext) == 0)
			return true;
	return false;
}

static int add(struct yc_photo_files *list, const char *path)
{
	if (list->n == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 1024;
		struct yc_photo_file *f =
			yc_realloc(list->file, list->n * sizeof *f, capacity, sizeof *f);

		if (!f)
			return YC_FAIL;
		list->file = f;
		list->capacity = capacity;
	}
	list->file[list->n] =
		(struct yc_photo_file){.path = yc_strdup(path), .split = -1, .label = -1};
	if (!list->file[list->n].path)
		return YC_FAIL;
	list->n++;
	return YC_OK;
}

int yc_photos_leave(struct yc_photos *p, enum yc_photo_left kind, const char *name)
{
	if (!p->left[kind].n++ && !(p->left[kind].first = yc_strdup(name)))
		return YC_FAIL;
	return YC_OK;
}

void yc_photos_left_text(
	const struct yc_photos *p, enum yc_photo_left kind, char *buf, size_t size)
{
	static const struct {
		const char *one, *many;
	} text[YC_LEFT_KINDS] = {
		[YC_LEFT_HIDDEN] = {"hidden file or folder is",
			"hidden files or folders are"},
		[YC_LEFT_LOOPS] = {"link to a folder around itself is",
			"links to folders around themselves are"},
		[YC_LEFT_SPECIAL] = {"device, pipe or socket is",
			"devices, pipes and sockets are"},
		[YC_LEFT_ARCHIVES] =
			{"archive in it, which would have to be unpacked, is",
				"archives in it, which would have to be unpacked, are"},
		[YC_LEFT_FORMATS] = {"picture that is neither JPEG nor PNG is",
			"pictures that are neither JPEG nor PNG are"},
		[YC_LEFT_OTHERS] = {"file that is no picture by its name is",
			"files that are no pictures by their names are"},
		[YC_LEFT_LOOSE] = {"picture outside of the class folders of the splits "
				   "is",
			"pictures outside of the class folders of the splits are"},
	};
	const size_t n = p->left[kind].n;

	buf[0] = '\0';
	if (n)
		snprintf(buf, size, "%zu %s not read%s '%s'", n,
			n == 1 ? text[kind].one : text[kind].many,
			n == 1 ? ":" : ", such as", p->left[kind].first);
}

static ssize_t more(void *ctx, void *buf, size_t n)
{
	struct yc_member *m = ctx;

	return m->more(m, buf, n);
}

/* A picture by its name. What is wrong with its beginning, decoding tells. */
static int take_picture(struct yc_photos *p, struct yc_member *m)
{
	struct yc_photo_header header = {0};
	int status = YC_NO;

	if (m->refused && !p->skip_bad)
		status = yc_fail(YC_FAIL, "%s", m->refused);
	else if (!m->refused && !m->file && p->look)
		status = yc_photo_look(more, m, &header);
	if (status < 0 && status != YC_NO && !p->skip_bad)
		return yc_fail_in(status, "%s", m->name);
	status = add(&p->found, m->name);
	if (status == YC_OK)
		p->found.file[p->found.n - 1].header = header;
	p->direct = m->file != NULL || (p->direct && m->refused);
	return status;
}

/* A list that yc-save wrote, which has nothing that the folders and names do not say. */
static bool is_list(struct yc_member *m, const char *base)
{
	static const char head[] = YC_SAVED_LIST;
	char text[sizeof head - 1];
	size_t n = 0;
	ssize_t got = 1;

	if (strcmp(base, "labels.csv") != 0 || m->refused)
		return false;
	while (n < sizeof text && got > 0) {
		got = m->more(m, text + n, sizeof text - n);
		n += got > 0 ? (size_t)got : 0;
	}
	return n == sizeof text && memcmp(text, head, n) == 0;
}

static int on_file(void *ctx, struct yc_member *m)
{
	static const char *const known[] = {"jfif", "jpe", "jpeg", "jpg", "png", NULL},
				 *const other[] = {"avif", "bmp", "gif", "heic", "heif",
					 "jp2", "jxl", "pgm", "pnm", "ppm", "tga", "tif",
					 "tiff", "webp", NULL},
				 *const archive[] = {"7z", "bz2", "gz", "rar", "tar",
					 "tbz", "tgz", "txz", "xz", "zip", "zst", NULL};
	struct yc_photos *p = ctx;
	const char *slash = strrchr(m->name, '/'), *base = slash ? slash + 1 : m->name;

	if (ends_in(base, known))
		return take_picture(p, m);
	if (m->bare)
		return yc_fail(YC_FAIL, "neither a folder nor a tar or zip archive");
	if (m->refused && m->link) /* to a class, perhaps */
		return yc_fail(YC_FAIL, "%s: %s", m->name, m->refused);
	if (ends_in(base, other) && !p->skip_bad)
		return yc_fail(YC_FAIL,
			"%s: only JPEG and PNG pictures can be read: " YC_PHOTO_SKIP_HINT,
			m->name);
	if (is_list(m, base)) {
		p->saved = true;
		return YC_OK;
	}
	if (!p->names_file && !m->special && strcmp(base, "classes.txt") == 0) {
		p->names_file = yc_strdup(m->name);
		return p->names_file ? YC_OK : YC_FAIL;
	}
	return yc_photos_leave(p,
		ends_in(base, other)	 ? YC_LEFT_FORMATS
		: ends_in(base, archive) ? YC_LEFT_ARCHIVES
		: m->special		 ? YC_LEFT_SPECIAL
					 : YC_LEFT_OTHERS,
		m->name);
}

static int on_folder(void *ctx, const char *name)
{
	struct yc_photos *p = ctx;

	return add(&p->folders, name);
}

static int on_skipped(void *ctx, const char *name, enum yc_skipped why)
{
	return yc_photos_leave(
		ctx, why == YC_SKIP_LOOP ? YC_LEFT_LOOPS : YC_LEFT_HIDDEN, name);
}

int yc_photos_find(struct yc_photos *p)
{
	const struct yc_walk w = {.ctx = p,
		.file = on_file,
		.folder = on_folder,
		.skipped = on_skipped,
		.tar_is_folder = true};

	int status = yc_archive_visit(p->source, &w);

	if (status == YC_OK && p->names_file && !p->saved)
		status = yc_photos_leave(p, YC_LEFT_OTHERS, p->names_file);
	return status;
}

/* -- headers of files -- */

char *yc_photos_path(const struct yc_photos *p, const char *picture)
{
	char *path;

	if (asprintf(&path, "%s/%s", yc_infile_path(p->source), picture) >= 0)
		return path;
	(void)yc_no_memory(0);
	return NULL;
}

/* A block of files, and the first one in it that cannot be read. */
enum { LOOK_BLOCK = 256 };
struct look {
	struct yc_photos *p;
	struct failure {
		const char *name;
		char cause[256];
	} * failure; /* [blocks] */
};

static int look_at(const struct yc_photos *p, struct yc_photo_file *f)
{
	char *path = yc_photos_path(p, f->path);
	struct yc_file_state state;
	struct yc_member m;
	int status = YC_FAIL;

	if (path) {
		yc_file_member(&m, f->path, UINT64_MAX, &state, path);
		status = yc_photo_look(more, &m, &f->header);
		yc_file_member_done(&state);
	}
	free(path);
	return status;
}

static void look_at_block(void *ctx, int unit, int worker)
{
	struct look *l = ctx;
	struct yc_photo_files *list = &l->p->found;
	size_t at = (size_t)unit * LOOK_BLOCK, end = at + LOOK_BLOCK;
	struct failure *failure = &l->failure[unit];

	(void)worker;
	for (; at < end && at < list->n && !failure->name; at++) {
		int status = look_at(l->p, &list->file[at]);

		if (status == YC_OK || status == YC_NO || l->p->skip_bad)
			continue;
		failure->name = list->file[at].path;
		snprintf(failure->cause, sizeof failure->cause, "%s", yc_errmsg());
	}
}

int yc_photos_look(struct yc_photos *p)
{
	const size_t blocks = (p->found.n + LOOK_BLOCK - 1) / LOOK_BLOCK;
	struct look l = {p, NULL};
	int status = YC_OK;

	if (!p->look || !p->direct)
		return YC_OK;
	l.failure = yc_calloc(blocks, sizeof *l.failure);
	if (!l.failure)
		return YC_FAIL;
	yc_parallel((int)blocks, p->what.threads, look_at_block, &l);
	for (size_t i = 0; status == YC_OK && i < blocks; i++)
		if (l.failure[i].name)
			status = yc_fail(YC_FAIL, "%s: %s: " YC_PHOTO_SKIP_HINT,
				l.failure[i].name, l.failure[i].cause);
	yc_free(l.failure);
	return status;
}
