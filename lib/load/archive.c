/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf */
/*
 * One walk over the members of a folder, an archive (tar or zip, compressed or not) or a
 * bare file. Nothing is unpacked to disk. libarchive's formats are enabled one by one:
 * each is attack surface, and the catch-all ones take any text for an archive.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/load/parts.h"
#include "yc/mem.h"

enum { DEPTH_MAX = 16 };
enum { CHUNK = 1 << 20 };

/* Reads everything that `more` delivers, `told` bytes or so, growing with what arrives. */
static int slurp(ssize_t (*more)(void *state, void *buf, size_t n), void *state,
	uint64_t told, size_t most, unsigned char **data, size_t *size)
{
	size_t room = told < CHUNK ? (size_t)told + 1 : CHUNK, n = 0;
	unsigned char *p = yc_alloc(room, 1);

	while (p) {
		if (n == room) {
			unsigned char *q = yc_realloc(p, n, 2, room);

			if (!q)
				break;
			p = q;
			room *= 2;
		}
		ssize_t got = more(state, p + n, room - n);

		if (got < 0)
			break;
		n += (size_t)got;
		if (n > most) {
			yc_fail(YC_FAIL, "larger than %zu bytes", most);
			break;
		}
		if (got == 0) {
			*data = p;
			*size = n;
			return YC_OK;
		}
	}
	yc_free(p);
	return YC_FAIL;
}

static ssize_t more_file(void *state, void *buf, size_t n)
{
	FILE *f = state;
	size_t got = fread(buf, 1, n, f);

	if (got < n && ferror(f))
		return yc_fail(YC_FAIL, "cannot read:");
	return (ssize_t)got;
}

static ssize_t more_archive(void *state, void *buf, size_t n)
{
	struct archive *a = state;
	la_ssize_t got = archive_read_data(a, buf, n);

	if (got < 0)
		return yc_fail(YC_FAIL, "%s",
			archive_error_string(a) ? archive_error_string(a)
						: "damaged archive");
	return (ssize_t)got;
}

static int read_file(struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	const char *path = m->state;
	FILE *f = fopen(path, "rb");
	int st;

	if (!f)
		return yc_fail(YC_FAIL, "cannot open:");
	st = slurp(more_file, f, m->size, most, data, size);
	fclose(f);
	return st;
}

static int read_archived(
	struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	return slurp(more_archive, m->state, m->size, most, data, size);
}

static int read_link(struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	(void)m;
	(void)most;
	(void)data;
	(void)size;
	return yc_fail(YC_FAIL, "a link in an archive: unpack it, and give the folder");
}

static int walk_folder(const char *folder, size_t base, int depth,
	int (*fn)(void *, struct yc_member *), void *ctx)
{
	struct dirent **entry;
	int n = scandir(folder, &entry, NULL, alphasort), st = YC_OK;

	if (n < 0 && depth > 0)
		return yc_fail(YC_FAIL, "%s: cannot list:", folder + base);
	if (n < 0)
		return yc_fail(YC_FAIL, "cannot list:");
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		char *path = NULL;
		struct stat sb;

		if (st == YC_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			if (asprintf(&path, "%s/%s", folder, name) < 0) {
				path = NULL;
				st = yc_fail(YC_FAIL, "out of memory");
			} else if (stat(path, &sb) < 0) {
				/* A broken link: if it is a member, that one is missing.
				 */
			} else if (S_ISDIR(sb.st_mode) && depth < DEPTH_MAX &&
				   entry[i]->d_type != DT_LNK) {
				st = walk_folder(path, base, depth + 1, fn, ctx);
			} else if (S_ISREG(sb.st_mode)) {
				struct yc_member m = {path + base, (uint64_t)sb.st_size,
					read_file, path};

				st = fn(ctx, &m);
			}
		}
		free(path);
		free(entry[i]);
	}
	free(entry);
	return st;
}

static int walk_archive(
	struct archive *a, int (*fn)(void *, struct yc_member *), void *ctx)
{
	struct archive_entry *e;
	int members = 0;

	for (;;) {
		int r = archive_read_next_header(a, &e);

		if (r == ARCHIVE_EOF)
			return members ? YC_OK : yc_fail(YC_FAIL, "an empty archive");
		if (r < ARCHIVE_WARN)
			return yc_fail(YC_FAIL, "%s",
				archive_error_string(a) ? archive_error_string(a)
							: "not an archive");
		members++;
		const char *name = archive_entry_pathname(e);
		bool link = archive_entry_hardlink(e) || archive_entry_symlink(e);

		if (!name || (!link && archive_entry_filetype(e) != AE_IFREG))
			continue;
		while (strncmp(name, "./", 2) == 0)
			name += 2;
		struct yc_member m = {name,
			archive_entry_size_is_set(e) ? (uint64_t)archive_entry_size(e)
						     : UINT64_MAX,
			link ? read_link : read_archived, a};
		int st = fn(ctx, &m);

		if (st != YC_OK)
			return st;
	}
}

static int open_archive(struct archive *a, const char *path)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	if (archive_read_open_filename(a, path, CHUNK) != ARCHIVE_OK)
		return yc_fail(YC_FAIL, "%s", archive_error_string(a));
	return YC_OK;
}

/* Does the file begin like an archive or a compressed one? A bare batch file does not. */
static int is_archive(const char *path, bool *yes)
{
	static const struct {
		size_t at, n;
		const char *magic;
	} kinds[] = {{0, 2, "\x1f\x8b"}, {0, 3, "BZh"},
		{0, 6,
			"\xfd"
			"7zXZ\0"},
		{0, 4, "\x28\xb5\x2f\xfd"}, {0, 4, "PK\3\4"}, {257, 5, "ustar"}};
	unsigned char head[512] = {0};
	FILE *f = fopen(path, "rb");

	if (!f)
		return yc_fail(YC_FAIL, "cannot open:");
	size_t n = fread(head, 1, sizeof head, f);

	fclose(f);
	if (n == 0)
		return yc_fail(YC_FAIL, "an empty file");
	if (memcmp(head, "version https://git-lfs", 23) == 0)
		return yc_fail(YC_FAIL,
			"a Git-LFS pointer, not the data: fetch it with 'git lfs pull'");
	if (head[0] == '<')
		return yc_fail(YC_FAIL,
			"an HTML or XML page, not a dataset: was the download refused?");
	*yes = false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		*yes |= memcmp(head + kinds[i].at, kinds[i].magic, kinds[i].n) == 0;
	return YC_OK;
}

int yc_archive_walk(
	const char *path, int (*fn)(void *ctx, struct yc_member *m), void *ctx)
{
	struct stat sb;
	bool archived = false;
	int st;

	if (stat(path, &sb) < 0)
		return yc_fail(YC_FAIL, "%s:", path);
	if (S_ISDIR(sb.st_mode)) {
		st = walk_folder(path, strlen(path) + 1, 0, fn, ctx);
		return st < 0 ? yc_fail_in(st, "%s", path) : YC_OK;
	}
	/* The file is opened more than once: what a pipe gave is gone by then. */
	if (!S_ISREG(sb.st_mode))
		return yc_fail(YC_FAIL, "%s: neither a folder nor a regular file", path);
	if ((st = is_archive(path, &archived)) < 0)
		return yc_fail_in(st, "%s", path);
	if (!archived) {
		char *own = yc_strdup(path);
		const char *slash = strrchr(path, '/');
		struct yc_member m = {
			slash ? slash + 1 : path, (uint64_t)sb.st_size, read_file, own};

		st = own ? fn(ctx, &m) : YC_FAIL;
		yc_free(own);
	} else {
		struct archive *a = archive_read_new();

		if (!a)
			return yc_fail(YC_FAIL, "out of memory");
		st = open_archive(a, path);
		if (st == YC_OK)
			st = walk_archive(a, fn, ctx);
		archive_read_free(a);
	}
	return st < 0 ? yc_fail_in(st, "%s", path) : YC_OK;
}
