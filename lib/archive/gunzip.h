/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_GUNZIP_H
#define ARCHIVE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "yc/fail.h"

/* Does it begin like gzip? */
static inline bool yc_is_gzip(const unsigned char *data, size_t n)
{
	return n >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}
/* The content of a gzip file in memory, all its members, at most `most` bytes, verified;
 * *out by yc_grow. */
int yc_gunzip(const unsigned char *data, size_t n, size_t most, unsigned char **out,
	size_t *size) YC_CHECKED;

#endif
