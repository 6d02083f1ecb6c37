/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "MATCHING TRAJECTORIES": the gradients of the adjoint recursion against
 * central differences of where the descent ends, through augmentation and decoding. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/internal.h"
#include "lib/condense/unroll.h"

enum { CLASSES = 3, IPC = 2, SIDE = 8, PIXELS = 3 * SIDE * SIDE };
enum { IMAGES = CLASSES * IPC, STORED = IMAGES * PIXELS, STEPS = 4, BATCH = 5 };

static const bool exact = sizeof(yc_real) == sizeof(double);
static bool lax;

/* A descent on synthetic images with soft labels, towards given weights. */
struct world {
	struct yc_data data;
	struct yc_synth synth;
	struct yc_aug aug;
	struct yc_net *net;
	struct yc_unroll u;
	struct yc_syn_batch batch;
	struct yc_rng root;
	yc_real *w, *target;
	yc_real soft[IMAGES * CLASSES], rows[BATCH * CLASSES];
	int32_t pick[STEPS][BATCH];
	bool hard;
	double lr;
};

static yc_real *vector(size_t n)
{
	yc_real *p = yc_calloc(n, sizeof(*p));

	assert_non_null(p);
	return p;
}

static void open_network(struct world *o, const char *name, int depth, bool shortcut)
{
	const struct yc_net_cfg cfg = {.name = name,
		.width = 4,
		.depth = depth,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = YC_EXACT};
	struct yc_rng rng = yc_rng_fork(&o->root, "target", 0);
	size_t n;

	assert_int_equal(yc_net_new(&o->net, &cfg), YC_OK);
	assert_int_equal(yc_unroll_new(&o->u, o->net, STEPS, BATCH, 2, shortcut), YC_OK);
	n = yc_net_size(o->net);
	o->w = vector(n);
	o->target = vector(n);
	yc_net_init(o->net, o->w, yc_rng_fork(&o->root, "init-net", 0));
	for (size_t i = 0; i < n; i++)
		o->target[i] = o->w[i] + (yc_real)(yc_rng_normal(&rng) / 50);
}

static void open_images(struct world *o, const char *strategy, int factor)
{
	const struct yc_synth_cfg cfg = {.classes = CLASSES,
		.ipc = IPC,
		.channels = 3,
		.side = SIDE,
		.factor = factor,
		.syn_max = 1000};
	struct yc_rng rng = yc_rng_fork(&o->root, "pictures", 0);

	o->data = (struct yc_data){.side = SIDE,
		.channels = 3,
		.classes = CLASSES,
		.mean = {0.4, 0.5, 0.6},
		.std = {0.2, 0.3, 0.25}};
	assert_int_equal(yc_synth_new(&o->synth, &cfg), YC_OK);
	for (int i = 0; i < STORED; i++)
		o->synth.s[i] = (yc_real)yc_rng_uniform(&rng);
	assert_int_equal(yc_aug_parse(&o->aug, strategy, SIDE, 3), YC_OK);
	o->aug.one = true;
	assert_int_equal(
		yc_syn_batch_new(&o->batch, &o->data, &o->synth, &o->aug, BATCH, 2),
		YC_OK);
	for (int i = 0; i < STEPS * BATCH; i++)
		o->pick[i / BATCH][i % BATCH] = (int32_t)yc_rng_below(
			&rng, (uint32_t)yc_syn_batch_all(&o->synth));
	for (int i = 0; i < IMAGES * CLASSES; i++)
		o->soft[i] = (yc_real)yc_rng_uniform(&rng);
}

static void open_world(struct world *o, const char *name, int depth, const char *strategy,
	int factor, bool shortcut)
{
	*o = (struct world){.root = yc_rng_new(2, "unrolled"), .lr = 0.1};
	open_images(o, strategy, factor);
	open_network(o, name, depth, shortcut);
}

static void close_world(struct world *o)
{
	yc_free(o->w);
	yc_free(o->target);
	yc_unroll_release(&o->u);
	yc_syn_batch_release(&o->batch);
	yc_synth_release(&o->synth);
	yc_net_free(o->net);
}

/* Batch i, each with a number of images of its own. */
static struct yc_target fill(struct world *o, int i)
{
	struct yc_target target = {.label = o->batch.label, .rho = 1};
	const int n = BATCH - i % 2;

	yc_syn_batch_fill(&o->batch, o->pick[i], n, &o->root, (uint64_t)i);
	for (int k = 0; k < n; k++)
		memcpy(o->rows + k * CLASSES, o->soft + o->batch.image[k] * CLASSES,
			CLASSES * sizeof(*o->rows));
	if (!o->hard)
		target.soft = o->rows;
	return target;
}

static double descend(struct world *o)
{
	memcpy(yc_unroll_at(&o->u, 0), o->w, yc_net_size(o->net) * sizeof(*o->w));
	for (int i = 0; i < STEPS; i++) {
		const struct yc_target target = fill(o, i);

		yc_unroll_step(&o->u, i, o->lr, o->batch.x, o->batch.n, &target);
	}
	return yc_unroll_match(&o->u, o->target);
}

struct slopes {
	yc_real pixel[STORED];
	double label[IMAGES * CLASSES], lr;
};

static void ascend(struct world *o, struct slopes *s)
{
	memset(s, 0, sizeof(*s));
	for (int i = STEPS - 1; i >= 0; i--) {
		const struct yc_target target = fill(o, i);

		yc_unroll_back(&o->u, i, o->lr, o->batch.x, o->batch.n, &target);
		for (int k = 0; k < o->batch.n; k++)
			for (int c = 0; c < CLASSES; c++)
				s->label[o->batch.image[k] * CLASSES + c] +=
					(double)o->u.dy[k * CLASSES + c];
		yc_syn_batch_back(&o->batch, o->u.dx, YC_PIXELS_STORED, s->pixel);
	}
	s->lr = o->u.dlr;
}

static double largest(const yc_real *p, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)p[i]));
	return most;
}

/* Two differences, of which the error by the third derivative cancels. */
static double slope_by(struct world *o, yc_real *at, double h,
	double (*loss)(struct world *o, void *ctx), void *ctx)
{
	const yc_real was = *at;
	double f[4];
	static const int by[4] = {1, -1, 2, -2};

	for (int k = 0; k < 4; k++) {
		*at = was + (yc_real)(by[k] * h);
		f[k] = loss(o, ctx);
	}
	*at = was;
	return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h);
}

static double end(struct world *o, void *ctx)
{
	(void)ctx;
	return descend(o);
}

/* Central differences in double agree to 1e-7. Gradients of short steps are small, and
 * differences of a sum that is near 1 round: 2e-6. */
static void near(const char *what, double got, double want, double scale)
{
	if (!(fabs(got - want) <= (lax ? 2e-6 : 1e-7) * scale))
		fail_msg("%s: %.12g, by differences %.12g, of %.3g", what, got, want,
			scale);
}

/* Along the gradient of all pixels, which single precision can see. */
static void uphill(struct world *o, const struct slopes *s,
	double (*loss)(struct world *o, void *ctx), void *ctx)
{
	static yc_real was[STORED];
	const double h = lax ? 1e-4 : 1e-3;
	double norm = 0, f[2];

	for (int i = 0; i < STORED; i++)
		norm += (double)s->pixel[i] * (double)s->pixel[i];
	norm = sqrt(norm);
	memcpy(was, o->synth.s, sizeof(was));
	for (int k = 0; k < 2; k++) {
		const double by = (k ? -h : h) / norm;

		for (int i = 0; i < STORED; i++)
			o->synth.s[i] =
				(yc_real)((double)was[i] + by * (double)s->pixel[i]);
		f[k] = loss(o, ctx);
	}
	memcpy(o->synth.s, was, sizeof(was));
	if (!(fabs((f[0] - f[1]) / (2 * h) - norm) <= 0.05 * norm))
		fail_msg("uphill: %.9g, by differences %.9g", norm,
			(f[0] - f[1]) / (2 * h));
}

static void compare(
	const char *net, int depth, const char *strategy, int factor, double lr, double h)
{
	static struct slopes s;
	struct world o;
	double most, up, was;

	open_world(&o, net, depth, strategy, factor, false);
	o.lr = lr;
	assert_true(descend(&o) > 0);
	ascend(&o, &s);
	most = largest(s.pixel, STORED);
	assert_true(most > 0);
	uphill(&o, &s, end, NULL);
	if (!exact) {
		close_world(&o);
		return;
	}
	for (int i = 5; i < STORED; i += 83)
		near(strategy, (double)s.pixel[i],
			slope_by(&o, &o.synth.s[i], h, end, NULL), most);
	most = 0;
	for (int i = 0; i < IMAGES * CLASSES; i++)
		most = fmax(most, fabs(s.label[i]));
	for (int i = 0; i < IMAGES * CLASSES; i += 2)
		near("label", s.label[i], slope_by(&o, &o.soft[i], h, end, NULL), most);
	was = o.lr;
	o.lr = was + h / 10;
	up = descend(&o);
	o.lr = was - h / 10;
	near("step size", s.lr, (up - descend(&o)) / (h / 5), fabs(s.lr));
	close_world(&o);
}

static void gradients_of_where_a_descent_ends(void **state)
{
	(void)state;
	compare("convnet", 2, "none", 1, 0.1, 2e-5);
	compare("convnet", 2, "color", 1, 0.1, 2e-5);
	compare("convnet", 2, "crop_cutout_flip_scale_rotate", 2, 0.1, 2e-5);
	compare("convnet", 1, "color_crop_cutout_flip_scale_rotate", 1, 0.1, 2e-5);
}

/* Their batches are normalised by their own statistics, wherever the state stands. Short
 * steps, for so deep a network is full of kinks. */
static void gradients_of_networks_with_batch_norm(void **state)
{
	(void)state;
	lax = true;
	compare("resnet10", 1, "color_crop_cutout_flip_scale_rotate", 1, 0.003, 1e-5);
	lax = false;
}

/* A class is a soft label with a single 1. */
static void hard_labels_are_soft_labels_of_one_class(void **state)
{
	static struct slopes hard, soft;
	struct world o;

	(void)state;
	open_world(&o, "convnet", 2, "color_crop", 1, false);
	memset(o.soft, 0, sizeof(o.soft));
	for (int i = 0; i < IMAGES; i++)
		o.soft[i * CLASSES + i / IPC] = 1;
	descend(&o);
	ascend(&o, &soft);
	o.hard = true;
	descend(&o);
	ascend(&o, &hard);
	near("step size", hard.lr, soft.lr, (exact ? 1e-4 : 300) * fabs(soft.lr));
	for (int i = 0; i < STORED; i += 7)
		near("pixel", (double)hard.pixel[i], (double)soft.pixel[i],
			(exact ? 1e-4 : 300) * largest(soft.pixel, STORED));
	close_world(&o);
}

/* -lr sum of <lambda, g_i> at the weights of the descent, which do not move. */
static double without_chain(struct world *o, void *ctx)
{
	const yc_real *lambda = ctx;
	const size_t n = yc_net_learned(o->net);
	double sum = 0;

	for (int i = 0; i < STEPS; i++) {
		const struct yc_target target = fill(o, i);

		yc_net_gradient(o->u.descend, yc_unroll_at(&o->u, i), o->batch.x,
			o->batch.n, &target, o->u.dw, NULL);
		for (size_t k = 0; k < n; k++)
			sum -= o->lr * (double)lambda[k] * (double)o->u.dw[k];
	}
	return sum;
}

static void the_shortcut_holds_the_weights(void **state)
{
	static struct slopes s, full;
	const double h = 2e-5;
	struct world o;
	double apart = 0, most;

	(void)state;
	open_world(&o, "convnet", 2, "color_crop_cutout_flip_scale_rotate", 1, true);
	descend(&o);
	ascend(&o, &s);
	most = largest(s.pixel, STORED);
	uphill(&o, &s, without_chain, o.u.lambda);
	for (int i = 5; exact && i < STORED; i += 83)
		near("pixel", (double)s.pixel[i],
			slope_by(&o, &o.synth.s[i], h, without_chain, o.u.lambda), most);
	for (int i = 0; exact && i < IMAGES * CLASSES; i += 2)
		near("label", s.label[i],
			slope_by(&o, &o.soft[i], h, without_chain, o.u.lambda), 1e-2);
	if (exact)
		near("step size", s.lr, without_chain(&o, o.u.lambda) / o.lr, fabs(s.lr));
	/* It is not the gradient. */
	o.u.shortcut = false;
	descend(&o);
	ascend(&o, &full);
	for (int i = 0; i < STORED; i++)
		apart = fmax(apart, fabs((double)full.pixel[i] - (double)s.pixel[i]));
	assert_true(apart > 0.01 * most);
	close_world(&o);
}

/* Also batches so large that activations are not kept are the executor's: its tests. */
static void threads_do_not_change_a_byte(void **state)
{
	static struct slopes one, two;
	struct world o;

	(void)state;
	open_world(&o, "convnet", 2, "color_crop_cutout_flip_scale_rotate", 2, false);
	descend(&o);
	ascend(&o, &two);
	yc_unroll_release(&o.u);
	assert_int_equal(yc_unroll_new(&o.u, o.net, STEPS, BATCH, 1, false), YC_OK);
	descend(&o);
	ascend(&o, &one);
	assert_memory_equal(&one, &two, sizeof(one));
	close_world(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_of_where_a_descent_ends),
		cmocka_unit_test(gradients_of_networks_with_batch_norm),
		cmocka_unit_test(hard_labels_are_soft_labels_of_one_class),
		cmocka_unit_test(the_shortcut_holds_the_weights),
		cmocka_unit_test(threads_do_not_change_a_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
