/* SPDX-License-Identifier: MIT */
/* The operand that names the method, and what was probably meant where it names none. */
#include <string.h>
#include <unistd.h>

#include "tools/tool_parts.h"

/* record: into the tool's cfg, too. */
static const struct yc_method *find(
	const struct tool *tool, const char *name, size_t len, bool record)
{
	return tool->find ? tool->find(record ? tool->cfg : NULL, name, len)
			  : yc_method_find(tool->methods, tool->method_word, name, len);
}

static size_t first_name(const struct tool *tool, const char *names)
{
	return tool->method_list ? strcspn(names, ",") : strlen(names);
}

/* Adds the entries that names mentions; false with yc_fail at one that there is not. */
static bool add(struct tool_run *t, const char *names)
{
	const struct tool *tool = t->tool;

	for (const char *s = names;; s++) {
		size_t len = first_name(tool, s);
		const struct yc_method *m = find(tool, s, len, true);

		if (!m) {
			for (const char *const *p = tool->instead; p && *p; p += 2)
				if (strlen(*p) == len && memcmp(*p, s, len) == 0)
					die_usage(t, "'%s' is not a %s: %s", *p,
						tool->method_word, p[1]);
			return false;
		}
		for (int i = 0; i < t->nmethods; i++)
			if (t->method[i] == m)
				die_usage(t, "%s '%s' is given twice", tool->method_word,
					m->name);
		if (t->nmethods == TOOL_METHODS_MAX)
			die_usage(
				t, "more than %d names in '%s'", TOOL_METHODS_MAX, names);
		t->method_cfg[t->nmethods] = yc_calloc(1, m->cfg_size);
		if (!t->method_cfg[t->nmethods])
			die(t, YC_FAIL);
		t->method[t->nmethods++] = m;
		s += len;
		if (!*s)
			return true;
	}
}

/* The name of an entry, and no file that is called so. */
static bool names_one(struct tool_run *t, const char *operand)
{
	const struct tool *tool = t->tool;

	return access(operand, F_OK) != 0 &&
	       find(tool, operand, first_name(tool, operand), false);
}

/* Whether the first unknown name of the list is near to one that there is, which the
 * message of `find` says then. */
static bool near_one(const struct tool *tool, const char *names)
{
	const struct yc_method *const *m = tool->methods;
	size_t len = first_name(tool, names);
	char text[YC_NEAR_TEXT];
	struct yc_near near;

	while (names[len] && find(tool, names, len, false)) {
		names += len + 1;
		len = first_name(tool, names);
	}
	for (yc_near_begin(&near, names, len); *m; m++)
		yc_near_try(&near, (*m)->name, strlen((*m)->name));
	return *yc_near_text(&near, "", text);
}

/* argv[at] should have named the method. Files may stand in front of it, or it was
 * forgotten, or it is a file that is not there. */
static void explain(struct tool_run *t, int at, int argc, char **argv)
{
	const struct tool *tool = t->tool;
	const char *names = argv[at], *word = tool->method_word;
	char text[1024], file[YC_NEAR_TEXT];

	(void)snprintf(text, sizeof(text), "%s", yc_errmsg());
	tool_check_options(t, at, argv);
	if (tool->method_list && at + 1 < argc && *names &&
		names[strlen(names) - 1] == ',')
		die_usage(t, "no blank after the comma: %s%s", names, argv[at + 1]);
	for (int i = at; (i = tool_look_ahead(t, i, argc, argv)) < argc;)
		if (names_one(t, argv[i]))
			die_usage(t,
				"'%s' is not %s %s, but '%s' is: it comes first, %s %s "
				"%s",
				names, strchr("aeiou", *word) ? "an" : "a", word, argv[i],
				tool->name, argv[i], names);
	if (access(names, F_OK) == 0)
		die_usage(t,
			"'%s' is a file: the first operand names the %s (see --help)",
			names, word);
	if (tool->method_default && !near_one(tool, names) && *yc_near_path(names, file))
		die_usage(t, "'%s' is neither a %s nor a file%s", names, word, file);
	die_usage(t, "%s", text);
}

void tool_add_methods(struct tool_run *t, const char *names)
{
	if (!add(t, names))
		die(t, YC_USAGE);
}

void tool_find_methods(struct tool_run *t, int at, int argc, char **argv)
{
	if (!add(t, argv[at]))
		explain(t, at, argc, argv);
}

/* Names of entries take precedence over names of files. */
bool tool_names_methods(struct tool_run *t, const char *names)
{
	const struct tool *tool = t->tool;

	return !tool->method_default ||
	       (!tool_is_stdin(names) &&
		       (access(names, F_OK) != 0 ||
			       find(tool, names, strlen(names), false)));
}

void tool_refuse_method(struct tool_run *t, const char *operand, bool named)
{
	const struct tool *tool = t->tool;
	const char *word = tool->method_word;

	if (!tool->methods || !names_one(t, operand))
		return;
	if (!t->methods)
		die_usage(t, "--%s excludes %ss, but '%s' is one", tool->no_method_with,
			word, operand);
	if (named && tool->method_list)
		die_usage(t,
			"'%s' is not a file but a %s: several are one operand, %s,%s",
			operand, word, t->method[0]->name, operand);
	die_usage(t, "'%s' is not a file but a %s: the %s comes first, then files",
		operand, word, word);
}
