/* SPDX-License-Identifier: MIT */
/* Files to read, by path, of which one may stand for a descriptor that the tool lends. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
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
