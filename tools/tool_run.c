/* SPDX-License-Identifier: MIT */
/* The environment of a running tool: progress, signals, clock, and standard descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/tool_parts.h"

/* State for signal handlers; a process is one tool. */
static struct tool_run *running;
static volatile sig_atomic_t working, status_wanted;

static struct {
	char phase[64];
	double start, phase_start, last;
	uint64_t done_at_start;
	bool terminal, shown;
} bar;

static double steady(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

void tool_wipe_bar(void)
{
	if (bar.shown)
		tool_say("\r\033[K", "", "");
	bar.shown = false;
}

/* Progress */

static struct tool_run *run_of(struct yc_watch *w)
{
	return (struct tool_run *)((char *)w - offsetof(struct tool_run, watch));
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

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct tool_run *t = run_of(w);
	const struct tool_common *c = &t->common;
	double now = steady();
	char state[200];

	working = 1;
	tool_tell_threads(t);
	if (strncmp(bar.phase, phase, sizeof(bar.phase) - 1) != 0 ||
		done < bar.done_at_start) {
		(void)snprintf(bar.phase, sizeof(bar.phase), "%s", phase);
		bar.phase_start = now;
		bar.done_at_start = done;
	}
	if (status_wanted) {
		status_wanted = 0;
		bar_text(state, sizeof(state), now, done, total, text);
		tool_say_line(t, state);
	}
	if (c->quiet || strcmp(c->progress, "never") == 0)
		return;
	if (bar.terminal ? now - bar.start < 1 || now - bar.last < 0.25
			 : now - (bar.last > 0 ? bar.last : bar.start) < 60)
		return;
	bar.last = now;
	bar_text(state, sizeof(state), now, done, total, text);
	if (!bar.terminal) {
		tool_say_line(t, state);
		return;
	}
	/* A line that wraps could not be rewritten. */
	state[79 - strlen(t->tool->name) - 2] = '\0';
	tool_wipe_bar();
	tool_say(t->tool->name, ": ", state);
	bar.shown = true;
}

static void note(struct yc_watch *w, const char *text)
{
	warn(run_of(w), "%s", text);
}

static double now_of(struct yc_watch *w)
{
	(void)w;
	return steady();
}

/* Signals */

static void on_fatal(int sig, siginfo_t *info, void *context)
{
	sigset_t only;

	(void)context;
	/* The limit of a file's size: the write fails, and says so. */
	if (sig == SIGXFSZ && info->si_pid == getpid())
		return;
	/* Before the first tick nothing is worth saving, and reading may hang for ever.
	 */
	if ((sig == SIGINT || sig == SIGTERM) && running && (running->use & TOOL_LONG) &&
		working && !running->watch.stop) {
		running->watch.stop = 1;
		return;
	}
	yc_outfile_unlink_all();
	/* By the signal itself, which tells the caller why, and leaves a core file if it
	 * does so. */
	(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&only);
	(void)sigaddset(&only, sig);
	(void)raise(sig);
	(void)pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	_exit(128 + sig); /* the first process of a container survives its signals */
}

static void on_usr1(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	status_wanted = 1;
}

static void catch (int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction old, sa = {.sa_sigaction = fn,
				      .sa_flags = SA_RESTART | SA_SIGINFO | SA_ONSTACK};

	(void)sigemptyset(&sa.sa_mask);
	/* Signals that the caller ignores (nohup, a shell's background jobs) stay
	 * ignored, and a sanitizer's handlers report.
	 */
	if (sig != SIGPIPE && sigaction(sig, NULL, &old) == 0 &&
		((old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL))
		return;
	(void)sigaction(sig, &sa, NULL);
}

/* Every signal that would end the process, but for SIGKILL. */
static void start_signals(const struct tool *tool)
{
	static const int others[] = {
		SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
	/* For a crash by a full stack. */
	static char alternative[1 << 15];
	const stack_t stack = {.ss_sp = alternative, .ss_size = sizeof(alternative)};
	stack_t had;
	sigset_t spared;

	if (sigaltstack(NULL, &had) == 0 && (had.ss_flags & SS_DISABLE))
		(void)sigaltstack(&stack, NULL);
	(void)sigemptyset(&spared);
	for (size_t i = 0; i < YC_COUNT(others); i++)
		(void)sigaddset(&spared, others[i]);
	if (tool->use & TOOL_LONG)
		catch (SIGUSR1, on_usr1);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (!sigismember(&spared, sig))
			catch (sig, on_fatal);
}

/* A closed standard descriptor would be handed to the next open(), and a stream written
 * into an input file. Opened the wrong way round, its use fails as it should. */
static void hold_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(1);
}

void tool_run_watch(struct tool_run *t)
{
	const char *term = getenv("TERM");

	t->watch.tick = tick;
	t->watch.note = note;
	t->watch.now = now_of;
	bar.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	if (t->common.progress && strcmp(t->common.progress, "always") == 0)
		bar.terminal = true;
}

void tool_run_begin(struct tool_run *t)
{
	bar.start = steady();
	running = t;
	hold_descriptors();
	start_signals(t->tool);
}

void tool_run_end(void)
{
	tool_wipe_bar();
	running = NULL;
}
