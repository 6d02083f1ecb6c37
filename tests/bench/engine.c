/* SPDX-License-Identifier: MIT */
/*
 * Usage: engine THREADS. Our side of tests/bench/compare.py: for every line "WORK N" on
 * standard input does that work once and answers with the seconds that it took. The works
 * are those of tests/bench/peer.py, made of the pieces that the tools are made of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/condense/gradmatch/gradmatch.h"
#include "yc/eval.h"
#include "yc/kern.h"

enum { SIDE = 32, CLASSES = 10, REAL = 2560, IMAGE = SIDE * SIDE * 3, BATCH_MAX = 128 };

struct engine {
	int threads;
	struct yc_net *net;
	struct yc_exec *forward, *gradient, *tangent;
	yc_real *x, *logits, *dx, *w, *dw, *m, *v;
	int32_t label[BATCH_MAX];
	struct yc_data real, set;
	/* an IDC inner step */
	struct yc_synth synth;
	struct yc_sampler sampler;
	struct yc_aug aug;
	struct yc_step step;
	struct yc_trainer trainer;
	struct yc_rng root;
	uint64_t serial;
};

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "engine: %s\n", yc_errmsg());
	exit(1);
}

static void *some(size_t n, size_t size)
{
	void *p = yc_calloc(n, size);

	if (!p)
		must(YC_FAIL);
	return p;
}

static yc_real *noise(size_t n)
{
	struct yc_rng r = yc_rng_new(n, "noise");
	yc_real *p = some(n, sizeof *p);

	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)yc_rng_normal(&r);
	return p;
}

/* n images of noise bytes, or decoded reals, labels in turn. */
static struct yc_data images(int n, bool decoded)
{
	struct yc_set s = {.head = {.classes = CLASSES, .side = SIDE, .factor = 1}};
	struct yc_rng r = yc_rng_new((uint64_t)n, "images");
	uint64_t shape[4] = {(uint64_t)n, 3, SIDE, SIDE};
	struct yc_tensor *image = yc_set_put(
				 &s, "image", decoded ? YC_F32 : YC_U8, 4, shape, NULL),
			 *label = yc_set_put(&s, "label", YC_I64, 1, shape, NULL);
	struct yc_data d;

	if (!image || !label)
		must(YC_FAIL);
	image = yc_set_col(&s, "image");
	label = yc_set_col(&s, "label");
	for (size_t i = 0; i < (size_t)n * IMAGE; i++) {
		if (decoded)
			((float *)image->data)[i] = (float)yc_rng_uniform(&r);
		else
			((uint8_t *)image->data)[i] = (uint8_t)yc_rng_below(&r, 256);
	}
	for (int i = 0; i < n; i++)
		((int64_t *)label->data)[i] = i % CLASSES;
	must(yc_data_new(&d, &s));
	/* The set is kept: 8-bit pixels are borrowed. */
	return d;
}

static void setup(struct engine *e)
{
	const struct yc_net_cfg net = {.name = "convnet",
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = yc_precision_of(getenv("YC_PRECISION"))};
	const struct yc_synth_cfg synth = {.classes = CLASSES,
		.ipc = 10,
		.channels = 3,
		.side = SIDE,
		.factor = 2,
		.decode = YC_DECODE_SINGLE,
		.syn_max = 128};
	const struct yc_hyper recipe = {.batch = 64,
		.lr = 0.01,
		.momentum = 0.9,
		.decay = 5e-4,
		.aug = "color_crop",
		.mix_p = 0.5};
	size_t nw;

	must(yc_net_new(&e->net, &net));
	nw = yc_net_size(e->net);
	must(yc_exec_new(&e->forward, e->net, BATCH_MAX, e->threads, YC_EXEC_FORWARD));
	must(yc_exec_new(&e->gradient, e->net, BATCH_MAX, e->threads, YC_EXEC_GRADIENT));
	must(yc_exec_new(&e->tangent, e->net, BATCH_MAX, e->threads, YC_EXEC_TANGENT));
	e->x = noise(BATCH_MAX * IMAGE);
	e->dx = some(BATCH_MAX * IMAGE, sizeof *e->dx);
	e->logits = some(BATCH_MAX * CLASSES, sizeof *e->logits);
	e->w = some(nw, sizeof *e->w);
	e->dw = some(nw, sizeof *e->dw);
	e->m = some(nw, sizeof *e->m);
	e->v = some(nw, sizeof *e->v);
	for (int i = 0; i < BATCH_MAX; i++)
		e->label[i] = i % CLASSES;
	yc_net_init(e->net, e->w, yc_rng_new(0, "init-net"));

	e->root = yc_rng_new(0, "condense");
	e->real = images(REAL, false);
	must(yc_sampler_new(&e->sampler, &e->real, &e->root));
	must(yc_synth_new(&e->synth, &synth));
	must(yc_synth_init(&e->synth, "noise", &e->real, NULL, &e->root));
	must(yc_aug_parse(&e->aug, "color_crop_cutout", SIDE, 3));
	must(yc_step_new(&e->step, e->net, &e->real, &e->synth, yc_metric_find("mse"),
		&e->aug, 64, e->threads));
	must(yc_trainer_new(&e->trainer, e->net, &e->real, &recipe, e->root, e->threads));
	yc_net_init(e->net, e->trainer.w, yc_rng_new(0, "init-net"));
}

static void forward(struct engine *e, int n)
{
	yc_net_forward(e->forward, e->w, e->x, n, e->logits, NULL);
}

static void step(struct engine *e, int n)
{
	const struct yc_target t = {.label = e->label, .rho = 1};

	yc_net_gradient(e->gradient, e->w, e->x, n, &t, e->dw, NULL);
	yc_kern_get()->sgd(e->w, e->dw, e->m, yc_net_size(e->net), (yc_real)0.01,
		(yc_real)0.9, (yc_real)5e-4);
}

/* The squared distance to a gradient of zero: v = 2*g, matched tensors only. */
static void match(struct engine *e, int n)
{
	const struct yc_target t = {.label = e->label, .rho = 1};

	yc_net_gradient(e->tangent, e->w, e->x, n, &t, e->dw, NULL);
	memset(e->m, 0, yc_net_size(e->net) * sizeof *e->m);
	yc_match(yc_metric_find("mse"), e->net, 0, e->m, e->dw, e->v, e->step.scratch);
	yc_net_tangent(e->tangent, e->w, e->v, NULL, NULL, e->dx);
}

static void inner(struct engine *e, int unused)
{
	(void)unused;
	for (int c = 0; c < CLASSES; c++) {
		yc_sampler_next(&e->sampler, c, 64, e->step.batch.idx);
		yc_class_batch_draw(&e->step.batch, &e->root, e->serial++);
		yc_step_run(&e->step, e->trainer.w, c);
		yc_synth_step(&e->synth, c, e->step.batch.grad, 0.005, 0.5, e->threads);
	}
	for (int i = 0; i < 32; i++)
		yc_trainer_step(&e->trainer, 0.01);
}

/* A fixed part of yc-eval's recipe: epochs, and 40 test images for each. As many networks
 * as threads, which is how yc-eval --repeat runs; the time is that of one network. */
static void eval(struct engine *e, int n)
{
	const struct yc_train_opts s = {.net = "convnet",
		.precision = getenv("YC_PRECISION"),
		.aug = "color_crop_flip_scale_rotate",
		.epochs = n <= 10   ? 20
			  : n <= 40 ? 10
				    : 2, /* EPOCHS of peer.py */
		.batch = 64,
		.lr = 0.01,
		.mix_p = 0.5};
	const struct yc_eval_cfg cfg = {.training = &s,
		.repeats = (uint32_t)e->threads,
		.tests = 1,
		.threads = e->threads};
	struct yc_data test = e->real;
	struct yc_eval_sum sum;

	if (e->set.n != n)
		e->set = images(n, true);
	test.n = 40 * (int)s.epochs;
	must(yc_eval(&cfg, &e->set, &test, NULL, NULL, &sum, NULL));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct engine *e, int n);
	} works[] = {{"forward", forward}, {"step", step}, {"match", match},
		{"inner", inner}, {"eval", eval}};
	struct engine e = {.threads = argc > 1 ? atoi(argv[1]) : 1};
	char line[64], name[32];
	int n;

	must(e.threads < 1 ? YC_FAIL : YC_OK);
	if (getenv("YC_KERNELS"))
		must(yc_kern_use(getenv("YC_KERNELS")));
	setup(&e);
	while (fgets(line, sizeof line, stdin)) {
		size_t k = 0;

		if (sscanf(line, "%31s %d", name, &n) != 2)
			return 1;
		while (k < YC_COUNT(works) && strcmp(works[k].name, name) != 0)
			k++;
		if (k == YC_COUNT(works) || n < 1)
			return 1;
		double start = now();

		works[k].run(&e, n);
		printf("%.6f\n",
			(now() - start) / (works[k].run == eval ? e.threads : 1));
		fflush(stdout);
	}
	return 0;
}
