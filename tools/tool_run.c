/* SPDX-License-Identifier: MIT */
/* The environment of a running tool: what the library calls, signals, and standard
 * descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/tool_parts.h"

/* State for signal handlers; a process is one tool. */
static struct tool_run *running;
static volatile sig_atomic_t working;

/* The hooks of the library */

static struct tool_run *run_of(struct yc_watch *w)
{
	return (struct tool_run *)((char *)w - offsetof(struct tool_run, watch));
}

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	working = 1;
	tool_tick(run_of(w), phase, done, total, text);
}

static void measured(
	struct yc_watch *w, const char *what, const struct yc_measure *m, size_t n)
{
	tool_metrics_measured(run_of(w), what, m, n);
}

static void note(struct yc_watch *w, const char *text)
{
	warn(run_of(w), "%s", text);
}

static double now_of(struct yc_watch *w)
{
	(void)w;
	return tool_now();
}

/* Signals */

/* Is the signal the first that asks to stop, or a copy of it? A batch system signals all
 * processes of a job, and make those that it started: the same comes two or three times. */
static bool asks_to_stop(struct yc_watch *w)
{
	enum { COPIES_NS = 1000000000 };
	static struct timespec first;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!w->stop) {
		first = now;
		w->stop = 1;
		return true;
	}
	return (now.tv_sec - first.tv_sec) * 1000000000LL + now.tv_nsec - first.tv_nsec <
	       COPIES_NS;
}

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
		working && asks_to_stop(&running->watch))
		return;
	if (tool_bar_shown() &&
		write(STDERR_FILENO, TOOL_ERASE, sizeof(TOOL_ERASE) - 1) < 0)
		working = 0; /* no terminal any more */
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
	const int cause = errno;

	(void)sig;
	(void)info;
	(void)context;
	tool_answer();
	errno = cause;
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
	t->watch.tick = tick;
	t->watch.measured = measured;
	t->watch.note = note;
	t->watch.now = now_of;
	tool_progress_options(t);
}

void tool_run_begin(struct tool_run *t)
{
	running = t;
	hold_descriptors();
	tool_progress_begin(t);
	start_signals(t->tool);
}

void tool_run_end(void)
{
	tool_wipe_bar();
	running = NULL;
}
