/* SPDX-License-Identifier: MIT */
/* --metrics: the progress of a run and what it measures, as lines of JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "tools/tool_parts.h"

static struct {
	int fd;
	int cause; /* errno of the first line that was not written, the last one tried */
	bool anew; /* what is in the file goes when the first line comes */
	double last;
	char phase[64];
} metrics = {.fd = -1};

/* Lines of one phase are so many seconds apart, but for its first and last. */
enum { APART = 1 };

/* The field that an option of the tool fills, or NULL. */
static const void *value_of(const char *name)
{
	for (size_t g = 0; g < tool_line.n; g++) {
		const struct yc_opts *group = &tool_line.group[g];

		for (size_t i = 0; group->cfg && i < group->n; i++)
			if (strcmp(group->row[i].name, name) == 0)
				return (const char *)group->cfg + group->row[i].at;
	}
	return NULL;
}

/* --resume where there is nothing to go on with begins anew. */
static bool is_resumed(void)
{
	const bool *resume = value_of("resume");
	const char *const *checkpoint = value_of("checkpoint");

	return resume && *resume && checkpoint && *checkpoint &&
	       access(*checkpoint, F_OK) == 0;
}

/* A log that is read while it grows: not a file that appears at the end. */
void tool_metrics_open(struct tool_run *t)
{
	const char *path = t->common.metrics;
	struct yc_outfile out;

	if (!path)
		return;
	if (yc_outfile_kind(path) == YC_OUTFILE_REPLACED) {
		metrics.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		metrics.anew = !is_resumed();
	} else {
		check(t, yc_outfile_open(&out, path));
		metrics.fd = out.fd;
		yc_free(out.path);
	}
	if (metrics.fd < 0)
		die(t, yc_fail(YC_FAIL, "--metrics %s:", path));
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

/* The errno of a failure, or 0. A reader that went away ends its log, not the run. */
static int write_line(const char *text, size_t n)
{
	const struct timespec now = {0};
	sigset_t pipe, old;
	struct stat file;
	off_t size;
	int cause;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, &old);
	if (metrics.anew && ftruncate(metrics.fd, 0) == 0)
		metrics.anew = false;
	size = fstat(metrics.fd, &file) == 0 && S_ISREG(file.st_mode) ? file.st_size : -1;
	cause = yc_write_all(metrics.fd, text, n) < 0 ? errno : 0;
	/* Who reads sees whole lines. */
	if (cause && size >= 0)
		(void)!ftruncate(metrics.fd, size);
	if (cause == EPIPE)
		(void)sigtimedwait(&pipe, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return cause;
}

/* One write for a line, so that who reads sees whole ones. */
static void put(json_t *line)
{
	char *text =
		line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	const size_t n = text ? strlen(text) : 0;

	if (metrics.cause) {
		/* Nothing goes behind half a line. */
	} else if (text) {
		text[n] = '\n'; /* instead of its end */
		metrics.cause = write_line(text, n + 1);
	} else {
		metrics.cause = ENOMEM;
	}
	free(text);
	json_decref(line);
}

static json_t *begin(const struct tool_run *t, const char *phase)
{
	json_t *line = json_object();

	(void)json_object_set_new(line, "tool", json_string(t->tool->name));
	(void)json_object_set_new(line, "seconds", number(tool_seconds()));
	(void)json_object_set_new(line, "phase", json_string(phase));
	return line;
}

/* The state of a tick is names with their numbers: "outer 3 inner 2 loss 0.25". */
static void add_state(json_t *line, const char *text)
{
	char copy[160], *at = copy, *name, *value;
	uint64_t whole;
	double v;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	while ((name = strtok_r(at, " ,", &at)) && (value = strtok_r(at, " ,", &at))) {
		if (yc_parse_u64(value, INT64_MAX, &whole) == YC_NUMBER)
			(void)json_object_set_new(
				line, name, json_integer((json_int_t)whole));
		else if (yc_parse_double(value, &v) == YC_NUMBER)
			(void)json_object_set_new(line, name, number(v));
	}
}

void tool_metrics_tick(struct tool_run *t, const char *phase, uint64_t done,
	uint64_t total, const char *text)
{
	const double now = tool_now();
	const bool same = strncmp(metrics.phase, phase, sizeof(metrics.phase) - 1) == 0;
	json_t *line;

	if (metrics.fd < 0 || (same && done < total && now - metrics.last < APART))
		return;
	metrics.last = now;
	(void)snprintf(metrics.phase, sizeof(metrics.phase), "%s", phase);
	line = begin(t, phase);
	(void)json_object_set_new(line, "done", json_integer((json_int_t)done));
	(void)json_object_set_new(line, "total", json_integer((json_int_t)total));
	if (text)
		add_state(line, text);
	put(line);
}

void tool_metrics_measured(
	struct tool_run *t, const char *what, const struct yc_measure *m, size_t n)
{
	json_t *line;

	if (metrics.fd < 0)
		return;
	line = begin(t, what);
	for (size_t i = 0; i < n; i++)
		(void)json_object_set_new(line, m[i].name,
			m[i].whole ? json_integer((json_int_t)m[i].value)
				   : number(m[i].value));
	put(line);
}

void tool_metrics_close(struct tool_run *t)
{
	if (metrics.fd < 0)
		return;
	if (close(metrics.fd) < 0 && !metrics.cause)
		metrics.cause = errno;
	metrics.fd = -1;
	if (metrics.cause == EPIPE)
		die(t, yc_fail(YC_FAIL,
			       "--metrics %s: lines are missing: its reader left",
			       t->common.metrics));
	errno = metrics.cause;
	if (metrics.cause)
		die(t, yc_fail(YC_FAIL,
			       "--metrics %s: lines are missing:", t->common.metrics));
}
