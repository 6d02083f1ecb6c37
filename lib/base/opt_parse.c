/* SPDX-License-Identifier: MIT */
/* The command line by option tables: getopt_long does the words, the rows do the
 * values. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/internal.h"
#include "yc/mem.h"
#include "yc/near.h"

/* A long option as it may be written: a row, or the `no-` form of a flag. */
struct form {
	char name[64];
	const struct yc_opt *row;
	bool value; /* of a flag */
};

enum { VAL_BASE = 512, LETTERS_MAX = 256 };

static void note(struct yc_opts *g, const struct yc_opt *row)
{
	g->given |= UINT64_C(1) << (row - g->row);
}

/* Groups without a struct are known, but not in use. */
static bool in_use(const struct yc_opts *g)
{
	return g->cfg != NULL;
}

/* Sets the option in every group that has it. */
static int set_all(
	struct yc_opts *group, size_t ngroups, const char *name, const char *text)
{
	for (struct yc_opts *g = group; g < group + ngroups; g++) {
		for (const struct yc_opt *row = g->row; row < g->row + g->n; row++) {
			if (!in_use(g) || strcmp(row->name, name) != 0)
				continue;
			if (yc_opt_set(g, row, text) < 0)
				return yc_fail_in(YC_USAGE, "option --%s", name);
			note(g, row);
		}
	}
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

				if (!in_use(g) || (negated && yc_opt_takes_text(row)))
					continue;
				f->row = row;
				f->value = !negated;
				if (negated)
					yc_opt_opposite(row, f->name, sizeof(f->name));
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

/* ": it belongs to idc, dream" if groups that are not in use have the option, or "". */
static const char *elsewhere(const struct yc_opts *group, size_t ngroups,
	const char *name, size_t len, char buf[YC_NEAR_TEXT])
{
	size_t used = 0;

	buf[0] = '\0';
	for (const struct yc_opts *g = group; g < group + ngroups; g++)
		for (size_t i = 0; i < g->n && !in_use(g) && used < YC_NEAR_TEXT; i++)
			if (strlen(g->row[i].name) == len &&
				memcmp(g->row[i].name, name, len) == 0)
				used += (size_t)snprintf(buf + used, YC_NEAR_TEXT - used,
					"%s%s", used ? ", " : ": it belongs to ",
					g->title);
	return buf;
}

/* ", did you mean --epochs?" for a word without its dashes, or "". */
static const char *meant(const struct form *form, size_t n, const char *word, size_t len,
	char buf[YC_NEAR_TEXT])
{
	struct yc_near near;

	yc_near_begin(&near, word, len);
	for (size_t i = 0; i < n; i++)
		yc_near_try(&near, form[i].name, strlen(form[i].name));
	return yc_near_text(&near, "--", buf);
}

/* getopt refused a letter, of a word that may have been meant to be a long option: -epochs. */
static int refuse_letter(const struct form *form, size_t n, int letter, char *const *argv)
{
	char buf[YC_NEAR_TEXT] = "";

	/* The word of the letter is the last that was read or, inside it, the next one. */
	for (int i = optind - 1; i <= optind && argv[i] && !*buf; i++)
		if (i > 0 && argv[i][0] == '-' && argv[i][1] != '-' &&
			strlen(argv[i]) > 3 && strchr(argv[i], letter))
			(void)meant(form, n, argv[i] + 1, strcspn(argv[i] + 1, "="), buf);
	return yc_fail(YC_USAGE, "unknown option -%c%s (see --help)", letter, buf);
}

/* Why getopt refused: it knows, but it only says so on stderr. */
static int refuse(const struct yc_opts *group, size_t ngroups, const struct form *form,
	size_t n, int c, int val, char *const *argv)
{
	const char *word = argv[optind - 1], *like[2] = {NULL, NULL};
	size_t len = strcspn(word, "=");
	char buf[YC_OPT_WORDS], near[YC_NEAR_TEXT];
	int matches = 0;

	if (c == ':') {
		if (val >= VAL_BASE)
			return yc_fail(YC_USAGE, "option --%s needs a value (%s)",
				form[val - VAL_BASE].name,
				yc_opt_words(form[val - VAL_BASE].row, buf));
		return yc_fail(YC_USAGE, "option -%c needs a value", val);
	}
	if (val >= VAL_BASE)
		return yc_fail(YC_USAGE, "option --%s takes no value",
			form[val - VAL_BASE].name);
	if (val)
		return refuse_letter(form, n, val, argv);
	for (size_t i = 0; i < n; i++)
		if (len > 2 && strncmp(form[i].name, word + 2, len - 2) == 0 &&
			matches++ < 2)
			like[matches - 1] = form[i].name;
	if (matches > 1)
		return yc_fail(YC_USAGE, "option '%.*s' may mean --%s or --%s", (int)len,
			word, like[0], like[1]);
	bool known = *elsewhere(group, ngroups, word + 2, len - 2, near);

	if (!known)
		(void)meant(form, n, word + 2, len - 2, near);
	return yc_fail(known ? YC_NO : YC_USAGE, "unknown option '%.*s'%s (see --help)",
		(int)len, word, near);
}

/* -output would set -o to "utput": no file is called so, and a dash is missing. */
static int check_dashes(const struct form *form, size_t n, const char *word)
{
	if (word[0] == '-' && word[1] != '-' && have_form(form, n, word + 1))
		return yc_fail(
			YC_USAGE, "unknown option '%s', did you mean -%s?", word, word);
	return YC_OK;
}

int yc_opt_parse(struct yc_opts *group, size_t ngroups, int argc, char **argv, int *first)
{
	char letters[2 * LETTERS_MAX + 2] = ":";
	const struct yc_opt *by_letter[LETTERS_MAX] = {NULL};
	struct option *longs = NULL;
	struct form *form = NULL;
	size_t rows = 0, n, used = 1;
	int c, status = YC_FAIL;

	for (size_t i = 0; i < ngroups; i++) {
		rows += group[i].n;
		group[i].given = 0;
	}
	form = yc_calloc(2 * rows + 1, sizeof(*form));
	longs = yc_calloc(2 * rows + 1, sizeof(*longs));
	if (!form || !longs)
		goto out;
	n = forms(group, ngroups, form);
	for (size_t i = 0; i < n; i++) {
		const struct yc_opt *row = form[i].row;
		unsigned char letter = (unsigned char)row->letter;

		longs[i] = (struct option){.name = form[i].name,
			.has_arg =
				yc_opt_takes_text(row) ? required_argument : no_argument,
			.val = VAL_BASE + (int)i};
		if (!form[i].value || !letter || by_letter[letter])
			continue;
		by_letter[letter] = row;
		letters[used++] = row->letter;
		if (yc_opt_takes_text(row))
			letters[used++] = ':';
	}
	letters[used] = '\0';

	opterr = 0;
	optind = 0; /* glibc: start afresh */
	status = YC_OK;
	while (status == YC_OK &&
		(c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			status = refuse(group, ngroups, form, n, c, optopt, argv);
		else if (c < VAL_BASE && optarg && optarg != argv[optind - 1] &&
			 check_dashes(form, n, argv[optind - 1]) < 0)
			status = YC_USAGE;
		else if (c >= VAL_BASE && !yc_opt_takes_text(form[c - VAL_BASE].row))
			status = set_all(group, ngroups, form[c - VAL_BASE].row->name,
				form[c - VAL_BASE].value ? "true" : "false");
		else
			status = set_all(group, ngroups,
				c >= VAL_BASE ? form[c - VAL_BASE].row->name
					      : by_letter[c]->name,
				optarg ? optarg : "true");
	}
	*first = optind;
out:
	yc_free(form);
	yc_free(longs);
	return status;
}

/* Notes the rows that a long option may mean: the one of that name, else all that begin so.
 * Whether one of them takes a value. */
static bool note_long(struct yc_opts *group, size_t ngroups, const char *name, size_t len)
{
	bool text = false;

	for (int exact = 1; exact >= 0; exact--) {
		bool found = false;

		for (struct yc_opts *g = group; g < group + ngroups; g++) {
			for (const struct yc_opt *row = g->row; row < g->row + g->n;
				row++) {
				char other[64];

				yc_opt_opposite(row, other, sizeof(other));
				if ((strncmp(row->name, name, len) != 0 ||
					    (exact && row->name[len])) &&
					(yc_opt_takes_text(row) ||
						strncmp(other, name, len) != 0 ||
						(exact && other[len])))
					continue;
				found = true;
				text |= yc_opt_takes_text(row);
				note(g, row);
			}
		}
		if (found)
			break;
	}
	return text;
}

/* Notes the rows of a cluster of letters; whether the next word is the value of its last. */
static bool note_letters(struct yc_opts *group, size_t ngroups, const char *letters)
{
	for (const char *s = letters; *s; s++) {
		bool text = false;

		for (struct yc_opts *g = group; g < group + ngroups; g++) {
			for (const struct yc_opt *row = g->row; row < g->row + g->n;
				row++) {
				if (row->letter != *s)
					continue;
				text |= yc_opt_takes_text(row);
				note(g, row);
			}
		}
		if (text)
			return s[1] == '\0';
	}
	return false;
}

int yc_opt_scan(struct yc_opts *group, size_t ngroups, int argc, char *const *argv)
{
	int first = argc;

	for (size_t i = 0; i < ngroups; i++)
		group[i].given = 0;
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		size_t len = strcspn(word, "=");

		if (strcmp(word, "--") == 0)
			return first < argc ? first : i + 1 < argc ? i + 1 : argc;
		if (word[0] != '-' || word[1] == '\0')
			first = first < argc ? first : i;
		else if (word[1] == '-')
			i += note_long(group, ngroups, word + 2, len - 2) && !word[len];
		else
			i += note_letters(group, ngroups, word + 1);
	}
	return first;
}

bool yc_opt_given(const struct yc_opts *group, size_t ngroups, const char *name)
{
	for (const struct yc_opts *g = group; g < group + ngroups; g++)
		for (size_t i = 0; i < g->n; i++)
			if (g->given >> i & 1 && strcmp(g->row[i].name, name) == 0)
				return true;
	return false;
}
