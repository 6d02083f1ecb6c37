/* SPDX-License-Identifier: MIT */
/* Names of members: the same file has many spellings ("./ant//x", "train/./ant/x"), of
 * which one is used; names that a system hides are not those of data. */
#include <string.h>

#include "lib/archive/internal.h"

void yc_member_normalise(char *name)
{
	char *to = name, *from = name;

	while (*from) {
		size_t n = strcspn(from, "/");
		bool up = n == 2 && from[0] == '.' && from[1] == '.';

		if (up) {
			while (to > name && *--to != '/')
				;
		} else if (n && !(n == 1 && from[0] == '.')) {
			if (to > name)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
		from += *from == '/';
	}
	*to = '\0';
}

bool yc_member_hidden(const char *name)
{
	for (; *name; name += *name == '/') {
		size_t n = strcspn(name, "/");

		/* Resource forks that macOS adds to zip archives. */
		if (name[0] == '.' || (n == 8 && memcmp(name, "__MACOSX", 8) == 0))
			return true;
		name += n;
	}
	return false;
}
