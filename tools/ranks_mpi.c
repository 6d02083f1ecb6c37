/* SPDX-License-Identifier: MIT */
/* Ranks by MPI, of a tool that was started by mpirun or its like. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/ranks.h"
#include "tools/tool_parts.h"

/* Of one call, whose count is an int. */
enum { PIECE = 1 << 30 };

static struct {
	struct yc_ranks r;
	MPI_Request arrival;
	bool begun, here;
} mpi;

static void count(struct yc_ranks *r, uint64_t messages, uint64_t bytes)
{
	r->messages += messages;
	r->bytes += messages * bytes;
}

/* ---- hooks: errors of MPI end all ranks ---- */

static void least(struct yc_ranks *r, int32_t *v, int n)
{
	(void)MPI_Allreduce(MPI_IN_PLACE, v, n, MPI_INT32_T, MPI_MIN, MPI_COMM_WORLD);
	count(r, 1, (uint64_t)n * sizeof(*v));
}

static void broadcast(struct yc_ranks *r, int from, void *p, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PIECE) {
		const size_t n = bytes - at < PIECE ? bytes - at : PIECE;

		(void)MPI_Bcast((char *)p + at, (int)n, MPI_BYTE, from, MPI_COMM_WORLD);
	}
	if (from == r->rank)
		count(r, (uint64_t)r->count - 1, bytes);
}

static void *start(
	struct yc_ranks *r, int to, enum yc_channel channel, const void *p, size_t bytes)
{
	MPI_Request *sending = malloc(sizeof(*sending));

	if (!sending || bytes > PIECE)
		MPI_Abort(MPI_COMM_WORLD, 1);
	else
		(void)MPI_Isend(
			p, (int)bytes, MPI_BYTE, to, channel, MPI_COMM_WORLD, sending);
	count(r, 1, bytes);
	return sending;
}

static bool sent(void *sending, bool wait)
{
	int done = 1;

	if (wait)
		(void)MPI_Wait(sending, MPI_STATUS_IGNORE);
	else
		(void)MPI_Test(sending, &done, MPI_STATUS_IGNORE);
	if (done)
		free(sending);
	return done;
}

static size_t receive(
	struct yc_ranks *r, int from, enum yc_channel channel, void *p, size_t bytes)
{
	MPI_Status status;
	int n = 0;

	(void)r;
	(void)MPI_Recv(p, bytes < PIECE ? (int)bytes : PIECE, MPI_BYTE, from, channel,
		MPI_COMM_WORLD, &status);
	(void)MPI_Get_count(&status, MPI_BYTE, &n);
	return (size_t)n;
}

static void arrive(struct yc_ranks *r)
{
	(void)MPI_Ibarrier(MPI_COMM_WORLD, &mpi.arrival);
	mpi.here = true;
	count(r, 1, 0);
}

static bool arrived(struct yc_ranks *r)
{
	int done = 1;

	(void)r;
	if (mpi.here)
		(void)MPI_Test(&mpi.arrival, &done, MPI_STATUS_IGNORE);
	if (done)
		mpi.here = false;
	else
		sched_yield();
	return done;
}

/* ---- begin and end ---- */

/* By a process manager; a process that a user started is alone. */
static bool is_started(void)
{
	static const char *const names[] = {
		"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"};

	for (size_t i = 0; i < YC_COUNT(names); i++)
		if (getenv(names[i]))
			return true;
	return false;
}

static void end(struct yc_ranks *r)
{
	(void)r;
	if (mpi.begun)
		(void)MPI_Finalize();
	mpi.begun = false;
}

static void at_exit(void)
{
	end(&mpi.r);
}

struct yc_ranks *tool_ranks_begin(void)
{
	struct yc_ranks *r = &mpi.r;
	int nowhere;

	if (!is_started())
		return NULL;
	/* Crashes are reported by what started the ranks. */
	(void)setenv("OMPI_MCA_opal_signal", "", 0);
	if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
		return NULL;
	mpi.begun = true;
	*r = (struct yc_ranks){.least = least,
		.broadcast = broadcast,
		.send = start,
		.sent = sent,
		.receive = receive,
		.arrive = arrive,
		.arrived = arrived,
		.end = end};
	(void)MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
	(void)MPI_Comm_size(MPI_COMM_WORLD, &r->count);
	(void)atexit(at_exit);
	tool_carried();
	if (r->count == 1)
		return NULL;
	nowhere = r->rank ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
	if (nowhere >= 0)
		(void)dup2(nowhere, STDOUT_FILENO);
	tool_use_ranks(r);
	return r;
}

/* Results do not depend on it, so it is no option. */
int tool_ranks_networks(struct yc_ranks *r)
{
	const char *how = getenv("YC_RANK_NETWORKS");

	if (!r || !how || !*how)
		return YC_OK;
	r->networks = !strcmp(how, "ahead")    ? YC_NETWORKS_AHEAD
		      : !strcmp(how, "shards") ? YC_NETWORKS_SHARDS
					       : YC_NETWORKS_FASTER;
	return r->networks ? YC_OK
			   : yc_fail(YC_USAGE,
				     "YC_RANK_NETWORKS=%s: not one of ahead|shards", how);
}

/* ---- standard input ---- */

/* The next bytes of it, and what to say of them: their number, 0 at the end, or less. */
static int32_t read_some(char *p, size_t most)
{
	size_t n = 0;

	while (n < most) {
		ssize_t some = read(STDIN_FILENO, p + n, most - n);

		if (some < 0)
			return yc_fail(YC_FAIL, "stdin:");
		if (some == 0)
			break;
		n += (size_t)some;
	}
	return (int32_t)n;
}

int tool_ranks_input(struct yc_ranks *r)
{
	enum { SOME = 1 << 22 };
	char *p;
	int32_t n = 1;
	int fd, status;

	if (!r)
		return YC_OK;
	p = malloc(SOME);
	fd = memfd_create("stdin", MFD_CLOEXEC);
	status = p && fd >= 0 ? YC_OK : yc_fail(YC_FAIL, "no memory for standard input:");
	status = yc_ranks_agree(r, status, NULL, NULL);
	while (!r->failed && n > 0) {
		if (r->rank == 0)
			n = read_some(p, SOME);
		yc_ranks_broadcast(r, 0, &n, sizeof(n));
		if (n <= 0)
			break;
		yc_ranks_broadcast(r, 0, p, (size_t)n);
		if (!status && yc_write_all(fd, p, (size_t)n) < 0)
			status = yc_fail(YC_FAIL, "no memory for standard input:");
	}
	if (!status && r->rank == 0)
		status = n < 0 ? n : YC_OK;
	if (!status && (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0))
		status = yc_fail(YC_FAIL, "stdin:");
	if (fd >= 0)
		(void)close(fd);
	free(p);
	return yc_ranks_agree(r, status, NULL, NULL);
}
