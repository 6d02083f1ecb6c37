/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf, uselocale */
/*
 * Walks the members of a tar or zip archive, from the first to the last; nothing is
 * unpacked to disk. libarchive does not give out names that it cannot convert to the
 * characters of the current locale: it is called with a locale of UTF-8, which leaves all
 * names as they are.
 */
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/archive/members.h"
#include "yc/infile.h"
#include "yc/mem.h"

enum { CHUNK = 1 << 20 };

static int archive_fail(const struct yc_members *s, const char *otherwise)
{
	const char *text = archive_error_string(s->a);

	if (s->status < 0)
		return yc_fail(s->status, "%s", s->cause);
	if (!archive_format(s->a)) /* it was not recognised */
		text = s->format == YC_ZIP
			       ? "a zip archive without members, or without its "
				 "directory at the end: is it truncated?"
			       : "what is in it is not a tar archive";
	return yc_fail(YC_FAIL, "%s", text ? text : otherwise);
}

static ssize_t read_data(const struct yc_members *s, void *buf, size_t n)
{
	la_ssize_t got = archive_read_data(s->a, buf, n);

	return got < 0 ? archive_fail(s, "damaged archive") : (ssize_t)got;
}

static ssize_t more_archived(struct yc_member *m, void *buf, size_t n)
{
	return read_data(m->state, buf, n);
}

static ssize_t read_block(struct yc_members *s)
{
	if (s->outer)
		return read_data(s->outer, s->block, sizeof s->block);
	return s->unpack ? yc_unpack_read(s->unpack, s->block, sizeof s->block)
			 : yc_input_read(&s->in, s->block, sizeof s->block);
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **block)
{
	struct yc_members *s = ctx;
	ssize_t n = read_block(s);

	(void)a;
	*block = s->block;
	if (n < 0) {
		s->status = (int)n;
		snprintf(s->cause, sizeof s->cause, "%s", yc_errmsg());
		return ARCHIVE_FATAL;
	}
	s->delivered += (uint64_t)n;
	s->last = (size_t)n;
	return n;
}

/*
 * What follows the end of a tar archive: zeros as a rule, which tape drives wanted; another
 * archive if several were joined by cat, and nobody would miss it.
 */
struct tail {
	unsigned char block[YC_INPUT_HEAD];
	size_t n;  /* bytes in it */
	bool over; /* something else was seen */
};

static int look_at_tail(struct tail *t, const unsigned char *p, size_t n)
{
	static const unsigned char zeros[YC_INPUT_HEAD];

	while (n && !t->over) {
		size_t k = sizeof t->block - t->n < n ? sizeof t->block - t->n : n;

		memcpy(t->block + t->n, p, k);
		t->n += k;
		p += k;
		n -= k;
		if (t->n < sizeof t->block)
			continue;
		t->n = 0;
		t->over = memcmp(t->block, zeros, sizeof zeros) != 0;
		if (t->over && yc_format_is_tar(t->block, sizeof t->block))
			return yc_fail(YC_FAIL,
				"another archive follows in the same file: give them one "
				"by one, or unpack it with tar -i and give the folder");
	}
	return YC_OK;
}

/*
 * Reads on to the end of the compressed data, since its checksum comes last; and to the
 * end of a pipe, so that its writer does not fail only because the rest is not needed.
 */
static int drain(struct yc_members *s)
{
	const bool tar =
		(archive_format(s->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
	/* two blocks of zeros are the end */
	const uint64_t last = (uint64_t)archive_read_header_position(s->a),
		       end = last + 2 * YC_INPUT_HEAD;
	struct tail tail = {.over = !tar};
	ssize_t n = 0;
	int status = YC_OK;

	/* Cut between two members: only the end is missing. */
	if (tar && (s->seeks ? s->in.size : s->delivered) < last + YC_INPUT_HEAD)
		return yc_fail(YC_FAIL, "the archive has no end: is it truncated?");
	if (s->seeks) {
		for (uint64_t at = end; status == YC_OK && !tail.over;
			at += (uint64_t)n) {
			n = pread(s->in.fd, s->block, sizeof s->block, (off_t)at);
			if (n <= 0)
				break;
			status = look_at_tail(&tail, s->block, (size_t)n);
		}
		return status;
	}
	if (s->delivered > end && s->delivered - end <= s->last)
		status = look_at_tail(&tail, s->block + s->last - (s->delivered - end),
			(size_t)(s->delivered - end));
	while (status == YC_OK && (n = read_block(s)) > 0)
		status = look_at_tail(&tail, s->block, (size_t)n);
	return status == YC_OK && n < 0 ? (int)n : status;
}

int yc_members_open(struct yc_members *s, const char *path, enum yc_format format)
{
	int status = YC_OK;

	s->format = format;
	s->a = yc_archive_reader(format != YC_TAR);
	if (!s->a)
		return yc_no_memory(0);
	/* Seekable, by its name. */
	s->seeks = (format == YC_TAR || format == YC_ZIP) && !s->outer && !s->in.once;
	if (s->seeks)
		return archive_read_open_filename(s->a, yc_infile_path(path), CHUNK) ==
				       ARCHIVE_OK
			       ? YC_OK
			       : archive_fail(s, "not an archive");
	if (format != YC_TAR)
		status = yc_unpack_open(&s->unpack, &s->in, format == YC_GZIP);
	if (status < 0)
		return status;
	return archive_read_open(s->a, s, NULL, on_read, NULL) == ARCHIVE_OK
		       ? YC_OK
		       : archive_fail(s, "not an archive");
}

static int next(struct yc_members *s, struct archive_entry **e, const char **name)
{
	locale_t before = s->utf8 ? uselocale(s->utf8) : (locale_t)0;
	int r = archive_read_next_header(s->a, e);

	*name = r == ARCHIVE_OK || r == ARCHIVE_WARN ? archive_entry_pathname(*e) : NULL;
	if (before)
		(void)uselocale(before);
	return r;
}

/* Makes a member that has no content, if it has none. */
static bool refused(struct yc_member *m, struct archive_entry *e, const char *name)
{
	const bool link =
		archive_entry_symlink(e) || archive_entry_filetype(e) == AE_IFLNK;

	if (link || archive_entry_hardlink(e))
		yc_refused_member(
			m, name, "a link in an archive: unpack it and give the folder");
	else if (archive_entry_filetype(e) != AE_IFREG)
		yc_special_member(m, name);
	else if (archive_entry_is_data_encrypted(e))
		yc_refused_member(m, name, "encrypted: unpack it and give the folder");
	else
		return false;
	m->link = link;
	return true;
}

/* "set/n01.tar": its length without the ending, 0 if it has another. */
static size_t stem(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcasecmp(name + n - 4, ".tar") == 0 ? n - 4 : 0;
}

static int walk_nested(
	struct yc_members *outer, const char *name, size_t n, const struct yc_walk *w)
{
	struct yc_members *s = yc_calloc(1, sizeof *s);
	char *prefix = NULL;
	int status = YC_FAIL;

	if (s && asprintf(&prefix, "%.*s/", (int)n, name) < 0) {
		prefix = NULL;
		status = yc_no_memory(0);
	} else if (s) {
		s->in.fd = -1;
		s->outer = outer;
		s->depth = outer->depth + 1;
		s->utf8 = outer->utf8;
		status = s->depth > YC_NESTED_MAX
				 ? yc_fail(YC_FAIL, "more than %d archives deep",
					   YC_NESTED_MAX)
				 : yc_members_open(s, NULL, YC_TAR);
		if (status == YC_OK && w->folder) {
			prefix[n] = '\0';
			status = w->folder(w->ctx, prefix);
			prefix[n] = '/';
		}
		if (status == YC_OK)
			status = yc_members_walk(s, prefix, w);
		archive_read_free(s->a);
	}
	yc_free(s);
	free(prefix);
	return status < 0 ? yc_fail_in(status, "%s", name) : status;
}

static int visit(struct yc_members *s, struct archive_entry *e, const char *name,
	const struct yc_walk *w)
{
	struct yc_member m;

	if (!*name && archive_entry_filetype(e) != AE_IFDIR)
		return yc_fail(
			YC_FAIL, "a member without a name: is the archive damaged?");
	if (!*name) /* "./" */
		return YC_OK;
	if (yc_member_hidden(name))
		return w->skipped ? w->skipped(w->ctx, name, YC_SKIP_HIDDEN) : YC_OK;
	if (archive_entry_filetype(e) == AE_IFDIR)
		return w->folder ? w->folder(w->ctx, name) : YC_OK;
	if (refused(&m, e, name))
		return w->file(w->ctx, &m);
	if (w->tar_is_folder && stem(name))
		return walk_nested(s, name, stem(name), w);
	m = (struct yc_member){.name = name,
		.size = archive_entry_size_is_set(e) ? (uint64_t)archive_entry_size(e)
						     : UINT64_MAX,
		.read = yc_slurp,
		.more = more_archived,
		.state = s};
	return w->file(w->ctx, &m);
}

int yc_members_walk(struct yc_members *s, const char *prefix, const struct yc_walk *w)
{
	struct archive_entry *e;
	size_t members = 0;

	for (;;) {
		const char *name;
		char *path;
		int r = next(s, &e, &name), status;

		if (r == ARCHIVE_EOF && s->status == YC_OK)
			return members || s->outer ? drain(s)
						   : yc_fail(YC_FAIL, "an empty archive");
		/* one that may be retried is a damaged header as well */
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return archive_fail(s, "not an archive");
		members++;
		if (!name)
			return yc_fail(YC_FAIL, "member %zu: %s", members,
				s->utf8 ? "its name is not the UTF-8 that it claims to "
					  "be: unpack it and give the folder"
					: "its name cannot be read without the locale "
					  "C.UTF-8, which this system lacks");
		if (asprintf(&path, "%s%s", prefix, name) < 0)
			return yc_no_memory(0);
		yc_member_normalise(path);
		status = visit(s, e, path, w);
		free(path);
		if (status != YC_OK)
			return status;
	}
}
