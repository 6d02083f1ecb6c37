/* SPDX-License-Identifier: MIT */
/* The text of the last error of a thread, and the status that goes with it. Every
 * message of the library passes here, so hostile input is made harmless here. */
#define _GNU_SOURCE /* strerror_r */
#include <stdbool.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "yc/fail.h"

enum { TEXT = 1024 };

static _Thread_local char text[TEXT];

/* Messages quote file names and hostile input: what would move a cursor or end the line
 * is shown as '?', U+0080 to U+009F included. Other bytes above 0x7f stay, they are UTF-8
 * in practice. */
static void clean(char *s)
{
	char *to = s;

	for (; *s; s++) {
		unsigned char c = (unsigned char)s[0], next = (unsigned char)s[1];
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;

		*to++ = c < 0x20 || c == 0x7f || c1 ? '?' : *s;
		if (c1)
			s++;
	}
	*to = '\0';
}

int yc_fail(int status, const char *fmt, ...)
{
	int err = errno;
	size_t flen = strlen(fmt);
	char out[TEXT], buf[128];
	va_list ap;

	/* Through a copy: the arguments may be the message recorded before. */
	va_start(ap, fmt);
	(void)vsnprintf(out, sizeof(out), fmt, ap);
	va_end(ap);
	if (flen && fmt[flen - 1] == ':') {
		size_t n = strlen(out);

		(void)snprintf(out + n, sizeof(out) - n, " %s",
			strerror_r(err, buf, sizeof(buf)));
	}
	clean(out);
	memcpy(text, out, sizeof(text));
	return status;
}

int yc_fail_in(int status, const char *fmt, ...)
{
	char out[TEXT];
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out, sizeof(out), fmt, ap);
	va_end(ap);
	n = strlen(out);
	(void)snprintf(out + n, sizeof(out) - n, ": %.*s", TEXT - 3, text);
	clean(out);
	memcpy(text, out, sizeof(text));
	return status;
}

const char *yc_errmsg(void)
{
	return text;
}
