/* SPDX-License-Identifier: MIT */
/*
 * Usage: large THREADS. Our side of tests/bench/large.py: ResNet10-AP on images of 224
 * pixels a side. For every line "WORK N" on standard input does forward, step or match for
 * N images once and answers with the seconds that it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yc/mem.h"
#include "yc/net.h"

enum { SIDE = 224, CLASSES = 10, BATCH_MAX = 32 };

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "large: %s\n", yc_errmsg());
	exit(1);
}

static yc_real *noise(size_t n, double scale)
{
	struct yc_rng r = yc_rng_new(n, "noise");
	yc_real *p = yc_alloc(n, sizeof *p);

	if (!p)
		must(YC_FAIL);
	for (size_t i = 0; scale > 0 && i < n; i++)
		p[i] = (yc_real)(scale * yc_rng_normal(&r));
	return p;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const char *const works[] = {"forward", "step", "match"};
	const struct yc_net_cfg cfg = {
		.name = "resnet10ap", .channels = 3, .side = SIDE, .classes = CLASSES};
	int threads = argc > 1 ? atoi(argv[1]) : 1, n;
	struct yc_work *work[3] = {NULL};
	int32_t label[BATCH_MAX];
	struct yc_target target = {label, NULL, 1};
	struct yc_net *net;
	char line[64], name[32];

	must(yc_net_new(&net, &cfg));
	size_t nw = yc_net_size(net), nx = (size_t)BATCH_MAX * SIDE * SIDE * 3;
	yc_real *w = noise(nw, 0), *dw = noise(nw, 0), *m = noise(nw, 0),
		*x = noise(nx, 1), *dx = noise(nx, 0),
		*z = noise((size_t)BATCH_MAX * CLASSES, 0);

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
		if (!work[k])
			must(yc_work_new(
				&work[k], net, BATCH_MAX, threads, (enum yc_work_mode)k));
		double start = now();

		if (k == YC_WORK_FORWARD)
			yc_net_forward(work[k], w, x, n, z, NULL);
		else
			yc_net_gradient(work[k], w, x, n, &target, dw, z);
		if (k == YC_WORK_GRADIENT)
			yc_net_step(net, w, dw, m, 1e-4, 0.9, 5e-4);
		if (k == YC_WORK_TANGENT)
			yc_net_tangent(work[k], w, dw, dx);
		printf("%.6f\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
