/* SPDX-License-Identifier: MIT */
/* Where yc(1) finds the manual pages: beside the program that was installed, or in the
 * sources of one that was only built. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/page.h"

void own_folder(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	while (n > 0 && path[n - 1] != '/')
		n--;
	path[n < 0 ? 0 : n] = '\0';
}

bool page_alone(const char *name)
{
	return strcmp(name, "stream") == 0 || strcmp(name, "methods") == 0;
}

bool page_find(const char *name, char path[2 * PATH_MAX])
{
	char folder[PATH_MAX];

	own_folder(folder);
	for (const char *s = "157"; *s; s++) {
		char *end = path + sprintf(path, "%s../share/man/man%c/yc-%s.%c", folder,
					   *s, name, *s);

		if (access(path, R_OK) == 0)
			return true;
		(void)strcpy(end, ".gz");
		if (access(path, R_OK) == 0)
			return true;
		/* build/release/bin */
		(void)sprintf(path, "%s../../../man/yc-%s.%c", folder, name, *s);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}
