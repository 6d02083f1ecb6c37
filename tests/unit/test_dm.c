/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "DISTRIBUTION MATCHING": what one iteration of yc-condense dm changes,
 * against the slope of a loss that is computed here, image by image. */
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
#include "tests/unit/condensing.h"

enum { CLASSES = 2, IPC = 2, SIDE = 8, N = 14, N_REAL = 5, PIXELS = 3 * SIDE * SIDE };
enum { SYN = CLASSES * IPC, STORED = SYN * PIXELS };

static const double mean[3] = {0.4, 0.5, 0.6}, std[3] = {0.2, 0.3, 0.25};

/* Runs dm; the images go to s [STORED], the log's only loss is returned. */
static double condense(const struct yc_set *real, const char *const *word, double *s)
{
	const struct yc_method *m = yc_method_find(yc_condensers, "method", "dm", 2);
	const struct yc_condense_cfg cfg = {.ipc = IPC, .time_limit = NAN};
	struct yc_condense_job job = {.cfg = &cfg, .real = real, .seed = 3, .threads = 2};
	struct yc_set out;
	void *own;
	double loss;

	assert_non_null(m);
	own = condensing_options(m, word);
	if (yc_condense(m, own, &job, &out) < 0)
		fail_msg("%s", yc_errmsg());
	assert_int_equal(out.rows, SYN);
	for (size_t i = 0; i < STORED; i++)
		s[i] = (double)((const float *)yc_set_col(&out, "image")->data)[i];
	loss = (double)*(const float *)yc_record_find(
		&out.passthrough[0], "condense.loss")
		       ->data;
	yc_set_release(&out);
	yc_free(own);
	return loss;
}

/* ---- the loss, from the page ---- */

struct oracle {
	struct yc_data data;
	struct yc_net *net;
	struct yc_exec *exec;
	struct yc_sampler sampler;
	struct yc_aug aug;
	struct yc_rng root;
	yc_real *w;
	int32_t batch[CLASSES][N_REAL];
	struct yc_aug_draw draw[CLASSES][YC_AUG_OPS_MAX];
	struct yc_aug_plan plan[CLASSES];
};

static void open_oracle(struct oracle *o, const struct yc_set *real, const char *strategy)
{
	const struct yc_net_cfg cfg = {.name = "convnet",
		.width = 4,
		.depth = 2,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = YC_EXACT};

	o->root = yc_rng_new(3, "condense");
	assert_int_equal(yc_data_new(&o->data, real), YC_OK);
	assert_int_equal(yc_net_new(&o->net, &cfg), YC_OK);
	assert_int_equal(yc_exec_new(&o->exec, o->net, 1, 1, YC_EXEC_FORWARD), YC_OK);
	o->w = yc_calloc(yc_net_size(o->net), sizeof(*o->w));
	assert_non_null(o->w);
	yc_net_init(o->net, o->w, yc_rng_fork(&o->root, "init-net", 0));
	assert_int_equal(yc_sampler_new(&o->sampler, &o->data, &o->root), YC_OK);
	assert_int_equal(yc_aug_parse(&o->aug, strategy, SIDE, 3), YC_OK);
	o->aug.one = true;
	for (int c = 0; c < CLASSES; c++) {
		struct yc_rng aug = yc_rng_fork(&o->root, "aug-shared", (uint64_t)c),
			      none = aug;

		yc_sampler_next(&o->sampler, c, N_REAL, o->batch[c]);
		yc_aug_draw(&o->plan[c], &o->aug, &aug, &none, 1, true, o->draw[c]);
	}
}

static void close_oracle(struct oracle *o)
{
	yc_sampler_release(&o->sampler);
	yc_exec_free(o->exec);
	yc_net_free(o->net);
	yc_free(o->w);
	yc_data_release(&o->data);
}

/* sum += scale * embedding of an image [side][side][3], augmented. */
static void embed(struct oracle *o, int c, yc_real *x, double scale, double *sum)
{
	int e = yc_net_embedding(o->net);
	yc_real tmp[PIXELS], *y = yc_calloc((size_t)e, sizeof(*y));

	assert_non_null(y);
	yc_aug_forward(&o->plan[c], 0, x, tmp);
	yc_net_forward(o->exec, o->w, x, 1, NULL, y);
	for (int k = 0; k < e; k++)
		sum[k] += scale * (double)y[k];
	yc_free(y);
}

/* v: synthetic pixels in normalised units [STORED], planar. */
static double loss_of(struct oracle *o, const double *v)
{
	int e = yc_net_embedding(o->net);
	double *d = yc_calloc((size_t)e, sizeof(*d)), loss = 0;
	yc_real x[PIXELS];

	assert_non_null(d);
	for (int c = 0; c < CLASSES; c++) {
		memset(d, 0, (size_t)e * sizeof(*d));
		for (int i = 0; i < N_REAL; i++) {
			yc_data_fetch(&o->data, o->batch[c][i], x);
			embed(o, c, x, -1.0 / N_REAL, d);
		}
		for (int m = 0; m < IPC; m++) {
			const double *from = v + (c * IPC + m) * PIXELS;

			for (int k = 0; k < PIXELS; k++)
				x[k % (SIDE * SIDE) * 3 + k / (SIDE * SIDE)] =
					(yc_real)from[k];
			embed(o, c, x, 1.0 / IPC, d);
		}
		for (int k = 0; k < e; k++)
			loss += d[k] * d[k];
	}
	yc_free(d);
	return loss;
}

/* Of pixel i in normalised units. */
static double normalised(const double *s, size_t i)
{
	size_t ch = i / (SIDE * SIDE) % 3;

	return (s[i] - mean[ch]) / std[ch];
}

static void compare(const char *strategy)
{
	const char *still[] = {"iterations", "1", "n-real", "5", "width", "4", "depth",
		"2", "precision", "exact", "aug", strategy, "lr-img", "0", NULL};
	const char *moves[YC_COUNT(still)];
	const double lr = 300, h = sizeof(yc_real) == 8 ? 1e-5 : 3e-3;
	static double s0[STORED], s1[STORED], v[STORED];
	double loss, got, want, most = 0;
	struct oracle o;
	struct yc_set real;

	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	memcpy(moves, still, sizeof(still));
	moves[13] = "300";
	condense(&real, still, s0);
	loss = condense(&real, moves, s1);
	open_oracle(&o, &real, strategy);
	for (size_t i = 0; i < STORED; i++) {
		v[i] = normalised(s0, i);
		got = fabs(v[i] - normalised(s1, i)) / lr;
		most = got > most ? got : most;
	}
	if (!(fabs(loss_of(&o, v) - loss) < 1e-5 * loss))
		fail_msg("%s: loss %.9g, want %.9g", strategy, loss, loss_of(&o, v));
	for (size_t i = 3; i < STORED; i += 37) {
		double was = v[i], up;

		v[i] = was + h;
		up = loss_of(&o, v);
		v[i] = was - h;
		want = (up - loss_of(&o, v)) / (2 * h);
		v[i] = was;
		got = (normalised(s0, i) - normalised(s1, i)) / lr;
		if (!(fabs(got - want) < (sizeof(yc_real) == 8 ? 2e-6 : 5e-2) * most))
			fail_msg("%s: pixel %zu: %.9g, slope %.9g (largest %.3g)",
				strategy, i, got, want, most);
	}
	close_oracle(&o);
	yc_set_release(&real);
}

static void a_step_descends_the_distance_of_mean_embeddings(void **state)
{
	(void)state;
	compare("none");
	compare("color");
	compare("crop_cutout_flip_scale_rotate");
	compare("color_crop_cutout_flip_scale_rotate");
}

/* In 40 batches, each group of the strategy is the only one for some. */
static void one_group_of_a_strategy_is_drawn_for_a_batch(void **state)
{
	const struct yc_rng root = yc_rng_new(0, "groups");
	struct yc_aug_draw draw[YC_AUG_OPS_MAX];
	yc_real x[PIXELS], one[PIXELS], tmp[PIXELS];
	struct yc_aug_plan plan;
	struct yc_aug aug, alone;
	int seen[6] = {0};
	static const char *const group[6] = {
		"flip", "color", "crop", "scale", "rotate", "cutout"};

	(void)state;
	assert_int_equal(
		yc_aug_parse(&aug, "color_crop_cutout_flip_scale_rotate", SIDE, 3),
		YC_OK);
	aug.one = true;
	for (uint64_t k = 0; k < 40; k++) {
		struct yc_rng rng = yc_rng_fork(&root, "batch", k), rrc = rng, same;

		yc_aug_draw(&plan, &aug, &rng, &rrc, 3, true, draw);
		assert_in_range(plan.pool, 0, 5);
		seen[plan.pool]++;
		for (int i = 0; i < PIXELS; i++)
			x[i] = one[i] = (yc_real)cos(i + (double)k);
		yc_aug_forward(&plan, 1, x, tmp);
		/* What that group alone makes of it, after the draw of which one it is. */
		same = yc_rng_fork(&root, "batch", k);
		(void)yc_rng_below(&same, 6);
		assert_int_equal(yc_aug_parse(&alone, group[plan.pool], SIDE, 3), YC_OK);
		yc_aug_draw(&plan, &alone, &same, &rrc, 3, true, draw);
		yc_aug_forward(&plan, 1, one, tmp);
		assert_memory_equal(x, one, sizeof(x));
	}
	for (int g = 0; g < 6; g++)
		assert_true(seen[g] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_descends_the_distance_of_mean_embeddings),
		cmocka_unit_test(one_group_of_a_strategy_is_drawn_for_a_batch),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
