/* SPDX-License-Identifier: MIT */
/*
 * Speed as TSV: every kernel set that this processor runs, against plain C in the same
 run. Times
 * are the best of several interleaved rounds: on a shared machine only ratios mean
 anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/net.h"
#include "yc/pool.h"

enum { ROUNDS = 5, SETS_MAX = 4 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static yc_real *reals(size_t n)
{
	struct yc_rng r = yc_rng_new(n, "bench");
	yc_real *p = yc_alloc(n, sizeof *p);

	if (!p)
		exit(1);
	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)(yc_rng_uniform(&r) - 0.5);
	return p;
}

/* One measured thing: run does `work` flops (or images) `times` times. */
struct job {
	const char *what, *shape, *unit;
	double work;
	void (*run)(struct job *j);
	int m, n, k;
	yc_real *a, *b, *c;
	struct yc_norm_arg norm;
	/* networks */
	struct yc_net *net;
	struct yc_work *net_work;
	yc_real *w, *dw;
	int32_t *label;
};

static void run_mul(struct job *j)
{
	struct yc_mul op = {j->a, (size_t)j->k, 0, 1, j->k, j->b};

	yc_kern_get()->mul(j->m, j->n, j->c, (size_t)j->n, false, &op, 1, NULL);
}

static void run_mul_tn(struct job *j)
{
	yc_kern_get()->mul_tn(j->m, j->n, j->k, 1, j->a, (size_t)j->m, 0, j->b,
		(size_t)j->n, 0, j->c, (size_t)j->n, true, NULL);
}

static void run_wino_input(struct job *j)
{
	yc_kern_get()->wino_input(j->a, 18 * 128, 128, 4, 4, j->c, 17 * 128);
}

static void run_norm(struct job *j)
{
	yc_kern_get()->norm_forward(&j->norm);
}

static void run_norm_backward(struct job *j)
{
	yc_kern_get()->norm_backward(&j->norm);
}

static void run_forward(struct job *j)
{
	yc_net_forward(j->net_work, j->w, j->a, j->n, j->c, NULL);
}

static void run_step(struct job *j)
{
	struct yc_target t = {j->label, NULL, 1};

	yc_net_gradient(j->net_work, j->w, j->a, j->n, &t, j->dw, NULL);
	yc_sgd(j->w, j->dw, j->b, yc_net_size(j->net), 1e-4, 0.9, 5e-4);
}

static void run_match(struct job *j)
{
	struct yc_target t = {j->label, NULL, 1};

	yc_net_gradient(j->net_work, j->w, j->a, j->n, &t, j->dw, NULL);
	yc_net_tangent(j->net_work, j->w, j->dw, j->c);
}

/* Best seconds of one run under each kernel set, rounds interleaved. */
static void measure(struct job *j, void (*plan)(struct job *), void (*drop)(struct job *))
{
	const struct yc_kern *const *set = yc_kern_all();
	double best[SETS_MAX];
	int sets = 0;

	for (; set[sets] && sets < SETS_MAX; sets++)
		best[sets] = 1e30;
	for (int r = 0; r < ROUNDS; r++) {
		for (int s = 0; s < sets; s++) {
			if (yc_kern_use(set[s]->name) < 0)
				exit(1);
			if (plan)
				plan(j);
			j->run(j);
			int times = 1;
			double t = 0;

			for (; t < 0.02; times *= 2) {
				t = now();
				for (int i = 0; i < times; i++)
					j->run(j);
				t = now() - t;
				if (t / times < best[s])
					best[s] = t / times;
			}
			if (drop)
				drop(j);
		}
	}
	for (int s = 0; s < sets; s++)
		printf("%s\t%s\t%s\t%.4g\t%s\t%.2f\n", j->what, j->shape, set[s]->name,
			j->work / best[s], j->unit, best[0] / best[s]);
	fflush(stdout);
}

static void plan_net(struct job *j)
{
	struct yc_net_cfg cfg = {
		.name = "convnet", .channels = 3, .side = 32, .classes = 10};
	enum yc_work_mode mode = j->run == run_forward ? YC_WORK_FORWARD
				 : j->run == run_step  ? YC_WORK_GRADIENT
						       : YC_WORK_TANGENT;

	if (yc_net_new(&j->net, &cfg) < 0 ||
		yc_work_new(&j->net_work, j->net, j->n, yc_cpus(), mode) < 0) {
		fprintf(stderr, "bench: %s\n", yc_errmsg());
		exit(1);
	}
	yc_net_init(j->net, j->w, yc_rng_new(0, "init-net"));
}

static void drop_net(struct job *j)
{
	yc_work_free(j->net_work);
	yc_net_free(j->net);
}

int main(void)
{
	enum { A = 1 << 20, NET = 128 };
	yc_real *a = reals(A), *b = reals(A), *c = reals(A), *w = reals(A),
		*dw = reals(A), *save = reals(1024);
	int32_t label[NET];

	for (int i = 0; i < NET; i++)
		label[i] = i % 10;
	printf("what\tshape\tkernels\trate\tunit\tratio to plain\n");
	struct job base = {.a = a, .b = b, .c = c, .w = w, .dw = dw, .label = label};
	static const struct {
		const char *what, *shape, *unit;
		double work;
		void (*run)(struct job *);
		int m, n, k;
	} kernels[] = {
		{"mul", "128x128x128", "GFLOP/s", 2e-9 * 128 * 128 * 128, run_mul, 128,
			128, 128},
		{"mul", "32x128x128", "GFLOP/s", 2e-9 * 32 * 128 * 128, run_mul, 32, 128,
			128},
		{"mul_tn", "128x128x128", "GFLOP/s", 2e-9 * 128 * 128 * 128, run_mul_tn,
			128, 128, 128},
		{"wino_input", "16x16x128", "images/s", 1, run_wino_input, 0, 0, 0},
		{"norm_forward", "32x32x128", "images/s", 1, run_norm, 0, 0, 0},
		{"norm_backward", "32x32x128", "images/s", 1, run_norm_backward, 0, 0, 0},
		{"forward", "128 images", "images/s", 128, run_forward, 0, 128, 0},
		{"step", "10 images", "images/s", 10, run_step, 0, 10, 0},
		{"step", "40 images", "images/s", 40, run_step, 0, 40, 0},
		{"step", "128 images", "images/s", 128, run_step, 0, 128, 0},
		{"matching", "40 images", "images/s", 40, run_match, 0, 40, 0},
		{"matching", "128 images", "images/s", 128, run_match, 0, 128, 0},
	};

	base.norm = (struct yc_norm_arg){.h = 32,
		.w = 32,
		.c = 128,
		.pool = 2,
		.relu = true,
		.gamma = b,
		.beta = b + 128,
		.z = a,
		.save = save,
		.y = c,
		.yrow = 16 * 128,
		.dy = b,
		.dz = c};
	for (size_t i = 0; i < YC_COUNT(kernels); i++) {
		bool net = kernels[i].run == run_forward || kernels[i].run == run_step ||
			   kernels[i].run == run_match;
		struct job job = base;

		job.what = kernels[i].what;
		job.shape = kernels[i].shape;
		job.unit = kernels[i].unit;
		job.work = kernels[i].work;
		job.run = kernels[i].run;
		job.m = kernels[i].m;
		job.n = kernels[i].n;
		job.k = kernels[i].k;
		if (net)
			memset(b, 0, A * sizeof *b); /* the momentum of run_step */
		measure(&job, net ? plan_net : NULL, net ? drop_net : NULL);
	}
	return 0;
}
