/* SPDX-License-Identifier: MIT */
/* Input with a look-ahead at its beginning; also whether it can be read twice. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/archive/input.h"
#include "yc/infile.h"

bool yc_input_again(const char *path)
{
	struct stat sb;

	path = yc_infile_path(path);
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
	const char *again = yc_infile_path(path);
	struct stat sb;
	ssize_t got;

	*in = (struct yc_input){.fd = -1};
	in->fd = yc_infile_open(again ? again : path);
	if (in->fd < 0)
		return YC_FAIL;
	if (fstat(in->fd, &sb) < 0)
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
