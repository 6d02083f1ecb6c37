/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "MULTISIZE CONDENSATION": which prefix is chosen and which is frozen, and
 * the loss, the gradient and the distances of prefixes against passes image by image. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/gradmatch/gradmatch.h"

/* ---- the choice ---- */

enum { IPC = 5, MOST = IPC - 1 };

/* One iteration of two steps, whose mean distances are d. */
static void iterate(struct yc_subsets *s, int c, const double *d)
{
	const int images[MOST] = {1, 2, 3, 4};
	double up[MOST], down[MOST];

	for (int n = 0; n < MOST; n++) {
		up[n] = d[n] + 1;
		down[n] = d[n] - 1;
	}
	yc_subsets_add(s, c, up, images);
	yc_subsets_add(s, c, down, images);
}

static void looks_are_in_the_first_iteration_and_the_last_of_a_period(void **state)
{
	struct yc_subsets s = {.period = 100};

	(void)state;
	assert_true(yc_subsets_due(&s, 0));
	assert_false(yc_subsets_due(&s, 1));
	assert_false(yc_subsets_due(&s, 98));
	assert_true(yc_subsets_due(&s, 99));
	assert_false(yc_subsets_due(&s, 100));
	assert_true(yc_subsets_due(&s, 199));
	s.period = 1;
	assert_true(yc_subsets_due(&s, 1));
}

static void the_prefix_that_changed_most_is_chosen(void **state)
{
	/* After the first, that with the largest change of what is rounded to 2 decimals:
	 * 3 rises by 2, 2 falls by 5; 0.004 is no change, and of equal ones the first. */
	static const struct {
		double d[MOST];
		int now, frozen;
	} look[] = {
		{{9, 8, 7, 6}, 1, 0},
		{{9.5, 8, 9, 6}, 3, 1},
		{{9.5, 3, 9, 6}, 2, 1},
		{{9.5, 3, 9, 5}, 4, 3},
		{{9.504, 3, 9, 5}, 1, 0},
		{{9.504, 3, 8.75, 4.75}, 3, 2},
		{{9.504, 3, 8, 4.75}, 3, 2},
		{{9.504, 3, 8, 1}, 4, 3},
	};
	struct yc_subsets s;

	(void)state;
	assert_int_equal(yc_subsets_new(&s, 3, IPC, 10, false, true), YC_OK);
	assert_int_equal(yc_subsets_now(&s, 2), 0);
	assert_int_equal(yc_subsets_frozen(&s, 2), 0);
	for (size_t i = 0; i < YC_COUNT(look); i++) {
		/* of all classes together: their mean */
		for (int c = 0; c < 3; c++) {
			double d[MOST];

			for (int n = 0; n < MOST; n++)
				d[n] = look[i].d[n] + (c - 1) * 0.5;
			iterate(&s, c, d);
		}
		yc_subsets_choose(&s);
		for (int c = 0; c < 3; c++) {
			assert_int_equal(yc_subsets_now(&s, c), look[i].now);
			assert_int_equal(yc_subsets_frozen(&s, c), look[i].frozen);
		}
		assert_true(s.log_now[0] == (float)look[i].now);
		for (int n = 0; n < MOST; n++)
			assert_true(fabs(s.last[n] -
					    nearbyint(100 * look[i].d[n]) / 100) < 1e-9);
	}
	yc_subsets_release(&s);
}

static void classes_choose_for_themselves_and_nothing_freezes_on_demand(void **state)
{
	struct yc_subsets s;

	(void)state;
	assert_int_equal(yc_subsets_new(&s, 2, IPC, 10, true, false), YC_OK);
	for (int c = 0; c < 2; c++)
		iterate(&s, c, (const double[]){5, 5, 5, 5});
	yc_subsets_choose(&s);
	iterate(&s, 0, (const double[]){5, 5, 4, 5});
	iterate(&s, 1, (const double[]){5, 5, 5, 7});
	yc_subsets_choose(&s);
	assert_int_equal(yc_subsets_now(&s, 0), 3);
	assert_int_equal(yc_subsets_now(&s, 1), 4);
	assert_int_equal(yc_subsets_frozen(&s, 0), 0);
	/* One that no batch had anything of has not changed. */
	yc_subsets_add(&s, 0, (const double[]){0, 6, 4, 5}, (const int[]){0, 1, 2, 3});
	yc_subsets_choose(&s);
	assert_int_equal(yc_subsets_now(&s, 0), 2);
	assert_true(s.last[0] == 5);
	yc_subsets_release(&s);
}

/* ---- the step ---- */

enum { SIDE = 8, N = 12, N_REAL = 5, FACTOR = 2, IMAGES = 3, CLASSES = 2 };
enum { TILES = IMAGES * FACTOR * FACTOR, PIXELS = 3 * SIDE * SIDE };

struct world {
	struct yc_data data;
	struct yc_net *net;
	struct yc_synth synth;
	struct yc_aug aug;
	struct yc_step step;
	yc_real *w;
};

static void open_world(struct world *o, const char *strategy, int syn_max)
{
	const struct yc_net_cfg net = {.name = "convnet",
		.width = 4,
		.depth = 2,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = YC_EXACT};
	const struct yc_synth_cfg synth = {.classes = CLASSES,
		.ipc = IMAGES,
		.channels = 3,
		.side = SIDE,
		.factor = FACTOR,
		.syn_max = syn_max};
	const struct yc_rng root = yc_rng_new(4, "world");
	struct yc_rng rng = root;

	*o = (struct world){.data = {.n = N,
				    .classes = CLASSES,
				    .side = SIDE,
				    .channels = 3,
				    .mean = {0.4, 0.5, 0.6},
				    .std = {0.2, 0.3, 0.25}}};
	o->data.real = yc_calloc((size_t)N * PIXELS, sizeof(yc_real));
	o->data.label = yc_calloc(N, sizeof(int32_t));
	assert_true(o->data.real && o->data.label);
	for (size_t i = 0; i < (size_t)N * PIXELS; i++)
		o->data.real[i] = (yc_real)yc_rng_uniform(&rng);
	assert_int_equal(yc_net_new(&o->net, &net), YC_OK);
	o->w = yc_calloc(yc_net_size(o->net), sizeof(*o->w));
	assert_non_null(o->w);
	yc_net_init(o->net, o->w, yc_rng_fork(&root, "init-net", 0));
	assert_int_equal(yc_synth_new(&o->synth, &synth), YC_OK);
	for (size_t i = 0; i < o->synth.images * o->synth.pixels; i++)
		o->synth.s[i] = (yc_real)yc_rng_uniform(&rng);
	assert_int_equal(yc_aug_parse(&o->aug, strategy, SIDE, 3), YC_OK);
	assert_int_equal(yc_step_new(&o->step, o->net, &o->data, &o->synth,
				 yc_metric_find("mse"), &o->aug, N_REAL, 2),
		YC_OK);
	assert_int_equal(yc_step_new_subsets(&o->step), YC_OK);
	for (int i = 0; i < N_REAL; i++)
		o->step.batch.idx[i] = 2 * i + 1;
	yc_class_batch_draw(&o->step.batch, &root, 7);
}

static void close_world(struct world *o)
{
	yc_step_release(&o->step);
	yc_synth_release(&o->synth);
	yc_free(o->w);
	yc_net_free(o->net);
	yc_data_release(&o->data);
}

/* D of the first n images of the batch, from passes of its own. */
static double distance_of(struct world *o, int n)
{
	const struct yc_class_batch *b = &o->step.batch;
	size_t size = yc_net_size(o->net);
	yc_real *gr = yc_calloc(size, sizeof(*gr)), *gs = yc_calloc(size, sizeof(*gs)),
		*v = yc_calloc(size, sizeof(*v));
	double *scratch = yc_calloc(yc_match_scratch(o->net), sizeof(*scratch)), d;
	const int32_t label[TILES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	const struct yc_target target = {.label = label, .rho = 1};
	struct yc_exec *exec;

	assert_true(gr && gs && v && scratch);
	assert_int_equal(yc_exec_new(&exec, o->net, TILES, 1, YC_EXEC_GRADIENT), YC_OK);
	(void)yc_net_gradient(exec, o->w, b->x, N_REAL, &target, gr, NULL);
	(void)yc_net_gradient(exec, o->w, b->syn, n, &target, gs, NULL);
	d = yc_match(yc_metric_find("mse"), o->net, 0, gr, gs, v, scratch);
	yc_exec_free(exec);
	yc_free(gr);
	yc_free(gs);
	yc_free(v);
	yc_free(scratch);
	return d;
}

static void the_loss_is_the_sum_for_the_prefix_and_all(void **state)
{
	struct world o;

	(void)state;
	open_world(&o, "color_crop_cutout", 128);
	for (int n = 0; n <= 8; n += 4) {
		double loss, want;

		o.step.subset = n;
		loss = yc_step_run(&o.step, o.w, 1);
		want = distance_of(&o, TILES) + (n ? distance_of(&o, n) : 0);
		if (!(fabs(loss - want) < (sizeof(yc_real) == 8 ? 1e-12 : 1e-5) * want))
			fail_msg("%d images: %.12g, want %.12g", n, loss, want);
	}
	close_world(&o);
}

#ifdef YC_DOUBLE
/* Central differences of the loss by stored pixels. */
static void the_gradient_is_that_of_the_sum(void **state)
{
	const double h = 1e-6, tol = 1e-7;
	struct world o;

	(void)state;
	open_world(&o, "color_crop", 128);
	o.step.subset = FACTOR * FACTOR;
	for (int frozen = 0; frozen <= 4; frozen += 4) {
		static yc_real grad[IMAGES * PIXELS];
		yc_real *s = o.synth.s + (size_t)IMAGES * PIXELS;
		double most = 0;

		o.step.frozen = frozen;
		(void)yc_step_run(&o.step, o.w, 1);
		memcpy(grad, o.step.batch.grad, sizeof(grad));
		for (size_t i = 0; i < YC_COUNT(grad); i++)
			most = fmax(most, fabs((double)grad[i]));
		assert_true(most > 0);
		for (size_t i = 1; i < YC_COUNT(grad); i += 13) {
			const yc_real was = s[i];
			/* Tiles 0..2 of the batch are position 0 of the three images, the
			 * fourth is position 1 of the first. */
			const size_t row = i / SIDE % SIDE, column = i % SIDE;
			const bool still = frozen && row < SIDE / 2 &&
					   (column < SIDE / 2 || i < PIXELS);
			double up, want;

			s[i] = was + (yc_real)h;
			up = yc_step_run(&o.step, o.w, 1);
			s[i] = was - (yc_real)h;
			want = still ? 0 : (up - yc_step_run(&o.step, o.w, 1)) / (2 * h);
			s[i] = was;
			if (!(fabs((double)grad[i] - want) <= tol * most))
				fail_msg("pixel %zu: %.9g, slope %.9g (largest %.3g)", i,
					(double)grad[i], want, most);
		}
	}
	close_world(&o);
}
#endif

static void distances_are_of_mean_embeddings(void **state)
{
	const int images[3] = {0, 4, 8};
	struct world o;
	struct yc_exec *exec;
	int e;
	double got[3];

	(void)state;
	open_world(&o, "color_crop_cutout", 128);
	e = yc_net_embedding(o.net);
	(void)yc_step_run(&o.step, o.w, 1);
	yc_step_distances(&o.step, o.w, images, 3, got);
	assert_int_equal(yc_exec_new(&exec, o.net, 1, 1, YC_EXEC_FORWARD), YC_OK);
	for (int n = 1; n < 3; n++) {
		double *d = yc_calloc((size_t)e, sizeof(*d)), want = 0;
		yc_real *y = yc_calloc((size_t)e, sizeof(*y));

		assert_true(d && y);
		for (int i = 0; i < N_REAL + images[n]; i++) {
			const struct yc_class_batch *b = &o.step.batch;

			yc_net_forward(exec, o.w, b->x + (size_t)i * PIXELS, 1, NULL, y);
			for (int k = 0; k < e; k++)
				d[k] += (double)y[k] / (i < N_REAL ? -N_REAL : images[n]);
		}
		for (int k = 0; k < e; k++)
			want += d[k] * d[k];
		if (!(fabs(got[n] - want) < (sizeof(yc_real) == 8 ? 1e-12 : 1e-5) * want))
			fail_msg("prefix %d: %.12g, want %.12g", n, got[n], want);
		yc_free(d);
		yc_free(y);
	}
	yc_exec_free(exec);
	close_world(&o);
}

/* Of a batch that was drawn from more tiles: those of the first image's worth, 0..3, and
 * of the first two, 0..7. */
static void a_prefix_of_a_drawn_batch_is_what_the_batch_has_of_it(void **state)
{
	static const int32_t drawn[6] = {11, 0, 7, 3, 2, 9},
			     sorted[6] = {0, 2, 3, 7, 9, 11};
	struct yc_gradmatch g = {0};
	struct yc_run run = {.state = &g};
	struct world o;

	(void)state;
	open_world(&o, "none", 6);
	g.images.synth = o.synth;
	g.step = o.step;
	g.prefix = (int[IMAGES - 1]){0};
	assert_int_equal(yc_subsets_new(&g.subsets, 1, IMAGES, 10, false, true), YC_OK);
	memcpy(o.step.batch.pick, drawn, sizeof(drawn));
	yc_gradmatch_prefixes(&run, 0);
	assert_memory_equal(o.step.batch.pick, sorted, sizeof(sorted));
	assert_int_equal(g.prefix[0], 3);
	assert_int_equal(g.prefix[1], 4);
	assert_int_equal(g.step.subset, 0);
	g.subsets.now[0] = 2;
	g.subsets.done[0] = 1;
	yc_gradmatch_prefixes(&run, 0);
	assert_int_equal(g.step.subset, 4);
	assert_int_equal(g.step.frozen, 3);
	yc_subsets_release(&g.subsets);
	close_world(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			looks_are_in_the_first_iteration_and_the_last_of_a_period),
		cmocka_unit_test(the_prefix_that_changed_most_is_chosen),
		cmocka_unit_test(
			classes_choose_for_themselves_and_nothing_freezes_on_demand),
		cmocka_unit_test(the_loss_is_the_sum_for_the_prefix_and_all),
#ifdef YC_DOUBLE
		cmocka_unit_test(the_gradient_is_that_of_the_sum),
#endif
		cmocka_unit_test(distances_are_of_mean_embeddings),
		cmocka_unit_test(a_prefix_of_a_drawn_batch_is_what_the_batch_has_of_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
