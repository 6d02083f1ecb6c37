/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_INPUT_H
#define ARCHIVE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "yc/fail.h"

/* A file or a pipe, read sequentially, with a look-ahead at its beginning. */
enum { YC_INPUT_HEAD = 512 };
struct yc_input {
	int fd;	       /* -1: none */
	bool once;     /* cannot be read again: a pipe, a device */
	uint64_t size; /* if not */
	size_t nhead, at;
	unsigned char head[YC_INPUT_HEAD];
};
/* Reads the head: fewer than YC_INPUT_HEAD bytes if there are no more. */
int yc_input_open(struct yc_input *in, const char *path) YC_CHECKED;
/* Up to n bytes, from the very first one on; 0 at the end, or a negative status. */
ssize_t yc_input_read(struct yc_input *in, void *buf, size_t n) YC_CHECKED;
void yc_input_close(struct yc_input *in);
/* Can it be opened and read a second time? True for a missing file: opening it gives a
 * better message. */
bool yc_input_again(const char *path);

#endif
