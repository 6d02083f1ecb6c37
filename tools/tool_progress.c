/* SPDX-License-Identifier: MIT */
/* The progress of a run: a line on a terminal that is rewritten, or one a minute, and one
 * that SIGUSR1 asks for. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tools/tool_parts.h"

enum { LINE = 320 };

static struct {
	char phase[64];
	double start, phase_start, last;
	uint64_t done_at_start;
	bool terminal; /* standard error is one that can erase */
	bool rewritten, shown;
} bar;

/* What SIGUSR1 prints, as it is; written by turns, for a handler that reads it at any
 * moment. */
static struct {
	char line[2][LINE];
	atomic_int which;
} latest;

double tool_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

double tool_seconds(void)
{
	return tool_now() - bar.start;
}

bool tool_can_erase(int fd)
{
	const char *term = getenv("TERM");

	return tool_is_terminal(fd) && term && strcmp(term, "dumb") != 0;
}

/*
 * The line ends where it began, at the left edge, and so can be erased to the right by
 * whoever writes next: this tool, or another stage on the same terminal, which puts the
 * same in front of its own lines. Behind text of other programs it erases nothing.
 */
const char *tool_eraser(void)
{
	const bool any = bar.terminal || bar.shown;

	bar.shown = false;
	return any ? TOOL_ERASE : "";
}

void tool_wipe_bar(void)
{
	if (bar.shown)
		tool_say(TOOL_ERASE, "", "");
	bar.shown = false;
}

/* Whether there is a bar to erase, and how, for a signal handler. */
const char *tool_bar_shown(void)
{
	return bar.shown ? TOOL_ERASE : NULL;
}

static int columns(void)
{
	struct winsize size;
	const char *text = getenv("COLUMNS");
	uint64_t n;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (text && yc_parse_u64(text, 10000, &n) == YC_NUMBER && n > 0)
		return (int)n;
	return 80;
}

/* Columns of a letter whose first byte this is, and its bytes: what takes two columns is
 * beyond U+1100, whose letters have three bytes or more. */
static int letter(const unsigned char *s, int *bytes)
{
	*bytes = 1;
	while (s[0] >= 0xc0 && (s[*bytes] & 0xc0) == 0x80)
		++*bytes;
	return *bytes >= 3 ? 2 : 1;
}

/* A line that wraps could not be rewritten. */
static void cut(char *line, int most)
{
	int at = 0, bytes, used = 0;

	while (line[at]) {
		used += letter((const unsigned char *)line + at, &bytes);
		if (used > most)
			break;
		at += bytes;
	}
	line[at] = '\0';
}

static void clock_text(double seconds, char *buf, size_t size)
{
	long s = (long)(seconds + 0.5);

	if (s >= 3600)
		(void)snprintf(
			buf, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		(void)snprintf(buf, size, "%ld:%02ld", s / 60, s % 60);
}

static void bar_text(char *buf, size_t size, double now, uint64_t done, uint64_t total,
	const char *text)
{
	double spent = now - bar.phase_start;
	double rate = spent > 0 ? (double)(done - bar.done_at_start) / spent : 0;
	char left[32] = "?", speed[32] = "";

	if (rate > 0 && total >= done)
		clock_text((double)(total - done) / rate, left, sizeof(left));
	if (rate >= 1)
		(void)snprintf(speed, sizeof(speed), "%.1f/s, ", rate);
	else if (rate > 0)
		(void)snprintf(speed, sizeof(speed), "%.1f s each, ", 1 / rate);
	(void)snprintf(buf, size, "%s %llu/%llu, %s%s left%s%s", bar.phase,
		(unsigned long long)done, (unsigned long long)total, speed, left,
		text && *text ? ", " : "", text ? text : "");
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = '?';
}

static void keep_latest(const struct tool_run *t, const char *state)
{
	const int next = !latest.which;

	(void)snprintf(latest.line[next], LINE, "%s%s: %s\n",
		bar.terminal ? TOOL_ERASE : "", t->tool->name, state);
	latest.which = next;
}

void tool_answer(void)
{
	const char *line = latest.line[latest.which];

	if (!tool_is_mute() && write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* nowhere to complain */
}

static void draw(const struct tool_run *t, const char *state)
{
	char line[LINE];

	(void)snprintf(line, sizeof(line), "%s: %s", t->tool->name, state);
	cut(line, columns() - 1);
	tool_say("\r", line, TOOL_ERASE "\r");
	bar.shown = true;
}

void tool_tell_threads(struct tool_run *t)
{
	static bool told;
	int started, refused = yc_threads_refused(&started);

	if (refused && !told)
		warn(t,
			"only %d of %d threads could be started (ulimit -u and -v limit "
			"them)",
			started, started + refused);
	told |= refused > 0;
}

void tool_tick(struct tool_run *t, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	const struct tool_common *c = &t->common;
	double now = tool_now();
	char state[LINE - 64];

	tool_tell_threads(t);
	if (strncmp(bar.phase, phase, sizeof(bar.phase) - 1) != 0 ||
		done < bar.done_at_start) {
		(void)snprintf(bar.phase, sizeof(bar.phase), "%s", phase);
		bar.phase_start = now;
		bar.done_at_start = done;
	}
	bar_text(state, sizeof(state), now, done, total, text);
	keep_latest(t, state);
	tool_metrics_tick(t, phase, done, total, text);
	if (c->quiet || strcmp(c->progress, "never") == 0)
		return;
	if (bar.rewritten ? now - bar.start < 1 || now - bar.last < 0.25
			  : now - (bar.last > 0 ? bar.last : bar.start) < 60)
		return;
	/* Not over a line of the tool's own that is not complete. */
	if (bar.rewritten && !tool_line_complete())
		return;
	bar.last = now;
	if (bar.rewritten)
		draw(t, state);
	else
		tool_say_line(t, state);
}

void tool_progress_begin(const struct tool_run *t)
{
	bar.start = tool_now();
	bar.terminal = tool_can_erase(STDERR_FILENO);
	keep_latest(t, "no step is done yet");
}

void tool_progress_options(const struct tool_run *t)
{
	const char *when = t->common.progress;

	bar.rewritten = bar.terminal || (when && strcmp(when, "always") == 0);
}
