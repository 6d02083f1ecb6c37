/* SPDX-License-Identifier: MIT */
/* Bytes on disk in a file without a name, written in sequence and copied out later. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "yc/mem.h"
#include "yc/spill.h"

enum { BLOCK = 1 << 16 };

/* Not every file system has files without a name. */
static int open_unnamed(const char *folder)
{
	char path[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	if (snprintf(path, sizeof path, "%s/.yc-XXXXXX", folder) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

/* A file without a name is known by where it is. */
static int failed(const struct yc_spill *s, const char *what)
{
	return yc_fail(YC_FAIL, "a temporary file in '%s': %s error:", s->folder, what);
}

int yc_spill_open(struct yc_spill *s, const char *folder)
{
	*s = (struct yc_spill){.fd = open_unnamed(folder)};
	if (s->fd < 0)
		return yc_fail(YC_FAIL, "%s: a temporary file:", folder);
	s->buffer = yc_calloc(BLOCK, 1);
	s->folder = yc_strdup(folder);
	if (s->buffer && s->folder)
		return YC_OK;
	yc_free(s->buffer);
	yc_free(s->folder);
	s->buffer = NULL;
	s->folder = NULL;
	(void)close(s->fd);
	s->fd = -1;
	return YC_FAIL;
}

static int put(struct yc_spill *s, const unsigned char *p, size_t n)
{
	while (n) {
		ssize_t done = write(s->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return failed(s, "write");
		p += done;
		n -= (size_t)done;
	}
	return YC_OK;
}

static int flush(struct yc_spill *s)
{
	size_t n = s->held;

	s->held = 0;
	return put(s, s->buffer, n);
}

int yc_spill_write(struct yc_spill *s, const void *p, size_t n)
{
	int status = YC_OK;

	s->bytes += n;
	if (s->held + n > BLOCK)
		status = flush(s);
	if (status < 0 || n > BLOCK)
		return status < 0 ? status : put(s, p, n);
	if (n)
		memcpy(s->buffer + s->held, p, n);
	s->held += n;
	return YC_OK;
}

int yc_spill_copy(struct yc_spill *s, uint64_t at, uint64_t n, const struct yc_sink *to)
{
	int status = flush(s);

	while (status == YC_OK && n) {
		size_t step = n < BLOCK ? (size_t)n : BLOCK;
		ssize_t got = pread(s->fd, s->buffer, step, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : EIO;
			return failed(s, "read");
		}
		status = to->write(to->ctx, s->buffer, (size_t)got);
		at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return status;
}

int yc_spill_path(struct yc_spill *s, char path[YC_SPILL_PATH])
{
	(void)snprintf(path, YC_SPILL_PATH, "/dev/fd/%d", s->fd);
	return flush(s);
}

void yc_spill_release(struct yc_spill *s)
{
	if (s->buffer)
		(void)close(s->fd);
	yc_free(s->buffer);
	yc_free(s->folder);
	*s = (struct yc_spill){.fd = -1};
}
