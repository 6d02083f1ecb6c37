/* SPDX-License-Identifier: MIT */
/*
 * A step allocates nothing: steps of training and of condensation and every pass of the
 * executor, after everything was made. The linker redirects what the library calls
 * (-Wl,--wrap, see Makefile) to the functions below, which count; what OpenMP does is not
 * seen.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lib/condense/driver.h"
#include "lib/condense/gradmatch/gradmatch.h"
#include "tests/unit/condensing.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/train.h"

/* ---- the counter ---- */

static long calls;

static void count(void)
{
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
int __real_posix_memalign(void **p, size_t align, size_t n);
void __real_free(void *p);
void *__real_mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
int __wrap_posix_memalign(void **p, size_t align, size_t n);
void __wrap_free(void *p);
void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset);

void *__wrap_malloc(size_t n)
{
	count();
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	count();
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	count();
	return __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
	count();
	return __real_aligned_alloc(align, n);
}

int __wrap_posix_memalign(void **p, size_t align, size_t n)
{
	count();
	return __real_posix_memalign(p, align, n);
}

void __wrap_free(void *p)
{
	count();
	__real_free(p);
}

void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset)
{
	count();
	return __real_mmap(p, n, protection, flags, fd, offset);
}

/* Runs `step` some times; `what` names it. */
static void allocates_nothing(
	const char *what, void (*step)(void *ctx), void *ctx, int times)
{
	long before = __atomic_load_n(&calls, __ATOMIC_RELAXED), after;

	for (int i = 0; i < times; i++)
		step(ctx);
	after = __atomic_load_n(&calls, __ATOMIC_RELAXED);
	if (after != before)
		fail_msg("%s: %ld calls of the allocator in %d steps", what,
			after - before, times);
}

/* The counter counts what the library does: making an executor, for one. */
static void the_counter_sees_the_library(void **state)
{
	const struct yc_net_cfg cfg = {
		.name = "convnet", .width = 4, .channels = 3, .side = 8, .classes = 2};
	long before = calls, made;
	struct yc_net *net;
	struct yc_exec *exec;

	(void)state;
	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	assert_true(calls > before);
	made = calls;
	assert_int_equal(yc_exec_new(&exec, net, 64, 2, YC_EXEC_TANGENT), YC_OK);
	assert_true(calls > made);
	yc_exec_free(exec);
	made = calls;
	yc_net_free(net);
	assert_true(calls > made);
}

/* ---- what is looked at ---- */

enum {
	IMAGES = 24,
	SIDE = 16,
	CLASSES = 3,
	CHANNELS = 3,
	IMAGE = SIDE * SIDE * CHANNELS
};

struct fixture {
	uint8_t pixels[IMAGES * IMAGE];
	int32_t label[IMAGES];
	struct yc_data data;
	struct yc_net *net;
};

static void fixture_new(struct fixture *f, const char *arch)
{
	struct yc_rng rng = yc_rng_new(7, "pictures");
	const struct yc_net_cfg cfg = {.name = arch,
		.width = 16,
		.channels = CHANNELS,
		.side = SIDE,
		.classes = CLASSES};
	const struct yc_data as = {.mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}};

	for (size_t i = 0; i < sizeof f->pixels; i++)
		f->pixels[i] = (uint8_t)yc_rng_below(&rng, 256);
	for (int i = 0; i < IMAGES; i++)
		f->label[i] = i % CLASSES;
	f->data = (struct yc_data){.n = IMAGES,
		.classes = CLASSES,
		.side = SIDE,
		.channels = CHANNELS,
		.u8 = f->pixels,
		.label = f->label};
	yc_data_normalise_as(&f->data, &as);
	assert_int_equal(yc_net_new(&f->net, &cfg), YC_OK);
}

static yc_real *reals(size_t n, uint64_t seed)
{
	struct yc_rng rng = yc_rng_new(seed, "reals");
	yc_real *p = yc_calloc(n, sizeof *p);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)(0.1 * yc_rng_normal(&rng));
	return p;
}

static void train(void *ctx)
{
	yc_trainer_step(ctx, 0.01);
}

static void a_training_step_allocates_nothing(void **state)
{
	static const char *const archs[] = {"convnet", "resnet10"};
	static struct fixture f;
	const struct yc_hyper hyper = {.epochs = 3,
		.batch = 7,
		.lr = 0.01,
		.momentum = 0.9,
		.decay = 5e-4,
		.aug = "color_crop_cutout_flip_scale_rotate",
		.mix_p = 0.5};
	struct yc_trainer t;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(archs); i++) {
		const struct yc_rng root = yc_rng_new(3, "training");

		fixture_new(&f, archs[i]);
		assert_int_equal(
			yc_trainer_new(&t, f.net, &f.data, &hyper, root, 2), YC_OK);
		yc_net_init(f.net, t.w, root);
		allocates_nothing(archs[i], train, &t, 12);
		yc_trainer_release(&t);
		yc_net_free(f.net);
	}
}

struct class_step {
	struct yc_step step;
	struct yc_synth synth;
	struct yc_rng root;
	const yc_real *w;
	uint64_t serial;
};

static void match(void *ctx)
{
	struct class_step *s = ctx;
	int c = (int)(s->serial % CLASSES);

	yc_class_batch_draw(&s->step.batch, &s->root, s->serial++);
	yc_step_run(&s->step, s->w, c);
	yc_synth_step(&s->synth, c, s->step.batch.grad, 0.01, 0.5, 2);
}

static void a_class_step_of_gradient_matching_allocates_nothing(void **state)
{
	static struct fixture f;
	const struct yc_synth_cfg cfg = {.classes = CLASSES,
		.ipc = 2,
		.channels = CHANNELS,
		.side = SIDE,
		.factor = 2,
		.syn_max = 5};
	struct yc_aug aug;

	(void)state;
	fixture_new(&f, "convnet");
	yc_real *w = reals(yc_net_size(f.net), 1);

	assert_int_equal(yc_aug_parse(&aug, "color_crop_cutout", SIDE, CHANNELS), YC_OK);
	for (int k = 0; yc_metrics[k]; k++) {
		struct class_step s = {.root = yc_rng_new(5, "class step"), .w = w};

		assert_int_equal(yc_synth_new(&s.synth, &cfg), YC_OK);
		assert_int_equal(yc_step_new(&s.step, f.net, &f.data, &s.synth,
					 yc_metric_find(yc_metrics[k]->name), &aug, 4, 2),
			YC_OK);
		for (int i = 0; i < 4; i++)
			s.step.batch.idx[i] = i;
		allocates_nothing("class step", match, &s, 12);
		yc_step_release(&s.step);
		yc_synth_release(&s.synth);
	}
	yc_free(w);
	yc_net_free(f.net);
}

/* ---- whole condensers ---- */

static struct {
	const struct yc_condenser *of;
	long calls, steps;
} counted;

static int counted_step(struct yc_run *run)
{
	long before = __atomic_load_n(&calls, __ATOMIC_RELAXED);
	bool first = !run->it;
	int status = counted.of->step(run);

	if (!first) {
		counted.calls += __atomic_load_n(&calls, __ATOMIC_RELAXED) - before;
		counted.steps++;
	}
	return status;
}

/* From the second iteration on; what is made once may be made in the first. DREAM's
 * clusters of real images are made anew in each, with memory of their own. */
static void condenses(const char *name, const char *const *options)
{
	static const double mean[] = {0.5, 0.5, 0.5}, std[] = {0.25, 0.25, 0.25};
	const struct yc_method *m =
		yc_method_find(yc_condensers, "method", name, strlen(name));
	struct yc_condenser wrapped;
	struct yc_set real, out = {0};
	struct yc_condense_cfg cfg = {
		.ipc = 2, .time_limit = NAN, .checkpoint_every = 300};
	struct yc_condense_job job = {
		.cfg = &cfg, .real = &real, .seed = 1, .threads = 2};
	void *method_cfg;

	assert_non_null(m);
	counted.of = (const struct yc_condenser *)(const void *)m;
	counted.calls = counted.steps = 0;
	wrapped = *counted.of;
	wrapped.step = counted_step;
	condensing_images(&real, IMAGES, CHANNELS, SIDE, CLASSES, mean, std);
	method_cfg = condensing_options(m, options);
	assert_int_equal(yc_condense(&wrapped.method, method_cfg, &job, &out), YC_OK);
	if (counted.calls && strcmp(name, "dream") != 0)
		fail_msg("%s: %ld calls of the allocator in %ld steps", name,
			counted.calls, counted.steps);
	if (counted.of->iteration)
		assert_true(counted.steps > 0);
	yc_set_release(&out);
	yc_set_release(&real);
	yc_free(method_cfg);
}

/* Every condenser has a line here. */
static void an_iteration_of_a_condenser_allocates_nothing(void **state)
{
	static const char *const matching[] = {"outer", "3", "inner", "2", "n-real", "4",
		"early", "0", "width", "4", NULL};
	static const char *const dm[] = {
		"iterations", "3", "n-real", "4", "width", "4", NULL};
	static const char *const dc[] = {"iterations", "3", "n-real", "4", "outer", "2",
		"inner", "2", "width", "4", NULL};
	static const char *const mtt[] = {"iterations", "3", "n-experts", "1", "epochs",
		"2", "expert-epochs", "1", "max-start", "1", "syn-steps", "2", "width",
		"4", NULL};
	static const char *const fc[] = {"iterations", "3", "kernel", "fc2", NULL};
	static const char *const conv[] = {"iterations", "2", "kernel", "conv3", NULL};
	static const char *const none[] = {NULL};
	static const char *const scored[] = {"epochs", "1", NULL};
	static const struct {
		const char *name;
		const char *const *options;
	} all[] = {{"idc", matching}, {"dream", matching}, {"mdc", matching}, {"dm", dm},
		{"dc", dc}, {"dsa", dc}, {"mtt", mtt}, {"kip", fc}, {"kip", conv},
		{"random", none}, {"herding", scored}, {"kcenter", scored},
		{"kmeans", scored}};

	(void)state;
	for (int i = 0; yc_condensers[i]; i++) {
		size_t k = 0;

		while (k < YC_COUNT(all) && strcmp(all[k].name, yc_condensers[i]->name))
			k++;
		if (k == YC_COUNT(all))
			fail_msg("%s is not looked at", yc_condensers[i]->name);
	}
	for (size_t i = 0; i < YC_COUNT(all); i++)
		condenses(all[i].name, all[i].options);
}

struct passes {
	struct yc_exec *exec;
	const yc_real *w, *x, *v, *vx;
	yc_real *dw, *dx, *logits, *embed;
	struct yc_seed seed;
	int n;
};

static void forward(void *ctx)
{
	struct passes *p = ctx;

	yc_net_forward(p->exec, p->w, p->x, p->n, p->logits, p->embed);
}

static void backward(void *ctx)
{
	struct passes *p = ctx;

	yc_net_forward_train(p->exec, p->w, p->x, p->n, p->logits, p->embed);
	p->seed.resume = !p->seed.resume;
	yc_net_backward(p->exec, p->w, p->x, p->n, &p->seed, p->dw, p->dx);
	yc_net_backward(p->exec, p->w, p->x, p->n, &p->seed, NULL, p->dx);
	yc_net_backward(p->exec, p->w, p->x, p->n, &p->seed, p->dw, NULL);
}

static void tangent(void *ctx)
{
	struct passes *p = ctx;

	yc_net_backward(p->exec, p->w, p->x, p->n, &p->seed, p->dw, p->dx);
	yc_net_tangent(p->exec, p->w, p->v, NULL, NULL, p->dx);
	yc_net_tangent(p->exec, p->w, p->v, p->vx, p->dw, p->dx);
}

static void passes(const char *arch, int max_batch)
{
	enum { N = 5 };
	static struct fixture f;
	static int32_t label[N];

	fixture_new(&f, arch);
	size_t e = (size_t)yc_net_embedding(f.net), size = yc_net_size(f.net);
	yc_real *soft = reals(N * CLASSES, 1), *mixed = reals(N * CLASSES, 2);
	yc_real *seed = reals(N * (CLASSES + e), 3), *w = reals(size, 4),
		*x = reals(N * IMAGE, 5), *v = reals(size, 6), *vx = reals(N * IMAGE, 7);
	struct passes p = {.w = w,
		.x = x,
		.v = v,
		.vx = vx,
		.dw = reals(size, 8),
		.dx = reals(N * IMAGE, 9),
		.logits = reals(N * CLASSES, 10),
		.embed = reals(N * e, 11),
		.n = N};
	const struct yc_target targets[] = {
		{.label = label, .rho = 1},
		{.label = label, .mixed = label, .rho = 0.5},
		{.soft = soft, .rho = 1},
		{.soft = soft, .soft_mixed = mixed, .rho = 0.5},
	};
	const struct yc_seed seeds[] = {
		{.target = &targets[0]},
		{.target = &targets[1]},
		{.target = &targets[2]},
		{.target = &targets[3]},
		{.dlogits = seed},
		{.dembed = seed},
	};

	assert_int_equal(
		yc_exec_new(&p.exec, f.net, max_batch, 2, YC_EXEC_TANGENT), YC_OK);
	allocates_nothing("forward pass", forward, &p, 2);
	for (size_t i = 0; i < YC_COUNT(seeds); i++) {
		p.seed = seeds[i];
		allocates_nothing("backward pass", backward, &p, 2);
		p.seed.resume = false;
		allocates_nothing("tangent pass", tangent, &p, 2);
	}
	yc_exec_free(p.exec);
	yc_free(soft);
	yc_free(mixed);
	yc_free(seed);
	yc_free(w);
	yc_free(x);
	yc_free(v);
	yc_free(vx);
	yc_free(p.dw);
	yc_free(p.dx);
	yc_free(p.logits);
	yc_free(p.embed);
	yc_net_free(f.net);
}

/* Kept activations, those that are not (the batch would not fit), and batch norms. */
static void a_pass_allocates_nothing(void **state)
{
	(void)state;
	passes("convnet", 5);
	passes("convnet", 1 << 20);
	passes("resnet10", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_counter_sees_the_library),
		cmocka_unit_test(a_training_step_allocates_nothing),
		cmocka_unit_test(a_class_step_of_gradient_matching_allocates_nothing),
		cmocka_unit_test(a_pass_allocates_nothing),
		cmocka_unit_test(an_iteration_of_a_condenser_allocates_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
