/* SPDX-License-Identifier: MIT */
/* Recognises files of other formats, for error messages. */
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/real.h"

#define LOADS ": yc-load KIND makes a dataset in it a stream (yc-load --help)"
#define PICTURES ": yc-load folder makes a folder of them a stream"

/* Users may give a Git LFS pointer instead of the file, or an archive instead of its
 * content; naming the format saves them a search. */
static const struct magic {
	size_t at, n;
	const char *bytes, *name;
} magics[] = {
	{0, 20, "version https://git-",
		"a Git LFS pointer, not the file itself (git lfs pull)"},
	{0, 2, "\x1f\x8b", "a gzip file" LOADS},
	{0, 6,
		"\xfd"
		"7zXZ\0",
		"an xz file" LOADS},
	{0, 3, "BZh", "a bzip2 file" LOADS},
	{0, 4, "\x28\xb5\x2f\xfd", "zstd data inside zstd data"},
	{0, 4, "PK\x03\x04", "a zip archive (or a PyTorch .pt file)" LOADS},
	{257, 5, "ustar", "a tar archive" LOADS},
	{0, 8, "\x89PNG\r\n\x1a\n", "a PNG picture" PICTURES},
	{0, 3, "\xff\xd8\xff", "a JPEG picture" PICTURES},
	{0, 6, "\x93NUMPY", "a NumPy .npy file: yc-load npy makes it a stream"},
	{0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file"},
	{0, 4, "RIFF", "a RIFF file"},
	{0, 4, "%PDF", "a PDF document"},
	{0, 4,
		"\x7f"
		"ELF",
		"a program"},
};

static bool is_pickle(const unsigned char *p, size_t n)
{
	/* PROTO 2..5, then in practice a frame, an empty dict, list or tuple, or a name.
	 */
	return n >= 3 && p[0] == 0x80 && p[1] >= 2 && p[1] <= 5 &&
	       memchr("\x95}](c\x8c\x8aX", p[2], 8) != NULL;
}

static bool is_html(const unsigned char *p, size_t n)
{
	static const char *const tags[] = {"<!doctype", "<html", "<?xml", "<head"};

	while (n && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
		p++;
		n--;
	}
	for (size_t i = 0; i < YC_COUNT(tags); i++) {
		size_t k = 0;

		while (tags[i][k] && k < n && (p[k] | 0x20) == (tags[i][k] | 0x20))
			k++;
		if (!tags[i][k])
			return true;
	}
	return false;
}

const char *yc_sniff(const unsigned char *p, size_t n)
{
	size_t text = 0;

	for (size_t i = 0; i < YC_COUNT(magics); i++)
		if (n >= magics[i].at + magics[i].n &&
			!memcmp(p + magics[i].at, magics[i].bytes, magics[i].n))
			return magics[i].name;
	if (is_pickle(p, n))
		return "a Python pickle" LOADS;
	if (is_html(p, n))
		return "an HTML or XML page";
	while (text < n && (p[text] >= 0x20 || (p[text] >= '\t' && p[text] <= '\r')) &&
		p[text] != 0x7f)
		text++;
	return n >= 4 && text == n ? "text" : NULL;
}
