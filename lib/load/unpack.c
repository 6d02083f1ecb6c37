/* SPDX-License-Identifier: MIT */
/*
 * Decompression. zlib reads gzip, because libarchive takes its checksum and length for
 * granted; libarchive's filters read the rest.
 */
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "lib/load/unpack.h"
#include "yc/mem.h"

enum { CHUNK = 1 << 18 };

struct yc_unpack {
	gzFile gz;
	struct archive *raw;
};

static int open_raw(struct archive *a, const char *path)
{
	struct archive_entry *e;

	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, CHUNK) == ARCHIVE_OK &&
		archive_read_next_header(a, &e) == ARCHIVE_OK)
		return YC_OK;
	return yc_fail(YC_FAIL, "%s",
		archive_error_string(a) ? archive_error_string(a)
					: "nothing in a compressed file");
}

int yc_unpack_open(struct yc_unpack **u, const char *path, bool gzip)
{
	struct yc_unpack *p = yc_alloc(1, sizeof *p);

	*u = p;
	if (!p)
		return YC_FAIL;
	if (!gzip) {
		p->raw = archive_read_new();
		return p->raw ? open_raw(p->raw, path)
			      : yc_fail(YC_FAIL, "out of memory");
	}
	p->gz = gzopen(path, "rb");
	if (!p->gz)
		return yc_fail(YC_FAIL, "cannot open:");
	(void)gzbuffer(p->gz, CHUNK);
	return YC_OK;
}

ssize_t yc_unpack_read(struct yc_unpack *u, void *buf, size_t n)
{
	la_ssize_t got;

	if (n > CHUNK)
		n = CHUNK;
	if (u->raw) {
		got = archive_read_data(u->raw, buf, n);
		if (got < 0)
			return yc_fail(YC_FAIL, "%s",
				archive_error_string(u->raw)
					? archive_error_string(u->raw)
					: "damaged compression");
		return got;
	}
	int code = Z_OK, bytes = gzread(u->gz, buf, (unsigned)n);
	const char *text = bytes <= 0 ? gzerror(u->gz, &code) : NULL;

	/* A cut file gives what there is of it first, and then this. */
	if (code == Z_BUF_ERROR)
		return yc_fail(YC_FAIL, "gzip: the file ends too early");
	if (code == Z_DATA_ERROR)
		return yc_fail(YC_FAIL, "gzip: damaged");
	if (bytes < 0)
		return yc_fail(YC_FAIL, "gzip: %s", text);
	return bytes;
}

void yc_unpack_close(struct yc_unpack *u)
{
	if (!u)
		return;
	if (u->gz)
		(void)gzclose(u->gz);
	if (u->raw)
		archive_read_free(u->raw);
	yc_free(u);
}
