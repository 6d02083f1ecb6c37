/* SPDX-License-Identifier: MIT */
/*
 * Decompression. zlib reads gzip, because libarchive does not verify its checksum and
 * length; libarchive's filters read the other formats.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <zlib.h>

#include "lib/archive/unpack.h"
#include "yc/mem.h"

enum { CHUNK = 1 << 18 };
enum { GZIP_BITS = 15 + 16 }; /* zlib.h: the largest window, with gzip's header around */

struct yc_unpack {
	struct yc_input *in;
	struct archive *raw; /* NULL: gzip */
	z_stream z;
	bool begun, within; /* z is initialised; it is inside a member */
	unsigned char block[CHUNK];
};

static int archive_fail(struct archive *a, const char *otherwise)
{
	const char *text = archive_error_string(a);

	return yc_fail(YC_FAIL, "%s", text ? text : otherwise);
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **block)
{
	struct yc_unpack *u = ctx;
	ssize_t n = yc_input_read(u->in, u->block, sizeof u->block);

	*block = u->block;
	if (n < 0)
		archive_set_error(a, EIO, "%s", yc_errmsg());
	return n < 0 ? ARCHIVE_FATAL : n;
}

static int open_raw(struct yc_unpack *u)
{
	struct archive_entry *e;

	archive_read_support_filter_bzip2(u->raw);
	archive_read_support_filter_xz(u->raw);
	archive_read_support_filter_zstd(u->raw);
	archive_read_support_format_raw(u->raw);
	if (archive_read_open(u->raw, u, NULL, on_read, NULL) == ARCHIVE_OK &&
		archive_read_next_header(u->raw, &e) == ARCHIVE_OK)
		return YC_OK;
	return archive_fail(u->raw, "the compressed file is empty");
}

int yc_unpack_open(struct yc_unpack **out, struct yc_input *in, bool gzip)
{
	struct yc_unpack *u = yc_calloc(1, sizeof *u);

	*out = u;
	if (!u)
		return YC_FAIL;
	u->in = in;
	if (!gzip) {
		u->raw = archive_read_new();
		return u->raw ? open_raw(u) : yc_no_memory(0);
	}
	u->begun = inflateInit2(&u->z, GZIP_BITS) == Z_OK;
	u->within = true;
	return u->begun ? YC_OK : yc_no_memory(0);
}

/* Refills the input of z; 0 at the end of the file. */
static ssize_t refill(struct yc_unpack *u)
{
	ssize_t n = yc_input_read(u->in, u->block, sizeof u->block);

	if (n > 0) {
		u->z.next_in = u->block;
		u->z.avail_in = (uInt)n;
	}
	return n;
}

/* Members may follow each other; anything else, such as padding with zeros, is after the
 * end. 1: another one begins; 0: the end. */
static ssize_t next_member(struct yc_unpack *u)
{
	ssize_t n = u->z.avail_in ? 1 : refill(u);

	if (n > 0 && u->z.next_in[0] == 0x1f) {
		u->within = true;
		return inflateReset(&u->z) == Z_OK ? 1
						   : yc_fail(YC_FAIL, "gzip: damaged");
	}
	while (n > 0)
		n = refill(u);
	u->z.avail_in = 0;
	return n;
}

static ssize_t read_gzip(struct yc_unpack *u, void *buf, size_t size)
{
	u->z.next_out = buf;
	u->z.avail_out = (uInt)size;
	while (u->z.avail_out == size) {
		ssize_t n = u->within ? 1 : next_member(u);

		if (n <= 0)
			return n;
		if (!u->z.avail_in && (n = refill(u)) <= 0)
			return n < 0 ? n
				     : yc_fail(YC_FAIL, "gzip: the file ends too early");
		int code = inflate(&u->z, Z_NO_FLUSH);

		if (code == Z_STREAM_END) /* checksum and length were verified */
			u->within = false;
		else if (u->z.avail_out < size)
			break; /* the error is reported again after the data before it */
		else if (code == Z_MEM_ERROR)
			return yc_no_memory(0);
		else if (code != Z_OK && code != Z_BUF_ERROR)
			return yc_fail(YC_FAIL, "gzip: damaged");
	}
	return (ssize_t)(size - u->z.avail_out);
}

ssize_t yc_unpack_read(struct yc_unpack *u, void *buf, size_t n)
{
	la_ssize_t got;

	if (n > CHUNK)
		n = CHUNK;
	if (!u->raw)
		return read_gzip(u, buf, n);
	got = archive_read_data(u->raw, buf, n);
	return got < 0 ? archive_fail(u->raw, "damaged compression") : got;
}

void yc_unpack_close(struct yc_unpack *u)
{
	if (!u)
		return;
	if (u->begun)
		(void)inflateEnd(&u->z);
	if (u->raw)
		archive_read_free(u->raw);
	yc_free(u);
}
