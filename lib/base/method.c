/* SPDX-License-Identifier: MIT */
/* Finds a method by name in a table of methods of any kind, or says which there are. */
#include <stdio.h>
#include <string.h>

#include "yc/near.h"
#include "yc/opt.h"

const struct yc_method *yc_method_find(const struct yc_method *const *table,
	const char *what, const char *name, size_t len)
{
	char known[512] = "", meant[YC_NEAR_TEXT];
	struct yc_near near;
	size_t used = 0;

	yc_near_begin(&near, name, len);
	for (; *table; table++) {
		const char *have = (*table)->name;

		if (strlen(have) == len && memcmp(have, name, len) == 0)
			return *table;
		yc_near_try(&near, have, strlen(have));
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used,
				"%s%s", used ? " " : "", have);
	}
	(void)yc_fail(YC_USAGE, "unknown %s '%.*s'%s (one of: %s)", what,
		len > 64 ? 64 : (int)len, name, yc_near_text(&near, "", meant), known);
	return NULL;
}
