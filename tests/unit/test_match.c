/* SPDX-License-Identifier: MIT */
/* Distances of gradients and their derivatives, momentum of pixels, and the class sampler. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/gradmatch/gradmatch.h"

/* D is summed in double either way; in float, v itself is rounded to 6e-8 of its size. */
#ifdef YC_DOUBLE
#define TOL 1e-7
#else
#define TOL 2e-5
#endif

enum { ROWS = 18, OUT = 3, COUNT = ROWS * OUT };

static void draw(struct yc_rng *rng, yc_real *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = (yc_real)yc_rng_normal(rng);
}

static void test_derivative(void **state)
{
	struct yc_rng rng = yc_rng_new(1, "match");
	yc_real x[COUNT], y[COUNT], v[COUNT], unused[COUNT];
	double scratch[3 * OUT];

	(void)state;
	for (int k = 0; yc_metrics[k]; k++) {
		const struct yc_metric *m = (const struct yc_metric *)yc_metrics[k];

		draw(&rng, x, COUNT);
		draw(&rng, y, COUNT);
		(void)m->dist(x, y, v, ROWS, OUT, scratch);
		for (int i = 0; i < COUNT; i++) {
			const yc_real was = y[i], up = was + (yc_real)1e-4,
				      down = was - (yc_real)1e-4;
			double hi, lo, slope;

			y[i] = up;
			hi = m->dist(x, y, unused, ROWS, OUT, scratch);
			y[i] = down;
			lo = m->dist(x, y, unused, ROWS, OUT, scratch);
			y[i] = was;
			slope = (hi - lo) / ((double)up - (double)down);
			if (!(fabs(slope - (double)v[i]) <= TOL * (1 + fabs(slope))))
				fail_msg("%s: dD/dy[%d] is %.12g, differences say %.12g",
					m->method.name, i, (double)v[i], slope);
		}
	}
}

/* One channel by hand: x = (1, 2), y = (3, 1). */
static void test_values(void **state)
{
	static const struct {
		const char *name;
		double d, v0, v1;
	} want[] = {
		{"mse", 5, 4, -2},
		{"l1", 3, 1, -1},
		{"l1_mean", 1.5, 0.5, -0.5},
		{"cos", 1 - M_SQRT1_2, 0.070710678, -0.212132034},
	};
	const yc_real x[2] = {1, 2}, y[2] = {3, 1};
	yc_real v[2];
	double scratch[3];

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++) {
		const struct yc_metric *m = yc_metric_find(want[i].name);

		assert_non_null(m);
		assert_true(fabs(m->dist(x, y, v, 2, 1, scratch) - want[i].d) < 1e-6);
		assert_true(fabs((double)v[0] - want[i].v0) < 1e-6);
		assert_true(fabs((double)v[1] - want[i].v1) < 1e-6);
	}
	assert_null(yc_metric_find("l2"));
}

/* Channels are the last index: swapping those of both tensors changes nothing, and a
 * channel that agrees adds nothing to cos. */
static void test_channels(void **state)
{
	const yc_real x[4] = {1, 5, 2, 7}, y[4] = {3, 5, 1, 7}; /* [2 rows][2 channels] */
	const yc_real swap_x[4] = {5, 1, 7, 2}, swap_y[4] = {5, 3, 7, 1};
	yc_real v[4], w[4];
	double scratch[6];

	(void)state;
	for (int k = 0; yc_metrics[k]; k++) {
		const struct yc_metric *m = (const struct yc_metric *)yc_metrics[k];
		double a = m->dist(x, y, v, 2, 2, scratch),
		       b = m->dist(swap_x, swap_y, w, 2, 2, scratch);

		assert_true(fabs(a - b) < 1e-12);
		assert_true(v[0] == w[1] && v[2] == w[3]);
		if (strcmp(m->method.name, "mse") && strcmp(m->method.name, "cos"))
			continue;
		assert_true(fabs((double)v[1]) < 1e-6 && fabs((double)v[3]) < 1e-6);
	}
}

/* Equal gradients and vanishing ones give no direction, and no NaN. */
static void test_degenerate(void **state)
{
	const yc_real zero[4] = {0}, x[4] = {1, -2, 0, 4};
	yc_real v[4];
	double scratch[6];

	(void)state;
	for (int k = 0; yc_metrics[k]; k++) {
		const struct yc_metric *m = (const struct yc_metric *)yc_metrics[k];
		double same = m->dist(x, x, v, 2, 2, scratch);

		assert_true(fabs(same) < 1e-5);
		for (int i = 0; i < 4; i++)
			assert_true(fabs((double)v[i]) < 1e-5);
		assert_true(isfinite(m->dist(x, zero, v, 2, 2, scratch)));
		assert_true(isfinite(m->dist(zero, zero, v, 2, 2, scratch)));
		for (int i = 0; i < 4; i++)
			assert_true(isfinite(v[i]));
	}
}

/* yc-methods(7), "Update of images": momentum over the whole tensor. */
static void test_momentum(void **state)
{
	static const double want[6][3] = {{-0.1, 0, 0}, {-0.15, -0.2, 0},
		{-0.175, -0.3, 0.1}, {-0.2875, -0.35, 0.15}, {-0.34375, -0.575, 0.175},
		{-0.371875, -0.6875, 0.2875}};
	const struct yc_synth_cfg cfg = {.classes = 3,
		.ipc = 1,
		.channels = 1,
		.side = 1,
		.factor = 1,
		.syn_max = 128};
	const yc_real grad[3] = {1, 2, -1};
	struct yc_synth y;

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
		for (int step = 0; step < 6; step++) {
			yc_synth_step(&y, step % 3, &grad[step % 3], 0.1, 0.5, threads);
			for (int c = 0; c < 3; c++)
				assert_true(fabs((double)y.s[c] - want[step][c]) <
					    (sizeof(yc_real) == 8 ? 1e-12 : 1e-6));
		}
		yc_synth_release(&y);
	}
}

/* Without the turns of others: b = 1, then 1.5 times the gradient. */
static void a_class_can_keep_its_momentum_for_its_turn(void **state)
{
	static const double want[6][3] = {{-0.1, 0, 0}, {-0.1, -0.2, 0},
		{-0.1, -0.2, 0.1}, {-0.25, -0.2, 0.1}, {-0.25, -0.5, 0.1},
		{-0.25, -0.5, 0.25}};
	const struct yc_synth_cfg cfg = {.classes = 3,
		.ipc = 1,
		.channels = 1,
		.side = 1,
		.factor = 1,
		.syn_max = 128,
		.class_momentum = true};
	const yc_real grad[3] = {1, 2, -1};
	struct yc_synth y;

	(void)state;
	assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
	for (int step = 0; step < 6; step++) {
		yc_synth_step(&y, step % 3, &grad[step % 3], 0.1, 0.5, 1);
		for (int c = 0; c < 3; c++)
			assert_true(fabs((double)y.s[c] - want[step][c]) <
				    (sizeof(yc_real) == 8 ? 1e-12 : 1e-6));
	}
	yc_synth_release(&y);
}

/* Ten images of class 0 and seven of class 1, mixed. */
static void test_sampler(void **state)
{
	int32_t label[17], idx[4];
	int seen[17] = {0};
	const struct yc_data data = {.n = 17, .classes = 2, .label = label};
	const struct yc_rng root = yc_rng_new(5, "walk");
	struct yc_sampler a, b;

	(void)state;
	for (int i = 0; i < 17; i++)
		label[i] = i < 14 ? i % 2 : 0;
	assert_int_equal(yc_sampler_new(&a, &data, &root), YC_OK);
	assert_int_equal(yc_sampler_count(&a, 0), 10);
	assert_int_equal(yc_sampler_need(&a, 7, "this"), YC_OK);
	assert_int_equal(yc_sampler_need(&a, 8, "this"), YC_FAIL);
	assert_string_equal(yc_errmsg(), "class 1 has 7 images, this needs 8");

	/* Two batches of four without an image twice; the last two are dropped, a new
	 * pass begins. */
	for (int pass = 0; pass < 3; pass++) {
		memset(seen, 0, sizeof(seen));
		for (int k = 0; k < 2; k++) {
			yc_sampler_next(&a, 0, 4, idx);
			for (int i = 0; i < 4; i++) {
				assert_int_equal(label[idx[i]], 0);
				assert_int_equal(seen[idx[i]]++, 0);
			}
		}
		assert_int_equal(a.at[0], 8);
	}

	/* The permutation of another class does not shift this one's. */
	assert_int_equal(yc_sampler_new(&b, &data, &root), YC_OK);
	for (int k = 0; k < 5; k++)
		yc_sampler_next(&b, 1, 3, idx);
	for (int k = 0; k < 6; k++)
		yc_sampler_next(&b, 0, 4, idx);
	assert_memory_equal(a.perm, b.perm, 10 * sizeof(*a.perm));
	yc_sampler_release(&a);
	yc_sampler_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derivative),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_degenerate),
		cmocka_unit_test(test_momentum),
		cmocka_unit_test(a_class_can_keep_its_momentum_for_its_turn),
		cmocka_unit_test(test_sampler),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
