/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_MEMBERS_H
#define ARCHIVE_MEMBERS_H

#include <locale.h>

#include "lib/archive/input.h"
#include "lib/archive/internal.h"
#include "lib/archive/unpack.h"

/* An archive, with what its bytes come from. */
struct yc_members {
	struct archive *a;
	enum yc_format format; /* of the file */
	struct yc_input in;
	struct yc_unpack *unpack; /* NULL: not compressed */
	struct yc_members
		*outer;	    /* the archive of which it is the current member; NULL: a
				     file */
	int depth;	    /* number of those */
	locale_t utf8;	    /* borrowed, 0 where the system has none */
	int status;	    /* of the input or decompressor */
	char cause[256];    /* replaces libarchive's message, if set */
	bool seeks;	    /* libarchive reads the file itself */
	uint64_t delivered; /* bytes given to it otherwise, the `last` ones in block */
	size_t last;
	unsigned char block[1 << 16];
};

/* Opens what s->in has begun to read; `path` as of yc_infile. */
int yc_members_open(
	struct yc_members *s, const char *path, enum yc_format format) YC_CHECKED;
/* All members, whose names get `prefix` in front. */
int yc_members_walk(
	struct yc_members *s, const char *prefix, const struct yc_walk *w) YC_CHECKED;

#endif
