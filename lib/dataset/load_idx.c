/* SPDX-License-Identifier: MIT */
/*
 * The kind idx: the MNIST family. train-images-idx3-ubyte and t10k-labels-idx1-ubyte are
 * found by their names, with or without .gz and a prefix (emnist-letters-), in a folder or
 * an archive; or the file with the images is given.
 */
#define _GNU_SOURCE /* asprintf, strcasestr */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"
#include "yc/real.h"

static const size_t file_max = (size_t)4 << 30;

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_arrays_cfg, labels, .name = "labels", .arg = "file",
		.unit = YC_READS, .auto_help = "beside the images, by name",
		.help = "file with the labels, if PATH is that of the images"),
	YC_ARRAYS_ROWS};

struct found {
	char *name, *rival;
	unsigned char *data;
	size_t n;
};

struct walk {
	const char *split;
	struct found images, labels;
	bool other; /* a file of the other split */
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "train", "test" or NULL. */
static const char *split_of(const char *base)
{
	if (strstr(base, "t10k") || strcasestr(base, "test"))
		return "test";
	return strcasestr(base, "train") ? "train" : NULL;
}

static bool is_idx(const char *base)
{
	return strcasestr(base, "idx") && base[0] != '.';
}

/* Replaces "images" by "labels" and idx3 by idx1 in the last component; NULL if it is not
 * there. By malloc. */
static char *labels_name(const char *path)
{
	char *name = strdup(path), *at, *idx;

	at = name ? strstr(name + (last_part(path) - path), "images") : NULL;
	if (!at) {
		free(name);
		return NULL;
	}
	memcpy(at, "labels", 6);
	idx = strstr(at, "idx3");
	if (idx)
		idx[3] = '1';
	return name;
}

/* Is `packed` the other name with ".gz"? */
static bool is_packed(const char *packed, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(packed, name, n) == 0 && strcmp(packed + n, ".gz") == 0;
}

static void found_release(struct found *f)
{
	yc_free(f->name);
	yc_free(f->rival);
	yc_free(f->data);
	*f = (struct found){0};
}

static int keep(struct found *f, struct yc_member *m)
{
	int status;

	/* Downloads are often unpacked beside the compressed file. */
	if (f->name && is_packed(m->name, f->name))
		return YC_OK;
	if (f->name && is_packed(f->name, m->name))
		found_release(f);
	if (f->name) {
		if (!f->rival)
			f->rival = yc_strdup(m->name);
		return f->rival ? YC_OK : YC_FAIL;
	}
	f->name = yc_strdup(m->name);
	status = f->name ? m->read(m, file_max, &f->data, &f->n) : YC_FAIL;
	return status < 0 ? yc_fail_in(status, "%s", m->name) : status;
}

static int visit(void *ctx, struct yc_member *m)
{
	struct walk *w = ctx;
	const char *base = last_part(m->name), *split = split_of(base);

	if (m->bare)
		return yc_fail(YC_FAIL, "a single file: --labels FILE gives its labels");
	if (!is_idx(base) || !split)
		return YC_OK;
	if (strcmp(split, w->split) != 0) {
		w->other = true;
		return YC_OK;
	}
	if (strstr(base, "images"))
		return keep(&w->images, m);
	return strstr(base, "labels") ? keep(&w->labels, m) : YC_OK;
}

static int check_found(const struct walk *w, const struct found *f, const char *what)
{
	if (f->rival)
		return yc_fail(YC_FAIL,
			"'%s' or '%s'? give the file with the images itself, and "
			"--labels",
			f->name, f->rival);
	if (!f->name)
		return yc_fail(YC_FAIL,
			"no file '%s-%s-idx%c-ubyte' in it, with or "
			"without .gz%s",
			strcmp(w->split, "test") ? "train" : "t10k", what,
			what[0] == 'i' ? '3' : '1',
			w->other ? ", only another split" : "");
	return YC_OK;
}

static int take(struct yc_array_file *to, struct found *f)
{
	unsigned char *data = f->data;

	f->data = NULL;
	return yc_array_file_take(to, f->name, data, f->n);
}

static int search(struct yc_arrays *a, const struct yc_load *what)
{
	struct walk w = {.split = what->split};
	int status = yc_archive_walk(what->path, visit, &w);

	if (status == YC_OK) {
		status = check_found(&w, &w.images, "images");
		if (status == YC_OK)
			status = check_found(&w, &w.labels, "labels");
		if (status == YC_OK)
			status = take(&a->file[0], &w.images);
		if (status == YC_OK)
			status = take(&a->file[1], &w.labels);
		if (status < 0)
			status = yc_fail_in(status, "%s", yc_infile_name(what->path));
	}
	found_release(&w.images);
	found_release(&w.labels);
	return status;
}

static int open_pair(struct yc_arrays *a, const char *path, const char *labels)
{
	char *own = labels ? NULL : labels_name(path);
	int status = yc_array_file_open(&a->file[0], path);

	if (status == YC_OK && !labels && !own)
		status = yc_fail(YC_FAIL,
			"%s: no 'images' in its name to derive that of the labels from: "
			"--labels FILE",
			a->file[0].name);
	if (status == YC_OK)
		status = yc_array_file_open(&a->file[1], labels ? labels : own);
	free(own);
	return status;
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	const struct yc_arrays_cfg *cfg = config;
	const char *real = yc_infile_path(what->path);
	struct yc_arrays *a = yc_arrays_new(photos);
	char source[64];
	bool pair = cfg->labels != NULL;
	struct stat sb;
	int status;

	if (!a)
		return YC_FAIL;
	/* A single file rather than a folder or an archive. */
	if (!pair && real && stat(real, &sb) == 0 && S_ISREG(sb.st_mode))
		pair = is_idx(last_part(what->path)) &&
		       strstr(last_part(what->path), "images");
	status = pair ? open_pair(a, what->path, cfg->labels) : search(a, what);
	for (int i = 0; status == YC_OK && i < 2; i++)
		if (strcmp(a->file[i].form, "idx") != 0)
			status = yc_fail(YC_FAIL,
				"%s: not an IDX file, but one for yc-load "
				"%s",
				a->file[i].name, a->file[i].form);
	if (status < 0)
		return status;
	if (strcasestr(last_part(a->file[0].name), "emnist"))
		yc_load_note(what,
			"%s: EMNIST stores its images transposed, and they are loaded so",
			a->file[0].name);
	(void)snprintf(source, sizeof source, "idx%s%s", pair ? "" : " ",
		pair ? "" : what->split);
	return yc_arrays_load(
		a, &a->file[0].array[0], &a->file[1].array[0], cfg, what, source, out);
}

const struct yc_loader yc_load_idx = {
	.method = {.name = "idx",
		.summary = "MNIST and its family: train-images-idx3-ubyte and the like",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.load = load,
};
