/* SPDX-License-Identifier: MIT */
#ifndef YC_SINK_H
#define YC_SINK_H

#include <stddef.h>

/* Takes bytes in sequence: a file, a member of an archive. Returns YC_OK or a failure. */
struct yc_sink {
	int (*write)(void *ctx, const void *p, size_t n);
	void *ctx;
};

#endif
