/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_UNPACK_H
#define ARCHIVE_UNPACK_H

#include "lib/archive/input.h"

/*
 * The content of a compressed file, read sequentially. An archive inside ends before the
 * file does: to verify checksums and length, read on to the end.
 */
struct yc_unpack;
/* gzip, or what libarchive detects: bzip2, xz, zstd. The input is borrowed and must be at
 * its beginning. */
int yc_unpack_open(struct yc_unpack **u, struct yc_input *in, bool gzip) YC_CHECKED;
/* Up to n bytes; 0 at the end, after verification; or a negative status. */
ssize_t yc_unpack_read(struct yc_unpack *u, void *buf, size_t n) YC_CHECKED;
void yc_unpack_close(struct yc_unpack *u); /* NULL is fine */

#endif
