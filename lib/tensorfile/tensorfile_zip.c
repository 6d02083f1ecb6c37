/* SPDX-License-Identifier: MIT */
/* Members of a zip archive that holds tensors: PyTorch since 1.6, and .npz. */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "lib/tensorfile/tensorfile.h"
#include "yc/mem.h"

/* A condensed set has five runs, or a tensor and its labels, a network some hundred. */
enum { MEMBERS_MAX = 4096 };

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static int bad_zip(struct archive *a)
{
	const char *text = archive_error_string(a);

	return yc_fail(YC_FAIL, "a damaged zip archive, or only a part of one%s%s%s",
		text ? " (" : "", text ? text : "", text ? ")" : "");
}

/* Limit for all members. Images hardly compress: a file that expands more was made to
 * exhaust memory. */
static size_t most_of(const struct yc_tensorfile *f)
{
	return ((size_t)64 << 20) + 16 * f->n;
}

/* The size in the directory is a hint: reading continues while there are data. */
static int read_member(struct yc_tensorfile *f, struct archive *a,
	struct yc_tensor_member *m, size_t expected)
{
	size_t capacity = expected + 1;

	m->data = yc_grow(NULL, 0, capacity);
	while (m->data) {
		la_ssize_t got = archive_read_data(a, m->data + m->n, capacity - m->n);

		if (got < 0)
			return bad_zip(a);
		if (got == 0)
			return YC_OK;
		m->n += (size_t)got;
		f->unpacked += (size_t)got;
		if (f->unpacked > most_of(f))
			return yc_fail(YC_FAIL, "%s: expands to too many bytes", m->name);
		if (m->n == capacity) {
			capacity *= 2;
			m->data = yc_grow(m->data, m->n, capacity);
		}
	}
	return YC_FAIL;
}

static int add_member(struct yc_tensorfile *f, struct archive *a, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	int64_t expected = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;
	struct yc_tensor_member *m;

	if (!name)
		return yc_fail(YC_FAIL, "a member without a name");
	if (ends_in(name, "/constants.pkl"))
		return yc_fail(YC_FAIL, "a TorchScript program, not tensors");
	for (size_t i = 0; i < f->members; i++)
		if (strcmp(f->member[i].name, name) == 0)
			return yc_fail(YC_FAIL, "two members '%s'", name);
	if (f->members == MEMBERS_MAX)
		return yc_fail(YC_FAIL, "more than %d members", MEMBERS_MAX);
	m = yc_grow_list(f->member, f->members, sizeof *m);
	if (!m)
		return YC_FAIL;
	f->member = m;
	m += f->members;
	*m = (struct yc_tensor_member){.name = yc_strdup(name)};
	if (!m->name)
		return YC_FAIL;
	f->members++;
	if (expected < 0 || (uint64_t)expected > most_of(f))
		return yc_fail(YC_FAIL, "%s: expands to too many bytes", name);
	return read_member(f, a, m, (size_t)expected);
}

/* Does the zip have supported members? Checked first, so that a zip of pictures is not
 * unpacked. */
static bool wanted(const char *name)
{
	return ends_in(name, ".npy") || ends_in(name, "data.pkl");
}

static int walk(struct yc_tensorfile *f, bool look, bool *found)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int status = YC_OK, r = ARCHIVE_EOF;

	if (!a)
		return yc_no_memory(0);
	archive_read_support_format_zip_seekable(a);
	if (archive_read_open_memory(a, f->data, f->n) != ARCHIVE_OK)
		status = bad_zip(a);
	while (status == YC_OK && (r = archive_read_next_header(a, &e)) >= ARCHIVE_WARN &&
		r != ARCHIVE_EOF) {
		if (archive_entry_filetype(e) != AE_IFREG)
			continue;
		if (!look)
			status = add_member(f, a, e);
		else if (archive_entry_pathname(e) && wanted(archive_entry_pathname(e)))
			*found = true;
	}
	if (status == YC_OK && r != ARCHIVE_EOF)
		status = bad_zip(a);
	archive_read_free(a);
	return status;
}

int yc_tensorfile_unzip(struct yc_tensorfile *f)
{
	bool found = false;
	int status = walk(f, true, &found);

	if (status == YC_OK && !found)
		return YC_NO;
	return status == YC_OK ? walk(f, false, &found) : status;
}
