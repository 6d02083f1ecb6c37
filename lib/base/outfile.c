/* SPDX-License-Identifier: MIT */
/* Output files that appear when they are complete: written beside their target, renamed
 * over it at the end, and removed when a signal ends the program. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/internal.h"
#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/outfolder.h"

/* Beside the fixed places no list is needed, so that a signal handler finds it whole at any
 * moment. A name is there before its file is, and goes after it. Relative to the folder,
 * since the whole path may be as long as paths can be. */
static struct {
	int folder;
	char name[NAME_MAX + 1];
	volatile sig_atomic_t used;
} temps[YC_OUTFILES_MAX];

void yc_outfile_unlink_all(void)
{
	for (int i = 0; i < YC_OUTFILES_MAX; i++)
		if (temps[i].used)
			(void)unlinkat(temps[i].folder, temps[i].name, 0);
	yc_outfolder_unlink_all();
}

static void forget(struct yc_outfile *o)
{
	yc_free(o->path);
	if (o->temp >= 0) {
		temps[o->temp].used = 0;
		(void)close(temps[o->temp].folder);
	}
	*o = (struct yc_outfile){.fd = -1, .temp = -1};
}

/* Begins like the final name, and is not longer, unless that is short: on some file systems
 * less than NAME_MAX is allowed. */
static void name_temp(char name[NAME_MAX + 1], const char *final, int try)
{
	enum { SHORT = 64 };
	char end[SHORT];
	size_t whole = strnlen(final, NAME_MAX), n;

	if (whole < SHORT)
		whole = SHORT;
	n = whole -
	    (size_t)snprintf(end, sizeof(end), ".%ld-%d.tmp", (long)getpid(), try);
	if (n > strlen(final))
		n = strlen(final);
	/* Not in the middle of a letter of UTF-8: some file systems refuse the half. */
	while (n > 0 && ((unsigned char) final[n] & 0xc0) == 0x80)
		n--;
	(void)snprintf(name, NAME_MAX + 1, "%.*s%s", (int)n, final, end);
}

/* Beside the target, or the rename could cross a file system. Not mkstemp: that would
 * give the finished file mode 0600 whatever the umask says. */
static int open_temp(struct yc_outfile *o, int slot, const char *folder)
{
	temps[slot].folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (temps[slot].folder < 0)
		return -1;
	for (int i = 0; i < 100; i++) {
		name_temp(temps[slot].name, yc_path_name(o->path), i);
		/* Before the file is there, or a signal in between would leave it. Nobody
		 * else's has this name, which has our number in it. */
		temps[slot].used = 1;
		o->fd = openat(temps[slot].folder, temps[slot].name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd >= 0) {
			o->temp = slot;
			return 0;
		}
		temps[slot].used = 0;
		if (errno != EEXIST)
			break;
	}
	(void)close(temps[slot].folder);
	return -1;
}

static int open_beside(
	struct yc_outfile *o, const struct yc_outpath *at, const char *given)
{
	int slot = 0, opened = -1;
	char *folder;

	while (slot < YC_OUTFILES_MAX && temps[slot].used)
		slot++;
	if (slot == YC_OUTFILES_MAX)
		return yc_fail(YC_FAIL, "%s: more than %d files are being written", given,
			YC_OUTFILES_MAX);
	folder = yc_path_folder(o->path);
	if (!folder)
		return YC_FAIL;
	/* A name that is too long is reported before the work. */
	if (!*yc_path_name(o->path))
		errno = EISDIR;
	else if (access(o->path, F_OK) == 0 || errno != ENAMETOOLONG)
		opened = open_temp(o, slot, folder);
	yc_free(folder);
	return opened == 0 ? YC_OK : yc_outpath_refused(at, given);
}

int yc_outfile_open(struct yc_outfile *o, const char *path)
{
	struct yc_outpath at;
	int status = YC_OK;

	*o = (struct yc_outfile){.fd = -1, .temp = -1};
	if (!path) {
		o->fd = STDOUT_FILENO;
		o->path = yc_strdup("stdout");
		return o->path ? YC_OK : YC_FAIL;
	}
	status = yc_outpath(&at, path);
	if (status < 0)
		return status;
	o->path = yc_strdup(at.path);
	if (!o->path) {
		status = YC_FAIL;
	} else if (at.replaced) {
		status = open_beside(o, &at, path);
	} else {
		/* Opening a descriptor's name would begin at the start of its file. */
		o->fd = at.descriptor >= 0
				? fcntl(at.descriptor, F_DUPFD_CLOEXEC, 3)
				: open(o->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
		if (o->fd < 0)
			status = yc_fail(YC_FAIL, "%s:", path);
	}
	yc_outpath_release(&at);
	if (status < 0)
		forget(o);
	return status;
}

int yc_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN) {
			(void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
			continue;
		}
		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int yc_outfile_write(struct yc_outfile *o, const void *p, size_t n)
{
	int cause;

	if (yc_write_all(o->fd, p, n) == 0)
		return YC_OK;
	cause = errno;
	(void)yc_fail(YC_FAIL, "%s: write error:", o->path);
	errno = cause; /* tools tell EPIPE from the rest */
	return YC_FAIL;
}

void yc_outfile_abort(struct yc_outfile *o)
{
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		(void)close(o->fd);
	if (o->temp >= 0)
		(void)unlinkat(temps[o->temp].folder, temps[o->temp].name, 0);
	forget(o);
}

/* Takes the place of the file that is there. */
static int put_in_place(const struct yc_outfile *o)
{
	const int folder = temps[o->temp].folder;
	const struct yc_outpath at = {.path = o->path};

	if (renameat(folder, temps[o->temp].name, folder, yc_path_name(o->path)) == 0)
		return YC_OK;
	return yc_outpath_refused(&at, o->path);
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
	if (status == YC_OK && o->temp >= 0)
		status = put_in_place(o);
	if (status < 0 && o->temp >= 0)
		(void)unlinkat(temps[o->temp].folder, temps[o->temp].name, 0);
	forget(o);
	return status;
}
