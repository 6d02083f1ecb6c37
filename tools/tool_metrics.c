/* SPDX-License-Identifier: MIT */
/* --metrics: the progress of a run and what it measures, as lines of JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "tools/tool_parts.h"

static struct {
	int fd;
	int cause; /* errno of the first line that was not written */
	double last;
	char phase[64];
} metrics = {.fd = -1};

/* Lines of one phase are so many seconds apart, but for its first and last. */
enum { APART = 1 };

/* A log that is read while it grows: not a file that appears at the end. */
void tool_metrics_open(struct tool_run *t)
{
	const char *path = t->common.metrics;
	struct yc_outfile out;
	bool resumed;

	if (!path)
		return;
	resumed = yc_opt_given(tool_line.group, tool_line.n, "resume");
	if (yc_outfile_kind(path) == YC_OUTFILE_REPLACED) {
		metrics.fd = open(path,
			O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
				(resumed ? 0 : O_TRUNC),
			0666);
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

/* One write for a line, so that who reads sees whole ones. */
static void put(json_t *line)
{
	char *text =
		line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	const size_t n = text ? strlen(text) : 0;

	if (text) {
		text[n] = '\n'; /* instead of its end */
		if (write(metrics.fd, text, n + 1) != (ssize_t)(n + 1) && !metrics.cause)
			metrics.cause = errno ? errno : ENOSPC;
	} else if (!metrics.cause) {
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
	errno = metrics.cause;
	if (metrics.cause)
		die(t, yc_fail(YC_FAIL,
			       "--metrics %s: lines are missing:", t->common.metrics));
}
