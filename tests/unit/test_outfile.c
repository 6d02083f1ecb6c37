/* SPDX-License-Identifier: MIT */
/* Outputs under temporary names: a signal leaves none of them, at whatever moment it comes,
 * and nothing of others goes; and writing to what does not block. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/outfolder.h"

static char folder[] = "/tmp/test_outfile.XXXXXX";

/* What a handler would do if the signal came right here. */
static bool signal_here;

/* In place of the C library's: a signal comes when it is done, and not earlier. */
int mkdir(const char *path, mode_t mode)
{
	int status = mkdirat(AT_FDCWD, path, mode);

	if (signal_here)
		yc_outfile_unlink_all();
	return status;
}

int openat(int at, const char *path, int flags, ...)
{
	int fd = (int)syscall(SYS_openat, at, path, flags, 0666);

	if (signal_here && (flags & O_CREAT))
		yc_outfile_unlink_all();
	return fd;
}

static int entries(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static char *path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", folder, name);
	return path;
}

static void a_signal_leaves_nothing(void **state)
{
	struct yc_outfolder d;
	struct yc_outfile f;
	char path[256];

	(void)state;
	for (int here = 1; here >= 0; here--) {
		signal_here = here;
		(void)!yc_outfolder_open(&d, path_of("d", path), false, NULL);
		if (!here) {
			assert_int_equal(entries(), 1);
			yc_outfile_unlink_all();
		}
		assert_int_equal(entries(), 0);
		yc_outfolder_abort(&d);
		(void)!yc_outfile_open(&f, path_of("f", path));
		if (!here) {
			assert_int_equal(entries(), 1);
			yc_outfile_unlink_all();
		}
		assert_int_equal(entries(), 0);
		yc_outfile_abort(&f);
	}
	signal_here = false;
}

/* A folder of that name that is there already, of a process that had our number. */
static void folders_of_others_stay(void **state)
{
	struct yc_outfolder d;
	char name[64], path[256], inside[300];

	(void)state;
	(void)snprintf(name, sizeof name, "d.%ld-0.tmp", (long)getpid());
	assert_int_equal(mkdir(path_of(name, path), 0777), 0);
	(void)snprintf(inside, sizeof inside, "%s/kept", path);
	assert_int_equal(mkdir(inside, 0777), 0);
	signal_here = true;
	(void)!yc_outfolder_open(&d, path_of("d", path), false, NULL);
	signal_here = false;
	yc_outfolder_abort(&d);
	assert_int_equal(access(inside, F_OK), 0);
	assert_int_equal(entries(), 1);
}

/* Reads from a pipe that is full before; as a process, whether all bytes came. */
enum { BYTES = 1 << 20 };

static void read_slowly(int fd)
{
	char some[4096];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, some, sizeof some)) > 0)
		n += (size_t)got;
	_exit(n != BYTES);
}

static void what_does_not_block_is_waited_for(void **state)
{
	static const char bytes[BYTES];
	int fd[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		(void)close(fd[1]);
		read_slowly(fd[0]);
	}
	(void)close(fd[0]);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(yc_write_all(fd[1], bytes, BYTES), 0);
	(void)close(fd[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	errno = 0;
	assert_int_equal(yc_write_all(fd[1], "x", 1), -1);
	assert_int_equal(errno, EBADF);
}

static int make(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int clean(void **state)
{
	char command[300];

	(void)state;
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_leaves_nothing),
		cmocka_unit_test(folders_of_others_stay),
		cmocka_unit_test(what_does_not_block_is_waited_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make, clean);
}
