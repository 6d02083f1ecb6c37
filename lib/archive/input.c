/* SPDX-License-Identifier: MIT */
/* Input by path, where "-" is standard input: its name in messages, whether it can be
 * read twice, and reads that survive signals. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/archive/input.h"

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *yc_input_name(const char *path)
{
	return is_stdin(path) ? "stdin" : path;
}

/* A file or folder that is standard input has a name like others, by which it opens at its
 * beginning and as often as one wants. */
const char *yc_input_path(const char *path)
{
	struct stat sb;

	if (!is_stdin(path))
		return path;
	return fstat(STDIN_FILENO, &sb) == 0 &&
			       (S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode))
		       ? "/dev/stdin"
		       : NULL;
}

bool yc_input_again(const char *path)
{
	struct stat sb;

	path = yc_input_path(path);
	return path &&
	       (stat(path, &sb) < 0 || S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode));
}

static ssize_t read_some(int fd, void *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? yc_fail(YC_FAIL, "cannot read:") : got;
}

int yc_input_open(struct yc_input *in, const char *path)
{
	struct stat sb;
	ssize_t got;

	*in = (struct yc_input){.fd = -1};
	path = yc_input_path(path);
	in->fd = path ? open(path, O_RDONLY | O_CLOEXEC)
		      : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (in->fd < 0 || fstat(in->fd, &sb) < 0)
		return yc_fail(YC_FAIL, "cannot open:");
	in->once = !S_ISREG(sb.st_mode);
	in->size = in->once ? 0 : (uint64_t)sb.st_size;
	do { /* a pipe gives what it has */
		got = read_some(in->fd, in->head + in->nhead, YC_INPUT_HEAD - in->nhead);
		if (got > 0)
			in->nhead += (size_t)got;
	} while (got > 0 && in->nhead < YC_INPUT_HEAD);
	return got < 0 ? (int)got : YC_OK;
}

ssize_t yc_input_read(struct yc_input *in, void *buf, size_t n)
{
	size_t left = in->nhead - in->at;

	if (!left)
		return read_some(in->fd, buf, n);
	if (n > left)
		n = left;
	memcpy(buf, in->head + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

void yc_input_close(struct yc_input *in)
{
	if (in->fd >= 0)
		(void)close(in->fd);
	in->fd = -1;
}
