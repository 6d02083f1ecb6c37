/* SPDX-License-Identifier: MIT */
/* Text on a terminal that may show the progress of this tool or of another stage: each line
 * erases it first, in the same write. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "tools/tool_parts.h"

static bool within;  /* a line */
static bool carried; /* standard output */

void tool_carried(void)
{
	carried = true;
}

bool tool_is_terminal(int fd)
{
	return isatty(fd) && !(carried && fd == STDOUT_FILENO);
}

bool tool_line_complete(void)
{
	return !within;
}

static ssize_t put_lines(void *ctx, const char *p, size_t n)
{
	const char *eraser = tool_eraser(), *erase = *eraser ? eraser : TOOL_ERASE;
	const size_t extra = strlen(erase);
	char out[4096];
	size_t used = 0;

	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		if (used + extra + 1 > sizeof(out)) {
			if (yc_write_all(STDOUT_FILENO, out, used) < 0)
				return 0;
			used = 0;
		}
		if (!within) {
			memcpy(out + used, erase, extra);
			used += extra;
		}
		out[used++] = p[i];
		within = p[i] != '\n';
	}
	return yc_write_all(STDOUT_FILENO, out, used) == 0 ? (ssize_t)n : 0;
}

FILE *tool_terminal(void)
{
	return fopencookie(NULL, "w", (cookie_io_functions_t){.write = put_lines});
}
