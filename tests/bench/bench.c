/* SPDX-License-Identifier: MIT */
/*
 * Usage: bench. Speed as TSV: every kernel set that this processor runs, against plain C
 * in the same run and against the peak of fused multiply-adds that is measured first.
 * Times are the best of several interleaved rounds: on a shared machine only ratios mean
 * anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/kern/internal.h"
#include "lib/train/internal.h"
#include "yc/blas.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/net.h"
#include "yc/pool.h"
#include "yc/train.h"

enum { ROUNDS = 5, SETS_MAX = 8, SIDE = 32, CLASSES = 10, IMAGE = SIDE * SIDE * 3 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(int status)
{
	if (status >= 0)
		return;
	fprintf(stderr, "bench: %s\n", yc_errmsg());
	exit(1);
}

/*
 * GFLOP/s of one core in fused multiply-adds: ten independent chains, enough for four
 * cycles of latency on two units.
 */
#if defined(__x86_64__)
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9)
#define CHAIN_START(k) vec a##k = m;
#define CHAIN_STEP(k) \
	a##k = a##k * m + m; \
	__asm__("" : "+v"(a##k));
#define CHAIN_END(k) +a##k
#define PEAK(name, isa, bytes) \
	__attribute__((target(isa))) static double name(yc_real x) \
	{ \
		typedef yc_real vec __attribute__((vector_size(bytes))); \
		enum { TIMES = 1 << 20, W = bytes / sizeof(yc_real) }; \
		vec m = x - (vec){0}; \
		CHAINS(CHAIN_START) \
		volatile yc_real sink; \
		double t = now(); \
\
		for (int i = 0; i < TIMES; i++) { \
			CHAINS(CHAIN_STEP) \
		} \
		t = now() - t; \
		sink = (CHAINS(CHAIN_END))[0]; \
		(void)sink; \
		return 2e-9 * TIMES * 10 * W / t; \
	}
PEAK(peak_avx2, "avx2,fma", 32)
PEAK(peak_avx512, "avx512f", 64)
#endif

/* Of the widest set that there is; 0 where it is not known. */
static double peak_of_core(void)
{
	double best = 0;

#if defined(__x86_64__)
	for (int r = 0; r < 4 * ROUNDS; r++) {
		double p = __builtin_cpu_supports("avx512f") ? peak_avx512((yc_real)0.5)
			   : __builtin_cpu_supports("fma")   ? peak_avx2((yc_real)0.5)
							     : 0;

		best = p > best ? p : best;
	}
#endif
	return best;
}

static yc_real *reals(size_t n)
{
	struct yc_rng r = yc_rng_new(n, "bench");
	yc_real *p = yc_calloc(n, sizeof *p);

	if (!p)
		must(YC_FAIL);
	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)(yc_rng_uniform(&r) - 0.5);
	return p;
}

enum { BATCH_C = 48, BATCH_PIXELS = 1024 };

/* One measured thing. `run` does `work` of `unit`, `gflop` in all (0: not counted). */
struct job {
	const char *what, *shape, *unit;
	double work, gflop;
	void (*run)(struct job *j);
	int m, n, k, threads;
	enum yc_precision precision;
	yc_real *a, *b, *c;
	struct yc_norm_arg norm;
	double sum[2 * BATCH_C];
	struct yc_aug *aug;
	/* networks */
	struct yc_net *net;
	struct yc_exec *net_work;
	struct yc_trainer trainer;
	const struct yc_data *data;
	yc_real *w, *dw;
	int32_t *label;
};

static void run_mul(struct job *j)
{
	struct yc_gemm_term op = {j->a, (size_t)j->k, 0, 1, j->k, j->b};

	yc_kern_get()->mul(j->m, j->n, j->c, (size_t)j->n, false, &op, 1, NULL);
}

static void run_mul_tn(struct job *j)
{
	yc_kern_get()->mul_tn(j->m, j->n, j->k, 1, j->a, (size_t)j->m, 0, j->b,
		(size_t)j->n, 0, j->c, (size_t)j->n, true, NULL);
}

static void run_mul_nt(struct job *j)
{
	yc_kern_get()->mul_nt(j->m, j->n, j->k, j->a, (size_t)j->k, j->b, (size_t)j->k,
		j->c, (size_t)j->n, false);
}

/* OpenBLAS, where it is installed, in double precision; matrices of n rows. */
static struct blas {
	double *a, *b, *w;
} blas;

static void run_dgemm(struct job *j)
{
	yc_dgemm(false, false, j->m, j->n, j->k, 1, blas.a, j->k, blas.a, j->n, 0, blas.b,
		j->n);
}

static void symmetric(int n)
{
	for (size_t i = 0; i < (size_t)n * (size_t)n; i++)
		blas.b[i] = i % (size_t)(n + 1) ? blas.a[i] : n;
}

static void run_cholesky(struct job *j)
{
	symmetric(j->n);
	must(yc_cholesky(j->n, blas.b, j->n));
}

static void run_eigen(struct job *j)
{
	symmetric(j->n);
	must(yc_eigen(j->n, blas.b, blas.w));
}

static bool by_blas(void (*run)(struct job *))
{
	return run == run_dgemm || run == run_cholesky || run == run_eigen;
}

static bool open_blas(size_t n)
{
	struct yc_rng r = yc_rng_new(n, "blas");

	if (yc_blas_open(getenv("OPENBLAS_CORETYPE")) < 0 || yc_blas_reserve(1) < 0)
		return false;
	blas.a = yc_calloc(n * (2 * n + 1), sizeof *blas.a);
	if (!blas.a)
		must(YC_FAIL);
	blas.b = blas.a + n * n;
	blas.w = blas.b + n * n;
	for (size_t i = 0; i < n * n; i++)
		blas.a[i] = yc_rng_uniform(&r) - 0.5;
	return true;
}

/* conv2 of ConvNet-D3: the passes of a convolution of 16x16x128, with its packed weights
 * and what it keeps in one buffer; the same of stride n = 2. */
enum { CONV_IMAGES = 10 };

static struct conv {
	struct yc_conv c;
	struct yc_conv_plan size;
	const struct yc_conv_form *form;
	struct yc_conv_term x, dy;
	yc_real *memory, *pack, *grad, *scratch;
} conv;

static void plan_conv(struct job *j)
{
	const size_t n = CONV_IMAGES;
	const struct yc_conv_plan *s = &conv.size;

	conv.c = (struct yc_conv){
		.h = 16, .w = 16, .ci = 128, .co = 128, .k = 3, .half = j->n == 2};
	conv.form = yc_conv_choose(j->precision, &conv.c);
	conv.form->plan(&conv.c, &conv.size);
	conv.c.xrow = (size_t)s->pw * 128;
	conv.c.ximg = (size_t)s->ph * conv.c.xrow;
	conv.c.yrow = 16 * 128;
	conv.c.yimg = 16 * conv.c.yrow;
	const size_t size[] = {n * conv.c.ximg, n * s->x_image + s->x_fixed,
		n * conv.c.yimg, n * s->dy_image + s->dy_fixed, s->pack, s->grad,
		n * s->scratch_image + s->scratch_fixed};
	size_t at[YC_COUNT(size)], total = 0;

	for (size_t i = 0; i < YC_COUNT(size); i++) {
		at[i] = total;
		total += (size[i] + 15) / 16 * 16;
	}
	yc_real *m = conv.memory = reals(total);

	conv.pack = m + at[4];
	conv.grad = m + at[5];
	conv.scratch = m + at[6];
	conv.x = (struct yc_conv_term){m + at[0], m + at[1], false, conv.pack, false};
	conv.dy = (struct yc_conv_term){m + at[2], m + at[3], false, conv.pack, false};
	conv.form->prepare(&conv.c, j->w, conv.pack, true, 0, 1);
	conv.form->forward(&conv.c, (int)n, &conv.x, 1, j->c, conv.scratch);
	conv.x.ready = true;
}

static void run_conv_forward(struct job *j)
{
	conv.x.ready = false;
	conv.form->forward(&conv.c, CONV_IMAGES, &conv.x, 1, j->c, conv.scratch);
}

static void run_conv_adjoint(struct job *j)
{
	conv.form->adjoint(&conv.c, CONV_IMAGES, &conv.dy, 1, j->c, conv.scratch);
}

static void run_conv_weights(struct job *j)
{
	(void)j;
	conv.form->weights(
		&conv.c, CONV_IMAGES, &conv.x, &conv.dy, true, conv.grad, conv.scratch);
}

static void run_conv_prepare(struct job *j)
{
	conv.form->prepare(&conv.c, j->w, conv.pack, true, 0, 1);
}

static bool has_conv(const struct job *j)
{
	return j->run == run_conv_forward || j->run == run_conv_adjoint ||
	       j->run == run_conv_weights || j->run == run_conv_prepare;
}

static void run_norm(struct job *j)
{
	yc_kern_get()->norm_forward(&j->norm);
}

static void run_norm_backward(struct job *j)
{
	yc_kern_get()->norm_backward(&j->norm);
}

static void run_norm_tangent(struct job *j)
{
	yc_kern_get()->norm_tangent(&j->norm);
}

static void run_norm_tangent_backward(struct job *j)
{
	yc_kern_get()->norm_tangent_backward(&j->norm);
}

/* Batch norm of the map: forward with its sums, backward with what completes it. */
static void run_batch_norm(struct job *j)
{
	yc_kern_get()->batch_forward(BATCH_PIXELS, BATCH_C, j->a, BATCH_C, j->w,
		j->w + BATCH_C, true, j->c, BATCH_C);
	yc_kern_get()->batch_sums(BATCH_PIXELS, BATCH_C, j->c, BATCH_C, j->sum);
}

static void run_batch_norm_backward(struct job *j)
{
	const struct yc_batch_arg a = {.pixels = BATCH_PIXELS,
		.c = BATCH_C,
		.relu = true,
		.scale = j->w,
		.off = j->w + BATCH_C,
		.mean = j->w + 2 * BATCH_C,
		.x = j->a,
		.dy = j->b,
		.dx = j->c,
		.xstep = BATCH_C,
		.dystep = BATCH_C,
		.dxstep = BATCH_C,
		.sum = j->sum};

	yc_kern_get()->batch_backward(&a);
	yc_kern_get()->batch_complete(
		BATCH_PIXELS, BATCH_C, j->a, j->w, j->w + BATCH_C, j->c, BATCH_C);
}

static void run_sgd(struct job *j)
{
	yc_kern_get()->sgd(
		j->a, j->b, j->c, (size_t)j->n, (yc_real)1e-9, (yc_real)0.9, 0);
}

/* A ReLU of the kernel of two images, and the convolution before it. */
static void run_arc(struct job *j)
{
	enum { PAIRS = 32 * 32 };
	static double ab[PAIRS], k[PAIRS], t[PAIRS], sigma[PAIRS], dot[PAIRS];

	for (int i = 0; i < j->n; i++) {
		ab[i] = 1;
		k[i] = t[i] = (double)i / j->n;
	}
	yc_kern_get()->arc_record((size_t)j->n, ab, k, t, sigma, dot);
}

static void run_box3(struct job *j)
{
	enum { SQUARE = 32 };
	static double x[SQUARE * SQUARE], y[SQUARE * SQUARE];

	(void)j;
	yc_kern_get()->box3(SQUARE, SQUARE, x, 0.2, 0.01, NULL, y);
}

static void run_augment(struct job *j)
{
	struct yc_aug_draw draw[YC_AUG_OPS_MAX];
	struct yc_rng rng = yc_rng_new(1, "augment");
	struct yc_aug_plan plan;

	yc_aug_draw(&plan, j->aug, &rng, &rng, 1, true, draw);
	yc_aug_forward(&plan, 0, j->a, j->c);
}

static void run_forward(struct job *j)
{
	yc_net_forward(j->net_work, j->w, j->a, j->n, j->c, NULL);
}

static void run_step(struct job *j)
{
	struct yc_target t = {.label = j->label, .rho = 1};

	yc_net_gradient(j->net_work, j->w, j->a, j->n, &t, j->dw, NULL);
	yc_kern_get()->sgd(j->w, j->dw, j->b, yc_net_size(j->net), (yc_real)1e-4,
		(yc_real)0.9, (yc_real)5e-4);
}

static void run_match(struct job *j)
{
	struct yc_target t = {.label = j->label, .rho = 1};

	yc_net_gradient(j->net_work, j->w, j->a, j->n, &t, j->dw, NULL);
	yc_net_tangent(j->net_work, j->w, j->dw, NULL, NULL, j->c);
}

/* run_step with all that yc-eval does around it: batch, augmentation, CutMix. */
static void run_train(struct job *j)
{
	yc_trainer_step(&j->trainer, 1e-4);
}

/* What is around it, alone. */
static void run_batch(struct job *j)
{
	struct yc_target t;

	yc_trainer_batch(&j->trainer, &t);
}

static bool trains(const struct job *j)
{
	return j->run == run_train || j->run == run_batch;
}

static void plan_net(struct job *j)
{
	struct yc_net_cfg cfg = {
		.name = "convnet", .channels = 3, .side = SIDE, .classes = CLASSES};
	const struct yc_hyper recipe = {.batch = j->n,
		.momentum = 0.9,
		.decay = 5e-4,
		.aug = "color_crop_flip_scale_rotate",
		.mix_p = 0.5};
	enum yc_exec_mode mode = j->run == run_forward ? YC_EXEC_FORWARD
				 : j->run == run_match ? YC_EXEC_TANGENT
						       : YC_EXEC_GRADIENT;
	const struct yc_rng rng = yc_rng_new(0, "bench");

	must(yc_net_new(&j->net, &cfg));
	if (trains(j)) {
		must(yc_trainer_new(
			&j->trainer, j->net, j->data, &recipe, rng, j->threads));
		yc_net_init(j->net, j->trainer.w, rng);
		return;
	}
	must(yc_exec_new(&j->net_work, j->net, j->n, j->threads, mode));
	yc_net_init(j->net, j->w, rng);
	memset(j->b, 0, yc_net_size(j->net) * sizeof *j->b); /* momentum of run_step */
}

static void drop_net(struct job *j)
{
	if (trains(j))
		yc_trainer_release(&j->trainer);
	else
		yc_exec_free(j->net_work);
	j->net_work = NULL;
	yc_net_free(j->net);
}

static bool has_net(const struct job *j)
{
	return j->run == run_forward || j->run == run_step || j->run == run_match ||
	       trains(j);
}

/* Best seconds of one run under each kernel set, rounds interleaved. */
static void measure(struct job *j, double peak)
{
	const struct yc_kern *const *set = yc_kern_all();
	double best[SETS_MAX];
	int sets = 0;

	for (; set[sets] && sets < SETS_MAX; sets++)
		best[sets] = 1e30;
	for (int r = 0; r < ROUNDS; r++) {
		for (int s = 0; s < sets; s++) {
			must(yc_kern_use(set[s]->set->method.name));
			if (has_net(j))
				plan_net(j);
			if (has_conv(j))
				plan_conv(j);
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
			if (has_net(j))
				drop_net(j);
			if (has_conv(j))
				yc_free(conv.memory);
		}
	}
	for (int s = 0; s < sets; s++) {
		printf("%s\t%s\t%s\t%d\t%.4g\t%s\t", j->what, j->shape,
			set[s]->set->method.name, j->threads, j->work / best[s], j->unit);
		if (peak > 0 && j->gflop > 0)
			printf("%.0f\t", 100 * j->gflop / best[s] / peak / j->threads);
		else
			printf("-\t");
		printf("%.2f\n", best[0] / best[s]);
	}
	fflush(stdout);
}

/* Images of noise; the set is kept, for its pixels are borrowed. */
static void noise_images(struct yc_data *d, int n)
{
	static struct yc_set s;
	struct yc_rng r = yc_rng_new(1, "noise");
	uint64_t shape[4] = {(uint64_t)n, 3, SIDE, SIDE};

	s.head.classes = CLASSES;
	s.head.side = SIDE;
	s.head.factor = 1;
	if (!yc_set_put(&s, "image", YC_U8, 4, shape, NULL) ||
		!yc_set_put(&s, "label", YC_I64, 1, shape, NULL))
		must(YC_FAIL);
	for (size_t i = 0; i < (size_t)n * IMAGE; i++)
		((uint8_t *)yc_set_col(&s, "image")->data)[i] =
			(uint8_t)yc_rng_below(&r, 256);
	must(yc_data_new(d, &s));
}

int main(void)
{
	enum { A = 1 << 20, NET = 128, ALGEBRA = 512 };
	yc_real *a = reals(A), *b = reals(A), *c = reals(A), *w = reals(A),
		*dw = reals(A), *save = reals(2048);
	const int cpus = yc_cpus();
	struct yc_data data;
	struct yc_aug aug;
	int32_t label[NET];
	double peak = peak_of_core();
	const bool algebra = open_blas(ALGEBRA);

	for (int i = 0; i < NET; i++)
		label[i] = i % CLASSES;
	noise_images(&data, NET);
	must(yc_aug_parse(&aug, "color_crop_flip_scale_rotate", SIDE, 3));
	struct job base = {.a = a,
		.b = b,
		.c = c,
		.w = w,
		.dw = dw,
		.label = label,
		.data = &data,
		.aug = &aug};
	base.norm = (struct yc_norm_arg){.h = SIDE,
		.w = SIDE,
		.c = 128,
		.pool = 2,
		.relu = true,
		.gamma = b,
		.beta = b + 128,
		.z = a,
		.tz = a + 1024,
		.save = save,
		.tsave = save + 1024,
		.y = c,
		.ty = c,
		.yrow = 16 * 128,
		.dy = b,
		.tdy = b + 512,
		.dz = c,
		.tdz = c};
	/* Multiply-adds of ConvNet-D3, with Winograd on conv2 and conv3, per image. */
	const double fwd = 30.7e-3, step = 85e-3, match = 203e-3;
	const struct row {
		const char *what, *shape, *unit;
		double work, gflop;
		void (*run)(struct job *);
		int m, n, k;
		bool alone; /* on one thread; networks also on all */
		enum yc_precision precision;
	} rows[] = {
#define PRODUCT(what, run, m, n, k) \
	{what, #m "x" #n "x" #k, "GFLOP/s", 2e-9 * (m) * (n) * (k), \
		2e-9 * (m) * (n) * (k), run, m, n, k, true, YC_FP32}
		PRODUCT("mul", run_mul, 128, 128, 128),
		PRODUCT("mul", run_mul, 32, 128, 128),
		PRODUCT("mul", run_mul, 33, 65, 127),
		PRODUCT("mul", run_mul, 160, 16, 16),
		PRODUCT("mul_tn", run_mul_tn, 128, 128, 128),
		PRODUCT("mul_tn", run_mul_tn, 128, 128, 32),
		PRODUCT("mul_tn", run_mul_tn, 16, 16, 160),
		PRODUCT("mul_nt", run_mul_nt, 10, 10, 2048),
		PRODUCT("dgemm", run_dgemm, 512, 512, 512),
		{"cholesky", "512x512", "calls/s", 1, 0, run_cholesky, 0, ALGEBRA, 0,
			true, YC_FP32},
		{"eigen", "512x512", "calls/s", 1, 0, run_eigen, 0, ALGEBRA, 0, true,
			YC_FP32},
#define KERNEL(what, shape, run, n) \
	{what, shape, "calls/s", 1, 0, run, 0, n, 0, true, YC_FP32}
/* In units of what direct sums would need. */
#define CONV(what, run, precision) \
	{ \
		what, #precision ", 10 of 16x16x128", "GFLOP/s", \
			10 * 2e-9 * 9 * 256 * 128 * 128, 0, run, 0, 0, 0, true, \
			precision \
	}
#define CONVS(precision) \
	CONV("conv forward", run_conv_forward, precision), \
		CONV("conv adjoint", run_conv_adjoint, precision), \
		CONV("conv weights", run_conv_weights, precision)
#define HALF(what, run) \
	{ \
		what, "stride 2, 10 of 16x16x128", "GFLOP/s", \
			10 * 2e-9 * 9 * 64 * 128 * 128, 0, run, 0, 2, 0, true, YC_FP32 \
	}
		CONVS(YC_FP32),
		HALF("conv forward", run_conv_forward),
		HALF("conv adjoint", run_conv_adjoint),
		HALF("conv weights", run_conv_weights),
		CONVS(YC_EXACT),
		CONVS(YC_FAST),
		CONVS(YC_FASTEST),
		KERNEL("conv prepare", "3x3x128x128", run_conv_prepare, 0),
		KERNEL("norm_forward", "32x32x128", run_norm, 0),
		KERNEL("norm_backward", "32x32x128", run_norm_backward, 0),
		KERNEL("norm_tangent", "32x32x128", run_norm_tangent, 0),
		KERNEL("norm_tangent_backward", "32x32x128", run_norm_tangent_backward,
			0),
		KERNEL("batch norm", "32x32x48", run_batch_norm, 0),
		KERNEL("batch norm backward", "32x32x48", run_batch_norm_backward, 0),
		KERNEL("sgd", "320010", run_sgd, 320010),
		KERNEL("arc_record", "1024", run_arc, 1024),
		KERNEL("box3", "32x32", run_box3, 0),
		KERNEL("augment", "32x32x3", run_augment, 0),
#define NETWORK(what, run, n, gflop) \
	{what, #n " images", "images/s", n, (n) * (gflop), run, 0, n, 0, true, YC_FP32}, \
		{what, #n " images", "images/s", n, (n) * (gflop), run, 0, n, 0, false, \
			YC_FP32}
		NETWORK("forward", run_forward, 128, fwd),
		NETWORK("step", run_step, 10, step),
		NETWORK("step", run_step, 64, step),
		NETWORK("step", run_step, 128, step),
		NETWORK("step and batch", run_train, 10, step),
		NETWORK("step and batch", run_train, 64, step),
		NETWORK("batch", run_batch, 10, 0),
		NETWORK("batch", run_batch, 64, 0),
		NETWORK("matching", run_match, 40, match),
		NETWORK("matching", run_match, 128, match),
	};

	printf("what\tshape\tkernels\tthreads\trate\tunit\tpercent of peak\tratio to "
	       "plain\n");
	printf("multiply-adds\t-\t-\t1\t%.4g\tGFLOP/s\t100\t-\n", peak);
	for (size_t i = 0; i < YC_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct job job = base;

		if ((!r->alone && cpus == 1) || (by_blas(r->run) && !algebra))
			continue;
		job.what = r->what;
		job.shape = r->shape;
		job.unit = r->unit;
		job.work = r->work;
		job.gflop = r->gflop;
		job.run = r->run;
		job.m = r->m;
		job.n = r->n;
		job.k = r->k;
		job.precision = r->precision;
		job.threads = r->alone ? 1 : cpus;
		measure(&job, peak);
	}
	return 0;
}
