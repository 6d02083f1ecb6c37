/* SPDX-License-Identifier: MIT */
/* Writes tar and zip archives, by libarchive, so that equal contents are equal bytes. */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/archive/bundle.h"
#include "yc/mem.h"

struct yc_bundle_form {
	const char *end;
	bool zip;
	int (*filter)(struct archive *a); /* NULL: not compressed */
	const char *options;
};

/* gzip has a time in its head unless told otherwise. One thread: with more, the bytes of
 * xz and zstd depend on their number. */
static const struct yc_bundle_form forms[] = {
	{".tar", false, NULL, NULL},
	{".tar.gz", false, archive_write_add_filter_gzip, "gzip:!timestamp"},
	{".tgz", false, archive_write_add_filter_gzip, "gzip:!timestamp"},
	{".tar.bz2", false, archive_write_add_filter_bzip2, NULL},
	{".tar.xz", false, archive_write_add_filter_xz, "xz:threads=1"},
	{".txz", false, archive_write_add_filter_xz, "xz:threads=1"},
	{".tar.zst", false, archive_write_add_filter_zstd, NULL},
	{".zip", true, NULL, "zip:compression=store"},
};
const char yc_bundle_endings[] = ".tar .tar.gz .tgz .tar.bz2 .tar.xz .txz .tar.zst .zip";

struct yc_bundle {
	struct archive *a;
	struct yc_sink to;
	locale_t utf8;
	int status;	  /* of the sink */
	char cause[512];  /* its message */
	char name[512];	  /* of the file begun last */
	uint64_t missing; /* bytes of it that are still to come */
};

const struct yc_bundle_form *yc_bundle_form(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t m = strlen(forms[i].end);

		if (n > m && strcasecmp(path + n - m, forms[i].end) == 0)
			return &forms[i];
	}
	return NULL;
}

static la_ssize_t on_write(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct yc_bundle *b = ctx;

	(void)a;
	b->status = b->to.write(b->to.ctx, p, n);
	if (b->status == YC_OK)
		return (la_ssize_t)n;
	snprintf(b->cause, sizeof b->cause, "%s", yc_errmsg());
	return -1;
}

/* `r` of libarchive as a status. A warning loses something of a name: no less an error. */
static int check(struct yc_bundle *b, la_ssize_t r)
{
	const char *text = archive_error_string(b->a);

	if (r >= ARCHIVE_OK)
		return YC_OK;
	if (b->status < 0)
		return yc_fail(b->status, "%s", b->cause);
	return yc_fail(YC_FAIL, "%s: %s", b->name, text ? text : "cannot be archived");
}

int yc_bundle_open(struct yc_bundle **to, const struct yc_bundle_form *form,
	const struct yc_sink *sink)
{
	struct yc_bundle *b = yc_calloc(1, sizeof *b);
	int r;

	*to = NULL;
	if (!b)
		return YC_FAIL;
	b->to = *sink;
	b->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	b->a = archive_write_new();
	if (!b->a) {
		yc_bundle_abort(b);
		return yc_no_memory(0);
	}
	snprintf(b->name, sizeof b->name, "an archive");
	r = form->zip ? archive_write_set_format_zip(b->a)
		      : archive_write_set_format_gnutar(b->a);
	if (r == ARCHIVE_OK && form->filter)
		r = form->filter(b->a);
	if (r == ARCHIVE_OK && form->options)
		r = archive_write_set_options(b->a, form->options);
	if (r == ARCHIVE_OK)
		r = archive_write_set_bytes_per_block(b->a, 1 << 16);
	/* A tar of whole blocks as tar(1) writes it; nothing may follow the end of a zip. */
	if (r == ARCHIVE_OK)
		r = archive_write_set_bytes_in_last_block(
			b->a, form->zip || form->filter ? 1 : 10240);
	if (r == ARCHIVE_OK)
		r = archive_write_open(b->a, b, NULL, on_write, NULL);
	if (check(b, r) < 0) {
		yc_bundle_abort(b);
		return YC_FAIL;
	}
	*to = b;
	return YC_OK;
}

static int begin(struct yc_bundle *b, const char *name, unsigned type, uint64_t size)
{
	struct archive_entry *e = archive_entry_new();
	locale_t was;
	int status;

	if (b->missing)
		return yc_fail(YC_FAIL, "%s: shorter than announced", b->name);
	if (!e)
		return yc_no_memory(0);
	snprintf(b->name, sizeof b->name, "%s", name);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_uid(e, 0);
	archive_entry_set_gid(e, 0);
	/* A zip says that its names are UTF-8 only if the locale does. */
	was = b->utf8 ? uselocale(b->utf8) : (locale_t)0;
	status = check(b, archive_write_header(b->a, e));
	if (was)
		(void)uselocale(was);
	archive_entry_free(e);
	b->missing = size;
	return status;
}

int yc_bundle_file(struct yc_bundle *b, const char *name, uint64_t size)
{
	return begin(b, name, AE_IFREG, size);
}

int yc_bundle_folder(struct yc_bundle *b, const char *name)
{
	return begin(b, name, AE_IFDIR, 0);
}

int yc_bundle_write(struct yc_bundle *b, const void *p, size_t n)
{
	const unsigned char *at = p;

	if (n > b->missing)
		return yc_fail(YC_FAIL, "%s: longer than announced", b->name);
	b->missing -= n;
	while (n) {
		la_ssize_t done = archive_write_data(b->a, at, n);
		int status = check(b, done);

		if (status < 0)
			return status;
		if (done == 0)
			return yc_fail(YC_FAIL, "%s: cannot be archived", b->name);
		at += done;
		n -= (size_t)done;
	}
	return YC_OK;
}

static int sink_write(void *ctx, const void *p, size_t n)
{
	return yc_bundle_write(ctx, p, n);
}

struct yc_sink yc_bundle_sink(struct yc_bundle *b)
{
	return (struct yc_sink){sink_write, b};
}

int yc_bundle_close(struct yc_bundle *b)
{
	int status = b->missing ? yc_fail(YC_FAIL, "%s: shorter than announced", b->name)
				: YC_OK;
	locale_t was = b->utf8 ? uselocale(b->utf8) : (locale_t)0;

	if (status == YC_OK)
		status = check(b, archive_write_close(b->a));
	if (was)
		(void)uselocale(was);
	yc_bundle_abort(b);
	return status;
}

void yc_bundle_abort(struct yc_bundle *b)
{
	if (!b)
		return;
	if (b->a) {
		/* Freeing would write the end of the archive. */
		(void)archive_write_fail(b->a);
		(void)archive_write_free(b->a);
	}
	if (b->utf8)
		freelocale(b->utf8);
	yc_free(b);
}
