/* SPDX-License-Identifier: MIT */
/* Finds a method by name in a table of methods of any kind, or says which there are. */
#include <stdio.h>
#include <string.h>

#include "yc/opt.h"

const struct yc_method *yc_method_find(const struct yc_method *const *table,
	const char *what, const char *name, size_t len)
{
	char known[512] = "";
	size_t used = 0;

	for (; *table; table++) {
		const char *have = (*table)->name;

		if (strlen(have) == len && memcmp(have, name, len) == 0)
			return *table;
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used,
				"%s%s", used ? " " : "", have);
	}
	(void)yc_fail(YC_USAGE, "unknown %s '%.*s' (one of: %s)", what,
		len > 64 ? 64 : (int)len, name, known);
	return NULL;
}
