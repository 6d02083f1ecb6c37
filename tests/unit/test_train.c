/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/nn/internal.h"
#include "lib/train/internal.h"
#include "lib/augment/internal.h"
#include "yc/eval.h"
#include "yc/kern.h"
#include "yc/mem.h"

#ifdef YC_DOUBLE
#define TOLERANCE 1e-9
#else
#define TOLERANCE 2e-4
#endif

static void near(double got, double want)
{
	if (!(fabs(got - want) <= TOLERANCE * fmax(1e-3, fabs(want))))
		fail_msg("%.12g, expected %.12g", got, want);
}

/* Pure parts */

static void rate_drops_after_two_thirds_and_five_sixths(void **state)
{
	const struct yc_hyper r = {.lr = 0.01};
	static const struct {
		uint64_t done, total;
		double rate;
	} row[] = {
		{0, 1000, 0.01},
		{665, 1000, 0.01},
		{666, 1000, 0.002},
		{832, 1000, 0.002},
		{833, 1000, 0.0004},
		{999, 1000, 0.0004},
		{4665, 7000, 0.01},
		{4666, 7000, 0.002},
		{5832, 7000, 0.002},
		{5833, 7000, 0.0004},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row); i++)
		assert_true(fabs(yc_hyper_rate(&r, row[i].done, row[i].total) -
				    row[i].rate) < 1e-15);
}

static void half_is_a_tenth_after_the_pass_that_follows_the_middle(void **state)
{
	const struct yc_hyper r = {.lr = 0.01, .schedule = "half"};
	/* E+1 passes, E = 1000 and 300: the rate drops behind pass E/2 + 1, from 0. */
	static const struct {
		uint64_t done, total;
		double rate;
	} row[] = {{0, 1001, 0.01}, {501, 1001, 0.01}, {502, 1001, 0.001},
		{1000, 1001, 0.001}, {151, 301, 0.01}, {152, 301, 0.001}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row); i++)
		assert_true(fabs(yc_hyper_rate(&r, row[i].done, row[i].total) -
				    row[i].rate) < 1e-15);
}

static void a_cosine_falls_to_nothing(void **state)
{
	const struct yc_hyper r = {.lr = 0.01, .schedule = "cosine"};

	(void)state;
	assert_true(yc_hyper_rate(&r, 0, 90) == 0.01);
	assert_true(fabs(yc_hyper_rate(&r, 30, 90) - 0.0075) < 1e-15);
	assert_true(fabs(yc_hyper_rate(&r, 45, 90) - 0.005) < 1e-15);
	assert_true(fabs(yc_hyper_rate(&r, 90, 90)) < 1e-15);
}

static void tests_are_spread_and_end_with_the_training(void **state)
{
	(void)state;
	for (int epochs = 1; epochs <= 40; epochs++)
		for (int tests = 1; tests <= 6; tests++) {
			int n = 0;

			for (int e = 0; e < epochs; e++)
				n += yc_eval_due(e, epochs, tests);
			assert_int_equal(n, tests < epochs ? tests : epochs);
			assert_true(yc_eval_due(epochs - 1, epochs, tests));
		}
	for (int e = 0; e < 1000; e++)
		assert_int_equal(yc_eval_due(e, 1000, 4), (e + 1) % 250 == 0);
}

static void deviation_divides_by_the_count_or_one_less(void **state)
{
	const struct yc_eval_run run[] = {
		{.best = 0.5, .last = 0.3, .seconds = 2},
		{.best = 0.7, .last = 0.3, .seconds = 4},
		{.best = 0.6, .last = 0.3, .seconds = 6},
	};
	struct yc_eval_tally t = {0};
	struct yc_eval_sum s;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(run); i++)
		yc_eval_add(&t, &run[i]);
	s = yc_eval_finish(&t, false);
	assert_true(fabs(s.best - 0.6) < 1e-15);
	assert_true(fabs(s.best_dev - sqrt(0.02 / 3)) < 1e-15);
	assert_true(s.last == 0.3 && s.last_dev == 0);
	assert_true(fabs(s.seconds - 4) < 1e-15);
	s = yc_eval_finish(&t, true);
	assert_true(fabs(s.best - 0.6) < 1e-15);
	assert_true(fabs(s.best_dev - 0.1) < 1e-15);
	assert_true(s.last_dev == 0 && fabs(s.seconds_dev - 2) < 1e-15);
}

static void test_sets_of_another_shape_are_refused(void **state)
{
	const struct yc_data a = {.classes = 10, .side = 32, .channels = 3};
	struct yc_data b = a;

	(void)state;
	assert_int_equal(yc_eval_match(&a, &b, 1), YC_OK);
	b.side = 28;
	assert_int_equal(yc_eval_match(&a, &b, 1), YC_FAIL);
	assert_non_null(
		strstr(yc_errmsg(), "has 28 pixels per side, the training stream 32: "));
	b = a;
	b.classes = 100;
	assert_int_equal(yc_eval_match(&a, &b, 1), YC_FAIL);
	b = a;
	b.channels = 1;
	assert_int_equal(yc_eval_match(&a, &b, 1), YC_FAIL);
}

/* yc-methods(7), "REFERENCE VALUES": loss, gradients and three steps of a ConvNet of
 * width 4. */

enum { SIDE = 8, CHANNELS = 3, CLASSES = 3, IMAGE = SIDE * SIDE * CHANNELS };

static struct yc_net *small_net(void)
{
	const struct yc_net_cfg cfg = {.name = "convnet",
		.width = 4,
		.channels = CHANNELS,
		.side = SIDE,
		.classes = CLASSES};
	struct yc_net *net;

	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	return net;
}

/* The number that B.5 gives a tensor: convolutions, norms, linear, weight before bias. */
static int spec_number(const struct yc_net *net, int i)
{
	static const int first[] = {
		[YC_CONV_WEIGHT] = 0,
		[YC_CONV_BIAS] = 1,
		[YC_NORM_GAMMA] = 6,
		[YC_NORM_BETA] = 7,
		[YC_DENSE_WEIGHT] = 12,
		[YC_DENSE_BIAS] = 13,
	};
	const enum yc_role role = yc_net_param(net, i)->role;
	int before = 0;

	for (int j = 0; j < i; j++)
		before += yc_net_param(net, j)->role == role;
	return first[role] + 2 * before;
}

static int tensor(const struct yc_net *net, int number)
{
	for (int i = 0; i < yc_net_nparams(net); i++)
		if (spec_number(net, i) == number)
			return i;
	fail_msg("no tensor %d", number);
	return 0;
}

static void spec_weights(const struct yc_net *net, yc_real *w)
{
	assert_int_equal(yc_net_nparams(net), 14);
	for (int i = 0; i < 14; i++) {
		const struct yc_param *p = yc_net_param(net, i);
		const int t = spec_number(net, i);

		for (size_t k = 0; k < p->count; k++) {
			const double q = sin(1.3 * (double)k + 0.7 * t + 0.1);
			const double v = p->role == YC_CONV_WEIGHT    ? 0.3 * q
					 : p->role == YC_NORM_GAMMA   ? 1 + 0.1 * q
					 : p->role == YC_DENSE_WEIGHT ? 0.5 * q
								      : 0.05 * q;

			w[yc_net_index(net, i, k)] = (yc_real)v;
		}
	}
}

static double weight(const struct yc_net *net, const yc_real *w, int number, size_t k)
{
	return (double)w[yc_net_index(net, tensor(net, number), k)];
}

static void three_steps_with_cutmix_give_the_reference(void **state)
{
	enum { BATCH = 4 };
	static const struct {
		double loss, conv[3], gamma, bias[3];
	} want[3] = {
		{1.10636488137, {0.0290937987188, 0.294491745335, 0.127562552763},
			0.908225166119,
			{0.0108164888273, -0.0422841024579, -0.0360485953191}},
		{1.10674889917, {0.0287168884266, 0.293602501983, 0.126871833621},
			0.908010901198,
			{0.0102117976183, -0.0390972532724, -0.0386301118901}},
		{1.10793565385, {0.0293099534927, 0.293409047948, 0.126686036848},
			0.907833081565,
			{0.00928626954014, -0.0345628585273, -0.0422380637142}},
	};
	static const int32_t label[BATCH] = {0, 1, 2, 1};
	int32_t perm[BATCH] = {2, 0, 3, 1}, partner[BATCH];
	struct yc_mix mix = {.on = true, .perm = perm};
	struct yc_net *net = small_net();
	const size_t nw = yc_net_size(net);
	yc_real *w = yc_calloc(nw, sizeof *w), *dw = yc_calloc(nw, sizeof *dw);
	yc_real *m = yc_calloc(nw, sizeof *m);
	yc_real *x = yc_calloc(BATCH * IMAGE, sizeof *x),
		*y = yc_calloc(BATCH * IMAGE, sizeof *y);
	yc_real logits[BATCH * CLASSES];
	struct yc_exec *exec;

	(void)state;
	for (int b = 0; b < BATCH; b++)
		for (int k = 0; k < IMAGE; k++) {
			const int c = k / (SIDE * SIDE), at = k % (SIDE * SIDE);

			x[b * IMAGE + at * CHANNELS + c] =
				(yc_real)sin(0.05 * (b * IMAGE + k) + 0.3);
		}
	yc_mix_box(&mix, SIDE, 0.4, 6, 2);
	assert_int_equal(mix.r0, 3);
	assert_int_equal(mix.c1, 5);
	assert_true(mix.rho == 0.609375);
	for (int b = 0; b < BATCH; b++) {
		yc_mix_apply(&mix, b, SIDE, CHANNELS, x, y + b * IMAGE);
		partner[b] = label[perm[b]];
	}
	spec_weights(net, w);
	assert_int_equal(yc_exec_new(&exec, net, BATCH, 2, YC_EXEC_GRADIENT), YC_OK);
	for (int s = 0; s < 3; s++) {
		const struct yc_target target = {.label = label,
			.mixed = s == 1 ? partner : NULL,
			.rho = s == 1 ? mix.rho : 1};

		near(yc_net_gradient(exec, w, s == 1 ? y : x, BATCH, &target, dw, NULL),
			want[s].loss);
		yc_kern_get()->sgd(
			w, dw, m, nw, (yc_real)0.01, (yc_real)0.9, (yc_real)5e-4);
		for (size_t k = 0; k < 3; k++) {
			near(weight(net, w, 0, k), want[s].conv[k]);
			near(weight(net, w, 13, k), want[s].bias[k]);
		}
		near(weight(net, w, 6, 0), want[s].gamma);
	}
	yc_net_forward(exec, w, x, BATCH, logits, NULL);
	near((double)logits[0], -0.0995801317276);
	near((double)logits[1], 0.0434534449617);
	near((double)logits[2], 0.125415479644);
	yc_exec_free(exec);
	yc_free(w);
	yc_free(dw);
	yc_free(m);
	yc_free(x);
	yc_free(y);
	yc_net_free(net);
}

/* Three steps by the formulas of yc-methods(7), in double and by PyTorch's Adam. The third
 * gradient is so small that epsilon counts. */
static void optimisers_step_as_their_formulas_say(void **state)
{
	enum { STEPS = 3, WEIGHTS = 3 };
	static const double dw[STEPS][WEIGHTS] = {
		{0.5, -0.25, 1e-7}, {-1, 2, -3e-8}, {0.25, 0.125, 0}};
	static const struct {
		const char *name;
		double w[STEPS][WEIGHTS];
	} want[] = {
		{"sgd", {{0.949, -1.973, 0.49949999},
				{1.002151, -2.146727, 0.49855048401},
				{1.023984749, -2.313434573, 0.497197378135}}},
		{"adam", {{0.900000001961, -1.9000000037, 0.400000199996},
				 {0.935523641532, -1.96468823432, 0.301188051558},
				 {0.947781222595, -2.01798632096, 0.204872338263}}},
	};

	(void)state;
	for (size_t o = 0; o < YC_COUNT(want); o++) {
		const struct yc_optimiser *opt = yc_optimiser_find(want[o].name);
		yc_real w[WEIGHTS] = {1, -2, (yc_real)0.5}, g[WEIGHTS];
		yc_real *s = yc_calloc(WEIGHTS * (size_t)opt->states, sizeof *s);

		for (uint64_t t = 0; t < STEPS; t++) {
			const struct yc_descent d = {
				.lr = 0.1, .momentum = 0.9, .decay = 0.01, .step = t + 1};

			for (int i = 0; i < WEIGHTS; i++)
				g[i] = (yc_real)dw[t][i];
			opt->step(&d, w, g, s, WEIGHTS);
			for (int i = 0; i < WEIGHTS; i++)
				near((double)w[i], want[o].w[t][i]);
		}
		yc_free(s);
	}
}

/* The loop, on random pictures */

enum { N = 23 };

struct fixture {
	uint8_t pixels[N * IMAGE];
	int32_t label[N];
	struct yc_data data;
	struct yc_net *net;
	struct yc_hyper hyper;
	struct yc_trainer t;
};

static void fixture_new(struct fixture *f, int threads)
{
	struct yc_rng rng = yc_rng_new(7, "pictures");
	const struct yc_rng root = yc_rng_new(3, "training");
	const struct yc_data as = {.mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}};

	for (size_t i = 0; i < sizeof f->pixels; i++)
		f->pixels[i] = (uint8_t)yc_rng_below(&rng, 256);
	for (int i = 0; i < N; i++)
		f->label[i] = (int32_t)yc_rng_below(&rng, CLASSES);
	f->data = (struct yc_data){.n = N,
		.classes = CLASSES,
		.side = SIDE,
		.channels = CHANNELS,
		.u8 = f->pixels,
		.label = f->label};
	yc_data_normalise_as(&f->data, &as);
	f->hyper = (struct yc_hyper){.epochs = 3,
		.batch = 8,
		.lr = 0.01,
		.momentum = 0.9,
		.decay = 5e-4,
		.aug = "color_crop_flip_scale_rotate",
		.mix_p = 0.5};
	f->net = small_net();
	assert_int_equal(
		yc_trainer_new(&f->t, f->net, &f->data, &f->hyper, root, threads), YC_OK);
	yc_net_init(f->net, f->t.w, yc_rng_fork(&root, "init-net", 0));
}

/* The fixture's training anew, with another optimiser and schedule. */
static void retrain(struct fixture *f, const char *optimiser, const char *schedule)
{
	yc_trainer_release(&f->t);
	f->hyper.optimiser = optimiser;
	f->hyper.schedule = schedule;
	assert_int_equal(yc_trainer_new(&f->t, f->net, &f->data, &f->hyper,
				 yc_rng_new(3, "training"), 1),
		YC_OK);
	yc_net_init(f->net, f->t.w, yc_rng_new(3, "init-net"));
}

static void fixture_release(struct fixture *f)
{
	yc_trainer_release(&f->t);
	yc_net_free(f->net);
}

/* One step against the same by hand, from the same random streams: that labels of mixed
 * images go with their pixels, and that the order of draws is that of
 * yc-methods(7), "RANDOM STREAMS". */
static void a_step_is_what_the_formulas_say(void **state)
{
	enum { BATCH = 8 };
	static struct fixture f;
	static yc_real x[BATCH * IMAGE], y[BATCH * IMAGE], tmp[IMAGE];
	static struct yc_aug_draw room[YC_AUG_OPS_MAX * BATCH];
	int32_t walk[N], perm[BATCH], label[BATCH], partner[BATCH];
	struct yc_mix mix = {.perm = perm};
	struct yc_target target = {.label = label, .mixed = partner};
	struct yc_rng batch, aug, cut;
	struct yc_aug_plan plan;
	struct yc_exec *exec;
	yc_real *w, *dw, *m;
	size_t nw;

	(void)state;
	fixture_new(&f, 2);
	f.t.hyper.mix_p = 1;
	nw = yc_net_size(f.net);
	w = yc_calloc(nw, sizeof *w);
	dw = yc_calloc(nw, sizeof *dw);
	m = yc_calloc(nw, sizeof *m);
	memcpy(w, f.t.w, nw * sizeof *w);
	batch = f.t.rng_batch;
	aug = f.t.rng_aug;
	cut = f.t.rng_mix;
	yc_rng_permutation(&batch, walk, N);
	yc_aug_draw(&plan, &f.t.aug, &aug, &aug, BATCH, false, room);
	yc_mix_draw(&mix, &cut, 1, BATCH, SIDE);
	for (int b = 0; b < BATCH; b++) {
		yc_data_fetch(&f.data, walk[b], x + b * IMAGE);
		yc_aug_forward(&plan, b, x + b * IMAGE, tmp);
		label[b] = f.label[walk[b]];
	}
	for (int b = 0; b < BATCH; b++) {
		yc_mix_apply(&mix, b, SIDE, CHANNELS, x, y + b * IMAGE);
		partner[b] = label[perm[b]];
	}
	target.rho = mix.rho;
	assert_true(mix.on && mix.rho < 1);
	assert_int_equal(yc_exec_new(&exec, f.net, BATCH, 1, YC_EXEC_GRADIENT), YC_OK);
	yc_trainer_step(&f.t, 0.05);
	near(f.t.loss, yc_net_gradient(exec, w, y, BATCH, &target, dw, NULL));
	yc_kern_get()->sgd(w, dw, m, nw, (yc_real)0.05, (yc_real)0.9, (yc_real)5e-4);
	assert_memory_equal(walk, f.t.idx, BATCH * sizeof *walk);
	assert_memory_equal(w, f.t.w, nw * sizeof *w);
	yc_exec_free(exec);
	yc_free(w);
	yc_free(dw);
	yc_free(m);
	fixture_release(&f);
}

/* After steps that were skipped, those that follow are the same: all that is random is
 * drawn, and nothing else is done. */
static void a_skipped_step_makes_its_draws_alone(void **state)
{
	enum { SKIPPED = 7, MADE = 4 };
	struct fixture f, g;
	size_t bytes;

	(void)state;
	fixture_new(&f, 1);
	fixture_new(&g, 2);
	bytes = yc_net_size(f.net) * sizeof *f.t.w;
	for (int s = 0; s < SKIPPED; s++) {
		yc_trainer_step(&f.t, 0.05);
		yc_trainer_skip(&g.t);
		assert_int_equal(f.t.n, g.t.n);
	}
	assert_memory_not_equal(f.t.w, g.t.w, bytes);
	memcpy(g.t.w, f.t.w, bytes);
	memcpy(g.t.m, f.t.m, bytes);
	for (int s = 0; s < MADE; s++) {
		yc_trainer_step(&f.t, 0.05);
		yc_trainer_step(&g.t, 0.05);
	}
	assert_int_equal(f.t.steps, g.t.steps);
	assert_memory_equal(f.t.w, g.t.w, bytes);
	fixture_release(&f);
	fixture_release(&g);
}

/* Adam's first step moves every weight by the learning rate, whatever its gradient, and its
 * second one only where steps are counted. */
static void the_trainer_counts_the_steps_of_adam(void **state)
{
	static struct fixture f;
	yc_real *before, *m, *v;
	size_t n, moved = 0;

	(void)state;
	fixture_new(&f, 2);
	n = yc_net_learned(f.net);
	yc_trainer_release(&f.t);
	f.hyper.optimiser = "adam";
	f.hyper.decay = 0;
	assert_int_equal(yc_trainer_new(&f.t, f.net, &f.data, &f.hyper,
				 yc_rng_new(3, "training"), 2),
		YC_OK);
	yc_net_init(f.net, f.t.w, yc_rng_new(3, "init-net"));
	before = yc_calloc(n, sizeof *before);
	for (int step = 1; step <= 2; step++) {
		memcpy(before, f.t.w, n * sizeof *before);
		yc_trainer_step(&f.t, 0.001);
		m = f.t.m;
		v = m + n;
		for (size_t i = 0; i < n; i++) {
			double c1 = step == 1 ? 0.1 : 1 - 0.81,
			       c2 = step == 1 ? 0.001 : 1 - 0.998001;
			double go = 0.001 * (double)m[i] / c1 /
				    (sqrt((double)v[i] / c2) + 1e-8);

			assert_true(
				fabs((double)before[i] - (double)f.t.w[i] - go) < 1e-6);
			moved += fabs(go) > 0.0009;
		}
		if (step == 1)
			assert_true(moved > n * 9 / 10 && moved <= n);
	}
	assert_true(f.t.steps == 2);
	yc_free(before);
	fixture_release(&f);
}

struct seen {
	int visits[N], steps, epochs, stop;
	struct yc_watch *watch;
};

static void see_batch(void *ctx, int epoch, const struct yc_trainer *t)
{
	struct seen *seen = ctx;

	assert_int_equal(epoch, seen->epochs);
	for (int b = 0; b < t->n; b++)
		seen->visits[t->idx[b]]++;
	seen->steps++;
	if (seen->watch && seen->steps == 4)
		seen->watch->stop = 1;
}

static bool see_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct seen *seen = ctx;

	(void)t;
	seen->epochs++;
	for (int i = 0; i < N; i++)
		assert_int_equal(seen->visits[i], epoch + 1);
	return seen->stop && seen->epochs == seen->stop;
}

static void a_pass_visits_every_image_once(void **state)
{
	static struct fixture f;
	struct seen seen = {0};
	const struct yc_observer o = {
		.ctx = &seen, .batch = see_batch, .epoch = see_epoch};

	(void)state;
	fixture_new(&f, 2);
	assert_int_equal(yc_trainer_steps(&f.t), 3);
	assert_int_equal(yc_train(&f.t, &o, NULL, "x"), YC_OK);
	assert_int_equal(seen.steps, 9);
	assert_int_equal(seen.epochs, 3);
	assert_int_equal(f.t.n, 7);
	fixture_release(&f);
}

static void training_ends_where_told(void **state)
{
	static struct fixture f;
	struct yc_watch watch = {0};
	struct seen hook = {.stop = 2}, hyper = {0}, sig = {.watch = &watch};
	struct yc_observer o = {.ctx = &hook, .batch = see_batch, .epoch = see_epoch};

	(void)state;
	fixture_new(&f, 1);
	assert_int_equal(yc_train(&f.t, &o, NULL, "x"), YC_OK);
	assert_int_equal(hook.epochs, 2);
	fixture_release(&f);

	fixture_new(&f, 1);
	o.ctx = &hyper;
	f.t.hyper.stop = 1;
	assert_int_equal(yc_train(&f.t, &o, NULL, "x"), YC_OK);
	assert_int_equal(hyper.epochs, 1);
	fixture_release(&f);

	fixture_new(&f, 1);
	o.ctx = &sig;
	assert_int_equal(yc_train(&f.t, &o, &watch, "x"), YC_FAIL);
	assert_string_equal(yc_errmsg(), "interrupted");
	assert_int_equal(sig.steps, 4);
	fixture_release(&f);
}

static bool count_step(void *ctx, int epoch, struct yc_trainer *t)
{
	struct seen *seen = ctx;

	assert_int_equal(epoch, seen->steps - 1);
	assert_int_equal(
		t->n, seen->steps % 3 ? 8 : 7); /* whole passes, one after another */
	seen->epochs++;
	return false;
}

/* Four steps are a pass of three and the first of the next. */
static void steps_can_be_counted_in_place_of_passes(void **state)
{
	static struct fixture f, g;
	struct seen seen = {0};
	const struct yc_observer o = {
		.ctx = &seen, .batch = see_batch, .epoch = count_step};
	const double rate[4] = {1, 1, 0.2, 0.2 * 0.2};

	(void)state;
	fixture_new(&f, 1);
	fixture_new(&g, 1);
	f.t.hyper.by_step = true;
	f.t.hyper.epochs = 4;
	assert_int_equal(yc_train(&f.t, &o, NULL, "x"), YC_OK);
	assert_int_equal(seen.steps, 4);
	for (int s = 0; s < 4; s++)
		yc_trainer_step(&g.t, f.t.hyper.lr * rate[s]);
	assert_memory_equal(f.t.w, g.t.w, yc_net_size(f.net) * sizeof *f.t.w);
	fixture_release(&f);
	fixture_release(&g);
}

/* Of four steps under `half` the last is the first of a new optimiser. */
static void half_begins_with_a_new_optimiser_behind_its_break(void **state)
{
	static const char *const optimiser[] = {"sgd", "adam"};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(optimiser); i++) {
		static struct fixture f, g;

		fixture_new(&f, 1);
		fixture_new(&g, 1);
		retrain(&f, optimiser[i], "half");
		retrain(&g, optimiser[i], "constant");
		f.t.hyper.by_step = true;
		f.t.hyper.epochs = 4;
		assert_int_equal(yc_train(&f.t, NULL, NULL, "x"), YC_OK);
		for (int s = 0; s < 3; s++)
			yc_trainer_step(&g.t, g.t.hyper.lr);
		memset(g.t.m, 0,
			yc_net_size(g.net) * (size_t)g.t.optimiser->states *
				sizeof *g.t.m);
		g.t.steps = 0;
		yc_trainer_step(&g.t, g.t.hyper.lr * 0.1);
		assert_memory_equal(f.t.w, g.t.w, yc_net_size(f.net) * sizeof *f.t.w);
		fixture_release(&f);
		fixture_release(&g);
	}
}

static void a_loss_that_explodes_is_an_error(void **state)
{
	static struct fixture f;

	(void)state;
	fixture_new(&f, 1);
	f.t.hyper.lr = 1e38;
	assert_int_equal(yc_train(&f.t, NULL, NULL, "x"), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "not finite"));
	fixture_release(&f);
}

static void threads_do_not_change_a_bit(void **state)
{
	static struct fixture a, b;
	double acc[2];
	int32_t pred[2][N];

	(void)state;
	fixture_new(&a, 1);
	fixture_new(&b, 2);
	assert_int_equal(yc_train(&a.t, NULL, NULL, "x"), YC_OK);
	assert_int_equal(yc_train(&b.t, NULL, NULL, "x"), YC_OK);
	assert_memory_equal(a.t.w, b.t.w, yc_net_size(a.net) * sizeof *a.t.w);
	assert_memory_equal(a.t.m, b.t.m, yc_net_size(a.net) * sizeof *a.t.m);
	assert_int_equal(
		yc_test(a.net, a.t.w, &a.data, NULL, 1, &acc[0], pred[0], NULL), YC_OK);
	assert_int_equal(
		yc_test(b.net, b.t.w, &b.data, NULL, 2, &acc[1], pred[1], NULL), YC_OK);
	assert_true(acc[0] == acc[1]);
	assert_memory_equal(pred[0], pred[1], sizeof pred[0]);
	fixture_release(&a);
	fixture_release(&b);
}

static void equal_logits_mean_the_lowest_class(void **state)
{
	static struct fixture f;
	int32_t pred[N];
	int zeros = 0;
	double acc;

	(void)state;
	fixture_new(&f, 1);
	memset(f.t.w, 0, yc_net_size(f.net) * sizeof *f.t.w);
	assert_int_equal(
		yc_test(f.net, f.t.w, &f.data, NULL, 2, &acc, pred, NULL), YC_OK);
	for (int i = 0; i < N; i++) {
		assert_int_equal(pred[i], 0);
		zeros += f.label[i] == 0;
	}
	assert_true(acc == (double)zeros / N);
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_drops_after_two_thirds_and_five_sixths),
		cmocka_unit_test(a_cosine_falls_to_nothing),
		cmocka_unit_test(half_is_a_tenth_after_the_pass_that_follows_the_middle),
		cmocka_unit_test(half_begins_with_a_new_optimiser_behind_its_break),
		cmocka_unit_test(tests_are_spread_and_end_with_the_training),
		cmocka_unit_test(deviation_divides_by_the_count_or_one_less),
		cmocka_unit_test(test_sets_of_another_shape_are_refused),
		cmocka_unit_test(three_steps_with_cutmix_give_the_reference),
		cmocka_unit_test(optimisers_step_as_their_formulas_say),
		cmocka_unit_test(a_step_is_what_the_formulas_say),
		cmocka_unit_test(a_skipped_step_makes_its_draws_alone),
		cmocka_unit_test(the_trainer_counts_the_steps_of_adam),
		cmocka_unit_test(a_pass_visits_every_image_once),
		cmocka_unit_test(training_ends_where_told),
		cmocka_unit_test(steps_can_be_counted_in_place_of_passes),
		cmocka_unit_test(a_loss_that_explodes_is_an_error),
		cmocka_unit_test(threads_do_not_change_a_bit),
		cmocka_unit_test(equal_logits_mean_the_lowest_class),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
