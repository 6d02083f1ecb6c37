/* SPDX-License-Identifier: MIT */
#ifndef YC_SPILL_H
#define YC_SPILL_H

#include <stdint.h>

#include "yc/fail.h"
#include "yc/sink.h"

/*
 * Bytes that wait on disk until it is known where they go, e.g. a column of a stream
 * whose number of rows is only known at its end: a file without a name, which is gone
 * when the process is, however it ends.
 */
struct yc_spill {
	int fd; /* -1: closed */
	uint64_t bytes;
	size_t held; /* of them still in memory */
	unsigned char *buffer;
	char *folder; /* for messages */
};

/* In a folder of a file system with enough space. */
int yc_spill_open(struct yc_spill *s, const char *folder) YC_CHECKED;
int yc_spill_write(struct yc_spill *s, const void *p, size_t n) YC_CHECKED;
/* Writes n bytes from position `at` on to a sink. */
int yc_spill_copy(
	struct yc_spill *s, uint64_t at, uint64_t n, const struct yc_sink *to) YC_CHECKED;
/* A path that opens what was written from its beginning, as often as needed until it is
 * released; nothing is written then. */
enum { YC_SPILL_PATH = 32 };
int yc_spill_path(struct yc_spill *s, char path[YC_SPILL_PATH]) YC_CHECKED;
void yc_spill_release(struct yc_spill *s); /* zero is fine */

#endif
