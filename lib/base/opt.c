/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yc/mem.h"
#include "yc/opt.h"

/* A long option as it may be written: a row, or the `no-` form of a flag. */
struct form {
	char name[64];
	const struct yc_opt *row;
	bool value; /* of a flag */
};

enum { VAL_BASE = 512, HELP_COLUMN = 26, HELP_WIDTH = 80, LETTERS_MAX = 256 };

static void *field(const struct yc_opts *g, const struct yc_opt *row)
{
	return (char *)g->cfg + row->at;
}

static bool takes_text(const struct yc_opt *row)
{
	return row->type != YC_OPT_FLAG;
}

/* A flag `x` is also `no-x`, and a flag `no-x` is also `x`. */
static void opposite(const struct yc_opt *row, char *to, size_t size)
{
	if (strncmp(row->name, "no-", 3) == 0)
		(void)snprintf(to, size, "%s", row->name + 3);
	else
		(void)snprintf(to, size, "no-%s", row->name);
}

static int range(const struct yc_opt *row, double v, const char *text)
{
	if ((row->min != 0 || row->max != 0) && !(v >= row->min && v <= row->max))
		return yc_fail(YC_USAGE, "%s is not in the range %.10g to %.10g", text,
			row->min, row->max);
	return YC_OK;
}

static int whole(const struct yc_opt *row, const char *text, uint64_t most, uint64_t *out)
{
	static const char suffix[] = "KMGT";
	unsigned long long v = 0;
	char *end = NULL;
	const char *at;

	/* strtoull itself would take blanks and a minus sign. */
	errno = 0;
	if (isdigit((unsigned char)text[0]))
		v = strtoull(text, &end, 10);
	if (end && row->unit == YC_BYTES && *end && (at = strchr(suffix, *end)) != NULL) {
		unsigned shift = 10 * (unsigned)(at - suffix + 1);

		if (v > UINT64_MAX >> shift)
			errno = ERANGE;
		v <<= shift;
		end++;
	}
	if (!end || *end)
		return yc_fail(YC_USAGE, "'%s' is not a whole number%s", text,
			row->unit == YC_BYTES ? " (K, M, G or T may follow)" : "");
	if (errno == ERANGE || v > most)
		return yc_fail(YC_USAGE, "%s is too large", text);
	*out = v;
	return range(row, (double)v, text);
}

static int decimal(const struct yc_opt *row, const char *text, double *out)
{
	static const char suffix[] = "smhd";
	static const double seconds[] = {1, 60, 3600, 86400};
	double v = 0;
	char *end = NULL;
	const char *at;

	/* strtod itself would take blanks, hexadecimal, inf and nan. */
	if (text[0] && strspn(text, "+-.0123456789eE") >= strlen(text) - 1)
		v = strtod(text, &end);
	if (end == text)
		end = NULL;
	if (end && row->unit == YC_SECONDS && *end &&
		(at = strchr(suffix, *end)) != NULL) {
		v *= seconds[at - suffix];
		end++;
	}
	if (!end || *end || !isfinite(v))
		return yc_fail(YC_USAGE, "'%s' is not a number%s", text,
			row->unit == YC_SECONDS ? " (s, m, h or d may follow)" : "");
	*out = v;
	return range(row, v, text);
}

/* Is text one of the words of "a|b|c"? */
static bool is_choice(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *w = words; w; w = strchr(w, '|')) {
		w += *w == '|';
		if (len && strcspn(w, "|") == len && memcmp(w, text, len) == 0)
			return true;
	}
	return false;
}

int yc_opt_set(const struct yc_opts *group, const struct yc_opt *row, const char *text)
{
	void *to = field(group, row);
	uint64_t u = 0;
	double d = 0;
	int err;

	switch (row->type) {
	case YC_OPT_FLAG:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return yc_fail(YC_USAGE, "'%s' is neither true nor false", text);
		*(bool *)to = text[0] == 't';
		return YC_OK;
	case YC_OPT_U32:
		err = whole(row, text, UINT32_MAX, &u);
		if (err == YC_OK)
			*(uint32_t *)to = (uint32_t)u;
		return err;
	case YC_OPT_U64:
		err = whole(row, text, UINT64_MAX, &u);
		if (err == YC_OK)
			*(uint64_t *)to = u;
		return err;
	case YC_OPT_DOUBLE:
		err = decimal(row, text, &d);
		if (err == YC_OK)
			*(double *)to = d;
		return err;
	case YC_OPT_STR:
		if (row->unit == YC_CHOICE && !is_choice(row->arg, text))
			return yc_fail(YC_USAGE, "'%s' is not one of %s", text, row->arg);
		*(const char **)to = text;
		return YC_OK;
	}
	return yc_fail(YC_FAIL, "option --%s has no type", row->name);
}

static void unset(const struct yc_opts *group, const struct yc_opt *row)
{
	void *to = field(group, row);

	switch (row->type) {
	case YC_OPT_FLAG:
		*(bool *)to = false;
		break;
	case YC_OPT_U32:
		*(uint32_t *)to = 0;
		break;
	case YC_OPT_U64:
		*(uint64_t *)to = 0;
		break;
	case YC_OPT_DOUBLE:
		*(double *)to = NAN;
		break;
	case YC_OPT_STR:
		*(const char **)to = NULL;
		break;
	}
}

int yc_opt_defaults(const struct yc_opts *group, size_t ngroups)
{
	for (const struct yc_opts *g = group; g < group + ngroups; g++) {
		for (const struct yc_opt *row = g->row; row < g->row + g->n; row++) {
			unset(g, row);
			if (row->def && yc_opt_set(g, row, row->def) < 0)
				return yc_fail_in(YC_FAIL, "default of --%s", row->name);
		}
	}
	return YC_OK;
}

/* Sets the option in every group that has it. */
static int set_all(
	const struct yc_opts *group, size_t ngroups, const char *name, const char *text)
{
	for (const struct yc_opts *g = group; g < group + ngroups; g++)
		for (const struct yc_opt *row = g->row; row < g->row + g->n; row++)
			if (strcmp(row->name, name) == 0 && yc_opt_set(g, row, text) < 0)
				return yc_fail_in(YC_USAGE, "option --%s", name);
	return YC_OK;
}

static bool have_form(const struct form *form, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(form[i].name, name) == 0)
			return true;
	return false;
}

/* Every long option that may be written, each name once. */
static size_t forms(const struct yc_opts *group, size_t ngroups, struct form *form)
{
	size_t n = 0;

	for (int negated = 0; negated < 2; negated++) {
		for (const struct yc_opts *g = group; g < group + ngroups; g++) {
			for (const struct yc_opt *row = g->row; row < g->row + g->n;
				row++) {
				struct form *f = &form[n];

				if (negated && takes_text(row))
					continue;
				f->row = row;
				f->value = !negated;
				if (negated)
					opposite(row, f->name, sizeof(f->name));
				else
					(void)snprintf(f->name, sizeof(f->name), "%s",
						row->name);
				/* A row of its own wins over the opposite of another. */
				if (!have_form(form, n, f->name))
					n++;
			}
		}
	}
	return n;
}

/* Why getopt refused: it knows, but it only says so on stderr. */
static int refuse(const struct form *form, size_t n, int c, int val, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *like[2] = {NULL, NULL};
	int matches = 0;

	if (c == ':') {
		if (val >= VAL_BASE)
			return yc_fail(YC_USAGE, "option --%s needs a value (%s)",
				form[val - VAL_BASE].name, form[val - VAL_BASE].row->arg);
		return yc_fail(YC_USAGE, "option -%c needs a value", val);
	}
	if (val >= VAL_BASE)
		return yc_fail(YC_USAGE, "option --%s takes no value",
			form[val - VAL_BASE].name);
	if (val)
		return yc_fail(YC_USAGE, "unknown option -%c (see --help)", val);
	for (size_t i = 0; i < n; i++)
		if (len > 2 && strncmp(form[i].name, word + 2, len - 2) == 0 &&
			matches++ < 2)
			like[matches - 1] = form[i].name;
	if (matches > 1)
		return yc_fail(YC_USAGE, "option '%.*s' may mean --%s or --%s", (int)len,
			word, like[0], like[1]);
	return yc_fail(YC_USAGE, "unknown option '%.*s' (see --help)", (int)len, word);
}

int yc_opt_parse(
	const struct yc_opts *group, size_t ngroups, int argc, char **argv, int *first)
{
	char letters[2 * LETTERS_MAX + 2] = ":";
	const struct yc_opt *by_letter[LETTERS_MAX] = {NULL};
	struct option *longs = NULL;
	struct form *form = NULL;
	size_t rows = 0, n, used = 1;
	int c, err = YC_FAIL;

	for (size_t i = 0; i < ngroups; i++)
		rows += group[i].n;
	form = yc_alloc(2 * rows + 1, sizeof(*form));
	longs = yc_alloc(2 * rows + 1, sizeof(*longs));
	if (!form || !longs)
		goto out;
	n = forms(group, ngroups, form);
	for (size_t i = 0; i < n; i++) {
		const struct yc_opt *row = form[i].row;
		unsigned char letter = (unsigned char)row->letter;

		longs[i] = (struct option){.name = form[i].name,
			.has_arg = takes_text(row) ? required_argument : no_argument,
			.val = VAL_BASE + (int)i};
		if (!form[i].value || !letter || by_letter[letter])
			continue;
		by_letter[letter] = row;
		letters[used++] = row->letter;
		if (takes_text(row))
			letters[used++] = ':';
	}
	letters[used] = '\0';

	opterr = 0;
	optind = 0; /* glibc: start afresh */
	err = YC_OK;
	while (err == YC_OK &&
		(c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			err = refuse(form, n, c, optopt, argv[optind - 1]);
		else if (c >= VAL_BASE && !takes_text(form[c - VAL_BASE].row))
			err = set_all(group, ngroups, form[c - VAL_BASE].row->name,
				form[c - VAL_BASE].value ? "true" : "false");
		else
			err = set_all(group, ngroups,
				c >= VAL_BASE ? form[c - VAL_BASE].row->name
					      : by_letter[c]->name,
				optarg ? optarg : "true");
	}
	*first = optind;
out:
	yc_free(form);
	yc_free(longs);
	return err;
}

/* Whether a word of options is followed by a word that is its value. */
static bool value_follows(const struct yc_opts *group, size_t ngroups, const char *word)
{
	bool is_long = word[1] == '-', begins = false;

	if (is_long && strchr(word, '='))
		return false;
	for (const char *s = is_long ? word + 2 : word + 1; *s; s++) {
		for (const struct yc_opts *g = group; g < group + ngroups; g++) {
			for (const struct yc_opt *row = g->row; row < g->row + g->n;
				row++) {
				if (is_long && strcmp(row->name, s) == 0)
					return takes_text(row);
				if (is_long && strncmp(row->name, s, strlen(s)) == 0)
					begins |= takes_text(row);
				if (!is_long && row->letter == *s && takes_text(row))
					return s[1] == '\0';
			}
		}
		if (is_long)
			return begins;
	}
	return false;
}

int yc_opt_operand(
	const struct yc_opts *group, size_t ngroups, int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return i;
		if (strcmp(argv[i], "--") == 0)
			return i + 1 < argc ? i + 1 : argc;
		if (value_follows(group, ngroups, argv[i]))
			i++;
	}
	return argc;
}

void yc_opt_value(
	const struct yc_opts *group, const struct yc_opt *row, char *buf, size_t size)
{
	const void *from = field(group, row);
	bool can_be_unset = !row->def && row->auto_help;

	buf[0] = '\0';
	switch (row->type) {
	case YC_OPT_FLAG:
		(void)snprintf(buf, size, "%s", *(const bool *)from ? "true" : "false");
		break;
	case YC_OPT_U32:
		if (*(const uint32_t *)from || !can_be_unset)
			(void)snprintf(buf, size, "%u", *(const uint32_t *)from);
		break;
	case YC_OPT_U64:
		if (*(const uint64_t *)from || !can_be_unset)
			(void)snprintf(buf, size, "%llu",
				(unsigned long long)*(const uint64_t *)from);
		break;
	case YC_OPT_DOUBLE:
		if (isnan(*(const double *)from))
			break;
		/* The shortest text that reads back as the same number. */
		for (int digits = 1; digits <= 17; digits++) {
			(void)snprintf(buf, size, "%.*g", digits, *(const double *)from);
			if (strtod(buf, NULL) == *(const double *)from)
				break;
		}
		break;
	case YC_OPT_STR:
		if (*(char *const *)from)
			(void)snprintf(buf, size, "%s", *(char *const *)from);
		break;
	}
}

/* A string that grows; after a failed growth it stays as it is. */
struct text {
	char *s;
	size_t n;
	bool failed;
};

static void put(struct text *t, const char *s, size_t n)
{
	char *grown = t->failed ? NULL : realloc(t->s, t->n + n + 1);

	if (!grown) {
		t->failed = true;
		return;
	}
	t->s = grown;
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

static void put_words(struct text *t, size_t column, const char *s)
{
	static const char indent[HELP_COLUMN + 2] = "\n                          ";

	while (*s) {
		size_t len = strcspn(s, " ");

		if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH) {
			put(t, indent, HELP_COLUMN + 1);
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			put(t, " ", 1);
			column++;
		}
		put(t, s, len);
		column += len;
		s += len;
		s += strspn(s, " ");
	}
	put(t, "\n", 1);
}

char *yc_opt_help(const struct yc_opts *group)
{
	struct text t = {NULL, 0, false};
	char line[256], words[1024];

	put(&t, "", 0);
	put(&t, group->title ? group->title : "Options",
		strlen(group->title ? group->title : "Options"));
	put(&t, ":\n", 2);
	for (const struct yc_opt *row = group->row; row < group->row + group->n; row++) {
		char letter[8] = "    ", other[64];
		int n;

		if (row->letter)
			(void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		n = snprintf(line, sizeof(line), "  %s--%s%s%s", letter, row->name,
			takes_text(row) ? "=" : "", takes_text(row) ? row->arg : "");
		put(&t, line, strlen(line));
		if (n >= HELP_COLUMN - 1)
			put(&t, "\n", 1);
		for (int i = n >= HELP_COLUMN - 1 ? 0 : n; i < HELP_COLUMN; i++)
			put(&t, " ", 1);
		opposite(row, other, sizeof(other));
		if (!takes_text(row) && row->def && strcmp(row->def, "true") == 0)
			(void)snprintf(words, sizeof(words),
				"%s (default; --%s turns it off)", row->help, other);
		else if (row->auto_help || (takes_text(row) && row->def))
			(void)snprintf(words, sizeof(words), "%s (default: %s)",
				row->help, row->def ? row->def : row->auto_help);
		else
			(void)snprintf(words, sizeof(words), "%s", row->help);
		put_words(&t, HELP_COLUMN, words);
	}
	if (t.failed) {
		free(t.s);
		(void)yc_fail(YC_FAIL, "out of memory");
		return NULL;
	}
	return t.s;
}

static int check_row(const struct yc_opts *g, const struct yc_opt *row)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	/* The default is parsed into this, not into the struct, which may not exist. */
	union {
		bool b;
		uint32_t u;
		uint64_t v;
		double d;
		const char *s;
	} into;
	struct yc_opts probe = *g;
	struct yc_opt at0 = *row;
	size_t len;

	if (!row->name[0] || strspn(row->name, allowed) != strlen(row->name) ||
		strlen(row->name) > 48)
		return yc_fail(
			YC_FAIL, "the name is not lower case letters, digits and '-'");
	len = row->help ? strlen(row->help) : 0;
	if (len == 0 || row->help[len - 1] == '.' || strchr(row->help, '\n'))
		return yc_fail(YC_FAIL,
			"the help text is missing, has a full stop or two lines");
	if (takes_text(row) != (row->arg != NULL))
		return yc_fail(YC_FAIL, "a flag has no .arg, all others have one");
	if (row->def && row->auto_help)
		return yc_fail(YC_FAIL, "both .def and .auto_help");
	if (row->letter && !isalnum((unsigned char)row->letter))
		return yc_fail(YC_FAIL, "the letter is neither letter nor digit");
	if (row->min > row->max)
		return yc_fail(YC_FAIL, "min is above max");
	if ((row->unit == YC_READS || row->unit == YC_WRITES) && row->type != YC_OPT_STR)
		return yc_fail(YC_FAIL, "a file is a string");
	if (row->unit == YC_CHOICE && (row->type != YC_OPT_STR || !strchr(row->arg, '|')))
		return yc_fail(YC_FAIL, "a choice is a string with words in .arg");
	if ((row->unit == YC_BYTES && row->type != YC_OPT_U64) ||
		(row->unit == YC_SECONDS && row->type != YC_OPT_DOUBLE))
		return yc_fail(YC_FAIL, "unit and type do not fit");
	at0.at = 0;
	probe.cfg = &into;
	if (row->def && yc_opt_set(&probe, &at0, row->def) < 0)
		return yc_fail_in(YC_FAIL, "default");
	return YC_OK;
}

/* The same name, letter or opposite in two rows. */
static int check_pair(const struct yc_opt *a, const struct yc_opt *b)
{
	char other[64];

	if (strcmp(a->name, b->name) == 0)
		return yc_fail(YC_FAIL, "the name is used twice");
	if (a->letter && a->letter == b->letter)
		return yc_fail(YC_FAIL, "the letter -%c is used by --%s too", a->letter,
			b->name);
	opposite(a, other, sizeof(other));
	if (a->type == YC_OPT_FLAG && strcmp(other, b->name) == 0)
		return yc_fail(YC_FAIL, "it is the opposite of --%s", b->name);
	return YC_OK;
}

int yc_opt_check(const struct yc_opts *group, size_t ngroups)
{
	for (size_t i = 0; i < ngroups; i++) {
		for (size_t r = 0; r < group[i].n; r++) {
			const struct yc_opt *row = &group[i].row[r];
			int err = row->name ? check_row(&group[i], row)
					    : yc_fail(YC_FAIL, "a row without a name");

			for (size_t j = i; err == YC_OK && j < ngroups; j++)
				for (size_t s = j == i ? r + 1 : 0;
					err == YC_OK && s < group[j].n; s++) {
					err = check_pair(row, &group[j].row[s]);
					if (err == YC_OK)
						err = check_pair(&group[j].row[s], row);
				}
			if (err < 0)
				return yc_fail_in(
					err, "--%s", row->name ? row->name : "?");
		}
	}
	return YC_OK;
}
