/* SPDX-License-Identifier: MIT */
/* Tables of pictures: their columns, and labels that are numbers or names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/class_names.h"
#include "lib/dataset/table.h"
#include "yc/mem.h"
#include "yc/number.h"

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
	const struct yc_table *t, const char *option, const char *name, size_t *column)
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

/* A label as a number: "3", " 3", and "3.0" as pandas writes columns with gaps. */
static enum yc_number number_of(const char *cell, uint64_t most, uint64_t *v)
{
	char text[32];
	size_t n;

	cell += strspn(cell, " \t");
	n = strlen(cell);
	while (n > 0 && (cell[n - 1] == ' ' || cell[n - 1] == '\t'))
		n--;
	if (n > 2 && strncmp(cell + n - 2, ".0", 2) == 0)
		n -= 2;
	if (n == 0 || n >= sizeof text)
		return YC_NUMBER_NONE;
	(void)snprintf(text, sizeof text, "%.*s", (int)n, cell);
	return yc_parse_u64(text, most, v);
}

int yc_table_columns(
	struct yc_table *t, const char *path_column, const char *label_column)
{
	const struct yc_csv *csv = &t->csv;
	uint64_t v;
	int status;

	if (!csv->rows)
		return yc_fail(YC_FAIL, "an empty table");
	if (csv->row[0].n < 2 && strpbrk(csv->field[csv->row[0].first], ";\t"))
		return yc_fail(YC_FAIL,
			"line %zu: columns are separated by commas, not by semicolons or "
			"tabs: save the table with commas",
			csv->row[0].line);
	if (csv->row[0].n < 2)
		return yc_fail(YC_FAIL,
			"line %zu: one column, not at least two separated by commas",
			csv->row[0].line);
	t->path = 0;
	t->label = 1;
	status = find_column(t, "path-column", path_column, &t->path);
	if (status == YC_OK)
		status = find_column(t, "label-column", label_column, &t->label);
	if (status < 0)
		return status;
	/* The first row is a heading if it is used as one, or names neither a picture nor a
	 * label that is a number. */
	t->first = path_column || label_column ||
		   (!is_picture(csv->field[csv->row[0].first]) &&
			   number_of(csv->field[csv->row[0].first + 1], UINT64_MAX, &v) ==
				   YC_NUMBER_NONE);
	t->n = csv->rows - t->first;
	if (!t->n)
		return yc_fail(YC_FAIL, "no rows below the heading");
	for (size_t i = 0; i < t->n; i++)
		if (csv->row[t->first + i].n != csv->row[0].n)
			return yc_fail(YC_FAIL, "line %zu: %zu columns, not %zu",
				yc_table_line(t, i), csv->row[t->first + i].n,
				csv->row[0].n);
	return YC_OK;
}

/* -- labels -- */

static bool is_number(const struct yc_table *t, size_t i)
{
	uint64_t v;

	return number_of(yc_table_cell(t, i, t->label), UINT64_MAX, &v) != YC_NUMBER_NONE;
}

static size_t count_numbers(const struct yc_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += is_number(t, i);
	return n;
}

/* The row of the first label that is a number, or none. */
static size_t first(const struct yc_table *t, bool number)
{
	size_t i = 0;

	while (is_number(t, i) != number)
		i++;
	return i;
}

/* Names of two classes that differ in blanks around them. */
static void note_blanks(const struct yc_load *what, const struct yc_names *names)
{
	for (size_t c = 0; c < names->n; c++) {
		const char *name = names->name[c] ? names->name[c] : "";
		size_t from = strspn(name, " \t"), n = strlen(name);

		while (n > from && (name[n - 1] == ' ' || name[n - 1] == '\t'))
			n--;
		for (size_t k = 0; (from || name[n]) && k < names->n; k++)
			if (names->name[k] && strlen(names->name[k]) == n - from &&
				memcmp(names->name[k], name + from, n - from) == 0)
				yc_load_note(what,
					"labels '%.64s' and '%.64s', with a blank, are "
					"two classes",
					names->name[k], name);
	}
}

static int read_numbers(const struct yc_table *t, int64_t *label)
{
	uint64_t v = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (number_of(yc_table_cell(t, i, t->label), YC_CLASSES_MAX - 1, &v) !=
			YC_NUMBER)
			return yc_fail(YC_FAIL, "line %zu: label %.24s is not in 0..%d",
				yc_table_line(t, i), yc_table_cell(t, i, t->label),
				YC_CLASSES_MAX - 1);
		label[i] = (int64_t)v;
	}
	return YC_OK;
}

static int read_texts(const struct yc_table *t, struct yc_names *names, int64_t *label)
{
	const char **text = yc_calloc(t->n, sizeof *text);
	int status = text ? YC_OK : YC_FAIL;
	size_t unknown;

	for (size_t i = 0; i < t->n && status == YC_OK; i++) {
		text[i] = yc_table_cell(t, i, t->label);
		if (!*text[i])
			status = yc_fail(
				YC_FAIL, "line %zu: no label", yc_table_line(t, i));
	}
	if (status == YC_OK)
		status = yc_label_texts(text, t->n, names, label, &unknown);
	if (status == YC_NO) /* the line says more than the row */
		status = yc_fail(YC_FAIL, "line %zu: label '%.64s' is not in --names",
			yc_table_line(t, unknown), text[unknown]);
	yc_free(text);
	return status;
}

int yc_table_labels(const struct yc_table *t, const struct yc_load *what,
	const char *list, uint32_t total, struct yc_names *names, int64_t *label)
{
	const size_t numbers = count_numbers(t);
	size_t n = 0;
	int status = list ? yc_class_names(list, names) : YC_OK;

	if (status == YC_OK)
		status = numbers == t->n ? read_numbers(t, label)
					 : read_texts(t, names, label);
	if (status < 0)
		return status;
	if (numbers && numbers < t->n && !list)
		yc_load_note(what,
			"labels are taken as names of classes, also '%.24s' of line %zu, "
			"since '%.24s' of line %zu is no number",
			yc_table_cell(t, first(t, true), t->label),
			yc_table_line(t, first(t, true)),
			yc_table_cell(t, first(t, false), t->label),
			yc_table_line(t, first(t, false)));
	if (numbers < t->n)
		note_blanks(what, names);
	for (size_t i = 0; i < t->n; i++)
		n = (size_t)label[i] + 1 > n ? (size_t)label[i] + 1 : n;
	if (names->n && names->n < n)
		return yc_fail(
			YC_USAGE, "--names: %zu names for %zu classes", names->n, n);
	n = names->n ? names->n : n;
	if (total && total < n)
		return yc_fail(YC_FAIL,
			"--classes-total %" PRIu32 ": there are %zu classes", total, n);
	n = total ? total : n;
	while (status == YC_OK && names->n < n)
		status = yc_names_add(names, NULL, 0);
	return status;
}
