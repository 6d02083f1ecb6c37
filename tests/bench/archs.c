/* SPDX-License-Identifier: MIT */
/*
 * Usage: archs THREADS NET SIDE [STREAM]. Our side of tests/bench/archs.py. For every line
 * "WORK N" on standard input does forward, step or match for N images once and answers
 * with the seconds that it took. The images are the first of STREAM, or noise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yc/data.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/net.h"
#include "yc/stream.h"

enum { CLASSES = 10, BATCH_MAX = 128 };

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "archs: %s\n", yc_errmsg());
	exit(1);
}

static yc_real *reals(size_t n)
{
	yc_real *p = yc_calloc(n, sizeof *p);

	if (!p)
		must(YC_FAIL);
	return p;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void noise(yc_real *x, size_t n)
{
	struct yc_rng r = yc_rng_new(0, "noise");

	for (size_t i = 0; i < n; i++)
		x[i] = (yc_real)yc_rng_normal(&r);
}

static void photographs(char *path, int side, yc_real *x)
{
	struct yc_reader *r;
	struct yc_data d;
	struct yc_set s;
	size_t image = (size_t)side * (size_t)side * 3;

	must(yc_reader_open(&r, &path, 1, NULL));
	must(yc_set_read(&s, r));
	must(yc_data_new(&d, &s));
	if (d.side != side || d.channels != 3)
		must(yc_fail(YC_FAIL, "%s: no colour images of side %d", path, side));
	for (int i = 0; i < BATCH_MAX; i++)
		yc_data_fetch(&d, i % d.n, x + (size_t)i * image);
	yc_data_release(&d);
	yc_set_release(&s);
	yc_reader_close(r);
}

int main(int argc, char **argv)
{
	static const char *const works[] = {"forward", "step", "match"};
	struct yc_net_cfg cfg = {.channels = 3, .classes = CLASSES};
	struct yc_exec *work[3] = {NULL};
	int32_t label[BATCH_MAX];
	struct yc_target target = {.label = label, .rho = 1};
	struct yc_net *net;
	char line[64], name[32];
	int threads, n;

	if (argc < 4)
		return 2;
	threads = atoi(argv[1]);
	cfg.name = argv[2];
	cfg.side = atoi(argv[3]);
	must(yc_net_new(&net, &cfg));
	size_t nw = yc_net_size(net),
	       nx = 3 * BATCH_MAX * (size_t)cfg.side * (size_t)cfg.side;
	yc_real *w = reals(nw), *dw = reals(nw), *m = reals(nw), *x = reals(nx),
		*dx = reals(nx), *z = reals((size_t)BATCH_MAX * CLASSES);

	if (argc > 4)
		photographs(argv[4], cfg.side, x);
	else
		noise(x, nx);
	for (int i = 0; i < BATCH_MAX; i++)
		label[i] = i % CLASSES;
	yc_net_init(net, w, yc_rng_new(0, "init-net"));
	while (fgets(line, sizeof line, stdin)) {
		size_t k = 0;

		if (sscanf(line, "%31s %d", name, &n) != 2 || n < 1 || n > BATCH_MAX)
			return 1;
		while (k < YC_COUNT(works) && strcmp(works[k], name) != 0)
			k++;
		if (k == YC_COUNT(works))
			return 1;
		if (!work[k]) /* batches of the size asked for first, or smaller ones */
			must(yc_exec_new(
				&work[k], net, n, threads, (enum yc_exec_mode)k));
		double start = now();

		if (k == YC_EXEC_FORWARD)
			yc_net_forward(work[k], w, x, n, z, NULL);
		else
			yc_net_gradient(work[k], w, x, n, &target, dw, z);
		if (k == YC_EXEC_GRADIENT) {
			yc_kern_get()->sgd(w, dw, m, yc_net_learned(net), (yc_real)1e-4,
				(yc_real)0.9, (yc_real)5e-4);
			yc_net_track(net, w, dw);
		}
		if (k == YC_EXEC_TANGENT)
			yc_net_tangent(work[k], w, dw, NULL, NULL, dx);
		printf("%.6f\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
