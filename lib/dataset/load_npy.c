/* SPDX-License-Identifier: MIT */
/* The kind npy: a file with the images, and another with their labels, or the folder that
 * yc-save writes. */
#define _GNU_SOURCE /* asprintf */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/dataset/arrays.h"
#include "yc/mem.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_arrays_cfg, labels, .name = "labels", .arg = "file",
		.unit = YC_READS,
		.help = "file with the labels; required unless PATH is a folder "
			"with images.npy and labels.npy"),
	YC_ARRAYS_ROWS};

/* Opens a file with one array. */
static int open_one(struct yc_array_file *f, const char *path)
{
	int status = yc_array_file_open(f, path);

	return status < 0 || f->n == 1
		       ? status
		       : yc_fail(YC_FAIL, "%s: %zu arrays, not one: yc-load %s", f->name,
				 f->n, f->form);
}

/* A file of a folder that yc-save wrote, which `may` be there or must. */
static int open_in(
	struct yc_array_file *f, const char *folder, const char *name, bool may)
{
	char *path = NULL, *own;
	int status = YC_OK;

	if (asprintf(&path, "%s/%s.npy", folder, name) < 0)
		return yc_no_memory(0);
	if (!may || access(path, F_OK) == 0)
		status = open_one(f, path);
	free(path);
	if (status < 0 || !f->n)
		return status;
	own = yc_strdup(name);
	if (!own)
		return YC_FAIL;
	yc_free(f->array[0].name);
	f->array[0].name = own;
	return YC_OK;
}

static int open_folder(
	struct yc_arrays *a, const struct yc_arrays_cfg *cfg, const char *folder)
{
	static const char *const others[] = {"mean", "std", "names", "computed"};
	int status = open_in(&a->file[0], folder, "images", false);

	if (status == YC_OK)
		status = cfg->labels ? open_one(&a->file[1], cfg->labels)
				     : open_in(&a->file[1], folder, "labels", false);
	for (size_t i = 0; status == YC_OK && i < YC_COUNT(others); i++)
		status = open_in(&a->file[2 + i], folder, others[i], true);
	return status;
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	const struct yc_arrays_cfg *cfg = config;
	struct yc_arrays *a;
	struct stat st;
	const bool folder = stat(what->path, &st) == 0 && S_ISDIR(st.st_mode);
	int status;

	if (!cfg->labels && !folder)
		return yc_fail(YC_USAGE, "npy: --labels FILE is missing");
	a = yc_arrays_new(photos);
	status = a ? YC_OK : YC_FAIL;
	if (a && folder)
		status = open_folder(a, cfg, what->path);
	if (a && !folder)
		status = open_one(&a->file[0], what->path);
	if (status == YC_OK && !folder)
		status = open_one(&a->file[1], cfg->labels);
	return status == YC_OK ? yc_arrays_load(a, &a->file[0].array[0],
					 &a->file[1].array[0], cfg, what, "npy", out)
			       : status;
}

const struct yc_loader yc_load_npy = {
	.method = {.name = "npy",
		.summary = "a NumPy array with images, and one with --labels, or a "
			   "folder of them",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_arrays_cfg)},
	.whole = true,
	.load = load,
};
