/* SPDX-License-Identifier: MIT */
/* Messages of a tool, one line each, and early exits. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "tools/tool_parts.h"

static struct yc_ranks *ranks;

void tool_use_ranks(struct yc_ranks *r)
{
	ranks = r;
}

bool tool_is_mute(void)
{
	return ranks && ranks->rank;
}

/* One write, so that lines of several stages of a pipe do not mix. */
void tool_say(const char *prefix, const char *text, const char *suffix)
{
	char out[2048];
	int n = tool_is_mute()
			? 0
			: snprintf(out, sizeof(out), "%s%s%s", prefix, text, suffix);

	if (n >= (int)sizeof(out)) {
		n = sizeof(out) - 1;
		out[n - 1] = '\n';
	}
	if (n > 0 && yc_write_all(STDERR_FILENO, out, (size_t)n) < 0)
		return; /* nowhere left to complain */
}

void tool_say_line(const struct tool_run *t, const char *text)
{
	char prefix[64];

	(void)snprintf(prefix, sizeof(prefix), "%s%s: ", tool_eraser(), t->tool->name);
	tool_say(prefix, text, "\n");
}

/* _exit: text may be buffered for a file that was removed, and memory still in use is not
 * a leak. */
static _Noreturn void leave(struct tool_run *t, int status)
{
	const int agreed = yc_ranks_agree(ranks, status, NULL, NULL);
	const char *text = yc_errmsg(), *epipe = strerror(EPIPE);
	size_t n = strlen(text), m = strlen(epipe);
	bool unread = n >= m && strcmp(text + n - m, epipe) == 0;

	if (!unread)
		tool_say_line(t, text);
	yc_outfile_unlink_all();
	if (t->text && !t->common.output)
		(void)fflush(t->text);
	if (ranks)
		ranks->end(ranks);
	_exit(unread ? 128 + SIGPIPE : -agreed);
}

void die(struct tool_run *t, int status)
{
	int err = errno;

	/* Whatever the library reports, the cause is that the output could not be
	 * written. */
	if (t->text && ferror(t->text)) {
		errno = err ? err : EIO;
		status = yc_fail(YC_FAIL,
			"%s:", t->common.output ? t->common.output : "standard output");
	}
	leave(t, status);
}

void die_usage(struct tool_run *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	leave(t, yc_fail(YC_USAGE, "%s", text));
}

void warn(struct tool_run *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (t->common.quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tool_say_line(t, text);
}

void check(struct tool_run *t, int status)
{
	if (status < 0)
		die(t, status);
}
