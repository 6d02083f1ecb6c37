/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf */
/*
 * Iterates over the members of a folder, an archive (tar or zip, compressed or not) or a
 * bare file. Nothing is unpacked to disk. libarchive's formats are enabled one by one:
 * each is attack surface, and the catch-all ones accept any text as an archive.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/archive/archive.h"
#include "lib/archive/unpack.h"
#include "yc/mem.h"
#include "yc/infile.h"
#include "yc/near.h"

enum { DEPTH_MAX = 16 };
enum { CHUNK = 1 << 20 };

/* Reads everything that `more` delivers, about `expected` bytes, growing as data arrive. */
static int slurp(ssize_t (*more)(void *state, void *buf, size_t n), void *state,
	uint64_t expected, size_t most, unsigned char **data, size_t *size)
{
	size_t capacity = expected < CHUNK ? (size_t)expected + 1 : CHUNK, n = 0;
	unsigned char *p = yc_calloc(capacity, 1);

	while (p) {
		if (n == capacity) {
			unsigned char *q = yc_realloc(p, n, 2, capacity);

			if (!q)
				break;
			p = q;
			capacity *= 2;
		}
		ssize_t got = more(state, p + n, capacity - n);

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

/* An archive and the decompressor in front of it, if any. */
struct source {
	struct archive *a;
	struct yc_input in;
	struct yc_unpack *unpack; /* NULL: not compressed */
	int status;		  /* of the input or decompressor */
	char cause[256];	  /* replaces libarchive's message, if set */
	unsigned char block[1 << 16];
};

static int archive_fail(const struct source *s, const char *otherwise)
{
	const char *text = archive_error_string(s->a);

	if (s->status < 0)
		return yc_fail(s->status, "%s", s->cause);
	return yc_fail(YC_FAIL, "%s", text ? text : otherwise);
}

static ssize_t more_archive(void *state, void *buf, size_t n)
{
	const struct source *s = state;
	la_ssize_t got = archive_read_data(s->a, buf, n);

	if (got < 0)
		return archive_fail(s, "damaged archive");
	return (ssize_t)got;
}

static int read_file(struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	const char *path = m->state;
	FILE *f = fopen(path, "rb");
	int status;

	if (!f)
		return yc_fail(YC_FAIL, "cannot open:");
	status = slurp(more_file, f, m->size, most, data, size);
	fclose(f);
	return status;
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
	return yc_fail(YC_FAIL, "a link in an archive: unpack it and give the folder");
}

int yc_file_read(const char *path, size_t most, unsigned char **data, size_t *size)
{
	char *own = yc_strdup(path);
	struct yc_member m = {path, UINT64_MAX, read_file, own, true};
	struct stat sb;
	int status = own ? YC_OK : YC_FAIL;

	if (status == YC_OK && stat(path, &sb) < 0)
		status = yc_fail(YC_FAIL, "cannot open:");
	if (status == YC_OK) {
		m.size = (uint64_t)sb.st_size;
		status = read_file(&m, most, data, size);
	}
	yc_free(own);
	return status;
}

static int walk_folder(const char *folder, size_t base, int depth,
	int (*fn)(void *, struct yc_member *), void *ctx)
{
	struct dirent **entry;
	int n = scandir(folder, &entry, NULL, alphasort), status = YC_OK;

	if (n < 0 && depth > 0)
		return yc_fail(YC_FAIL, "%s: cannot list:", folder + base);
	if (n < 0)
		return yc_fail(YC_FAIL, "cannot list:");
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		char *path = NULL;
		struct stat sb;

		if (status == YC_OK && strcmp(name, ".") != 0 &&
			strcmp(name, "..") != 0) {
			if (asprintf(&path, "%s/%s", folder, name) < 0) {
				path = NULL;
				status = yc_fail(YC_FAIL, "out of memory");
			} else if (stat(path, &sb) < 0) {
				/* A broken link: if it is a member that is needed, it is
				 * reported as missing.
				 */
			} else if (S_ISDIR(sb.st_mode) && depth < DEPTH_MAX &&
				   entry[i]->d_type != DT_LNK) {
				status = walk_folder(path, base, depth + 1, fn, ctx);
			} else if (S_ISREG(sb.st_mode)) {
				struct yc_member m = {path + base, (uint64_t)sb.st_size,
					read_file, path, false};

				status = fn(ctx, &m);
			}
		}
		free(path);
		free(entry[i]);
	}
	free(entry);
	return status;
}

static ssize_t read_block(struct source *s)
{
	return s->unpack ? yc_unpack_read(s->unpack, s->block, sizeof s->block)
			 : yc_input_read(&s->in, s->block, sizeof s->block);
}

/* Reads on to the end of the compressed data, since its checksum comes last; and to the
 * end of a pipe, so that its writer does not fail only because the rest is not needed. */
static int drain(struct source *s)
{
	ssize_t n = s->unpack || s->in.once ? 1 : 0;

	while (n > 0)
		n = read_block(s);
	return n < 0 ? (int)n : YC_OK;
}

static int walk_archive(
	struct source *s, int (*fn)(void *, struct yc_member *), void *ctx)
{
	struct archive_entry *e;
	int members = 0;

	for (;;) {
		int r = archive_read_next_header(s->a, &e);

		if (r == ARCHIVE_EOF && s->status == YC_OK)
			return members ? drain(s) : yc_fail(YC_FAIL, "an empty archive");
		if (r < ARCHIVE_WARN || r == ARCHIVE_EOF)
			return archive_fail(s, "not an archive");
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
			link ? read_link : read_archived, s, false};
		int status = fn(ctx, &m);

		if (status != YC_OK)
			return status;
	}
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **block)
{
	struct source *s = ctx;
	ssize_t n = read_block(s);

	(void)a;
	*block = s->block;
	if (n < 0) {
		s->status = (int)n;
		snprintf(s->cause, sizeof s->cause, "%s", yc_errmsg());
		return ARCHIVE_FATAL;
	}
	return n;
}

enum kind { BARE, TAR, ZIP, GZIP, PACKED };

/* Recognises the file by how it begins. A bare batch file is none of these. */
static int kind_of(const struct yc_input *in, enum kind *kind)
{
	static const struct {
		enum kind kind;
		size_t at, n;
		const char *magic;
	} kinds[] = {{GZIP, 0, 2, "\x1f\x8b"}, {PACKED, 0, 3, "BZh"},
		{PACKED, 0, 6,
			"\xfd"
			"7zXZ\0"},
		{PACKED, 0, 4, "\x28\xb5\x2f\xfd"}, {ZIP, 0, 4, "PK\3\4"},
		{TAR, 257, 5, "ustar"}};

	if (in->nhead == 0)
		return yc_fail(YC_FAIL, "an empty file");
	if (memcmp(in->head, "version https://git-lfs", 23) == 0)
		return yc_fail(YC_FAIL,
			"a Git-LFS pointer, not the data: fetch it with 'git lfs pull'");
	if (in->head[0] == '<')
		return yc_fail(YC_FAIL,
			"an HTML or XML page, not a dataset: was the download refused?");
	*kind = BARE;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && *kind == BARE; i++)
		if (memcmp(in->head + kinds[i].at, kinds[i].magic, kinds[i].n) == 0)
			*kind = kinds[i].kind;
	if (in->once && *kind == ZIP)
		return yc_fail(YC_FAIL, "a zip archive cannot be read from a pipe, since "
					"its directory is at the end: give the file");
	if (in->once && *kind == BARE)
		return yc_fail(YC_FAIL, "not a tar archive, compressed or not: nothing "
					"else can be read from a pipe");
	return YC_OK;
}

/* Uses the zip reader that begins with the directory at the end: a file without it is
 * truncated. */
static int open_archive(struct source *s, const char *path, enum kind kind)
{
	int status = YC_OK;

	s->a = archive_read_new();
	if (!s->a)
		return yc_fail(YC_FAIL, "out of memory");
	archive_read_support_format_tar(s->a);
	archive_read_support_format_zip_seekable(s->a);
	/* Seekable, by its name. */
	if ((kind == TAR || kind == ZIP) && !s->in.once)
		return archive_read_open_filename(s->a, yc_infile_path(path), CHUNK) ==
				       ARCHIVE_OK
			       ? YC_OK
			       : archive_fail(s, "not an archive");
	if (kind != TAR)
		status = yc_unpack_open(&s->unpack, &s->in, kind == GZIP);
	if (status < 0)
		return status;
	return archive_read_open(s->a, s, NULL, on_read, NULL) == ARCHIVE_OK
		       ? YC_OK
		       : archive_fail(s, "not an archive");
}

static int walk_bare(const struct source *s, const char *path,
	int (*fn)(void *ctx, struct yc_member *m), void *ctx)
{
	char *own = yc_strdup(yc_infile_path(path));
	const char *slash = strrchr(path, '/');
	struct yc_member m = {slash ? slash + 1 : path, s->in.size, read_file, own, true};
	int status = own ? fn(ctx, &m) : YC_FAIL;

	yc_free(own);
	return status;
}

static int walk_file(struct source *s, const char *path,
	int (*fn)(void *ctx, struct yc_member *m), void *ctx)
{
	enum kind kind = BARE;
	int status = yc_input_open(&s->in, path);

	if (status == YC_OK)
		status = kind_of(&s->in, &kind);
	if (status == YC_OK && kind == BARE)
		return walk_bare(s, path, fn, ctx);
	if (status == YC_OK)
		status = open_archive(s, path, kind);
	return status == YC_OK ? walk_archive(s, fn, ctx) : status;
}

int yc_archive_walk(
	const char *path, int (*fn)(void *ctx, struct yc_member *m), void *ctx)
{
	const char *name = yc_infile_name(path), *real = yc_infile_path(path);
	struct source *s;
	struct stat sb;
	int status;

	if (real && stat(real, &sb) < 0) {
		(void)yc_fail(YC_FAIL, "%s:", name);
		return yc_near_file(real);
	}
	if (real && S_ISDIR(sb.st_mode)) {
		status = walk_folder(real, strlen(real) + 1, 0, fn, ctx);
		return status < 0 ? yc_fail_in(status, "%s", name) : YC_OK;
	}
	s = yc_calloc(1, sizeof *s);
	if (!s)
		return YC_FAIL;
	status = walk_file(s, path, fn, ctx);
	archive_read_free(s->a);
	yc_unpack_close(s->unpack);
	yc_input_close(&s->in);
	yc_free(s);
	return status < 0 ? yc_fail_in(status, "%s", name) : YC_OK;
}
