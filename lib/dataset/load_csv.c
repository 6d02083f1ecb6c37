/* SPDX-License-Identifier: MIT */
/*
 * The kind csv: a table with the paths of pictures and their labels, in the order of its
 * rows. Paths are relative to the folder of the table, or to a folder or an archive.
 */
#define _GNU_SOURCE /* asprintf */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/dataset/photos.h"
#include "lib/dataset/table.h"
#include "yc/infile.h"
#include "yc/mem.h"

static const size_t file_max = (size_t)1 << 30;

struct cfg {
	const char *root, *path_column, *label_column, *side, *channels, *names;
	uint32_t classes_total;
	bool skip_bad;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, root, .name = "root", .arg = "path",
		.auto_help = "the folder of the table",
		.help = "folder or archive that the paths are in"),
	YC_OPT(struct cfg, path_column, .name = "path-column", .arg = "name",
		.auto_help = "the first", .help = "column with the paths"),
	YC_OPT(struct cfg, label_column, .name = "label-column", .arg = "name",
		.auto_help = "the second", .help = "column with the labels"),
	YC_PHOTO_SIDE_ROW(struct cfg, side),
	YC_PHOTO_CHANNELS_ROW(struct cfg, channels),
	YC_PHOTO_SKIP_ROW(struct cfg, skip_bad),
	YC_OPT(struct cfg, names, .name = "names", .arg = "list|@file",
		.auto_help = "labels that are text, by ascending name",
		.help = "names of the classes, by label, joined by commas, or the lines "
			"of "
			"a file"),
	YC_OPT(struct cfg, classes_total, .name = "classes-total", .arg = "n", .min = 1,
		.max = YC_CLASSES_MAX, .auto_help = "the largest label, plus 1",
		.help = "number of classes"),
};

/* Drops empty and "." parts; in an archive nothing leads upwards. By yc_calloc. */
static char *normal(const char *path)
{
	char *to = yc_calloc(strlen(path) + 1, 1), *end = to;

	while (to && *path) {
		size_t n = strcspn(path, "/");

		if (n && !(n == 1 && path[0] == '.')) {
			if (end > to)
				*end++ = '/';
			memcpy(end, path, n);
			end += n;
		}
		path += n + (path[n] == '/');
	}
	return to;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct yc_photo_file *)a)->path,
		((const struct yc_photo_file *)b)->path);
}

static int no_picture(const struct yc_photos *p, const struct yc_table *t, size_t i)
{
	return yc_fail(YC_FAIL,
		"line %zu: no picture '%.200s' in '%.200s': --root names where the paths "
		"begin, --path-column their column, --skip-bad leaves out what is "
		"missing",
		yc_table_line(t, i), yc_table_cell(t, i, t->path),
		yc_infile_name(p->source));
}

/* Finds the picture of a row among those of an archive, in order of their paths; `taken`
 * has the line of the table that each was found for. */
static int find_archived(const struct yc_photos *p, const struct yc_table *t, size_t i,
	const struct yc_photo_files *all, size_t *taken, struct yc_photo_file *f)
{
	const struct yc_photo_file *found =
		all->n ? bsearch(f, all->file, all->n, sizeof *f, by_path) : NULL;
	size_t *at;

	f->missing = !found && p->skip_bad;
	if (!found)
		return f->missing ? YC_OK : no_picture(p, t, i);
	at = &taken[found - all->file];
	if (*at)
		return yc_fail(YC_FAIL,
			"line %zu: '%.200s' is the picture of line %zu already",
			yc_table_line(t, i), yc_table_cell(t, i, t->path), *at);
	*at = yc_table_line(t, i);
	f->header = found->header;
	return YC_OK;
}

/* A picture that is a file: reading it will tell what is wrong with it, being there is
 * checked now. */
static int find_file(const struct yc_photos *p, const struct yc_table *t, size_t i,
	const struct yc_photo_file *f)
{
	char *path = yc_photos_path(p, f->path);
	int status = path ? YC_OK : YC_FAIL;
	struct stat sb;

	if (path && stat(path, &sb) < 0)
		status = p->skip_bad ? YC_OK : no_picture(p, t, i);
	else if (path && !S_ISREG(sb.st_mode))
		status = yc_fail(YC_FAIL, "line %zu: '%.200s' is not a file",
			yc_table_line(t, i), yc_table_cell(t, i, t->path));
	free(path);
	return status;
}

static int find_pictures(
	struct yc_photos *p, const struct yc_table *t, const int64_t *label)
{
	struct yc_photo_files all = {0};
	size_t *taken = NULL, unused = 0;
	int status = YC_OK;

	if (!p->direct) {
		status = yc_photos_find(p);
		all = p->found;
		p->found = (struct yc_photo_files){0};
		if (status == YC_OK && !(taken = yc_calloc(all.n, sizeof *taken)))
			status = YC_FAIL;
		if (all.n)
			qsort(all.file, all.n, sizeof *all.file, by_path);
		for (size_t i = 1; status == YC_OK && i < all.n; i++)
			if (strcmp(all.file[i].path, all.file[i - 1].path) == 0)
				status = yc_fail(YC_FAIL, "%s: %s: found twice",
					yc_infile_name(p->source), all.file[i].path);
	}
	if (status == YC_OK) {
		p->found.file = yc_calloc(t->n, sizeof *p->found.file);
		p->found.capacity = t->n;
		status = p->found.file ? YC_OK : YC_FAIL;
	}
	for (size_t i = 0; status == YC_OK && i < t->n; i++) {
		struct yc_photo_file *f = &p->found.file[p->found.n];

		*f = (struct yc_photo_file){
			.path = normal(yc_table_cell(t, i, t->path)), .label = label[i]};
		if (!f->path)
			status = YC_FAIL;
		else
			p->found.n++;
		if (status == YC_OK)
			status = p->direct ? find_file(p, t, i, f)
					   : find_archived(p, t, i, &all, taken, f);
	}
	for (size_t i = 0; taken && i < all.n; i++)
		unused += !taken[i];
	if (status == YC_OK && unused)
		yc_load_note(&p->what, "%zu of the %zu pictures of %s are in no row",
			unused, all.n, yc_infile_name(p->source));
	for (size_t i = 0; i < all.n; i++)
		yc_free(all.file[i].path);
	yc_free(all.file);
	yc_free(taken);
	return status;
}

/* The folder or archive of the pictures; by malloc. */
static char *source_of(const struct yc_table *t, const struct cfg *cfg, const char *csv)
{
	const char *slash = strrchr(csv, '/');
	char *source = NULL;
	int n;

	if (cfg->root)
		n = asprintf(&source, "%s", cfg->root);
	else if (yc_table_cell(t, 0, t->path)[0] == '/')
		n = asprintf(&source, "/");
	else if (!slash)
		n = asprintf(&source, ".");
	else
		n = asprintf(&source, "%.*s", (int)(slash > csv ? slash - csv : 1), csv);
	if (n < 0)
		(void)yc_no_memory(0);
	return n < 0 ? NULL : source;
}

/* A first row that names no picture by its ending is no heading if it names a file. */
static int check_heading(
	struct yc_table *t, const struct cfg *cfg, const struct yc_load *what)
{
	struct yc_table all = *t;
	char *source, *file = NULL;
	struct stat sb;
	int status = YC_OK;

	if (!t->first || cfg->path_column || cfg->label_column)
		return YC_OK;
	all.first = 0;
	all.n = t->csv.rows;
	source = source_of(&all, cfg, what->path);
	if (!source ||
		asprintf(&file, "%s/%s", source, yc_table_cell(&all, 0, all.path)) < 0) {
		file = NULL;
		status = yc_no_memory(0);
	} else if (stat(file, &sb) == 0 && S_ISREG(sb.st_mode)) {
		*t = all;
	} else if (strpbrk(yc_table_cell(&all, 0, all.path), "./")) {
		yc_load_note(what, "line %zu is taken as the heading: '%.100s'",
			yc_table_line(&all, 0), yc_table_cell(&all, 0, all.path));
	}
	free(file);
	free(source);
	return status;
}

/* Absolute paths are below "/", and all or none of them are absolute. */
static int check_paths(const struct yc_table *t, const char *source)
{
	const bool absolute = strcmp(source, "/") == 0;

	for (size_t i = 0; i < t->n; i++) {
		const char *path = yc_table_cell(t, i, t->path);

		if (!*path)
			return yc_fail(YC_FAIL, "line %zu: no path", yc_table_line(t, i));
		if (!absolute && path[0] == '/')
			return yc_fail(YC_FAIL,
				"line %zu: '%.200s' is not relative to '%s'",
				yc_table_line(t, i), path, source);
		if (absolute && path[0] != '/')
			return yc_fail(YC_FAIL,
				"line %zu: '%.200s' is relative, but the first path is "
				"not",
				yc_table_line(t, i), path);
	}
	return YC_OK;
}

static int load_table(const struct yc_table *t, const struct cfg *cfg,
	const struct yc_load *what, struct yc_set *out, struct yc_photos **photos)
{
	struct yc_photo_kind kind = {.name = "csv",
		.channels = cfg->channels[0] == '1' ? 1 : 3,
		.look = true,
		.skip_bad = cfg->skip_bad};
	int64_t *label = yc_calloc(t->n, sizeof *label);
	char *source = source_of(t, cfg, what->path);
	struct yc_names names = {0};
	struct stat sb;
	int status = label && source ? yc_photos_side(cfg->side, &kind.side) : YC_FAIL;

	if (status == YC_OK && cfg->root && stat(source, &sb) < 0)
		status = yc_fail(YC_FAIL, "--root %s:", source);
	if (status == YC_OK)
		status = check_paths(t, source);
	if (status == YC_OK)
		status = yc_table_labels(
			t, what, cfg->names, cfg->classes_total, &names, label);
	if (status == YC_OK) {
		*photos = yc_photos_new(&kind, what, source);
		status = *photos ? YC_OK : YC_FAIL;
	}
	if (status == YC_OK) {
		(*photos)->direct = stat(source, &sb) < 0 || S_ISDIR(sb.st_mode);
		status = find_pictures(*photos, t, label);
	}
	if (status == YC_OK)
		status = yc_photos_set(*photos, &kind, "table", &names, out);
	yc_names_release(&names);
	free(source);
	yc_free(label);
	return status;
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	const struct cfg *cfg = config;
	const char *path = yc_infile_path(what->path);
	struct yc_table t = {0};
	unsigned char *data = NULL;
	size_t n = 0;
	int status = path ? yc_file_read(path, file_max, &data, &n)
			  : yc_fail(YC_FAIL, "a pipe: give the file");

	if (status == YC_OK)
		status = yc_csv_parse(&t.csv, (const char *)data, n);
	yc_free(data);
	if (status == YC_OK)
		status = yc_table_columns(&t, cfg->path_column, cfg->label_column);
	if (status == YC_OK)
		status = check_heading(&t, cfg, what);
	if (status == YC_OK)
		status = load_table(&t, cfg, what, out, photos);
	yc_csv_release(&t.csv);
	return status < 0 ? yc_fail_in(status, "%s", yc_infile_name(what->path)) : YC_OK;
}

const struct yc_loader yc_load_csv = {
	.method = {.name = "csv",
		.summary = "a table of paths and labels of pictures",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.whole = true,
	.load = load,
};
