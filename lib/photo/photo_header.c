/* SPDX-License-Identifier: MIT */
/*
 * Size and kind of a picture from the first bytes of its file, without decoding it. Those
 * of a PNG are at its very beginning; in a JPEG they follow comments, profiles and
 * thumbnails, each a segment with its length, which are passed over.
 */
#include <string.h>

#include "lib/photo/photo.h"

struct input {
	ssize_t (*more)(void *ctx, void *buf, size_t n);
	void *ctx;
	size_t at, n;
	int status; /* of more */
	unsigned char buf[4096];
};

/* The next byte, or -1. */
static int byte(struct input *in)
{
	if (in->at == in->n) {
		ssize_t got =
			in->status < 0 ? 0 : in->more(in->ctx, in->buf, sizeof in->buf);

		if (got <= 0) {
			in->status = got < 0 ? (int)got : in->status;
			return -1;
		}
		in->n = (size_t)got;
		in->at = 0;
	}
	return in->buf[in->at++];
}

/* n bytes, or fewer at the end. */
static size_t bytes(struct input *in, unsigned char *to, size_t n)
{
	size_t i = 0;
	int c;

	while (i < n && (c = byte(in)) >= 0)
		to[i++] = (unsigned char)c;
	return i;
}

static bool skip(struct input *in, size_t n)
{
	while (n--)
		if (byte(in) < 0)
			return false;
	return true;
}

static unsigned word(const unsigned char *p, bool big)
{
	return big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static unsigned quad(const unsigned char *p, bool big)
{
	return big ? word(p, big) << 16 | word(p + 2, big)
		   : word(p + 2, big) << 16 | word(p, big);
}

/* The orientation in the first directory of an EXIF segment; 1, upright, if none is said. */
static unsigned orientation(const unsigned char *p, size_t n)
{
	bool big;
	size_t at, entries;

	if (n < 14 || memcmp(p, "Exif\0\0", 6) != 0)
		return 1;
	p += 6;
	n -= 6;
	big = p[0] == 'M';
	at = quad(p + 4, big);
	if (at > n || n - at < 2)
		return 1;
	entries = word(p + at, big);
	for (at += 2; entries-- && n - at >= 12; at += 12)
		if (word(p + at, big) == 0x112)
			return word(p + at + 8, big);
	return 1;
}

static bool is_frame(int marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

/* The next marker, or -1; bytes in front of it that belong to nothing are passed over, as
 * the decoder does. */
static int next_marker(struct input *in)
{
	int c = 0;

	while (c == 0) { /* FF 00 is none */
		do
			c = byte(in);
		while (c >= 0 && c != 0xff);
		while (c == 0xff)
			c = byte(in);
	}
	return c;
}

/* After the first marker, FF D8. */
static int look_jpeg(struct input *in, struct yc_photo_header *h)
{
	unsigned char p[1024]; /* the orientation is near the beginning of its segment */

	for (;;) {
		size_t length, n;
		const int marker = next_marker(in);

		/* scan data or the end without a frame before it */
		if (marker < 0 || marker == 0xd9 || marker == 0xda ||
			bytes(in, p, 2) != 2)
			return YC_NO;
		length = word(p, true);
		if (length < 2)
			return YC_NO;
		length -= 2;
		n = length < sizeof p ? length : sizeof p;
		if (bytes(in, p, n) != n || !skip(in, length - n))
			return YC_NO;
		if (marker == 0xe1 && orientation(p, n) > 1)
			h->rotated = true;
		if (!is_frame(marker))
			continue;
		if (n < 6)
			return YC_NO;
		h->height = (int)word(p + 1, true);
		h->width = (int)word(p + 3, true);
		h->grey = p[5] == 1;
		return YC_OK;
	}
}

int yc_photo_look(ssize_t (*more)(void *ctx, void *buf, size_t n), void *ctx,
	struct yc_photo_header *h)
{
	struct input in = {.more = more, .ctx = ctx};
	unsigned char p[26];
	int status = YC_NO;

	*h = (struct yc_photo_header){0};
	if (bytes(&in, p, 2) == 2 && p[0] == 0xff && p[1] == 0xd8) {
		status = look_jpeg(&in, h);
	} else if (in.n && bytes(&in, p + 2, 24) == 24 &&
		   memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0) {
		const unsigned width = quad(p + 16, true), height = quad(p + 20, true);

		h->width = width > INT32_MAX ? 0 : (int)width;
		h->height = height > INT32_MAX ? 0 : (int)height;
		h->grey = p[25] == 0 || p[25] == 4;
		status = YC_OK;
	}
	if (status == YC_OK && (h->width <= 0 || h->height <= 0))
		status = YC_NO;
	return in.status < 0 ? in.status : status;
}
