/* SPDX-License-Identifier: MIT */
/*
 * Usage: error PRECISION [WEIGHTS]. Our side of tests/bench/error.py: gradients of ConvNet-D3
 * for batches of two images, as doubles on standard output, to be compared between float
 * and double, kernel sets and precisions. For every batch the
 * parameter gradient, then the image gradient of the squared distance to another batch's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/net.h"

enum { SIDE = 32, CLASSES = 10, IMAGE = SIDE * SIDE * 3, N = 2, BATCHES = 12 };

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "error: %s\n", yc_errmsg());
	exit(1);
}

static yc_real *some(size_t n)
{
	yc_real *p = yc_calloc(n, sizeof *p);

	if (!p)
		must(YC_FAIL);
	return p;
}

static void fill(yc_real *x, uint64_t batch)
{
	struct yc_rng r = yc_rng_new(batch, "error");

	/* Drawn as floats: the same input for both precisions. */
	for (int i = 0; i < N * IMAGE; i++)
		x[i] = (yc_real)(float)yc_rng_normal(&r);
}

static void put(const yc_real *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double v = (double)x[i];

		if (fwrite(&v, sizeof v, 1, stdout) != 1)
			exit(1);
	}
}

int main(int argc, char **argv)
{
	const struct yc_net_cfg cfg = {.name = "convnet",
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = yc_precision_of(argc > 1 ? argv[1] : NULL)};
	const int32_t label[N] = {3, 3};
	const struct yc_target target = {.label = label, .rho = 1};
	struct yc_net *net;
	struct yc_exec *exec;

	if (getenv("YC_KERNELS"))
		must(yc_kern_use(getenv("YC_KERNELS")));
	must(yc_net_new(&net, &cfg));
	must(yc_exec_new(&exec, net, N, 1, YC_EXEC_TANGENT));

	const size_t nw = yc_net_size(net);
	yc_real *w = some(nw), *dw = some(nw), *other = some(nw), *v = some(nw),
		*x = some(N * IMAGE), *dx = some(N * IMAGE);

	if (argc > 2) {
		struct yc_record r = {0};

		must(yc_record_load(&r, argv[2], 0));
		must(yc_net_fetch(net, w, &r));
	} else {
		yc_net_init(net, w, yc_rng_new(0, "init-net"));
		for (size_t i = 0; i < nw; i++)
			w[i] = (yc_real)(float)w[i];
	}
	fill(x, BATCHES);
	yc_net_gradient(exec, w, x, N, &target, other, NULL);
	for (uint64_t b = 0; b < BATCHES; b++) {
		fill(x, b);
		yc_net_gradient(exec, w, x, N, &target, dw, NULL);
		put(dw, nw);
		for (int i = 0; i < yc_net_nparams(net); i++) {
			const struct yc_param *p = yc_net_param(net, i);

			for (size_t k = p->at; k < p->at + p->count; k++)
				v[k] = p->role == YC_CONV_WEIGHT ? 2 * (dw[k] - other[k])
								 : 0;
		}
		yc_net_tangent(exec, w, v, NULL, NULL, dx);
		put(dx, N * IMAGE);
	}
	return 0;
}
