/* SPDX-License-Identifier: MIT */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

/* Files in a folder of the test's own, which it makes and removes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "yc/mem.h"

static char folder[64];

/* Its path; valid until the next call. */
static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* Content of a file, by yc_grow. */
static unsigned char *content(const char *name, size_t *n)
{
	FILE *f = fopen(path_of(name), "rb");
	unsigned char *p = yc_grow(NULL, 0, 1 << 20);

	assert_non_null(f);
	*n = fread(p, 1, 1 << 20, f);
	assert_true(*n > 0 && *n < 1 << 20);
	fclose(f);
	return p;
}

/* Makes it; `test` is a part of its name. */
static bool make_scratch(const char *test)
{
	/* Where there is memory for files, flushing them takes no time. */
	snprintf(folder, sizeof folder, "%s/yc-%s.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", test);
	return mkdtemp(folder) != NULL;
}

#endif
