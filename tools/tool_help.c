/* SPDX-License-Identifier: MIT */
/* The text of --help, from the tables. */
#include <stdlib.h>
#include <string.h>

#include "tools/tool_parts.h"

static void print_wrapped(const char *s)
{
	size_t column = 0;

	for (; *s; s++) {
		size_t word = strcspn(s, " \n");

		if (*s == ' ' && column + 1 + strcspn(s + 1, " \n") > 80) {
			(void)putchar('\n');
			column = 0;
		} else if (*s == ' ' || *s == '\n') {
			(void)putchar(*s);
			column = *s == '\n' ? 0 : column + 1;
		} else {
			(void)printf("%.*s", (int)word, s);
			column += word;
			s += word - 1;
		}
	}
	(void)putchar('\n');
}

static void print_group(struct tool_run *t, const struct yc_opts *group)
{
	char *text;

	if (!group->n)
		return;
	text = yc_opt_help(group);
	if (!text)
		die(t, YC_FAIL);
	(void)printf("\n%s", text);
	free(text);
}

static void print_indented(const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		(void)printf("  %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

static void print_methods(const struct tool_run *t)
{
	const struct tool *tool = t->tool;
	const char *word = tool->method_word;
	int width = 0;

	for (const struct yc_method *const *m = t->methods; *m; m++)
		if ((int)strlen((*m)->name) > width)
			width = (int)strlen((*m)->name);
	(void)printf("\n%c%ss (%s NAME --help prints the options of one):\n",
		word[0] & ~0x20, word + 1, tool->name);
	for (const struct yc_method *const *m = t->methods; *m; m++)
		(void)printf("  %-*s  %s\n", width, (*m)->name, (*m)->summary);
}

void tool_finish_stdout(struct tool_run *t)
{
	if (ferror(stdout) || fclose(stdout) != 0)
		die(t, yc_fail(YC_FAIL, "standard output:"));
	exit(0);
}

void tool_print(struct tool_run *t, const char *text)
{
	tool_run_end();
	(void)fputs(text, stdout);
	tool_finish_stdout(t);
}

void tool_print_help(struct tool_run *t, const struct yc_opts *group, size_t ngroups)
{
	const struct tool *tool = t->tool;

	if (t->nmethods) {
		for (int i = 0; i < t->nmethods; i++)
			(void)printf("%s%s %s: %s\n", i ? "\n" : "", tool->name,
				t->method[i]->name, t->method[i]->summary);
		for (size_t i = 2; i < ngroups; i++)
			print_group(t, &group[i]);
		(void)printf("\nOptions of every %s: %s --help\n", tool->method_word,
			tool->name);
		tool_finish_stdout(t);
	}
	(void)printf("usage: %s [OPTION]... %s\n\n", tool->name, tool->operands);
	print_wrapped(tool->summary);
	if (tool->examples) {
		(void)printf("\nExamples:\n");
		print_indented(tool->examples);
	}
	if (tool->details) {
		(void)putchar('\n');
		print_wrapped(tool->details);
	}
	if (t->methods)
		print_methods(t);
	print_group(t, &(struct yc_opts){.row = tool->opts, .n = tool->nopts});
	if (tool->other)
		print_group(t, tool->other);
	print_group(t, &group[1]);
	(void)printf(
		"\nExit status: 0 done, 1 failure, 2 wrong usage, 3 the input stream is "
		"incomplete,\n4 a check failed. More in %s(1) and yc(7).\n",
		tool->name);
	tool_finish_stdout(t);
}
