/* SPDX-License-Identifier: MIT */
/*
 * Recognises archives by how they begin. Whether it is a tar archive is asked of
 * libarchive, as the older flavours have no mark but a checksum. Its formats are enabled
 * one by one: each is attack surface, and the catch-all ones accept any text.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "lib/archive/input.h"
#include "lib/archive/internal.h"

struct archive *yc_archive_reader(bool zip)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_format_tar(a);
	/* This reader begins with the directory at the end: a file without it is truncated. */
	if (zip)
		archive_read_support_format_zip_seekable(a);
	return a;
}

bool yc_format_is_tar(const unsigned char *head, size_t n)
{
	static const char zeros[YC_INPUT_HEAD];
	struct archive *a;
	struct archive_entry *e;
	bool tar;

	if (n >= 262 && memcmp(head + 257, "ustar", 5) == 0)
		return true; /* perhaps damaged: libarchive says how */
	/* The end of a tar archive, but as well how a black picture begins. */
	if (n < YC_INPUT_HEAD || memcmp(head, zeros, sizeof zeros) == 0)
		return false;
	a = yc_archive_reader(false);
	tar = a && archive_read_open_memory(a, head, n) == ARCHIVE_OK &&
	      archive_read_next_header(a, &e) != ARCHIVE_FATAL;
	/* Fatal also when a header continues beyond the head, but not in its bid. */
	if (a && !tar)
		tar = archive_format(a) != 0;
	archive_read_free(a);
	return tar;
}

int yc_format_of(const struct yc_input *in, enum yc_format *format)
{
	static const struct {
		enum yc_format format;
		size_t n;
		const char *magic;
	} kinds[] = {{YC_GZIP, 2, "\x1f\x8b"}, {YC_PACKED, 3, "BZh"},
		{YC_PACKED, 6,
			"\xfd"
			"7zXZ\0"},
		{YC_PACKED, 4, "\x28\xb5\x2f\xfd"}, {YC_ZIP, 4, "PK\3\4"},
		{YC_ZIP, 4, "PK\5\6"}};

	if (in->nhead == 0)
		return yc_fail(YC_FAIL, "an empty file");
	if (memcmp(in->head, "version https://git-lfs", 23) == 0)
		return yc_fail(YC_FAIL,
			"a Git-LFS pointer, not the data: fetch it with 'git lfs pull'");
	if (in->head[0] == '<')
		return yc_fail(YC_FAIL,
			"an HTML or XML page, not a dataset: was the download refused?");
	*format = yc_format_is_tar(in->head, in->nhead) ? YC_TAR : YC_BARE;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && *format == YC_BARE; i++)
		if (memcmp(in->head, kinds[i].magic, kinds[i].n) == 0)
			*format = kinds[i].format;
	if (in->once && *format == YC_ZIP)
		return yc_fail(YC_FAIL, "a zip archive cannot be read from a pipe, since "
					"its directory is at the end: give the file");
	if (in->once && *format == YC_BARE)
		return yc_fail(YC_FAIL, "not a tar archive, compressed or not: nothing "
					"else can be read from a pipe");
	return YC_OK;
}

const char *yc_format_foreign(const struct yc_input *in)
{
	static const struct {
		size_t n;
		const char *magic, *name;
	} kinds[] = {{6, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
		{6, "Rar!\x1a\x07", "a RAR archive"}, {6, "070701", "a cpio archive"},
		{6, "070702", "a cpio archive"}, {6, "070707", "a cpio archive"},
		{2, "\x1f\x9d", "compressed by compress"},
		{4, "LZIP", "compressed by lzip"},
		{4, "\x04\x22\x4d\x18", "compressed by lz4"},
		{4, "PK\7\10", "part of a zip archive"}, {4, "hsqs", "a squashfs image"},
		{8, "!<arch>\n", "an ar archive"}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (in->nhead >= kinds[i].n &&
			memcmp(in->head, kinds[i].magic, kinds[i].n) == 0)
			return kinds[i].name;
	return NULL;
}
