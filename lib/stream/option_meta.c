/* SPDX-License-Identifier: MIT */
/* Options in metadata: what a checkpoint, or networks that other tools read, were made with. */
#include <stdio.h>
#include <string.h>

#include "yc/stream.h"
#include "yc/watch.h"

enum { KEY_MAX = 256 };

static const char *key_of(const char *name, char key[KEY_MAX])
{
	(void)snprintf(key, KEY_MAX, "yc.option.%s", name);
	return key;
}

int yc_option_keep(struct yc_meta *m, const char *name, const char *value)
{
	char key[KEY_MAX];

	return yc_meta_set(m, key_of(name, key), value);
}

const char *yc_option_kept(const struct yc_meta *m, const char *name)
{
	char key[KEY_MAX];

	return yc_meta_get(m, key_of(name, key));
}

int yc_option_differs(
	const char *made, const char *name, const char *was, const char *value)
{
	return yc_fail(YC_FAIL, "%s made with --%s %s, this run has --%s %s", made, name,
		was && *was ? was : "(none)", name, *value ? value : "(none)");
}

void yc_kernel_differs(
	const char *made, const struct yc_meta *m, const char *now, struct yc_watch *w)
{
	const char *was = yc_meta_get(m, "yc.kernel");
	char text[2 * KEY_MAX];

	if (!was || strcmp(was, now) == 0 || !w || !w->note)
		return;
	(void)snprintf(text, sizeof text,
		"%s made with %s, this is %s: the result will differ in rounding from "
		"that of one machine",
		made, was, now);
	w->note(w, text);
}
