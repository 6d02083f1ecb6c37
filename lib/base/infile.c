/* SPDX-License-Identifier: MIT */
/* Files to read, by path, of which one may stand for a descriptor that the tool lends. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yc/infile.h"
#include "yc/near.h"

/* A fact about the process, as the descriptor is. */
static struct {
	const char *path, *name;
	int fd;
	char again[32]; /* opens the same file anew; "" for a pipe */
} lent;

void yc_infile_lend(const char *path, int fd, const char *name)
{
	struct stat st;

	lent.path = path;
	lent.name = name;
	lent.fd = fd;
	lent.again[0] = '\0';
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		(void)snprintf(lent.again, sizeof(lent.again), "/dev/fd/%d", fd);
}

static bool is_lent(const char *path)
{
	return lent.path && strcmp(path, lent.path) == 0;
}

const char *yc_infile_name(const char *path)
{
	return is_lent(path) ? lent.name : path;
}

const char *yc_infile_path(const char *path)
{
	if (!is_lent(path))
		return path;
	return lent.again[0] ? lent.again : NULL;
}

int yc_infile_open(const char *path)
{
	int fd = is_lent(path) ? fcntl(lent.fd, F_DUPFD_CLOEXEC, 0)
			       : open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	(void)yc_fail(YC_FAIL, "cannot open:");
	return yc_near_file(path);
}

FILE *yc_infile_text(const char *path)
{
	int fd = yc_infile_open(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f) {
		(void)yc_fail(YC_FAIL, "cannot open:");
		(void)close(fd);
	}
	return f;
}

int yc_infile_map(struct yc_map *m, const char *path)
{
	const char *real = yc_infile_path(path);
	int fd = real ? open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;
	void *at = MAP_FAILED;

	*m = (struct yc_map){0};
	if (!real)
		return yc_fail(YC_FAIL, "a pipe, which has no end to read from: give "
					"the file");
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)yc_fail(YC_FAIL, "cannot open:");
		if (fd >= 0)
			(void)close(fd);
		return YC_FAIL;
	}
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		return S_ISREG(st.st_mode) && st.st_size > 0
			       ? yc_fail(YC_FAIL, "cannot map:")
			       : yc_fail(YC_FAIL, "%s",
					 S_ISREG(st.st_mode)   ? "an empty file"
					 : S_ISDIR(st.st_mode) ? "a folder, not a file"
							       : "not a regular file");
	*m = (struct yc_map){at, (size_t)st.st_size};
	return YC_OK;
}

void yc_map_release(struct yc_map *m)
{
	const void *at = m->at;

	if (at)
		(void)munmap((void *)(uintptr_t)at, m->n);
	*m = (struct yc_map){0};
}
