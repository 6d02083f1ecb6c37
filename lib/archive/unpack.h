/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_UNPACK_H
#define ARCHIVE_UNPACK_H

#include "lib/archive/input.h"

/*
 * The content of a compressed file, front to back. An archive inside ends before the file
 * does: whoever wants the checksums and the length compared reads on to the end.
 */
struct yc_unpack;
/* gzip, or else what libarchive finds out: bzip2, xz, zstd. The input is borrowed, and
 * stands at its beginning. */
int yc_unpack_open(struct yc_unpack **u, struct yc_input *in, bool gzip) YC_CHECKED;
/* Up to n bytes; 0 at the end, which has been checked then; or a negative status. */
ssize_t yc_unpack_read(struct yc_unpack *u, void *buf, size_t n) YC_CHECKED;
void yc_unpack_close(struct yc_unpack *u); /* NULL is fine */

#endif
