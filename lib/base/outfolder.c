/* SPDX-License-Identifier: MIT */
/* Output folders that appear when they are complete: filled beside their target, renamed
 * over it at the end, and removed when a signal ends the program. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/internal.h"
#include "yc/mem.h"
#include "yc/outfolder.h"

/* Fixed places, so that a signal handler finds them whole at any moment. While a folder
 * is being made it is not known yet whether it is ours: then only an empty one goes. */
enum { UNUSED, BEING_MADE, MADE };
static struct {
	char path[PATH_MAX];
	volatile sig_atomic_t used;
} temps[YC_OUTFOLDERS_MAX];

/* What is written has two levels; a signal handler has little stack. */
enum { DEPTH_MAX = 3 };

/* Empties the folder; whether anything was removed. Only system calls: a signal handler
 * may not allocate, as opendir does. */
static bool empty_once(int fd, int depth)
{
	char buffer[4096] __attribute__((aligned(16)));
	bool removed = false;
	ssize_t n;

	while ((n = getdents64(fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *e = (const void *)(buffer + at);
			const char *name = e->d_name;
			int sub;

			at += e->d_reclen;
			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (unlinkat(fd, name, 0) == 0) {
				removed = true;
				continue;
			}
			sub = depth < DEPTH_MAX ? openat(fd, name,
							  O_RDONLY | O_DIRECTORY |
								  O_NOFOLLOW | O_CLOEXEC)
						: -1;
			if (sub < 0)
				continue;
			while (empty_once(sub, depth + 1))
				(void)lseek(sub, 0, SEEK_SET);
			(void)close(sub);
			removed |= unlinkat(fd, name, AT_REMOVEDIR) == 0;
		}
	}
	return removed;
}

static void remove_tree(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Removing moves entries, so that a pass may miss some. */
	while (empty_once(fd, 0))
		(void)lseek(fd, 0, SEEK_SET);
	(void)close(fd);
	(void)rmdir(path);
}

void yc_outfolder_unlink_all(void)
{
	for (int i = 0; i < YC_OUTFOLDERS_MAX; i++) {
		if (temps[i].used == MADE)
			remove_tree(temps[i].path);
		else if (temps[i].used == BEING_MADE)
			(void)rmdir(temps[i].path);
	}
}

static bool is_ours(const char *name, const char *const *names)
{
	const size_t n = strlen(name);

	for (; names && *names; names++) {
		const size_t end = strlen(*names);

		if (**names == '.' ? n >= end && strcmp(name + n - end, *names) == 0
				   : strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

/* Whether it only has files of ours; *n counts the entries. */
static int check_names(
	const char *path, const struct yc_outfolder_ours *ours, int depth, size_t *n)
{
	struct dirent **entry;
	int count = scandir(path, &entry, NULL, alphasort), status = YC_OK;

	if (count < 0)
		return yc_fail(YC_FAIL, "%s:", path);
	for (int i = 0; i < count; i++) {
		const char *name = entry[i]->d_name;
		char inner[PATH_MAX];
		struct stat st;

		if (status == YC_OK && strcmp(name, ".") && strcmp(name, "..")) {
			++*n;
			if (snprintf(inner, sizeof inner, "%s/%s", path, name) >=
				PATH_MAX)
				status = yc_fail(YC_FAIL, "%s: a name is too long", path);
			else if (lstat(inner, &st) != 0)
				status = yc_fail(YC_FAIL, "%s:", inner);
			else if (S_ISDIR(st.st_mode) && depth == 0)
				status = check_names(inner, ours, 1, n);
			else if (!S_ISREG(st.st_mode) || !is_ours(name, ours->names))
				status = yc_fail(YC_FAIL,
					"%s is in the folder, and is nothing that is "
					"written here: name another folder",
					inner);
		}
		free(entry[i]);
	}
	free(entry);
	return status;
}

static bool has_mark(const char *path, const struct yc_outfolder_ours *ours)
{
	char name[PATH_MAX], text[64] = "";
	const size_t n = strlen(ours->begins);
	FILE *f;

	if (snprintf(name, sizeof name, "%s/%s", path, ours->mark) >= PATH_MAX)
		return false;
	f = fopen(name, "rb");
	if (!f)
		return false;
	(void)!fread(text, 1, sizeof text - 1, f);
	(void)fclose(f);
	return strncmp(text, ours->begins, n) == 0;
}

/* Whether it only has what an earlier run wrote; *n counts the entries. */
static int check_content(
	const char *path, const struct yc_outfolder_ours *ours, size_t *n)
{
	int status = check_names(path, ours, 0, n);

	if (status == YC_OK && *n && ours->mark && !has_mark(path, ours))
		status = yc_fail(YC_FAIL,
			"%s is not empty, and was not written here, since it has no %s: "
			"name another folder",
			path, ours->mark);
	return status;
}

/* The folder that a link leads to, without slashes at its end. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *copy = yc_strdup(real ? real : path);

	free(real);
	for (size_t n = copy ? strlen(copy) : 0; n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	return copy;
}

static int check_target(const char *path, const char *real, bool replace,
	const struct yc_outfolder_ours *ours)
{
	char here[PATH_MAX];
	struct stat st;
	size_t n = 0;
	int status;

	if (stat(real, &st) < 0)
		return errno == ENOENT ? YC_OK : yc_fail(YC_FAIL, "%s:", path);
	if (!S_ISDIR(st.st_mode))
		return yc_fail(YC_FAIL, "%s is a file: name a folder", path);
	if (getcwd(here, sizeof here) && strncmp(here, real, strlen(real)) == 0 &&
		(here[strlen(real)] == '/' || !here[strlen(real)] || !real[1]))
		return yc_fail(YC_FAIL,
			"%s holds the current folder, which is not replaced: name a new "
			"folder",
			path);
	status = check_content(real, ours, &n);
	/* What --force would refuse is told at once. */
	if (status == YC_OK && n && !replace)
		return yc_fail(YC_FAIL,
			"%s is not empty: name a new folder, or --force replaces it",
			path);
	return status;
}

/* Long names are cut, so that the temporary one is never too long. */
static int open_temp(struct yc_outfolder *o, const char *given)
{
	const char *slash = strrchr(o->path, '/'), *base = slash ? slash + 1 : o->path;
	int slot = 0;
	char *path;

	while (slot < YC_OUTFOLDERS_MAX && temps[slot].used)
		slot++;
	if (slot == YC_OUTFOLDERS_MAX)
		return yc_fail(YC_FAIL, "%s: more than %d folders are being written",
			given, YC_OUTFOLDERS_MAX);
	path = temps[slot].path;
	for (int i = 0; i < 100; i++) {
		if (snprintf(path, PATH_MAX, "%.*s%.200s.%ld-%d.tmp",
			    (int)(base - o->path), o->path, base, (long)getpid(),
			    i) >= PATH_MAX) {
			errno = ENAMETOOLONG;
			break;
		}
		temps[slot].used = BEING_MADE;
		if (mkdir(path, 0777) == 0) {
			temps[slot].used = MADE;
			o->temp = slot;
			o->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (o->fd >= 0)
				return YC_OK;
			break;
		}
		temps[slot].used = UNUSED;
		if (errno != EEXIST)
			break;
	}
	if (errno == ENOENT && yc_outpath_homeless(o->path, given))
		return YC_FAIL;
	return yc_fail(YC_FAIL, "%s:", given);
}

int yc_outfolder_open(struct yc_outfolder *o, const char *path, bool replace,
	const struct yc_outfolder_ours *ours)
{
	int status;

	*o = (struct yc_outfolder){
		.fd = -1, .temp = -1, .replace = replace, .ours = ours};
	o->path = resolve(path);
	if (!o->path)
		return YC_FAIL;
	status = check_target(path, o->path, replace, ours);
	if (status == YC_OK)
		status = open_temp(o, path);
	if (status < 0)
		yc_outfolder_abort(o);
	return status;
}

void yc_outfolder_abort(struct yc_outfolder *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	if (o->temp >= 0) {
		remove_tree(temps[o->temp].path);
		temps[o->temp].used = UNUSED;
	}
	yc_free(o->path);
	*o = (struct yc_outfolder){.fd = -1, .temp = -1};
}

/* Where the file system cannot do it at one moment, in three steps. */
static int exchange_slowly(const char *temp, const char *path)
{
	char old[PATH_MAX + 4];

	(void)snprintf(old, sizeof old, "%s.o", temp);
	if (rename(path, old) != 0)
		return -1;
	if (rename(temp, path) != 0) {
		const int cause = errno;

		(void)rename(old, path);
		errno = cause;
		return -1;
	}
	return rename(old, temp);
}

static int exchange(const char *temp, const char *path)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? exchange_slowly(temp, path) : -1;
}

/* An old folder and the new one change places; the old one goes afterwards. */
static int put_in_place(struct yc_outfolder *o)
{
	const char *temp = temps[o->temp].path;
	size_t n = 0;

	if (rename(temp, o->path) == 0)
		return YC_OK;
	if (!o->replace || (errno != ENOTEMPTY && errno != EEXIST) ||
		exchange(temp, o->path) != 0)
		return yc_fail(YC_FAIL, "%s:", o->path);
	if (check_content(temp, o->ours, &n) == YC_OK)
		return YC_OK;
	/* Somebody put something into the old one since it was looked at. */
	temps[o->temp].used = UNUSED;
	o->temp = -1;
	return yc_fail(YC_FAIL,
		"%s is written, but the folder before it had got something else in it: "
		"it is kept as %s",
		o->path, temp);
}

int yc_outfolder_commit(struct yc_outfolder *o)
{
	int status = YC_OK;

	if (syncfs(o->fd) < 0)
		status = yc_fail(YC_FAIL, "%s: write error:", o->path);
	if (status == YC_OK)
		status = put_in_place(o);
	/* What is under the temporary name now is not wanted: nothing, the old folder, or
	 * what could not be put in place. */
	yc_outfolder_abort(o);
	return status;
}
