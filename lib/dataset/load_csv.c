/* SPDX-License-Identifier: MIT */
/*
 * The kind csv: a table with the paths of pictures and their labels, in the order of its
 * rows. Paths are relative to the folder of the table, or to a folder or an archive.
 */
#define _GNU_SOURCE /* asprintf */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/class_names.h"
#include "lib/dataset/csv.h"
#include "lib/dataset/photos.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/number.h"

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

/* A table and what is known about it. */
struct table {
	struct yc_csv csv;
	size_t first, n;    /* rows of pictures */
	size_t path, label; /* columns */
};

static const char *cell(const struct table *t, size_t i, size_t column)
{
	return t->csv.field[t->csv.row[t->first + i].first + column];
}

static size_t line_of(const struct table *t, size_t i)
{
	return t->csv.row[t->first + i].line;
}

static bool is_picture(const char *path)
{
	static const char *const known[] = {"jfif", "jpe", "jpeg", "jpg", "png"};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < YC_COUNT(known); i++)
		if (strcasecmp(dot + 1, known[i]) == 0)
			return true;
	return false;
}

/* The number of a column by its heading. */
static int find_column(
	const struct table *t, const char *option, const char *name, size_t *column)
{
	const struct yc_csv_row *head = &t->csv.row[0];
	char text[300] = "";
	size_t at = 0;

	if (!name)
		return YC_OK;
	for (size_t i = 0; i < head->n; i++) {
		const char *field = t->csv.field[head->first + i];

		if (strcmp(field, name) == 0) {
			*column = i;
			return YC_OK;
		}
		if (at < sizeof text)
			at += (size_t)snprintf(text + at, sizeof text - at, "%s%.40s",
				i ? ", " : "", field);
	}
	return yc_fail(YC_FAIL, "line %zu: --%s: no column '%.40s', only %s", head->line,
		option, name, text);
}

static int find_columns(struct table *t, const struct cfg *cfg)
{
	const struct yc_csv *csv = &t->csv;
	int status;

	if (!csv->rows)
		return yc_fail(YC_FAIL, "an empty table");
	if (csv->row[0].n < 2)
		return yc_fail(YC_FAIL,
			"line %zu: one column, not at least two separated by commas",
			csv->row[0].line);
	t->path = 0;
	t->label = 1;
	status = find_column(t, "path-column", cfg->path_column, &t->path);
	if (status == YC_OK)
		status = find_column(t, "label-column", cfg->label_column, &t->label);
	if (status < 0)
		return status;
	/* The first row is a heading if it is used as one, or names no picture. */
	t->first = cfg->path_column || cfg->label_column ||
		   !is_picture(csv->field[csv->row[0].first]);
	t->n = csv->rows - t->first;
	if (!t->n)
		return yc_fail(YC_FAIL, "no rows below the heading");
	for (size_t i = 0; i < t->n; i++)
		if (csv->row[t->first + i].n != csv->row[0].n)
			return yc_fail(YC_FAIL, "line %zu: %zu columns, not %zu",
				line_of(t, i), csv->row[t->first + i].n, csv->row[0].n);
	return YC_OK;
}

/* -- labels -- */

static bool all_numbers(const struct table *t)
{
	uint64_t v;

	for (size_t i = 0; i < t->n; i++)
		if (yc_parse_u64(cell(t, i, t->label), UINT64_MAX, &v) == YC_NUMBER_NONE)
			return false;
	return true;
}

static int read_numbers(const struct table *t, int64_t *label)
{
	uint64_t v = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (yc_parse_u64(cell(t, i, t->label), YC_CLASSES_MAX - 1, &v) !=
			YC_NUMBER)
			return yc_fail(YC_FAIL, "line %zu: label %.24s is not in 0..%d",
				line_of(t, i), cell(t, i, t->label), YC_CLASSES_MAX - 1);
		label[i] = (int64_t)v;
	}
	return YC_OK;
}

/* The line of a label says more than its row. */
static int check_texts(const struct table *t, const struct yc_names *names)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *text = cell(t, i, t->label);

		if (!*text)
			return yc_fail(YC_FAIL, "line %zu: no label", line_of(t, i));
		if (names->n && yc_names_find(names, text) < 0)
			return yc_fail(YC_FAIL,
				"line %zu: label '%.64s' is not in --names",
				line_of(t, i), text);
	}
	return YC_OK;
}

static int read_texts(const struct table *t, struct yc_names *names, int64_t *label)
{
	const char **text = yc_calloc(t->n, sizeof *text);
	int status = text ? check_texts(t, names) : YC_FAIL;

	for (size_t i = 0; text && i < t->n; i++)
		text[i] = cell(t, i, t->label);
	if (status == YC_OK)
		status = yc_label_texts(text, t->n, names, label);
	yc_free(text);
	return status;
}

/* Labels, and a name or none for every class. */
static int read_labels(const struct table *t, const struct cfg *cfg,
	struct yc_names *names, int64_t *label)
{
	size_t n = 0;
	int status = cfg->names ? yc_class_names(cfg->names, names) : YC_OK;

	if (status == YC_OK)
		status = all_numbers(t) ? read_numbers(t, label)
					: read_texts(t, names, label);
	if (status < 0)
		return status;
	for (size_t i = 0; i < t->n; i++)
		n = (size_t)label[i] + 1 > n ? (size_t)label[i] + 1 : n;
	if (names->n && names->n < n)
		return yc_fail(
			YC_USAGE, "--names: %zu names for %zu classes", names->n, n);
	n = names->n ? names->n : n;
	if (cfg->classes_total && cfg->classes_total < n)
		return yc_fail(YC_FAIL,
			"--classes-total %" PRIu32 ": there are %zu classes",
			cfg->classes_total, n);
	n = cfg->classes_total ? cfg->classes_total : n;
	while (status == YC_OK && names->n < n)
		status = yc_names_add(names, NULL, 0);
	return status;
}

/* -- pictures -- */

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

/* Finds the picture of a row among those of an archive, in order of their paths; `taken`
 * has the line of the table that each was found for. */
static int find_archived(const struct table *t, size_t i,
	const struct yc_photo_files *all, size_t *taken, struct yc_photo_file *f)
{
	const struct yc_photo_file *found =
		bsearch(f, all->file, all->n, sizeof *f, by_path);
	size_t *at;

	if (!found)
		return yc_fail(YC_FAIL,
			"line %zu: no picture '%.200s' (--root and --path-column)",
			line_of(t, i), cell(t, i, t->path));
	at = &taken[found - all->file];
	if (*at)
		return yc_fail(YC_FAIL,
			"line %zu: '%.200s' is the picture of line %zu already",
			line_of(t, i), cell(t, i, t->path), *at);
	*at = line_of(t, i);
	f->header = found->header;
	return YC_OK;
}

/* A picture that is a file: reading it will tell what is wrong with it, being there is
 * checked now. */
static int find_file(const struct yc_photos *p, const struct table *t, size_t i,
	const struct yc_photo_file *f)
{
	char *path = yc_photos_path(p, f->path);
	int status = path ? YC_OK : YC_FAIL;
	struct stat sb;

	if (path && stat(path, &sb) < 0)
		status = yc_fail(YC_FAIL,
			"line %zu: no picture '%.200s' (--root and --path-column):",
			line_of(t, i), cell(t, i, t->path));
	else if (path && !S_ISREG(sb.st_mode))
		status = yc_fail(YC_FAIL, "line %zu: '%.200s' is not a file",
			line_of(t, i), cell(t, i, t->path));
	free(path);
	return status;
}

static int find_pictures(struct yc_photos *p, const struct table *t, const int64_t *label)
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
	}
	if (status == YC_OK) {
		p->found.file = yc_calloc(t->n, sizeof *p->found.file);
		p->found.capacity = t->n;
		status = p->found.file ? YC_OK : YC_FAIL;
	}
	for (size_t i = 0; status == YC_OK && i < t->n; i++) {
		struct yc_photo_file *f = &p->found.file[p->found.n];

		*f = (struct yc_photo_file){
			.path = normal(cell(t, i, t->path)), .label = label[i]};
		if (!f->path)
			status = YC_FAIL;
		else
			p->found.n++;
		if (status == YC_OK)
			status = p->direct ? find_file(p, t, i, f)
					   : find_archived(t, i, &all, taken, f);
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
static char *source_of(const struct table *t, const struct cfg *cfg, const char *csv)
{
	const char *slash = strrchr(csv, '/');
	char *source = NULL;
	int n;

	if (cfg->root)
		n = asprintf(&source, "%s", cfg->root);
	else if (cell(t, 0, t->path)[0] == '/')
		n = asprintf(&source, "/");
	else if (!slash)
		n = asprintf(&source, ".");
	else
		n = asprintf(&source, "%.*s", (int)(slash > csv ? slash - csv : 1), csv);
	if (n < 0)
		(void)yc_fail(YC_FAIL, "out of memory");
	return n < 0 ? NULL : source;
}

/* Absolute paths are below "/", and all or none of them are absolute. */
static int check_paths(const struct table *t, const char *source)
{
	const bool absolute = strcmp(source, "/") == 0;

	for (size_t i = 0; i < t->n; i++) {
		const char *path = cell(t, i, t->path);

		if (!*path)
			return yc_fail(YC_FAIL, "line %zu: no path", line_of(t, i));
		if (!absolute && path[0] == '/')
			return yc_fail(YC_FAIL,
				"line %zu: '%.200s' is not relative to '%s'",
				line_of(t, i), path, source);
		if (absolute && path[0] != '/')
			return yc_fail(YC_FAIL,
				"line %zu: '%.200s' is relative, but the first path is "
				"not",
				line_of(t, i), path);
	}
	return YC_OK;
}

static int load_table(const struct table *t, const struct cfg *cfg,
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

	if (status == YC_OK)
		status = check_paths(t, source);
	if (status == YC_OK)
		status = read_labels(t, cfg, &names, label);
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
	const char *path = yc_infile_path(what->path);
	struct table t = {0};
	unsigned char *data = NULL;
	size_t n = 0;
	int status = path ? yc_file_read(path, file_max, &data, &n)
			  : yc_fail(YC_FAIL, "a pipe: give the file");

	if (status == YC_OK)
		status = yc_csv_parse(&t.csv, (const char *)data, n);
	yc_free(data);
	if (status == YC_OK)
		status = find_columns(&t, config);
	if (status == YC_OK)
		status = load_table(&t, config, what, out, photos);
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
