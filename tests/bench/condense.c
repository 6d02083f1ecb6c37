/* SPDX-License-Identifier: MIT */
/*
 * Usage: condense THREADS STREAM METHOD [OPTION]... Our side of tests/bench/condensers.py:
 * a run of yc-condense METHOD on the real images of the stream. For every line on standard
 * input it does an iteration and answers with the seconds that this took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yc/condense.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/stream.h"

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "condense: %s\n", yc_errmsg());
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The driver calls this between two iterations: here the run waits until it is asked. The
 * first iteration, which nobody asked for, makes the buffers warm. */
static int turn(void *ctx, uint32_t iteration, const struct yc_set *set)
{
	double *start = ctx;
	char line[64];

	(void)set;
	if (iteration > 1) {
		printf("%.6f\n", now() - *start);
		fflush(stdout);
	}
	if (!fgets(line, sizeof line, stdin))
		exit(0);
	*start = now();
	return YC_OK;
}

static void read_images(struct yc_set *set, char *path)
{
	struct yc_reader *r;

	must(yc_reader_open(&r, &path, 1, NULL));
	must(yc_set_read(set, r));
	must(yc_set_check_images(set));
	yc_reader_close(r);
}

int main(int argc, char **argv)
{
	struct yc_condense_cfg cfg;
	struct yc_set real, out;
	double start = 0;
	struct yc_condense_job job = {
		.cfg = &cfg, .real = &real, .snapshot = turn, .ctx = &start};
	const struct yc_method *m;
	const struct yc_condenser *condenser;
	struct yc_opts opts[2] = {
		{.row = yc_condense_opts, .n = YC_CONDENSE_OPTS, .cfg = &cfg}};
	int first;

	if (argc < 4)
		return 2;
	if (getenv("YC_KERNELS"))
		must(yc_kern_use(getenv("YC_KERNELS")));
	m = yc_method_find(yc_condensers, "method", argv[3], strlen(argv[3]));
	must(m ? YC_OK : YC_FAIL);
	opts[1] = (struct yc_opts){
		.row = m->opts, .n = m->nopts, .cfg = yc_calloc(1, m->cfg_size)};
	must(opts[1].cfg ? yc_opt_defaults(opts, 2) : YC_FAIL);
	must(yc_opt_parse(opts, 2, argc - 3, argv + 3, &first));
	cfg.save_every = 1;
	/* The registry points to first members. */
	condenser = (const struct yc_condenser *)(const void *)m;
	*(uint32_t *)(void *)((char *)opts[1].cfg + condenser->iterations) = 1000000;
	job.threads = atoi(argv[1]);
	must(job.threads < 1 ? YC_FAIL : YC_OK);
	read_images(&real, argv[2]);
	must(yc_condense(m, opts[1].cfg, &job, &out));
	return 0;
}
