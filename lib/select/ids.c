/* SPDX-License-Identifier: MIT */
/* Selects rows by the list of yc-select --ids. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/number.h"

struct line {
	int64_t id, tile;
	size_t number;
};

struct lines {
	struct line *line;
	size_t n, capacity;
	bool tiles; /* every line names a tile; otherwise none does */
};

/* Field numbers, from 0, of the columns used in a list with a heading. */
struct heading {
	int fields;   /* 0: there is no heading */
	int id, tile; /* tile: -1 where there is none */
	bool tabs;
};

/* The rows or tiles that a line can select, sorted by id, tile and position. */
struct named {
	int64_t id, tile;
	size_t at;
};

/* 1: a number was read and *p advanced past it; 0: end of the line; -1: not a number. */
static int number(const char **p, int64_t *value)
{
	while (isspace((unsigned char)**p))
		(*p)++;
	if (!**p)
		return 0;
	if (yc_take_i64(p, value) != YC_NUMBER || (**p && !isspace((unsigned char)**p)))
		return -1;
	return 1;
}

static int add(struct lines *l, const struct line *new, bool tile)
{
	if (l->n && l->tiles != tile)
		return yc_fail(YC_FAIL,
			"line %zu: either all lines have a tile or none does",
			new->number);
	l->tiles = tile;
	if (l->n == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 256;
		struct line *p = yc_realloc(
			l->line, l->capacity * sizeof(*p), capacity, sizeof(*p));

		if (!p)
			return YC_FAIL;
		l->line = p;
		l->capacity = capacity;
	}
	l->line[l->n++] = *new;
	return YC_OK;
}

static int parse(struct lines *l, const char *text, size_t at)
{
	struct line new = {.number = at};
	int64_t third;
	int id = number(&text, &new.id), tile;

	if (!id)
		return YC_OK;
	tile = id > 0 ? number(&text, &new.tile) : 0;
	if (id < 0 || tile < 0 || (tile && number(&text, &third)))
		return yc_fail(YC_FAIL, "line %zu: not \"id\" or \"id tile\"", at);
	return add(l, &new, tile != 0);
}

static const char blanks[] = " \t\n\v\f\r";

/* Takes the next field, without surrounding blanks, from *rest; NULL: there are no more.
 * Between tabs a field may be empty. */
static char *field(char **rest, bool tabs)
{
	char *text, *end;

	do
		text = strsep(rest, tabs ? "\t" : blanks);
	while (text && !*text && !tabs);
	if (!text)
		return NULL;
	text += strspn(text, blanks);
	for (end = text + strlen(text); end > text && strchr(blanks, end[-1]);)
		*--end = '\0';
	return text;
}

/* The first line that is not blank is a heading if it begins with a word. */
static bool is_heading(const char *text)
{
	text += strspn(text, blanks);
	return isalpha((unsigned char)*text) || *text == '_';
}

static int parse_heading(struct heading *h, char *text, size_t at)
{
	const char *name;

	*h = (struct heading){.id = -1, .tile = -1, .tabs = strchr(text, '\t') != NULL};
	for (; (name = field(&text, h->tabs)); h->fields++) {
		int *column = !strcmp(name, "id")     ? &h->id
			      : !strcmp(name, "tile") ? &h->tile
						      : NULL;

		if (column && *column >= 0)
			return yc_fail(YC_FAIL, "line %zu: two columns '%s'", at, name);
		if (column)
			*column = h->fields;
	}
	if (h->id < 0)
		return yc_fail(YC_FAIL, "line %zu: the heading has no column 'id'", at);
	return YC_OK;
}

/* A line after a heading; even in a table with tabs it may be separated by blanks. */
static int parse_row(struct lines *l, const struct heading *h, char *text, size_t at)
{
	struct line new = {.number = at};
	bool tabs = h->tabs && strchr(text, '\t'), id = false, tile = h->tile < 0;
	const char *word;
	int64_t more;

	if (!text[strspn(text, blanks)])
		return YC_OK;
	for (int i = 0; (word = field(&text, tabs)); i++) {
		if (i >= h->fields && *word)
			return yc_fail(YC_FAIL,
				"line %zu: more columns than the heading has", at);
		if (i == h->id)
			id = number(&word, &new.id) > 0 && !number(&word, &more);
		if (i == h->tile)
			tile = number(&word, &new.tile) > 0 && !number(&word, &more);
	}
	if (!id || !tile)
		return yc_fail(YC_FAIL, "line %zu: no number in the column '%s'", at,
			id ? "tile" : "id");
	return add(l, &new, h->tile >= 0);
}

static int read_line(struct lines *l, struct heading *h, char *text, size_t at)
{
	text[strcspn(text, "#")] = '\0';
	if (h->fields)
		return parse_row(l, h, text, at);
	if (!l->n && is_heading(text))
		return parse_heading(h, text, at);
	return parse(l, text, at);
}

static int read_lines(struct lines *l, FILE *f)
{
	struct heading heading = {0};
	char *text = NULL;
	size_t size = 0, at = 0;
	ssize_t len;
	int status = YC_OK;

	while (!status && (len = getline(&text, &size, f)) >= 0) {
		at++;
		if (strlen(text) != (size_t)len) {
			status = yc_fail(YC_FAIL, "line %zu: not text", at);
			break;
		}
		status = read_line(l, &heading, text, at);
	}
	if (!status && ferror(f))
		status = yc_fail(YC_FAIL, "reading:");
	free(text);
	return status;
}

static int compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->tile != y->tile)
		return x->tile < y->tile ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int column(const struct yc_set *s, const char *name, const int64_t **data)
{
	const struct yc_tensor *t = yc_set_col(s, name);

	*data = NULL;
	if (t && (t->dtype != YC_I64 || t->rank != 1))
		return yc_fail(YC_FAIL, "column '%s' of the stream is not I64 [N]", name);
	if (t)
		*data = t->data;
	return YC_OK;
}

/* Lists what can be selected: the tiles of cand, or whole rows if it is NULL. */
static int list(struct named **out, size_t *n, const struct yc_set *s,
	const struct yc_candidates *cand, bool tiles)
{
	const int64_t *id, *tile;
	struct named *e;
	int status = column(s, "id", &id);

	if (!status)
		status = column(s, "tile", &tile);
	if (!status && tiles && !cand && !tile)
		status = yc_fail(YC_FAIL, "lists tiles, but the stream has whole images");
	if (status)
		return status;
	*n = cand ? cand->n : s->rows;
	e = yc_calloc(*n, sizeof(*e));
	if (!e)
		return YC_FAIL;
	for (size_t i = 0; i < *n; i++) {
		size_t row = cand ? (size_t)cand->tile[i].row : i;

		e[i].id = id ? id[row] : (int64_t)row;
		e[i].tile = !tiles ? 0 : cand ? cand->tile[i].position : tile[i];
		e[i].at = i;
	}
	qsort(e, *n, sizeof(*e), compare);
	*out = e;
	return YC_OK;
}

/* Matches of one line, written to at[] unless that is NULL; returns their number. */
static size_t find(const struct named *e, size_t n, const struct line *l, size_t *at)
{
	size_t lo = 0, hi = n, found = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (e[mid].id < l->id || (e[mid].id == l->id && e[mid].tile < l->tile))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && e[lo].id == l->id && e[lo].tile == l->tile; lo++, found++)
		if (at)
			at[found] = e[lo].at;
	return found;
}

static int match(size_t **out, size_t *nout, const struct lines *l, const struct named *e,
	size_t n)
{
	size_t total = 0, *at;

	for (size_t i = 0; i < l->n; i++) {
		size_t found = find(e, n, &l->line[i], NULL);

		if (!found && l->tiles)
			return yc_fail(YC_FAIL,
				"line %zu: no tile %lld of id %lld in the stream",
				l->line[i].number, (long long)l->line[i].tile,
				(long long)l->line[i].id);
		if (!found)
			return yc_fail(YC_FAIL, "line %zu: no id %lld in the stream",
				l->line[i].number, (long long)l->line[i].id);
		total += found;
	}
	at = yc_calloc(total, sizeof(*at));
	if (!at)
		return YC_FAIL;
	*nout = 0;
	for (size_t i = 0; i < l->n; i++)
		*nout += find(e, n, &l->line[i], at + *nout);
	*out = at;
	return YC_OK;
}

static int choose(
	struct yc_selection *sel, const struct yc_set *from, const struct lines *l)
{
	struct yc_candidates *cand = &sel->candidates;
	struct named *e = NULL;
	size_t n = 0;
	bool cut = l->tiles && from->head.factor > 1;
	int status = cut ? yc_candidates_new(cand, from, NULL) : YC_OK;

	sel->whole_rows = !cut;
	if (!status)
		status = list(&e, &n, from, cut ? cand : NULL, l->tiles);
	if (!status)
		status = match(&sel->chosen, &sel->n, l, e, n);
	yc_free(e);
	return status;
}

int yc_select_ids(struct yc_selection *sel, const struct yc_set *from, const char *path)
{
	FILE *f = yc_infile_text(path);
	struct lines l = {0};
	int status;

	*sel = (struct yc_selection){0};
	if (!f)
		return yc_fail_in(YC_FAIL, "%s", yc_infile_name(path));
	status = read_lines(&l, f);
	fclose(f);
	if (!status && !l.n)
		status = yc_fail(YC_FAIL, "names nothing");
	if (!status)
		status = choose(sel, from, &l);
	yc_free(l.line);
	if (status)
		yc_selection_release(sel);
	return status ? yc_fail_in(status, "%s", yc_infile_name(path)) : YC_OK;
}
