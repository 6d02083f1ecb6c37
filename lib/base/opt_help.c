/* SPDX-License-Identifier: MIT */
/* The lines that --help prints for an option table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/internal.h"
#include "yc/mem.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

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
	char line[YC_OPT_WORDS + 64], words[1024];

	put(&t, "", 0);
	put(&t, group->title ? group->title : "Options",
		strlen(group->title ? group->title : "Options"));
	put(&t, ":\n", 2);
	for (const struct yc_opt *row = group->row; row < group->row + group->n; row++) {
		char letter[8] = "    ", other[64], buf[YC_OPT_WORDS];
		int n;

		if (row->letter)
			(void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		n = snprintf(line, sizeof(line), "  %s--%s%s%s", letter, row->name,
			yc_opt_takes_text(row) ? "=" : "",
			yc_opt_takes_text(row) ? yc_opt_words(row, buf) : "");
		put(&t, line, strlen(line));
		if (n >= HELP_COLUMN - 1)
			put(&t, "\n", 1);
		for (int i = n >= HELP_COLUMN - 1 ? 0 : n; i < HELP_COLUMN; i++)
			put(&t, " ", 1);
		yc_opt_opposite(row, other, sizeof(other));
		if (!yc_opt_takes_text(row) && row->def && strcmp(row->def, "true") == 0)
			(void)snprintf(words, sizeof(words),
				"%s (default; --%s turns it off)", row->help, other);
		else if (row->auto_help || (yc_opt_takes_text(row) && row->def))
			(void)snprintf(words, sizeof(words), "%s (default: %s)",
				row->help, row->def ? row->def : row->auto_help);
		else
			(void)snprintf(words, sizeof(words), "%s", row->help);
		put_words(&t, HELP_COLUMN, words);
	}
	if (t.failed) {
		free(t.s);
		(void)yc_no_memory(0);
		return NULL;
	}
	return t.s;
}
