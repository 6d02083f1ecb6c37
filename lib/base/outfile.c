/* SPDX-License-Identifier: MIT */
/* Output files that appear when they are complete: written beside their target, renamed
 * over it at the end, and removed when a signal ends the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/outfolder.h"

/* Beside the fixed places no list is needed, so that a signal handler finds it whole at any
 * moment. A name is there before its file is, and goes after it. */
static struct {
	char path[PATH_MAX];
	volatile sig_atomic_t used;
} temps[YC_OUTFILES_MAX];

void yc_outfile_unlink_all(void)
{
	for (int i = 0; i < YC_OUTFILES_MAX; i++)
		if (temps[i].used)
			(void)unlink(temps[i].path);
	yc_outfolder_unlink_all();
}

static void forget(struct yc_outfile *o)
{
	yc_free(o->path);
	if (o->temp >= 0)
		temps[o->temp].used = 0;
	*o = (struct yc_outfile){.fd = -1, .temp = -1};
}

/* The file that a chain of links ends in: renaming over the link would cut the chain. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = yc_strdup(real ? real : path);

	free(real);
	return copy;
}

/* Beside the target, or the rename could cross a file system. Not mkstemp: that would
 * give the finished file mode 0600 whatever the umask says. */
static int open_temp(struct yc_outfile *o, const char *given)
{
	int slot = 0, n;
	char *path;

	while (slot < YC_OUTFILES_MAX && temps[slot].used)
		slot++;
	if (slot == YC_OUTFILES_MAX)
		return yc_fail(YC_FAIL, "%s: more than %d files are being written", given,
			YC_OUTFILES_MAX);
	path = temps[slot].path;
	for (int i = 0; i < 100; i++) {
		n = snprintf(path, PATH_MAX, "%s.%ld-%d.tmp", o->path, (long)getpid(), i);
		if (n >= PATH_MAX) {
			errno = ENAMETOOLONG;
			break;
		}
		temps[slot].used = 1;
		o->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd >= 0) {
			o->temp = slot;
			return YC_OK;
		}
		temps[slot].used = 0;
		if (errno != EEXIST)
			break;
	}
	return yc_fail(YC_FAIL, "%s:", given);
}

int yc_outfile_open(struct yc_outfile *o, const char *path)
{
	struct stat st;
	int status = YC_OK;

	*o = (struct yc_outfile){.fd = -1, .temp = -1};
	if (!path) {
		o->fd = STDOUT_FILENO;
		o->path = yc_strdup("stdout");
		return o->path ? YC_OK : YC_FAIL;
	}
	o->path = resolve(path);
	if (!o->path)
		return YC_FAIL;
	/* A device or a pipe with a name is written to, not replaced. */
	if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o->fd = open(o->path, O_WRONLY | O_CLOEXEC);
		if (o->fd < 0)
			status = yc_fail(YC_FAIL, "%s:", path);
	} else {
		status = open_temp(o, path);
	}
	if (status < 0)
		forget(o);
	return status;
}

int yc_outfile_write(struct yc_outfile *o, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t done = write(o->fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			int cause = errno;

			(void)yc_fail(YC_FAIL, "%s: write error:", o->path);
			errno = cause; /* tools tell EPIPE from the rest */
			return YC_FAIL;
		}
		at += done;
		n -= (size_t)done;
	}
	return YC_OK;
}

void yc_outfile_abort(struct yc_outfile *o)
{
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		(void)close(o->fd);
	if (o->temp >= 0)
		(void)unlink(temps[o->temp].path);
	forget(o);
}

int yc_outfile_commit(struct yc_outfile *o)
{
	int status = YC_OK;

	/* Some file systems report a full disk only here. Standard output stays open for
	 * its owner; closing a duplicate reports the same. */
	if (o->fd == STDOUT_FILENO)
		o->fd = dup(o->fd);
	/* On the disk before the name is: after a power cut there is the old file or the
	 * new. */
	if (o->fd < 0 || (o->temp >= 0 && fsync(o->fd) < 0))
		status = yc_fail(YC_FAIL, "%s: write error:", o->path);
	if (o->fd >= 0 && close(o->fd) < 0 && status == YC_OK)
		status = yc_fail(YC_FAIL, "%s: write error:", o->path);
	o->fd = -1;
	if (status == YC_OK && o->temp >= 0 && rename(temps[o->temp].path, o->path) < 0)
		status = yc_fail(YC_FAIL, "%s:", o->path);
	if (status < 0 && o->temp >= 0)
		(void)unlink(temps[o->temp].path);
	forget(o);
	return status;
}
