/* SPDX-License-Identifier: MIT */
/* Finds the file of a published condensed set: the path itself, or the best name in a
 * folder or archive. */
#define _GNU_SOURCE /* asprintf */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/dataset/condensed_files.h"
#include "yc/infile.h"
#include "yc/mem.h"

/* A set of ImageNet-100, 20 images per class, has 1.2 GB. */
static const size_t file_max = (size_t)4 << 30;

/* The best match so far. */
struct found {
	int rank; /* of its pattern, -1: none yet */
	char *name, *rival;
	unsigned char *data;
	size_t n;
};

struct walk {
	const struct yc_condensed_kind *kind;
	struct found image, label;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Replaces "images" by "labels" in the last component of a path; NULL if it is not there.
 * By malloc. */
static char *labels_name(const char *images)
{
	const char *at = strstr(last_part(images), "images");
	char *name;

	if (!at ||
		asprintf(&name, "%.*slabels%s", (int)(at - images), images, at + 6) < 0)
		return NULL;
	return name;
}

static void found_release(struct found *f)
{
	yc_free(f->name);
	yc_free(f->rival);
	yc_free(f->data);
}

static int consider(struct found *f, int rank, struct yc_member *m)
{
	int status;

	if (f->rank >= 0 && rank > f->rank)
		return YC_OK;
	if (f->rank == rank && !f->rival) {
		f->rival = yc_strdup(m->name);
		return f->rival ? YC_OK : YC_FAIL;
	}
	found_release(f);
	*f = (struct found){.rank = rank, .name = yc_strdup(m->name)};
	if (!f->name)
		return YC_FAIL;
	status = m->read(m, file_max, &f->data, &f->n);
	return status < 0 ? yc_fail_in(status, "%s", m->name) : YC_OK;
}

static int visit(void *ctx, struct yc_member *m)
{
	struct walk *w = ctx;
	int status = YC_OK;

	/* Files of tensors have been handled before. */
	if (m->bare)
		return yc_fail(YC_FAIL,
			"neither PyTorch or NumPy tensors nor an archive of them");
	for (int i = 0; w->kind->files[i] && status == YC_OK; i++) {
		char *labels = w->kind->apart ? labels_name(w->kind->files[i]) : NULL;

		if (fnmatch(w->kind->files[i], last_part(m->name), 0) == 0)
			status = consider(&w->image, i, m);
		else if (labels && fnmatch(labels, last_part(m->name), 0) == 0)
			status = consider(&w->label, i, m);
		free(labels);
	}
	return status;
}

static int check_found(const struct yc_condensed_kind *kind, const struct found *f)
{
	if (f->rank < 0)
		return yc_fail(YC_FAIL,
			"no file '%s' of a set of %s; give the file itself",
			kind->files[0], kind->name);
	if (f->rival)
		return yc_fail(
			YC_FAIL, "'%s' or '%s'? give the file itself", f->name, f->rival);
	return YC_OK;
}

static int walk_files(struct yc_condensed_files *f, struct walk *w, const char *path)
{
	int status = yc_archive_walk(path, visit, w);

	if (status < 0)
		return status;
	status = check_found(w->kind, &w->image);
	if (status == YC_OK && w->kind->apart && w->label.rank != w->image.rank)
		status = yc_fail(
			YC_FAIL, "%s: no file of labels beside it", w->image.name);
	if (status == YC_OK && w->kind->apart)
		status = check_found(w->kind, &w->label);
	if (status == YC_OK &&
		asprintf(&f->name, "%s: %s", yc_infile_name(path), w->image.name) < 0) {
		f->name = NULL;
		status = yc_no_memory(0);
	} else if (status < 0) {
		status = yc_fail_in(status, "%s", yc_infile_name(path));
	}
	return status;
}

/* Takes ownership of the match. */
static int open_found(struct yc_tensorfile *to, struct found *f)
{
	unsigned char *data = f->data;
	int status;

	f->data = NULL;
	status = yc_tensorfile_open(to, data, f->n);
	return status == YC_NO ? yc_fail(YC_FAIL, "neither PyTorch nor NumPy tensors")
			       : status;
}

/* Opens a file that was given directly; YC_NO if it is an archive. */
static int given_file(struct yc_condensed_files *f, const struct yc_condensed_kind *kind,
	const char *path)
{
	const char *name = yc_infile_name(path);
	struct found image = {.rank = 0}, label = {.rank = 0};
	char *labels = NULL;
	int status = yc_file_read(yc_infile_path(path), file_max, &image.data, &image.n);

	if (status == YC_OK)
		status = yc_tensorfile_open(&f->file[0], image.data, image.n);
	if (status < 0)
		return yc_fail_in(status, "%s", name);
	if (status == YC_NO)
		return YC_NO;
	f->images = f->labels = &f->file[0];
	if (asprintf(&f->name, "%s", name) < 0) {
		f->name = NULL;
		return yc_no_memory(0);
	}
	if (!kind->apart)
		return YC_OK;
	labels = labels_name(path);
	if (!labels)
		return yc_fail(YC_FAIL,
			"%s: no 'images' in the name to derive that of the labels from",
			name);
	status = yc_file_read(labels, file_max, &label.data, &label.n);
	if (status == YC_OK)
		status = open_found(&f->file[1], &label);
	if (status < 0)
		status = yc_fail_in(status, "%s", labels);
	else
		f->labels = &f->file[1];
	free(labels);
	return status;
}

int yc_condensed_open(struct yc_condensed_files *f, const struct yc_condensed_kind *kind,
	const char *path)
{
	struct walk w = {kind, {.rank = -1}, {.rank = -1}};
	const char *real = yc_infile_path(path);
	struct stat sb;
	int status = YC_NO;

	*f = (struct yc_condensed_files){0};
	if (real && stat(real, &sb) == 0 && S_ISREG(sb.st_mode))
		status = given_file(f, kind, path);
	if (status == YC_NO) {
		status = walk_files(f, &w, path);
		if (status == YC_OK) {
			f->images = f->labels = &f->file[0];
			status = open_found(&f->file[0], &w.image);
			if (status == YC_OK && kind->apart) {
				f->labels = &f->file[1];
				status = open_found(&f->file[1], &w.label);
			}
			if (status < 0)
				status = yc_fail_in(status, "%s", f->name);
		}
	}
	found_release(&w.image);
	found_release(&w.label);
	if (status < 0)
		yc_condensed_close(f);
	return status;
}

void yc_condensed_close(struct yc_condensed_files *f)
{
	for (int i = 0; i < 2; i++)
		yc_tensorfile_close(&f->file[i]);
	free(f->name);
	*f = (struct yc_condensed_files){0};
}
